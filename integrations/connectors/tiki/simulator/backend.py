"""Backend of the simulated Tiki: the saved state and the lookups that every call and step works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.book import Book, Deal, Order
from integrations.connectors.tiki.simulator.queues import Queues
from integrations.connectors.tiki.simulator.request import Call
from integrations.connectors.tiki.simulator.tokens import App, Tokens
from integrations.connectors.tiki.simulator.wire import Refusal, too_many
from integrations.simulator.backend import MarketplaceBackend, MarketplaceState
from integrations.simulator.calls import Quota
from integrations.simulator.shops import Shop


@dataclass
class SavedState(MarketplaceState[App, Tokens, Book]):
    """Everything that a restart of the simulator must keep. `requests`: the outcome of each product request by its track id."""

    queues: Queues
    deals: dict[int, Deal] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    webhook_url: str = ""
    sent: int = 0


@dataclass
class Backend(MarketplaceBackend[App, Tokens, Book]):
    """Tiki with one public app."""

    state: SavedState
    quota: Quota = field(default_factory=lambda: Quota(facts.CALLS_PER_SECOND, too_many))

    def shop(self, call: Call) -> Shop:
        """Return the shop that calls."""
        return self.context.shops[call.seller]

    def seller_id(self, sid: str) -> int:
        """Return the seller's number beside the sid."""
        return 100_000 + self.context.draws.number(self.context.channel, "seller", sid) % 900_000

    def warehouse_id(self, sid: str) -> int:
        """Return the id of the warehouse that holds a seller's goods."""
        return 300_000 + self.context.draws.number(self.context.channel, "warehouse", sid) % 600_000

    def master_id(self, sid: str, sku: str) -> int:
        """Return the id of the master product above all options of one family."""
        family = self.context.goods[sku].family
        return 100_000_001 + self.context.draws.number(self.context.channel, "master", sid, family) % 400_000_000 * 2

    def product_sku(self, product_id: str) -> str:
        """Return Tiki's own code of a product: 13 digits."""
        return str(10**12 + self.context.draws.number(self.context.channel, "sku", product_id) % (9 * 10**12))

    def order(self, call: Call) -> Order:
        """Return the order that a path names. Refused when there is none."""
        found = self.book.order(call.seller, call.parts[0])
        if found is None:
            raise Refusal(404, f"Not found order with code: {call.parts[0]}")
        return found

    def emit(self, seller: str, event_type: str, payload: dict[str, Any]) -> None:
        """Put an event into every queue subscribed to its type."""
        copies = 2 if self.context.hits("webhook_duplicated") else 1
        self.state.queues.put(
            seller, event_type, payload, moment=self.context.logical_time(), now=self.now, copies=copies
        )
