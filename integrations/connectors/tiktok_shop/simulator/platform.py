"""What every call, step and webhook of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integrations.connectors.tiktok_shop.simulator.book import Book, Order
from integrations.connectors.tiktok_shop.simulator.gate import App, Quota
from integrations.connectors.tiktok_shop.simulator.push import Hooks
from integrations.connectors.tiktok_shop.simulator.request import Call, no_such
from integrations.connectors.tiktok_shop.simulator.tokens import Tokens
from integrations.simulator.order import Order as Sale
from integrations.simulator.plans import Planning, Plans
from integrations.simulator.shops import Shop
from integrations.simulator.side import Ground


@dataclass
class Kept:
    """All that a restart of the simulator must not lose. `ciphers`: cipher -> shop; `labels`: document -> (order, until)."""

    app: App
    tokens: Tokens
    hooks: Hooks
    ciphers: dict[str, str] = field(default_factory=dict)
    warehouses: dict[str, str] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    plans: Plans = field(default_factory=Plans)
    labels: dict[str, tuple[str, float]] = field(default_factory=dict)


@dataclass
class Platform(Planning):
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

    @property
    def plans(self) -> Plans:
        """What will happen."""
        return self.kept.plans

    def do(self, deed: str, subject: str, number: int) -> None:
        """One of its deeds."""
        self.deeds[deed](self, subject, number)
