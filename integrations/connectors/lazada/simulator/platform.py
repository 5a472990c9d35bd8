"""What every call, step and push of the simulated platform works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from integrations.connectors.lazada.simulator.book import Book, Order
from integrations.connectors.lazada.simulator.gate import App, Quota
from integrations.connectors.lazada.simulator.push import Push
from integrations.connectors.lazada.simulator.request import Call
from integrations.connectors.lazada.simulator.tokens import Tokens
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
    book: Book = field(default_factory=Book)
    callback_url: str = ""
    pushes: int = 0
    retrying: dict[str, Push] = field(default_factory=dict)
    plans: dict[int, Plan] = field(default_factory=dict)
    planned: int = 0
    # item id -> words that the seller wrote through the API
    contents: dict[str, dict[str, str]] = field(default_factory=dict)
    warned: dict[str, float] = field(default_factory=dict)


@dataclass
class Platform:
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
