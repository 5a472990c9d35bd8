"""What every call, step and push of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integrations.connectors.lazada.simulator.book import Book, Order
from integrations.connectors.lazada.simulator.gate import App, Quota
from integrations.connectors.lazada.simulator.push import Push
from integrations.connectors.lazada.simulator.request import Call
from integrations.connectors.lazada.simulator.tokens import Tokens
from integrations.simulator.order import Order as Sale
from integrations.simulator.plans import Planning, Plans
from integrations.simulator.shops import Shop
from integrations.simulator.side import Ground


@dataclass
class Kept:
    """All that a restart of the simulator must not lose."""

    app: App
    tokens: Tokens
    book: Book = field(default_factory=Book)
    callback_url: str = ""
    pushes: int = 0
    retrying: dict[str, Push] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)
    # item id -> words that the seller wrote through the API
    contents: dict[str, dict[str, str]] = field(default_factory=dict)
    warned: dict[str, float] = field(default_factory=dict)


@dataclass
class Platform(Planning):
    """Lazada Vietnam with one app. `deeds` are what plans may name."""

    ground: Ground
    kept: Kept
    deeds: Mapping[str, Callable[[Platform, str, int], None]]
    quota: Quota = field(default_factory=Quota)

    @property
    def app(self) -> App:
        """The integrator's app."""
        return self.kept.app

    @property
    def tokens(self) -> Tokens:
        """Its codes and tokens."""
        return self.kept.tokens

    @property
    def book(self) -> Book:
        """Orders, packages, reverse orders."""
        return self.kept.book

    @property
    def now(self) -> float:
        """The platform's wire clock."""
        return self.ground.now()

    def shop(self, call: Call) -> Shop:
        """The shop a call is for."""
        return self.ground.shops[call.seller]

    def sale(self, order: Order) -> Sale:
        """The world's side of an order."""
        return self.ground.orders[str(order.id)]

    def short_code(self, seller: str) -> str:
        """Like VN0FAKE0X."""
        return f"VN{self.ground.draws.token(self.ground.channel, 'code', seller, size=4)[:7].upper()}"

    def number(self, kind: str, subject: object, digits: int) -> int:
        """A drawn number of so many digits."""
        low: int = 10 ** (digits - 1)
        return low + self.ground.draws.number(self.ground.channel, kind, subject) % (9 * low)

    @property
    def plans(self) -> Plans:
        """What will happen."""
        return self.kept.plans

    def do(self, deed: str, subject: str, number: int) -> None:
        """One of its deeds."""
        self.deeds[deed](self, subject, number)
