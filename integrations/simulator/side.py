"""Between the world and a platform's side: what a side must give (`Side`) and what it gets (`Ground`).

How a side is found: a connector's folder that holds `simulator/side.py` has one; its name `SIDE` is a subclass of `Side`, and the
folder's name is the channel. The world makes `SIDE(ground)` and then calls `open()` (a new world) or `restore()` (one that was saved).

Locking: the world's lock is held around every call of a method of a side, and around every callback given to `Ground.later` and
`Ground.send`. So a side needs no lock of its own, and must never wait, sleep or call out by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from integrations.simulator.draws import Draws
from integrations.simulator.goods import Good
from integrations.simulator.order import Order, Step, Who
from integrations.simulator.shops import Item, Shop, Variation

Answer = tuple[int, Mapping[str, str], bytes]  # status, headers (Content-Length is added), body
Trouble = Literal["server_error", "rate_limited"]


class NotNow(Exception):
    """An order is not in a state for that."""


@dataclass(frozen=True)
class Delivery:
    """One attempt of a webhook. `id` is the same on every attempt of one message and unique in its channel.

    `orders`: the ids of the orders it tells of; once acknowledged, the world counts them as known to the hub.
    `timeout`: real seconds the platform waits for the answer.
    """

    id: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float
    attempt: int = 1
    orders: Sequence[str] = field(default_factory=tuple)


class Ground(Protocol):
    """What a side stands on. One per channel."""

    @property
    def channel(self) -> str:
        """The folder's name."""

    @property
    def base_url(self) -> str:
        """Where this side is served: `http://127.0.0.1:<port>`, without slash."""

    @property
    def draws(self) -> Draws:
        """All chance. Begin the parts with the channel: `draws.token(channel, "key", shop.id)`."""

    @property
    def goods(self) -> Mapping[str, Good]:
        """All goods by SKU."""

    @property
    def warehouses(self) -> Sequence[str]:
        """Their names, the main one first. A POS has a branch of the same name for each."""

    @property
    def shops(self) -> Mapping[str, Shop]:
        """This channel's shops by the platform's shop id."""

    def units(self, sku: str, warehouse: str) -> int:
        """What is physically there."""

    def ships_from(self, channel: str, shop_id: str) -> str:
        """The warehouse of a marketplace shop, also of another channel. Raises KeyError."""

    @property
    def orders(self) -> Mapping[str, Order]:
        """This channel's orders by the platform's order id, oldest first."""

    def now(self) -> float:
        """The platform's clock, epoch seconds: the machine's and the skew."""

    def wire(self, moment: float) -> float:
        """A moment of the machine's clock (`Order.placed_at`) as the platform's clock has it."""

    def moment(self) -> float:
        """Logical seconds since the world began: for token life, hourly quotas, delays."""

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something on the wire (a push, a retry) after so many logical seconds; sooner when the world is settled.

        Not kept over a restart of the simulator: what must survive belongs into times that `save` keeps.
        """

    def send(self, delivery: Delivery, done: Callable[[int | None], None] | None = None) -> None:
        """Post a webhook soon, from another thread, with the chaos of the day: it may be swallowed, doubled or late.

        `done` gets the status of the hub's answer, None when there was none in time. It is never called for a delivery that
        was swallowed: the platform believes it to be delivered.
        """

    def token_life(self, usual: float) -> float:
        """How many logical seconds a token made now really lives."""

    def hits(self, fault: str) -> bool:
        """Does this go wrong now? (`partial_batch`: ask once per row of a batch write.)"""

    def open_shop(
        self,
        shop_id: str,
        name: str,
        ids: Callable[[str, bool], tuple[str, str]],
        *,
        ships_from: int = 0,
        listed: Callable[[Good], bool] = lambda good: True,
        apart: bool = False,
    ) -> Shop:
        """Open a marketplace shop with listings of most goods, showing all the stock of its warehouse.

        `ids(key, has_models)` gives (item id, variation id): the item id for a family's name, the variation id for a SKU; where
        there are no models the variation id is whatever the platform says then ("0", the item id). `ships_from`: index of the warehouse.
        `apart`: the platform knows no models, every option is an item of its own (keys are SKUs only).
        """

    def set_stock(self, variation: Variation, stock: int) -> None:
        """The seller said how many are for sale. Refusing (campaigns, negative numbers) is the side's job, before."""

    def set_price(self, variation: Variation, price: int) -> None:
        """The seller changed a price, whole dong."""

    def set_listed(self, item: Item, status: str) -> None:
        """`shops.LIVE`, `UNLISTED` or `DELETED`."""

    def arrange(self, order: Order) -> None:
        """Shipment was arranged through the API: `to_ship` -> `packed`, and the courier comes. Raises NotNow."""

    def cancel(self, order: Order, by: Who, reason: str) -> None:
        """Call an order off (unpaid, to_ship or packed). `reason`: see `Order.reason`. Raises NotNow."""

    def answer_cancellation(self, order: Order, *, accept: bool) -> None:
        """Answer a buyer who wants to cancel (`cancelling`). Raises NotNow."""

    def told(self, orders: Iterable[Order]) -> None:
        """The hub has read these orders: from now it could know that the units are gone."""

    def sold_at_till(self, document: str, warehouse: str, lines: Mapping[str, int]) -> None:
        """A POS sold these units (SKU -> quantity, no bundles) in a way of its own; not needed after `PointOfSale.sell`."""


