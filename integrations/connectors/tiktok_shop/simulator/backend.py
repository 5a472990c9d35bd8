"""Backend of the simulated TikTok Shop: the saved state and the lookups that every call, step and webhook works on."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.book import Book, Order
from integrations.connectors.tiktok_shop.simulator.gate import App, too_many
from integrations.connectors.tiktok_shop.simulator.push import Hooks
from integrations.connectors.tiktok_shop.simulator.request import Call, no_such
from integrations.connectors.tiktok_shop.simulator.tokens import Tokens
from integrations.simulator.backend import MarketplaceBackend, MarketplaceState
from integrations.simulator.calls import Quota
from integrations.simulator.order import Order as Sale
from integrations.simulator.shops import Shop


@dataclass
class SavedState(MarketplaceState[App, Tokens, Book]):
    """Everything that a restart of the simulator must keep.

    `ciphers`: shop by cipher; `warehouses`: warehouse id by shop; `labels`: (order, until) by document;
    `images`: type by name of an uploaded picture.
    """

    hooks: Hooks
    ciphers: dict[str, str] = field(default_factory=dict)
    warehouses: dict[str, str] = field(default_factory=dict)
    labels: dict[str, tuple[str, float]] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)


@dataclass
class Backend(MarketplaceBackend[App, Tokens, Book]):
    """TikTok Shop with one app."""

    state: SavedState
    quota: Quota = field(default_factory=lambda: Quota(facts.CALLS_PER_SECOND, too_many))

    @property
    def now(self) -> int:
        """The platform's clock, whole epoch seconds."""
        return int(self.context.now())

    def shop(self, call: Call) -> Shop:
        """Return the shop that calls."""
        return self.context.shops[call.shop]

    def warehouse(self, shop: str) -> str:
        """Return the id of the one warehouse a shop sells from."""
        return self.state.warehouses[shop]

    def order(self, call: Call, order_id: str) -> Order:
        """Return an order of the shop that calls. Refused when there is none."""
        found = self.book.order(call.shop, order_id)
        if found is None:
            raise no_such("order")
        return found

    def package(self, call: Call, package_id: str) -> Order:
        """Return the order of a package of the shop that calls. Refused when there is none."""
        found = self.book.package(call.shop, package_id)
        if found is None:
            raise no_such("package")
        return found

    def sale(self, order: Order) -> Sale:
        """Return the world's order behind a record."""
        return self.context.orders[order.id]

    def number(self, *parts: object, size: int = 15) -> str:
        """Return so many drawn digits, always the same for the same parts."""
        return f"{self.context.draws.number(self.context.channel, *parts) % 10**size:0{size}d}"
