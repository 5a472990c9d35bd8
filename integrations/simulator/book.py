"""Saved state of a world: everything that a restart keeps, in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.simulator.draws import Draws
from integrations.simulator.faults import ODDITIES, Faults
from integrations.simulator.goods import Good, make_goods, opening_stock
from integrations.simulator.journal import Journal
from integrations.simulator.money_errors import MoneyError
from integrations.simulator.order import Order
from integrations.simulator.shops import Shop
from integrations.simulator.stock import Stock
from integrations.simulator.timeline import Timeline

WAREHOUSES = ("Cửa hàng Quận 3", "Kho Thủ Đức")


@dataclass(frozen=True)
class Sale:
    """Sale of units of one SKU. `available`: unpromised units just before; `sold_at`: the machine's clock."""

    channel: str
    shop: str
    order: str
    sku: str
    warehouse: str
    units: int
    available: int
    sold_at: float


@dataclass
class Traffic:
    """Counters of calls and webhooks by channel."""

    calls: Counter[str] = field(default_factory=Counter)
    # (channel, route), as `calls.route` names it
    routes: Counter[tuple[str, str]] = field(default_factory=Counter)
    # (channel, outcome): accepted, refused, unanswered, dropped
    webhooks: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Book:
    """State of one world. Not thread-safe: the world's lock is held around every use."""

    draws: Draws
    faults: Faults
    timeline: Timeline
    goods: dict[str, Good]
    warehouses: Sequence[str]
    stock: Stock
    journal: Journal = field(default_factory=Journal)
    traffic: Traffic = field(default_factory=Traffic)
    # by channel and id at the platform
    shops: dict[str, dict[str, Shop]] = field(default_factory=dict)
    orders: dict[str, dict[str, Order]] = field(default_factory=dict)
    sales: list[Sale] = field(default_factory=list)
    # by (channel, order id): when the hub first read or was notified of the order, on the machine's clock
    known_to_hub: dict[tuple[str, str], float] = field(default_factory=dict)
    # while history is generated: how many seconds ago it happens
    ago: float = 0.0
    # oddity -> the things that it happened to
    planted: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    # (channel, order id) -> what the platform settled wrongly; only a report reads it
    money_errors: dict[tuple[str, str], MoneyError] = field(default_factory=dict)
    # (channel, shop, statement) -> what the platform paid out wrongly; only a report reads it
    statement_errors: dict[tuple[str, str, str], MoneyError] = field(default_factory=dict)
    # how many times its usual calls per second each platform takes: a day's sales may happen within minutes
    quota_factor: int = 1
    last_number: int = 0
    last_sale: int = 0

    def note(self, kind: str, **row: Any) -> None:
        """Add a row to the journal at the current logical time."""
        self.journal.add(t=round(self.timeline.now(), 3), kind=kind, **row)

    def plant(self, oddity: str, *thing: object) -> None:
        """Record that an oddity happened to a thing: once, however often it is shown."""
        self.planted.setdefault(oddity, set()).add(thing)

    def planted_counts(self) -> dict[str, int]:
        """Return how many things each oddity happened to; one that never did is there with 0."""
        return {name: len(self.planted.get(name, ())) for name in (name.removeprefix("odd_") for name in ODDITIES)}

    def all_orders(self) -> list[Order]:
        """Return the orders of all channels, oldest first."""
        found = [order for orders in self.orders.values() for order in orders.values()]
        return sorted(found, key=lambda order: order.number)


def new_book(seed: str, *, products: int, speed: float, chaos: str) -> Book:
    """Return a world without shops. Raises ValueError for more products than there are, KeyError for an unknown chaos level."""
    draws = Draws(seed)
    goods = make_goods(draws, products)
    stock = Stock()
    for place, units in opening_stock(draws, goods, WAREHOUSES).items():
        stock.units[place] = units
    return Book(draws, Faults(draws, chaos), Timeline(speed), {good.sku: good for good in goods}, WAREHOUSES, stock)
