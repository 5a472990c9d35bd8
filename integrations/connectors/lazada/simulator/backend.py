"""Backend of the simulated Lazada: the saved state and the lookups that every call, step and push works on."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.book import Book, Order
from integrations.connectors.lazada.simulator.gate import STOCK_CALLS, App, too_many
from integrations.connectors.lazada.simulator.push import Push
from integrations.connectors.lazada.simulator.request import Call
from integrations.connectors.lazada.simulator.tokens import Tokens
from integrations.simulator.backend import MarketplaceBackend, MarketplaceState
from integrations.simulator.calls import Quota
from integrations.simulator.order import Order as Sale
from integrations.simulator.shops import Shop


@dataclass
class SavedState(MarketplaceState[App, Tokens, Book]):
    """Everything that a restart of the simulator must keep.

    `contents`: per item id, the texts that the seller wrote through the API; `warned`: when a seller's expiry push was sent;
    `labels`: (packages, until) by the name of a PDF.
    """

    callback_url: str = ""
    pushes: int = 0
    retrying: dict[str, Push] = field(default_factory=dict)
    contents: dict[str, dict[str, str]] = field(default_factory=dict)
    warned: dict[str, float] = field(default_factory=dict)
    labels: dict[str, tuple[list[tuple[str, str]], float]] = field(default_factory=dict)


@dataclass
class Backend(MarketplaceBackend[App, Tokens, Book]):
    """Lazada Vietnam with one app. The stock APIs have a quota of their own."""

    state: SavedState
    quota: Quota = field(default_factory=lambda: Quota(facts.CALLS_PER_SECOND, too_many))
    stock_quota: Quota = field(default_factory=lambda: Quota(facts.STOCK_CALLS_PER_SECOND, too_many))

    def spend(self, call: Call) -> None:
        """Count a call of a seller. Refused when it is one too many."""
        quota = self.stock_quota if call.path in STOCK_CALLS else self.quota
        quota.spend(call.seller, self.context.now(), self.context.quota_factor)

    def shop(self, call: Call) -> Shop:
        """Return the shop that calls."""
        return self.context.shops[call.seller]

    def sale(self, order: Order) -> Sale:
        """Return the world's order behind a record."""
        return self.context.orders[str(order.id)]

    def short_code(self, seller: str) -> str:
        """Return a seller's short code, like VN0FAKE0X."""
        return f"VN{self.context.draws.token(self.context.channel, 'code', seller, size=4)[:7].upper()}"

    def number(self, kind: str, subject: object, digits: int) -> int:
        """Return a drawn number of so many digits."""
        low: int = 10 ** (digits - 1)
        return low + self.context.draws.number(self.context.channel, kind, subject) % (9 * low)
