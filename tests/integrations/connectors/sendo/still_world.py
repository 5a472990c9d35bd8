"""The simulated Sendo in a world whose time stands still."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.platform import PLATFORM, SendoPlatform
from integrations.simulator.book import new_book
from integrations.simulator.day import Day
from integrations.simulator.life import Life
from integrations.simulator.order import Order
from integrations.simulator.shops import Item, Shop, Variation
from integrations.simulator.simulated_platform import Delivery
from integrations.simulator.world import World

ROOT = "/api/partner/"
JSON = {"content-type": "application/json"}


class SendoWorld:
    """World with Sendo alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        day = Day(Life(new_book("1", products=60, speed=1.0, chaos="calm")))
        self.world = World(day, {"sendo": PLATFORM}, {"sendo": "http://sendo.invalid"})
        self.world.open()
        self.sent: list[Any] = []
        monkeypatch.setattr(self.world.sender, "send", self._sent)
        self.platform.set_webhook_url("http://hub.invalid/hook/", None)

    def _sent(self, channel: str, delivery: Delivery, done: Any) -> None:
        self.sent.append(json.loads(delivery.body))

    @property
    def platform(self) -> SendoPlatform:
        platform = self.world.platforms["sendo"]
        assert isinstance(platform, SendoPlatform)
        return platform

    @property
    def shop(self) -> Shop:
        return self.platform.backend.shop

    @property
    def token(self) -> str:
        return str(self.platform.accounts()["shops"][0]["access_token"])

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        content = json.dumps(body).encode() if body is not None else b""
        status, _, answer = self.platform.answer(method, path, JSON | headers, content)
        return status, json.loads(answer)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The whole answer of an authorised call; the HTTP status is 200."""
        status, answer = self.raw(method, ROOT + path, body, authorization=f"bearer {self.token}")
        assert status == 200
        return answer

    def good(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body)
        assert (answer["success"], answer["error"], answer["status_code"]) == (True, None, 200), answer
        return answer["result"]

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Return (status_code, the first message)."""
        answer = self.call(method, path, body)
        assert (answer["success"], answer["result"]) == (False, None)
        details = answer["error"]["error_details"]
        return answer["status_code"], details[0]["message"] if details else answer["error"]["message"]

    def variation(self, *, with_models: bool) -> tuple[Item, Variation]:
        items = (item for item in self.shop.items.values() if item.has_models is with_models)
        return next((item, v) for item in items for v in item.variations if v.stock > 5)

    def order(self) -> Order:
        return self.world.life.place(self.shop, [(self.variation(with_models=False)[1], 1)])

    def let(self, seconds: float) -> None:
        self.world.book.timeline.advance(seconds)
        self.world.run_due()


@pytest.fixture
def sendo(monkeypatch: pytest.MonkeyPatch) -> SendoWorld:
    monkeypatch.setattr(facts, "CHECKED_SHARE", 0.0)
    return SendoWorld(monkeypatch)


def keys(sendo: SendoWorld, **changes: str) -> dict[str, str]:
    app = sendo.platform.accounts()["app"]
    return {"shop_key": app["shop_key"], "secret_key": app["secret_key"]} | changes


def search(sendo: SendoWorld, **body: Any) -> Any:
    return sendo.good("POST", "salesorder/search", body)


def numbers(result: Any) -> list[str]:
    return [row["sales_order"]["order_number"] for row in result["data"]]


def days(name: str, first: int, last: int) -> dict[str, str]:
    today = datetime.now(facts.VIETNAM)
    return {
        f"{name}_from": f"{today + timedelta(days=first):%Y/%m/%d}",
        f"{name}_to": f"{today + timedelta(days=last):%Y/%m/%d}",
    }


def read_order(sendo: SendoWorld, order: Order) -> Any:
    return sendo.good("GET", f"salesorder/{order.id}")["sales_order"]
