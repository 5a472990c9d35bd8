"""The simulated Sendo over real HTTP, and what a hub knows of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from integrations.connectors.sendo.connector import CONNECTOR
from integrations.connectors.sendo.consent import renew
from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.platform import PLATFORM, SendoPlatform
from integrations.connectors.sendo.webhooks import WEBHOOKS
from integrations.contract.access import Access, AppAccess
from integrations.contract.webhooks import Delivery, Notice
from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.bound import Bound

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class LoggingIn:
    """A token source that logs in again."""

    app: AppAccess
    shop_id: str
    token: str
    logins: int = 0

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.logins += 1
        self.token = renew(self.app, refresh_token="", shop_id=self.shop_id).access_token
        return self.token


@dataclass
class Place:
    """The simulated Sendo and what a hub knows of it."""

    simulation: Simulation
    app: AppAccess
    shop: dict[str, Any]
    got: list[Notice] = field(default_factory=list)

    @property
    def platform(self) -> SendoPlatform:
        platform = self.simulation.world.platforms["sendo"]
        assert isinstance(platform, SendoPlatform)
        return platform

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.simulation.url + path, json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tokens(self) -> LoggingIn:
        return LoggingIn(self.app, self.shop["shop_id"], self.shop["access_token"])

    def account(self, tokens: LoggingIn | None = None, **settings: str) -> Bound:
        return Bound(CONNECTOR, Access(self.app, self.shop["shop_id"], tokens or self.tokens(), settings))

    def order(self, quantity: int = 1) -> str:
        """A buyer orders something that the shop shows plenty of; the order's number."""
        sku = next(row["sku"] for row in self.truth("listings") if row["stock"] >= quantity + 5)
        body = {"channel": "sendo", "shop": self.shop["shop_id"], "lines": [{"sku": sku, "quantity": quantity}]}
        return str(self.ask("POST", "/orders", body)["id"])

    def free_order(self) -> str:
        """An order that may be accepted: paid, and not checked any more."""
        number = self.order()
        self.until(lambda: self.order_row(number)["status"] == "to_ship" and not self.is_checked(number))
        return number

    def truth(self, table: str, **where: str) -> list[dict[str, Any]]:
        rows = self.ask("GET", "/truth")[table]
        return [row for row in rows if all(str(row[key]) == value for key, value in where.items())]

    def order_row(self, number: str) -> dict[str, Any]:
        return self.truth("orders", id=number)[0]

    def is_checked(self, number: str) -> bool:
        with self.simulation.world.lock:
            return number in self.platform.backend.book.checked_until

    def until(self, done: Callable[[], bool]) -> None:
        """Let time pass until it is so."""
        limit = time.monotonic() + 20
        while not done():
            assert time.monotonic() < limit
            self.ask("POST", "/advance", {"seconds": 2})
            time.sleep(0.02)


@pytest.fixture
def place() -> Iterator[Place]:
    simulation = Simulation({"sendo": PLATFORM}, products=60, seed="connector")
    simulation.start()
    account = requests.get(simulation.url + "/accounts", timeout=10).json()["sendo"]
    keys = {name: str(account["app"][name]) for name in ("shop_key", "secret_key")}
    free = {f"limit_{limit.name}": "1000000" for limit in CONNECTOR.limits}
    yield Place(simulation, AppAccess("key", keys, base_url=account["base_url"], settings=free), account["shops"][0])
    simulation.stop()


@pytest.fixture
def hooked(place: Place) -> Iterator[Place]:
    """With a hub that believes deliveries as the connector does."""

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        place.got.extend(WEBHOOKS.open(place.app, Delivery(body, headers)))
        reply = WEBHOOKS.acknowledgement
        return reply.status, {}, reply.body

    hub = Server(0, take)
    hub.start()
    place.ask("POST", "/webhooks", {"channel": "sendo", "url": f"{hub.url}/webhooks/sendo/key/"})
    yield place
    hub.stop()


@pytest.fixture
def all_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sendo looks at every order before the seller may act."""
    monkeypatch.setattr(facts, "CHECKED_SHARE", 1.0)


def read(account: Bound, kind: str, *ids: str) -> Any:
    now = datetime.now(UTC)
    return account.read(kind, ids, since=now - timedelta(minutes=10), asked_at=now)


def changed(account: Bound, kind: str, since: datetime | None) -> list[Any]:
    return [change for page in account.changed(kind, since=since, until=datetime.now(UTC)) for change in page.changes]


def listing(place: Place, *, with_variants: bool) -> dict[str, Any]:
    return next(row for row in place.truth("listings") if bool(row["variation"]) is with_variants and row["stock"] > 3)


def shown(place: Place, row: dict[str, Any]) -> int:
    [found] = place.truth("listings", item=row["item"], variation=row["variation"])
    stock: int = found["stock"]
    return stock
