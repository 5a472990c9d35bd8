"""The simulated Tiki over real HTTP, and a plain client of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests

from integrations.simulator.simulation import Simulation

CHANNEL = "tiki"


@dataclass
class Market:
    """Simulation with Tiki only."""

    simulation: Simulation

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """The control API."""
        answer = requests.request(method, self.simulation.url + path, json=body or None, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/accounts")[CHANNEL]
        return found

    @property
    def url(self) -> str:
        return self.simulation.world.urls[CHANNEL]

    def token(self, shop: int = 0) -> str:
        return str(self.account["shops"][shop]["access_token"])

    def app_token(self) -> str:
        app = self.account["app"]
        form = {"grant_type": "client_credentials", "client_id": app["client_id"], "scope": ""}
        answer = requests.post(
            self.url + "/sc/oauth2/token", data=form, auth=(app["client_id"], app["client_secret"]), timeout=10
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, token: str = "", body: Any = None, **params: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        answer = requests.request(method, self.url + path, params=params, json=body, headers=headers, timeout=10)
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status_code, answer.json() if is_json else answer.text

    def rows(self, table: str, **where: str) -> list[dict[str, Any]]:
        """Rows of `GET /truth`."""
        found = self.ask("GET", "/truth")[table]
        return [row for row in found if all(str(row[key]) == value for key, value in where.items())]

    def order(self, quantity: int = 1, *, shop: int = 0, unpaid: bool | None = None) -> str:
        """Place an order of something well in stock and return its code. `unpaid`: whether it must wait for payment."""
        sid = self.account["shops"][shop]["shop_id"]
        sku = next(
            row["sku"] for row in self.rows("listings", shop=sid) if row["stock"] > quantity + 10 and row["seller_sku"]
        )
        while True:
            code = str(
                self.ask("POST", "/orders", channel=CHANNEL, shop=sid, lines=[{"sku": sku, "quantity": quantity}])["id"]
            )
            if unpaid is None or (self.status(code) == "unpaid") is unpaid:
                return code

    def status(self, code: str) -> str:
        return str(self.rows("orders", id=code)[0]["status"])

    def until_status(self, code: str, *statuses: str) -> None:
        """Let time pass until the order has a status."""
        end = time.monotonic() + 20
        while self.status(code) not in statuses:
            assert time.monotonic() < end, self.status(code)
            self.ask("POST", "/advance", seconds=20)
            time.sleep(0.05)
