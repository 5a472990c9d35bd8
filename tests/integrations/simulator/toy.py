"""The smallest platform and the smallest point of sale that a world can have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from integrations.simulator.book import new_book
from integrations.simulator.day import Day
from integrations.simulator.life import Life
from integrations.simulator.order import Order, Step
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import Delivery, Failure, PointOfSale, Response, SimulatedPlatform
from integrations.simulator.world import World


class Toy(SimulatedPlatform):
    """Marketplace with two shops. GET /order/<id> returns a status; every step is pushed."""

    offset = 1
    steps = frozenset({"asked_cancel", "pickup_failed", "returning"})
    url = ""

    def open(self) -> None:
        self.pushes = 0
        for number in (1, 2):
            self.context.open_shop(f"s{number}", f"Tiệm {number}", lambda key, _: (f"i-{key}", f"v-{key}"))

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        order = self.context.orders.get(target.rpartition("/")[2])
        if order is None:
            return 404, {}, b"{}"
        self.context.mark_known_to_hub([order])
        return 200, {"Content-Type": "application/json"}, json.dumps({"status": order.status}).encode()

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        return {"server_error": 503, "rate_limited": 429}[failure], {}, failure.encode()

    def may_lose_answer(self, method: str, target: str) -> bool:
        return not target.startswith("/token")

    def accounts(self) -> dict[str, Any]:
        return {
            "app": {"key": "k"},
            "shops": [{"shop_id": shop.id, "name": shop.name} for shop in self.context.shops.values()],
        }

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        self.url = url

    def order_id(self, shop: Shop, number: int) -> str:
        return f"T{number:05d}{self.context.draws.token('toy', number, size=2).upper()}"

    def order_changed(self, order: Order, step: Step) -> None:
        if self.url:
            self.pushes += 1
            body = json.dumps({"order": order.id, "step": step}).encode()
            self.context.send(Delivery(f"p{self.pushes}", self.url, {"X-Toy": "1"}, body, 2.0, orders=[order.id]))

    def save(self) -> object:
        return {"url": self.url, "pushes": self.pushes}

    def restore(self, saved: Any) -> None:
        self.url, self.pushes = saved["url"], saved["pushes"]


class Till(PointOfSale):
    """Point of sale that counts its sales and receives no documents."""

    offset = 6
    sold = 0

    def open(self) -> None:
        pass

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        return 200, {}, b"{}"

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        return 420, {}, b""

    def accounts(self) -> dict[str, Any]:
        return {"app": {}, "shops": [{"retailer": "tiemnha"}]}

    def sell(self, warehouse: str, lines: Mapping[str, int]) -> str:
        self.sold += 1
        return f"HD{self.sold:06d}"

    def receive(self, warehouse: str, lines: Mapping[str, int]) -> None:
        pass

    def audit(self, units: Mapping[str, Mapping[str, int]], orders: Iterable[Order]) -> dict[str, Any]:
        return {"drift": [], "hand_overs": {}}

    def save(self) -> object:
        return self.sold

    def restore(self, saved: Any) -> None:
        self.sold = saved


PLATFORMS: dict[str, type[SimulatedPlatform]] = {"toy": Toy, "till": Till}


def still_world(seed: str = "1", *, chaos: str = "calm", products: int = 120) -> World:
    """Return a world whose time stands still until it is advanced, and that sends nothing."""
    book = new_book(seed, products=products, speed=1.0, chaos=chaos)
    world = World(Day(Life(book)), PLATFORMS, dict.fromkeys(PLATFORMS, "http://toy.invalid"))
    world.open()
    return world


def live(world: World, seconds: float) -> None:
    """Let so many logical seconds pass."""
    world.book.timeline.advance(seconds)
    world.run_due()
