"""What every call, step and webhook of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from integrations.connectors.tiktok_shop.simulator.book import Book, Order
from integrations.connectors.tiktok_shop.simulator.gate import App, Quota
from integrations.connectors.tiktok_shop.simulator.push import Hooks
from integrations.connectors.tiktok_shop.simulator.request import Call, no_such
from integrations.connectors.tiktok_shop.simulator.tokens import Tokens
from integrations.simulator.order import Order as Sale
from integrations.simulator.shops import Shop
from integrations.simulator.side import Ground


@dataclass(frozen=True)
class Plan:
    """Something that will happen: which deed, at which logical time, to what."""

    due: float
    deed: str
    subject: str
    number: int


@dataclass
class Kept:
    """All that a restart of the simulator must not lose. `ciphers`: cipher -> shop; `labels`: document -> (order, until)."""

    app: App
    tokens: Tokens
    hooks: Hooks
    ciphers: dict[str, str] = field(default_factory=dict)
    warehouses: dict[str, str] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    plans: dict[int, Plan] = field(default_factory=dict)
    labels: dict[str, tuple[str, float]] = field(default_factory=dict)
    planned: int = 0


@dataclass
class Platform:
    """TikTok Shop with one app. `deeds` are what plans may name."""

    ground: Ground
    kept: Kept
    deeds: Mapping[str, Callable[[Platform, str, int], None]]
    quota: Quota = field(default_factory=Quota)

    @property
    def book(self) -> Book:
        """Orders, packages, returns, money."""
        return self.kept.book

    @property
    def now(self) -> int:
        """The platform's wire clock, whole epoch seconds."""
        return int(self.ground.now())

    def shop(self, call: Call) -> Shop:
        """The shop a call is for."""
        return self.ground.shops[call.shop]

    def warehouse(self, shop: str) -> str:
        """The id of the one warehouse a shop sells from."""
        return self.kept.warehouses[shop]

    def order(self, call: Call, order_id: str) -> Order:
        """An order of the shop that calls. Refused when there is none."""
        found = self.book.order(call.shop, order_id)
        if found is None:
            raise no_such("order")
        return found

    def package(self, call: Call, package_id: str) -> Order:
        """The order of a package of the shop that calls. Refused when there is none."""
        found = self.book.package(call.shop, package_id)
        if found is None:
            raise no_such("package")
        return found

    def sale(self, order: Order) -> Sale:
        """The world's side of an order."""
        return self.ground.orders[order.id]

    def number(self, *parts: object, size: int = 15) -> str:
        """So many digits, always the same for the same parts."""
        return f"{self.ground.draws.number(self.ground.channel, *parts) % 10**size:0{size}d}"

    def plan(self, seconds: float, deed: str, subject: str, number: int = 0) -> None:
        """Let a deed happen after so many logical seconds; kept over a restart."""
        self.kept.planned += 1
        key = self.kept.planned
        self.kept.plans[key] = Plan(self.ground.moment() + seconds, deed, subject, number)
        self.ground.later(seconds, partial(self._due, key))

    def resume(self) -> None:
        """After a restart: what was planned is on its way again."""
        for key, plan in self.kept.plans.items():
            self.ground.later(max(0.0, plan.due - self.ground.moment()), partial(self._due, key))

    def _due(self, key: int) -> None:
        plan = self.kept.plans.pop(key)
        self.deeds[plan.deed](self, plan.subject, plan.number)
