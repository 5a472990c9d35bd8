"""Interface of a simulated platform (`SimulatedPlatform`), and what the world offers it (`PlatformContext`).

Discovery: a connector's folder that holds `simulator/platform.py` has one; the name `PLATFORM` in it is a subclass of
`SimulatedPlatform`, and the folder's name is the channel. The world calls `PLATFORM(context)`, then `open()` (a new world) or
`restore()` (a saved one).

Locking: the world's lock is held around every call of a method of a platform, and around every callback given to
`PlatformContext.later` and `PlatformContext.send`. So a platform needs no lock of its own, and must never wait, sleep or call
out by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from integrations.simulator.draws import Draws
from integrations.simulator.fees import FeeSchedule
from integrations.simulator.goods import Good
from integrations.simulator.money_errors import MoneyError
from integrations.simulator.order import Initiator, Order, Step
from integrations.simulator.shops import Item, Shop, Variation

Response = tuple[int, Mapping[str, str], bytes]  # status, headers (Content-Length is added), body
Failure = Literal["server_error", "rate_limited"]


class InvalidState(Exception):
    """Error for a step that an order's state, or the stock, does not allow."""


@dataclass(frozen=True)
class Delivery:
    """One attempt of a webhook delivery. `id` is the same on every attempt of one message and unique in its channel.

    `orders`: ids of the orders it concerns; once acknowledged, the world counts them as known to the hub.
    `timeout`: real seconds the platform waits for the answer.
    """

    id: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float
    attempt: int = 1
    orders: Sequence[str] = field(default_factory=tuple)


class PlatformContext(Protocol):
    """The world as one channel sees it."""

    @property
    def channel(self) -> str:
        """Name of the connector's folder."""

    @property
    def base_url(self) -> str:
        """Base URL of the platform: `http://127.0.0.1:<port>`, without slash."""

    @property
    def draws(self) -> Draws:
        """All randomness. Begin the parts with the channel: `draws.token(channel, "key", shop.id)`."""

    @property
    def goods(self) -> Mapping[str, Good]:
        """All goods by SKU."""

    @property
    def warehouses(self) -> Sequence[str]:
        """Names of the warehouses, the main one first. A POS has a branch of the same name for each."""

    @property
    def shops(self) -> Mapping[str, Shop]:
        """This channel's shops by the platform's shop id."""

    def units(self, sku: str, warehouse: str) -> int:
        """Return the units that are physically there."""

    def ships_from(self, channel: str, shop_id: str) -> str:
        """Return the warehouse of a marketplace shop, also of another channel. Raises KeyError."""

    @property
    def orders(self) -> Mapping[str, Order]:
        """This channel's orders by the platform's order id, oldest first."""

    def now(self) -> float:
        """Return the platform's clock, epoch seconds: the machine's plus the skew."""

    def platform_time(self, moment: float) -> float:
        """Convert a time of the machine's clock (`Order.placed_at`) to the platform's clock."""

    def logical_time(self) -> float:
        """Return the logical seconds since the world began: for token life, hourly quotas, delays."""

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action (a push, a retry) after so many logical seconds; sooner while the world is settling.

        Lost at a restart of the simulator: see `scheduling` for actions that must survive.
        """

    def send(self, delivery: Delivery, done: Callable[[int | None], None] | None = None) -> None:
        """Post a webhook soon, from another thread, with the faults of the day: it may be dropped, duplicated or delayed.

        `done` gets the status of the hub's response, None when there was none in time. It is never called for a dropped
        delivery: the platform believes it to be delivered.
        """

    @property
    def quota_factor(self) -> int:
        """Return the factor by which the platform's usual rate limit is multiplied."""

    def token_life(self, usual: float) -> float:
        """Return the logical seconds that a token issued now really lives."""

    def hits(self, fault: str) -> bool:
        """Draw whether a fault happens now (`partial_batch`: once per row of a batch write)."""

    def is_odd(self, name: str, *parts: object) -> bool:
        """Return whether an oddity is that of this entity, at this step; the same answer all day."""

    def plant(self, oddity: str, *thing: object) -> None:
        """Record that an oddity happened to a thing, as the report of the day counts it."""

    def categories(self, shop_id: str, item_id: str) -> tuple[str, ...]:
        """Return the ids of a listing's categories from the leaf to the root, none for a listing that is not known."""

    def money_error(self, order_id: str) -> MoneyError:
        """Return what the platform settles wrongly of an order of this channel; `NO_ERROR` where all is right."""

    def statement_error(self, shop_id: str, statement: str) -> MoneyError:
        """Return what the platform pays out wrongly of a shop's statement; `NO_ERROR` where all is right."""

    def is_odd_for_a_moment(self, name: str, *parts: object) -> bool:
        """As `is_odd`, but over a second or two after it was asked first."""

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
        """Set the number for sale. The platform must have refused bad calls (campaigns, negative numbers) before."""

    def set_price(self, variation: Variation, price: int) -> None:
        """Set a price, whole dong."""

    def set_listed(self, item: Item, status: str) -> None:
        """Set an item's status: `shops.LIVE`, `UNLISTED` or `DELETED`."""

    def arrange_shipment(self, order: Order) -> None:
        """Arrange shipment: `to_ship` -> `packed`, and the courier comes. Raises InvalidState."""

    def cancel(self, order: Order, by: Initiator, reason: str) -> None:
        """Cancel an order (unpaid, to_ship or packed). `reason`: see `Order.reason`. Raises InvalidState."""

    def answer_cancellation(self, order: Order, *, accept: bool) -> None:
        """Accept or decline a buyer's cancellation request (`cancelling`). Raises InvalidState."""

    def mark_known_to_hub(self, orders: Iterable[Order]) -> None:
        """Record that the hub has read these orders: from now on it could know that the units are gone."""

    def sold_at_till(self, document: str, warehouse: str, lines: Mapping[str, int]) -> None:
        """Record a POS' own sale of these units (SKU -> quantity, no bundles); not needed after `PointOfSale.sell`."""


