"""The simulated Lazada in a world where hardly any time passes: what happens to an order, a test makes happen."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order as Record
from integrations.connectors.lazada.simulator.platform import PLATFORM, LazadaPlatform
from integrations.contract.writes import WriteRequest
from integrations.simulator.order import Order, Status, Step
from integrations.simulator.shops import Shop, Variation
from integrations.simulator.simulation import Simulation

AGO = datetime.now(UTC) - timedelta(hours=3)
LATER = datetime.now(UTC) + timedelta(days=1)
STATUS: Mapping[Step, Status] = {
    "paid": "to_ship",
    "arranged": "packed",
    "shipped": "shipped",
    "delivered": "delivered",
    "completed": "completed",
    "asked_cancel": "cancelling",
    "returning": "returning",
}


def sign(secret: str, path: str, params: Mapping[str, str]) -> str:
    """As documented, apart from the platform's own code."""
    text = path + "".join(key + params[key] for key in sorted(params))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


@dataclass
class Client:
    """An app that calls over HTTP, as public clients do."""

    base: str
    key: str
    secret: str
    token: str

    def pool(self, path: str, params: Mapping[str, str], **changed: str | None) -> dict[str, str]:
        """All parameters, signed; `changed` replaces some of them before, None leaves one out."""
        common = {"app_key": self.key, "timestamp": str(int(time.time() * 1000)), "sign_method": "sha256"}
        common |= {} if path.startswith("/auth/") else {"access_token": self.token}
        merged = {name: value for name, value in ({**common, **params} | changed).items() if value is not None}
        return merged | {"sign": sign(self.secret, path, merged)}

    def call(self, method: str, path: str, **params: str) -> Any:
        """The parsed body; the status is always 200."""
        pool = self.pool(path, params)
        send: dict[str, Any] = {"params": pool} if method == "GET" else {"data": pool}
        return self.sent(method, path, **send)

    def sent(self, method: str, path: str, **how: Any) -> Any:
        """A call whose parameters travel as given."""
        response = requests.request(method, f"{self.base}/rest{path}", timeout=5, **how)
        assert response.status_code == 200
        body = response.json()
        assert len(body["request_id"]) == 32
        return body

    def good(self, method: str, path: str, **params: str) -> Any:
        """`data`, or what is in `result`, of a call that succeeds."""
        body = self.call(method, path, **params)
        assert body["code"] == "0", body
        result = body.get("result", {})
        return body["data"] if "data" in body else result.get("data", result)

    def refused(self, method: str, path: str, **params: str) -> str:
        """The code of a call that fails."""
        body = self.call(method, path, **params)
        assert body["message"]
        assert body["type"] in {"ISV", "ISP", "SYSTEM"}
        code: str = body["code"]
        assert code != "0"
        return code


@dataclass
class Market:
    """All of it together."""

    simulation: Simulation
    clients: list[Client] = field(default_factory=list)

    @property
    def platform(self) -> LazadaPlatform:
        platform = self.simulation.world.platforms["lazada"]
        assert isinstance(platform, LazadaPlatform)
        return platform

    @property
    def backend(self) -> Backend:
        return self.platform.backend

    @property
    def shops(self) -> list[Shop]:
        return list(self.platform.context.shops.values())

    @property
    def account(self) -> Any:
        """What the world tells of app and shops, with fresh codes and tokens."""
        return requests.get(f"{self.simulation.url}/accounts", timeout=5).json()["lazada"]

    def sold(self, least: int = 5, *, held: bool = False, shop: int = 0) -> Variation:
        """A SKU of a shop with so much stock, in a campaign or not."""
        return next(
            one
            for one in self.shops[shop].variations()
            if one.stock >= least and bool(one.held) == held and not one.open
        )

    def buy(self, *picks: tuple[Variation, int], shop: int = 0, pay: bool = True) -> Order:
        """A buyer orders; pays, unless it is on delivery."""
        with self.simulation.world.lock:
            order = self.simulation.world.life.place(self.shops[shop], picks or [(self.sold(shop=shop), 1)])
        if pay and order.status == "unpaid":
            self.step(order, "paid")
        return order

    def step(self, order: Order, *steps: Step) -> None:
        """It happens to the order."""
        life = self.simulation.world.life
        with self.simulation.world.lock:
            for step in steps:
                if step == "asked_cancel":
                    order.resumes = order.status
                life._step(order, step, STATUS[step])

    def record(self, order: Order) -> Record:
        """Lazada's own record of it."""
        return self.backend.book.orders[order.shop, int(order.id)]


@contextmanager
def market(**settings: Any) -> Iterator[Market]:
    """A market for a while."""
    simulation = Simulation({"lazada": PLATFORM}, products=60, seed="still", speed=0.0001, **settings)
    simulation.start()
    found = Market(simulation)
    account = found.account
    for shop in account["shops"]:
        app = account["app"]
        found.clients.append(Client(account["base_url"], app["app_key"], app["app_secret"], shop["access_token"]))
    try:
        yield found
    finally:
        simulation.stop()


def now() -> datetime:
    """Return the time of the call: no constant, since this process may have tested for long already."""
    return datetime.now(UTC)


def command(kind: str, order: Order, *, sent: float | None = None, **options: Any) -> WriteRequest:
    """Return a command about an order, first sent so many seconds ago."""
    sent_at = None if sent is None else now() - timedelta(seconds=sent)
    return WriteRequest(kind, order.id, f"1-{order.id}-{kind}-1", options=options, sent_at=sent_at)


def delivered(place: Market) -> Order:
    """Return an order that has reached its buyer."""
    order = place.buy()
    place.step(order, "arranged", "shipped", "delivered")
    return order
