"""Any channel in the simulated world, for tests that know no channel by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from integrations.connectors import connector_of
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.connector import Connector
from integrations.contract.webhooks import Delivery
from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.bound import Bound

# by which of its keys an account's shop is known to its channel
_SHOP_IDS = ("shop_id", "retailer", "shop_cipher", "seller_id", "id")


@dataclass
class Pair:
    """A token pair in memory."""

    access_token: str
    refresh_token: str = ""

    def current(self) -> str:
        return self.access_token

    def renewed(self, stale: str) -> str:
        raise AssertionError("the token was good")


@dataclass
class Hub:
    """Takes deliveries and keeps them as they came."""

    got: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = Server(0, self._take)
        self._server.start()
        self.url = f"{self._server.url}/hook/"

    def _take(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        topic = target.split("?", maxsplit=1)[0].removeprefix("/hook/").strip("/")
        self.got.append(Delivery(body, dict(headers), topic))
        return 200, {}, b""

    def stop(self) -> None:
        self._server.stop()


@dataclass(frozen=True)
class Played:
    """One channel of a running simulation."""

    simulation: Simulation
    channel: str

    @property
    def connector(self) -> Connector:
        return connector_of(self.channel)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """The control API."""
        answer = requests.request(method, self.simulation.url + path, json=body or None, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/accounts")[self.channel]
        return found

    def app(self, *, callback_url: str = "", base_url: str = "", **credentials: str) -> AppAccess:
        """Our registration; limits are out of the way."""
        account = self.account()
        given = {name: str(value) for name, value in account["app"].items() if value} | credentials
        secret, plain = (
            {field.name: given[field.name] for field in fields if field.name in given}
            for fields in (self.connector.account_fields, self.connector.account_settings)
        )
        free = {f"limit_{limit.name}": "1000000" for limit in self.connector.limits}
        return AppAccess("key", secret, base_url or account["base_url"], callback_url, plain | free)

    def shop(self) -> tuple[str, dict[str, Any]]:
        """The first shop's id and what the account says of it."""
        row = self.account()["shops"][0]
        return next(str(row[name]) for name in _SHOP_IDS if name in row), row

    def connect(self, *, tokens: TokenSource | None = None, base_url: str = "", callback_url: str = "") -> Bound:
        shop_id, row = self.shop()
        source = tokens or Pair(row["access_token"], row.get("refresh_token", ""))
        access = Access(self.app(base_url=base_url, callback_url=callback_url), shop_id, source)
        return Bound(self.connector, access)

    def faults(self, **rates: float) -> None:
        self.ask("POST", "/faults", **{f"{self.channel}.{name}": rate for name, rate in rates.items()})
