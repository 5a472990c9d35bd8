"""What every call and step of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.tiki.simulator.book import Book, Deal, Order
from integrations.connectors.tiki.simulator.queues import Queues
from integrations.connectors.tiki.simulator.request import Call
from integrations.connectors.tiki.simulator.tokens import App, Tokens
from integrations.connectors.tiki.simulator.wire import Refusal
from integrations.simulator.plans import Planning, Plans
from integrations.simulator.shops import Shop
from integrations.simulator.side import Ground


@dataclass
class Kept:
    """All that a restart of the simulator must not lose."""

    app: App
    tokens: Tokens
    queues: Queues
    book: Book = field(default_factory=Book)
    deals: dict[int, Deal] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)
    webhook_url: str = ""
    sent: int = 0


@dataclass
class Platform(Planning):
    """Tiki with one public app. `deeds` are what plans may name."""

    ground: Ground
    kept: Kept
    deeds: Mapping[str, Callable[[Platform, Order], None]]

    @property
    def app(self) -> App:
        """The app."""
        return self.kept.app

    @property
    def tokens(self) -> Tokens:
        """Its codes and tokens."""
        return self.kept.tokens

    @property
    def book(self) -> Book:
        """The orders."""
        return self.kept.book

    @property
    def now(self) -> float:
        """The platform's wire clock."""
        return self.ground.now()

    def shop(self, call: Call) -> Shop:
        """The shop a call is for."""
        return self.ground.shops[call.seller]

    def seller_id(self, sid: str) -> int:
        """The number beside the sid."""
        return 100_000 + self.ground.draws.number(self.ground.channel, "seller", sid) % 900_000

    def warehouse_id(self, sid: str) -> int:
        """Where a seller's goods lie, in Tiki's words."""
        return 300_000 + self.ground.draws.number(self.ground.channel, "warehouse", sid) % 600_000

    def master_id(self, sid: str, sku: str) -> int:
        """The container that holds all options of a thing together."""
        family = self.ground.goods[sku].family
        return 100_000_001 + self.ground.draws.number(self.ground.channel, "master", sid, family) % 400_000_000 * 2

    def product_sku(self, product_id: str) -> str:
        """Tiki's own code of a product: 13 digits."""
        return str(10**12 + self.ground.draws.number(self.ground.channel, "sku", product_id) % (9 * 10**12))

    def order(self, call: Call) -> Order:
        """The order that a path names."""
        found = self.book.order(call.seller, call.parts[0])
        if found is None:
            raise Refusal(404, f"Not found order with code: {call.parts[0]}")
        return found

    def tell(self, seller: str, event_type: str, payload: dict[str, Any]) -> None:
        """An event into every queue that wants it."""
        copies = 2 if self.ground.hits("webhook_duplicated") else 1
        self.kept.queues.tell(seller, event_type, payload, moment=self.ground.moment(), now=self.now, copies=copies)

    @property
    def plans(self) -> Plans:
        """What will happen."""
        return self.kept.plans

    def do(self, deed: str, subject: str, number: int) -> None:
        """One of its deeds."""
        self.deeds[deed](self, self.book.orders[subject])
