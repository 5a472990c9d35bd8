"""What every call, step and push of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from integrations.connectors.shopee.simulator.book import Book, Order
from integrations.connectors.shopee.simulator.gate import App, Quota
from integrations.connectors.shopee.simulator.push import Pushes
from integrations.connectors.shopee.simulator.request import Call, Refusal
from integrations.connectors.shopee.simulator.tokens import Tokens
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
    """All that a restart of the simulator must not lose."""

    app: App
    tokens: Tokens
    pushes: Pushes
    book: Book = field(default_factory=Book)
    plans: dict[int, Plan] = field(default_factory=dict)
    planned: int = 0
    warned: set[int] = field(default_factory=set)


@dataclass
class Platform:
    """Shopee with one partner app. `deeds` are what plans may name."""

    ground: Ground
    kept: Kept
    deeds: Mapping[str, Callable[[Platform, str, int], None]]
    quota: Quota = field(default_factory=Quota)

    @property
    def app(self) -> App:
        """The partner's app."""
        return self.kept.app

    @property
    def tokens(self) -> Tokens:
        """Its codes and tokens."""
        return self.kept.tokens

    @property
    def pushes(self) -> Pushes:
        """Its push subscription."""
        return self.kept.pushes

    @property
    def book(self) -> Book:
        """Orders, packages, returns."""
        return self.kept.book

    @property
    def now(self) -> int:
        """The platform's wire clock, whole epoch seconds."""
        return int(self.ground.now())

    @property
    def shops(self) -> dict[int, str]:
        """Shop id -> name."""
        return {int(shop.id): shop.name for shop in self.ground.shops.values()}

    def shop(self, call: Call) -> Shop:
        """The shop a call is for."""
        return self.ground.shops[str(call.shop)]

    def order(self, call: Call, order_sn: str) -> Order:
        """An order of the shop that calls. Refused when there is none."""
        found = self.book.order(call.shop, order_sn)
        if found is None:
            raise Refusal("error_not_found", "Wrong parameters, detail: the order is not found.")
        return found

    def sale(self, order: Order) -> Sale:
        """The world's side of an order."""
        return self.ground.orders[order.order_sn]

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
