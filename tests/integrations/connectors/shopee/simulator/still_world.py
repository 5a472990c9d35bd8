"""The simulated Shopee on a world that stands still, served over real HTTP; pushes are posted to a real receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import requests

from integrations.connectors.shopee.simulator.platform import PLATFORM, ShopeePlatform
from integrations.simulator.draws import Draws
from integrations.simulator.goods import Good, make_goods
from integrations.simulator.money_errors import NO_ERROR, MoneyError
from integrations.simulator.order import OPEN, Buyer, Line, Order, Status, Step
from integrations.simulator.shops import DELETED, LIVE, Item, Shop, Variation, stock_shop
from integrations.simulator.simulated_platform import Delivery, InvalidState

START = int(time.time())
_AFTER: dict[Step, Status] = {
    "paid": "to_ship",
    "arranged": "packed",
    "pickup_failed": "packed",
    "shipped": "shipped",
    "delivered": "delivered",
    "completed": "completed",
    "asked_cancel": "cancelling",
    "cancelled": "cancelled",
    "returning": "returning",
}
BUYER = Buyer(
    77_001, "lan.nguyen", "Nguyễn Thị Lan", "0901234567", "12 Lê Lợi", "Bến Nghé", "Quận 1", "TP. Hồ Chí Minh"
)


@dataclass
class StillContext:
    """`PlatformContext` whose time stands still until it is passed, with the few rules of an order's life that a platform needs."""

    seed: str = "still"
    seconds: float = 0.0
    skew: float = 0.0
    life: float | None = None
    faults: set[str] = field(default_factory=set)
    shops: dict[str, Shop] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    outbox: list[tuple[Delivery, Callable[[int | None], None] | None]] = field(default_factory=list)
    money_errors: dict[str, MoneyError] = field(default_factory=dict)
    statement_errors: dict[tuple[str, str], MoneyError] = field(default_factory=dict)
    channel: str = "shopee"
    base_url: str = ""
    warehouses: tuple[str, ...] = ("Kho chính", "Kho phụ")

    def __post_init__(self) -> None:
        self.draws = Draws(self.seed)
        self.goods = {good.sku: good for good in make_goods(self.draws, 60)}
        self.platform: ShopeePlatform

    def now(self) -> float:
        return START + self.seconds + self.skew

    def platform_time(self, moment: float) -> float:
        return moment + self.skew

    def logical_time(self) -> float:
        return self.seconds

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.due.append((self.seconds + seconds, action))

    def send(self, delivery: Delivery, done: Callable[[int | None], None] | None = None) -> None:
        self.outbox.append((delivery, done))

    quota_factor = 1

    def token_life(self, usual: float) -> float:
        return usual if self.life is None else self.life

    def hits(self, fault: str) -> bool:
        return fault in self.faults

    def is_odd(self, name: str, *parts: object) -> bool:
        return False

    def plant(self, oddity: str, *thing: object) -> None:
        raise AssertionError("a still world has no oddities")

    def categories(self, shop_id: str, item_id: str) -> tuple[str, ...]:
        return ()

    def money_error(self, order_id: str) -> MoneyError:
        return self.money_errors.get(order_id, NO_ERROR)

    def statement_error(self, shop_id: str, statement: str) -> MoneyError:
        return self.statement_errors.get((shop_id, statement), NO_ERROR)

    def is_odd_for_a_moment(self, name: str, *parts: object) -> bool:
        return False

    def open_shop(
        self,
        shop_id: str,
        name: str,
        ids: Callable[[str, bool], tuple[str, str]],
        *,
        ships_from: int = 0,
        listed: Callable[[Good], bool] = lambda good: True,
    ) -> Shop:
        shop = Shop(self.channel, shop_id, name, self.warehouses[ships_from])
        goods = [good for good in self.goods.values() if listed(good)]
        stock_shop(shop, goods, self.draws, shown=lambda good: 40, ids=ids, listed_at=float(START))
        self.shops[shop_id] = shop
        return shop

    def set_stock(self, variation: Variation, stock: int) -> None:
        variation.stock = stock
        variation.updated_at = self.now()

    def set_price(self, variation: Variation, price: int) -> None:
        variation.price = price

    def set_listed(self, item: Item, status: str) -> None:
        item.status = status
        item.updated_at = self.now()

    def arrange_shipment(self, order: Order) -> None:
        self._need(order, "to_ship")
        self.step(order, "arranged")

    def cancel(self, order: Order, by: Any, reason: str) -> None:
        self._need(order, "unpaid", "to_ship", "packed")
        order.cancelled_by, order.reason = by, reason
        self.step(order, "cancelled")

    def answer_cancellation(self, order: Order, *, accept: bool) -> None:
        self._need(order, "cancelling")
        if accept:
            order.cancelled_by, order.reason = "buyer", "changed_mind"
        self.step(order, "cancelled" if accept else "cancel_declined")

    def mark_known_to_hub(self, orders: Iterable[Order]) -> None:
        self.read += [order.id for order in orders]

    def sold_at_till(self, document: str, warehouse: str, lines: Mapping[str, int]) -> None:
        raise AssertionError("a marketplace has no till")

    # what the world does by itself

    def place(self, shop: Shop, lines: Mapping[tuple[str, str], int], *, cod: bool = False) -> Order:
        """Place an order of (item id, variation id) -> pieces."""
        number = len(self.orders) + 1
        order_lines = []
        for (item_id, variation_id), quantity in lines.items():
            item, found = shop.items[item_id], shop.variation(item_id, variation_id)
            assert found is not None
            found.stock -= quantity
            found.open += quantity
            order_lines.append(
                Line(item_id, found.id, found.sku, found.seller_sku, item.name, found.option, quantity, found.price)
            )
        order = Order(
            number, self.channel, shop.id, self.platform.order_id(shop, number), order_lines, BUYER, cod, shop.ships_from, {},
            "to_ship" if cod else "unpaid", self.seconds + START, self.seconds + START,
        )  # fmt: skip
        self.orders[order.id] = order
        self.platform.order_changed(order, "placed")
        return order

    def step(self, order: Order, step: Step) -> None:
        """Let the order take a step."""
        was = order.status
        if step == "asked_cancel":
            order.resumes = was
        order.status = order.resumes if step == "cancel_declined" else _AFTER[step]
        if was in OPEN and order.status not in OPEN:
            for line in order.lines:
                found = self.shops[order.shop].variation(line.item_id, line.variation_id)
                assert found is not None
                found.open -= line.quantity
                found.stock += line.quantity if order.status == "cancelled" else 0
        order.updated_at = START + self.seconds
        self.platform.order_changed(order, step)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, doing what falls due on the way, in its order."""
        until = self.seconds + seconds
        while ready := sorted((entry for entry in self.due if entry[0] <= until), key=lambda entry: entry[0]):
            self.due.remove(ready[0])
            self.seconds = max(self.seconds, ready[0][0])
            ready[0][1]()
        self.seconds = until

    @staticmethod
    def _need(order: Order, *statuses: Status) -> None:
        if order.status not in statuses:
            raise InvalidState(order.status)


@dataclass
class Received:
    """A push as it arrived."""

    path: str
    authorization: str
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Hub:
    """Hub that records pushes; `replies` are its next status codes, 200 when they run out."""

    url: str = ""
    replies: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def take(self) -> list[Any]:
        """Return (code, data) of the pushes since the last call."""
        found = [(push.body["code"], push.body["data"]) for push in self.received]
        self.received.clear()
        return found


@dataclass
class Client:
    """Client of a partner app, over HTTP, with signing independent of the platform's own code."""

    base: str
    context: StillContext
    partner_id: int
    partner_key: str
    shop_id: int
    access_token: str
    refresh_token: str
    code: str

    def sign(self, path: str, *parts: object) -> str:
        text = "".join(map(str, (self.partner_id, path, *parts)))
        return hmac.new(self.partner_key.encode(), text.encode(), hashlib.sha256).hexdigest()

    def common(self, path: str) -> dict[str, Any]:
        """The common parameters of a call."""
        stamp = int(self.context.now())
        common: dict[str, Any] = {"partner_id": self.partner_id, "timestamp": stamp}
        if path.split("/")[3] in {"auth", "public", "push"}:
            return common | {"sign": self.sign(path, stamp)}
        return common | {
            "access_token": self.access_token,
            "shop_id": self.shop_id,
            "sign": self.sign(path, stamp, self.access_token, self.shop_id),
        }

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """(status, parsed body). `query` overrides the common parameters; None leaves one out."""
        path = f"/api/v2/{path}"
        merged = {name: value for name, value in (self.common(path) | query).items() if value is not None}
        response = requests.request(
            method, f"{self.base}{path}?{urlencode(merged, doseq=True)}", timeout=5,
            json=None if isinstance(body, bytes) else body, data=body if isinstance(body, bytes) else None,
        )  # fmt: skip
        assert response.headers["Content-Type"] == "application/json"
        return response.status_code, response.json()

    def get(self, path: str, **query: Any) -> Any:
        """The `response` of a GET that succeeds."""
        return self._good(*self.call("GET", path, **query))

    def post(self, path: str, body: Any) -> Any:
        """The `response` of a POST that succeeds."""
        return self._good(*self.call("POST", path, body))

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str, str]:
        """(status, error, message) of a call that fails."""
        status, answer = self.call(method, path, body, **query)
        assert len(answer["request_id"]) == 32
        assert answer["error"]
        return status, answer["error"], answer["message"]

    @staticmethod
    def _good(status: int, answer: Any) -> Any:
        assert (status, answer["error"], answer["message"]) == (200, "", ""), answer
        assert len(answer["request_id"]) == 32
        return answer.get("response", answer)


