"""A simulated CRM in a small world, and callers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from integrations.connectors.misa_crm.simulator.book import Book
from integrations.connectors.misa_crm.simulator.platform import PLATFORM, MisaPlatform
from integrations.contract.access import Access, AppAccess
from integrations.simulator.simulation import Simulation

FREE = {"limit_read": "1000000", "limit_write": "1000000"}


@dataclass(frozen=True)
class Crm:
    """The platform by its own keys, past any connector."""

    simulation: Simulation

    @property
    def platform(self) -> MisaPlatform:
        platform = self.simulation.world.platforms["misa_crm"]
        assert isinstance(platform, MisaPlatform)
        return platform

    @property
    def book(self) -> Book:
        return self.platform.state.book

    @property
    def base_url(self) -> str:
        return self.simulation.world.urls["misa_crm"]

    def account(self) -> dict[str, Any]:
        with self.simulation.world.lock:
            return self.platform.accounts()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A call with good keys; `headers` replaces them."""
        account = self.account()
        headers = {
            "Authorization": f"Bearer {account['shops'][0]['access_token']}", "Clientid": account["app"]["client_id"],
        }  # fmt: skip
        url = f"{self.base_url}/api/v2{path}"
        return requests.request(method, url, json=body, timeout=10, **({"headers": headers} | more))

    def data(self, path: str) -> list[dict[str, Any]]:
        """The rows of a read."""
        found: list[dict[str, Any]] = self.call("GET", path).json()["data"]
        return found

    def faults(self, **rates: float) -> None:
        with self.simulation.world.lock:
            self.simulation.world.book.faults.set({f"misa_crm.{name}": rate for name, rate in rates.items()})


@pytest.fixture
def crm() -> Iterator[Crm]:
    found = Simulation({"misa_crm": PLATFORM}, products=60, seed="crm")
    found.start()
    yield Crm(found)
    found.stop()


class Tokens:
    """A token source that asks for a new one as the hub would, and counts."""

    def __init__(self, token: str, renew: Callable[[], str]) -> None:
        self.token = token
        self.renewals = 0
        self._renew = renew

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.renewals += 1
        self.token = self._renew()
        return self.token


@pytest.fixture
def app(crm: Crm) -> AppAccess:
    account = crm.account()["app"]
    return AppAccess("key", account, base_url=crm.base_url, settings=FREE)


@pytest.fixture
def access(crm: Crm, app: AppAccess) -> Callable[..., Access]:
    """Keywords are the connection's settings."""
    row = crm.account()["shops"][0]

    def make(**settings: str) -> Access:
        tokens = Tokens(row["access_token"], lambda: str(crm.account()["shops"][0]["access_token"]))
        given = {"states": row["states"], "form_layout": row["form_layout"]} | settings
        return Access(app, row["shop_id"], tokens, given)

    return make
