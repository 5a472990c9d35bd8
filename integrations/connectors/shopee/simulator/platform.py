"""What every call, step and push of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integrations.connectors.shopee.simulator.book import Book, Order
from integrations.connectors.shopee.simulator.gate import App, Quota
from integrations.connectors.shopee.simulator.push import Pushes
from integrations.connectors.shopee.simulator.request import Call, Refusal
from integrations.connectors.shopee.simulator.tokens import Tokens
from integrations.simulator.order import Order as Sale
from integrations.simulator.plans import Planning, Plans
from integrations.simulator.shops import Shop
from integrations.simulator.side import Ground


@dataclass
class Kept:
    """All that a restart of the simulator must not lose."""

    app: App
    tokens: Tokens
    pushes: Pushes
    book: Book = field(default_factory=Book)
    plans: Plans = field(default_factory=Plans)
    warned: set[int] = field(default_factory=set)


@dataclass
class Platform(Planning):
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

    @property
    def plans(self) -> Plans:
        """What will happen."""
        return self.kept.plans

    def do(self, deed: str, subject: str, number: int) -> None:
        """One of its deeds."""
        self.deeds[deed](self, subject, number)