@dataclass
class Market:
    """Platform, world, hub and clients."""

    context: StillContext
    base: str
    hub: Hub
    app: Mapping[str, Any]
    client: Client
    other: Client

    @property
    def platform(self) -> ShopeePlatform:
        return self.context.platform

    @property
    def shop(self) -> Shop:
        """The shop of `client`."""
        return self.context.shops[str(self.client.shop_id)]

    def item(self, fits: Callable[[Item], bool] = lambda item: True) -> Item:
        """The first live item that fits."""
        return next(item for item in self.shop.items.values() if item.status == LIVE and fits(item))

    def buy(self, *, cod: bool = False, quantity: int = 1, fits: Callable[[Item], bool] = lambda item: True) -> Order:
        """An order of one piece of an item."""
        item = self.item(fits)
        return self.context.place(self.shop, {(item.id, item.variations[0].id): quantity}, cod=cod)

    def listen(self) -> None:
        """Let pushes go to the hub; the probe is taken out of the way."""
        self.platform.set_webhook_url(self.hub.url, None)
        self.deliver()
        self.hub.received.clear()

    def deliver(self) -> None:
        """Post the outbox over HTTP and pass the responses back."""
        while self.context.outbox:
            delivery, done = self.context.outbox.pop(0)
            try:
                response = requests.post(
                    delivery.url, data=delivery.body, headers=dict(delivery.headers), timeout=delivery.timeout,
                    allow_redirects=False,
                )  # fmt: skip
                status: int | None = response.status_code
            except requests.RequestException:
                status = None
            if done:
                done(status)

    def pass_time(self, seconds: float) -> None:
        """Let time pass and pushes arrive, until nothing more is due in it."""
        until = self.context.seconds + seconds
        self.deliver()
        while coming := [due for due, _ in self.context.due if due <= until]:
            self.context.pass_time(min(coming) - self.context.seconds)
            self.deliver()
        self.context.pass_time(until - self.context.seconds)