class SimulatedPlatform(ABC):
    """Simulated platform with all its shops. Every method may be called many times, in any order."""

    # its port is the base port plus this (design: 1 to 9)
    offset: ClassVar[int]
    # the most orders of one read call, and the most items of one stock write: for `calls.minimum`
    read_batch: ClassVar[int] = 50
    write_batch: ClassVar[int] = 1
    # the optional steps of an order's life that the platform knows: "asked_cancel", "pickup_failed", "returning"
    steps: ClassVar[frozenset[str]] = frozenset()
    # which oddities of the world it can show: "fulfilled" by itself, "replaced" variations, "partial" cancellations
    oddities: ClassVar[frozenset[str]] = frozenset()
    # what it publishes of its fees, and charges by
    fees: ClassVar[FeeSchedule | None] = None
    # the classes of `money_errors` that its settlements can show of an order, and its payouts of a statement as a whole
    money_errors: ClassVar[frozenset[str]] = frozenset()
    statement_errors: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, context: PlatformContext) -> None:
        self.context = context

    @abstractmethod
    def open(self) -> None:
        """Open the shops of a new world (`PlatformContext.open_shop`) and create app credentials and tokens."""

    @abstractmethod
    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call. `target`: path and query as sent; header names in lower case. Never raises: a refusal is a response."""

    @abstractmethod
    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return the platform's response for an outage (5xx) or for too many calls; without effect."""

    def may_lose_answer(self, method: str, target: str) -> bool:
        """Return whether a call's response may be lost. False where no client could recover (a single-use refresh token)."""
        return True

    @abstractmethod
    def accounts(self) -> dict[str, Any]:
        """Return app and shops for `GET /accounts`: `{app: {...}, shops: [{shop_id, name, ..., code, access_token, refresh_token}]}`.

        It holds every key that the hub's connect forms ask for, named as in the vectors' `secrets`, plus what it takes to
        connect without a browser. Every code and token is valid when read, and leaves those handed out before valid. The
        world adds `base_url`, and `ships_from` to each marketplace shop (found by its `shop_id`).
        """

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        """Set the webhook address, as in the platform's console; "" ends them. ValueError where hooks are registered by API."""
        raise ValueError("this platform's webhooks are registered through its API")

    def order_id(self, shop: Shop, number: int) -> str:
        """Return the platform's id for a new order: unique, and drawn (the same for the same seed)."""
        raise NotImplementedError

    def order_changed(self, order: Order, step: Step) -> None:  # noqa: B027 - may be left out
        """Handle a step of an order of this platform, whatever caused it (also its own `arrange_shipment` or `cancel`)."""

    def fee_returned(self, order: Order, error: MoneyError) -> None:  # noqa: B027 - may be left out
        """Give back what an error took from the seller, now."""

    def statements(self, shop: Shop) -> Mapping[str, float]:
        """Return the closed statements that bring a shop money, by the names in its settlements, with the time of their last lines."""
        return {}

    def order_changed_elsewhere(self, order: Order, step: Step) -> None:  # noqa: B027 - may be left out
        """Handle a step of another channel's order (a POS that imports marketplace shops by itself follows it)."""

    def parcels(self, order: Order) -> list[str]:
        """Return the numbers of the parcels that stand for an order by now, for `GET /truth`; none where it makes no difference."""
        return []

    def recorded_orders(self, orders: Iterable[Order]) -> dict[str, dict[str, Any]]:
        """Return marketplace orders as a customer book has them, for `GET /truth`: {order id: {copies, state, units}}."""
        return {}

    def save(self) -> object:
        """Return the state that a restart must keep, picklable. It may refer to the world's `Order`s and `Shop`s."""
        return None

    def restore(self, saved: Any) -> None:  # noqa: B027 - may be left out
        """Continue from a saved state, instead of `open`. Shops and orders are there already."""


class PointOfSale(SimulatedPlatform):
    """A platform that keeps the stock and has a till."""

    @abstractmethod
    def sell(self, warehouse: str, lines: Mapping[str, int]) -> str:
        """Sell quantities by SKU over the counter, already checked against stock, and return the document's id."""

    def imports(self, channel: str, shop: str) -> None:
        """Follow the orders of a marketplace shop by itself from now on. ValueError where the platform cannot."""
        raise ValueError("this point of sale imports no marketplace")

    def take_back(self, document: str, lines: Mapping[str, int]) -> tuple[str, str]:
        """Take goods of a sale at the till back, SKU -> quantity; return (the return's id, the warehouse that has them).

        ValueError where the document is not known, or more is taken back than was sold.
        """
        raise ValueError("this point of sale takes nothing back")

    def receive(self, warehouse: str, lines: Mapping[str, int]) -> None:
        """Receive a supplier's delivery, SKU -> quantity, into shelf and book."""
        raise NotImplementedError

    @abstractmethod
    def audit(self, units: Mapping[str, Mapping[str, int]], orders: Iterable[Order]) -> dict[str, Any]:
        """Compare its book with the world for `GET /truth`: {drift: [...], hand_overs: {order id: {orders, invoices}}}.

        `codes`, where products have got other codes: {sku in the world: code by now}.
        """
