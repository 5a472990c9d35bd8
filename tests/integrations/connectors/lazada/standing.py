"""The simulated Lazada in a world where hardly any time passes: what happens to an order, a test makes happen."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from integrations.connectors.lazada.simulator.book import Order as Record
from integrations.connectors.lazada.simulator.platform import Platform
from integrations.connectors.lazada.simulator.side import SIDE, LazadaSide
from integrations.simulator.order import Order, Status, Step
from integrations.simulator.shops import Shop, Variation
from integrations.simulator.simulation import Simulation

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
        """A call whose parameters travel as told."""
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
    def side(self) -> LazadaSide:
        side = self.simulation.world.sides["lazada"]
        assert isinstance(side, LazadaSide)
        return side

    @property
    def platform(self) -> Platform:
        return self.side.platform

    @property
    def shops(self) -> list[Shop]:
        return list(self.side.ground.shops.values())

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
        return self.platform.book.orders[order.shop, int(order.id)]


@contextmanager
def market(**settings: Any) -> Iterator[Market]:
    """A market for a while."""
    simulation = Simulation({"lazada": SIDE}, products=60, seed="still", speed=0.0001, **settings)
    simulation.start()
    found = Market(simulation)
    told = found.account
    for shop in told["shops"]:
        app = told["app"]
        found.clients.append(Client(told["base_url"], app["app_key"], app["app_secret"], shop["access_token"]))
    try:
        yield found
    finally:
        simulation.stop()