@contextmanager
def serving(
    answer: Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]],
) -> Iterator[str]:
    """An HTTP server on a free port, one call at a time; gives its address."""
    lock = threading.Lock()

    class Serve(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                status, headers, found = answer(
                    self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
                )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found)

        do_POST = do_GET  # noqa: N815 - the name http.server asks for

        def log_message(self, *args: Any) -> None:
            """Suppress the access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serve)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def market() -> Iterator[Market]:
    """A fresh platform with two shops, and a hub that takes its pushes."""
    context, hub = StillContext(), Hub()
    context.platform = PLATFORM(context)

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        hub.received.append(Received(target, headers.get("authorization", ""), body))
        return hub.replies.pop(0) if hub.replies else 200, {}, b""

    def answer(*call: Any) -> tuple[int, Mapping[str, str], bytes]:
        # looked up anew on each call: a test may restart the platform
        return context.platform.answer(*call)

    with serving(answer) as base, serving(take) as hub_url:
        context.base_url, hub.url = base, f"{hub_url}/webhooks/shopee/k1/"
        context.platform.open()
        accounts = context.platform.accounts()
        app = accounts["app"]
        clients = [
            Client(
                base, context, app["partner_id"], app["partner_key"],
                shop["shop_id"], shop["access_token"], shop["refresh_token"], shop["code"],
            )
            for shop in accounts["shops"]
        ]  # fmt: skip
        yield Market(context, base, hub, app, *clients)


__all__ = ["DELETED", "LIVE", "START", "Client", "Market", "market"]
