"""Backend of the simulated Shopee: the saved state and the lookups that every call, step and push works on."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.book import Book, Order
from integrations.connectors.shopee.simulator.gate import App, too_many
from integrations.connectors.shopee.simulator.push import Pushes
from integrations.connectors.shopee.simulator.request import Call, Refusal
from integrations.connectors.shopee.simulator.tokens import Tokens
from integrations.simulator.backend import MarketplaceBackend, MarketplaceState
from integrations.simulator.calls import Quota
from integrations.simulator.order import Order as Sale
from integrations.simulator.shops import Shop


@dataclass
class SavedState(MarketplaceState[App, Tokens, Book]):
    """Everything that a restart of the simulator must keep. `warned`: shops whose expiry push was sent."""

    pushes: Pushes
    warned: set[int] = field(default_factory=set)


@dataclass
class Backend(MarketplaceBackend[App, Tokens, Book]):
    """Shopee with one partner app."""

    state: SavedState
    quota: Quota = field(default_factory=lambda: Quota(facts.CALLS_PER_SECOND, too_many))

    @property
    def pushes(self) -> Pushes:
        """Push subscription of the app."""
        return self.state.pushes

    @property
    def now(self) -> int:
        """The platform's clock, whole epoch seconds."""
        return int(self.context.now())

    @property
    def shops(self) -> dict[int, str]:
        """Names by shop id."""
        return {int(shop.id): shop.name for shop in self.context.shops.values()}

    def shop(self, call: Call) -> Shop:
        """Return the shop that calls."""
        return self.context.shops[str(call.shop)]

    def order(self, call: Call, order_sn: str) -> Order:
        """Return an order of the shop that calls. Refused when there is none."""
        found = self.book.order(call.shop, order_sn)
        if found is None:
            raise Refusal("error_not_found", "Wrong parameters, detail: the order is not found.")
        return found

    def sale(self, order: Order) -> Sale:
        """Return the world's order behind a record."""
        return self.context.orders[order.order_sn]
