"""All that a world remembers: what a restart keeps, in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.simulator.draws import Draws
from integrations.simulator.faults import Faults
from integrations.simulator.goods import Good, make_goods, opening_stock
from integrations.simulator.journal import Journal
from integrations.simulator.order import Order
from integrations.simulator.shops import Shop
from integrations.simulator.stock import Stock
from integrations.simulator.timeline import Timeline

WAREHOUSES = ("Cửa hàng Quận 3", "Kho Thủ Đức")


@dataclass(frozen=True)
class Sale:
    """Units of one SKU that a buyer took, `available` before that and unpromised; `sold_at`: the machine's clock."""

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
    """What went over the wire, counted by channel."""

    calls: Counter[str] = field(default_factory=Counter)
    # (channel, what became of it): accepted, refused, unanswered, dropped
    webhooks: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Book:
    """One world's memory. Not thread-safe: the world's lock is held around every use."""

    draws: Draws
    faults: Faults
    timeline: Timeline
    goods: dict[str, Good]
    warehouses: Sequence[str]
    stock: Stock
    journal: Journal = field(default_factory=Journal)
    traffic: Traffic = field(default_factory=Traffic)
    # channel -> id at the platform -> what it is
    shops: dict[str, dict[str, Shop]] = field(default_factory=dict)
    orders: dict[str, dict[str, Order]] = field(default_factory=dict)
    sales: list[Sale] = field(default_factory=list)
    # (channel, order id) -> when the hub first could know, on the machine's clock
    told: dict[tuple[str, str], float] = field(default_factory=dict)
    # while a shop's past is made: how many seconds ago it is
    ago: float = 0.0
    last_number: int = 0
    last_sale: int = 0

    def note(self, kind: str, **row: Any) -> None:
        """Write into the journal, at the logical time it is."""
        self.journal.add(t=round(self.timeline.now(), 3), kind=kind, **row)

    def all_orders(self) -> list[Order]:
        """Every order of every channel, oldest first."""
        found = [order for orders in self.orders.values() for order in orders.values()]
        return sorted(found, key=lambda order: order.number)


def new_book(seed: str, *, products: int, speed: float, chaos: str) -> Book:
    """A world before anybody opened a shop in it. Raises ValueError for more products than there are, KeyError for the chaos."""
    draws = Draws(seed)
    goods = make_goods(draws, products)
    stock = Stock()
    for place, units in opening_stock(draws, goods, WAREHOUSES).items():
        stock.units[place] = units
    return Book(draws, Faults(draws, chaos), Timeline(speed), {good.sku: good for good in goods}, WAREHOUSES, stock)