class Side(ABC):
    """One platform with all its shops. Everything here may be called many times in any order."""

    # its port is the base port plus this (design: 1 to 9)
    offset: ClassVar[int]
    # how many orders one read call gives at most, and how many stock numbers one write takes: for `calls.minimum`
    read_batch: ClassVar[int] = 50
    write_batch: ClassVar[int] = 1
    # the optional steps of an order's life that the platform knows: "asked_cancel", "pickup_failed", "returning"
    steps: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @abstractmethod
    def open(self) -> None:
        """A new world: open the shops (`Ground.open_shop`), make app credentials and tokens."""

    @abstractmethod
    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a call. `target`: path and query as sent; header names in lower case. Never raises: a refusal is an answer."""

    @abstractmethod
    def refuse(self, trouble: Trouble, method: str, target: str) -> Answer:
        """How the platform says that it is broken (5xx), or that there were too many calls. Nothing is done."""

    def may_lose_answer(self, method: str, target: str) -> bool:
        """Whether chaos may do a call and lose the answer. False where nobody could recover (a single-use refresh token)."""
        return True

    @abstractmethod
    def accounts(self) -> dict[str, Any]:
        """`{app: {...}, shops: [{shop_id, name, ..., code, access_token, refresh_token}]}` for `GET /accounts`: every key that the
        hub's connect forms ask for, named as in the vectors' `secrets`, plus what it takes to connect without a browser. Every
        code and token is valid when read, and does not harm those handed out before. The world adds `base_url`, and `ships_from`
        to each marketplace shop (found by its `shop_id`)."""

    def push_to(self, url: str, shop: str | None) -> None:
        """Set where webhooks go, as done in the platform's console; "" ends them. ValueError where hooks are registered by API."""
        raise ValueError("this platform's webhooks are registered through its API")

    def order_id(self, shop: Shop, number: int) -> str:
        """The platform's id for a new order, unique, made from draws (the same for the same seed)."""
        raise NotImplementedError

    def moved(self, order: Order, step: Step) -> None:  # noqa: B027 - may be left out
        """An order of this platform took a step, whoever caused it (also this side's own `arrange` or `cancel`): send its pushes."""

    def elsewhere(self, order: Order, step: Step) -> None:  # noqa: B027 - may be left out
        """An order of another channel took a step (a POS that imports marketplace shops by itself follows it)."""

    def written(self, orders: Iterable[Order]) -> dict[str, dict[str, Any]]:
        """How marketplace orders stand in a customer book, for `GET /truth`: {order id: {copies, state (in our words), units}}."""
        return {}

    def save(self) -> object:
        """What a restart must keep, picklable; may hold the world's `Order`s and `Shop`s. Not the world's own things."""
        return None

    def restore(self, saved: Any) -> None:  # noqa: B027 - may be left out
        """The world goes on from a `save`; instead of `open`. Shops and orders are there already."""


class PointOfSale(Side):
    """A platform that keeps the stock and has a till."""

    @abstractmethod
    def sell(self, warehouse: str, lines: Mapping[str, int]) -> str:
        """A sale over the counter, SKU -> quantity, already judged possible; the document's id."""

    def imports(self, channel: str, shop: str) -> None:
        """Follow the orders of a marketplace shop by itself from now on. ValueError where the platform cannot."""
        raise ValueError("this point of sale imports no marketplace")

    def receive(self, warehouse: str, lines: Mapping[str, int]) -> None:
        """A supplier's delivery, SKU -> quantity, goes on the shelf and into the book."""
        raise NotImplementedError

    @abstractmethod
    def audit(self, units: Mapping[str, Mapping[str, int]], orders: Iterable[Order]) -> dict[str, Any]:
        """Its book held against the truth for `GET /truth`: {drift: [...], hand_overs: {order id: {orders, invoices}}}."""
