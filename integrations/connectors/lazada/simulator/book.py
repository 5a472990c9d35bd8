"""What Lazada keeps of each order, its units, packages and reverse orders, with indexes by time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

UNPAID, PENDING, PACKED, READY, SHIPPED = "unpaid", "pending", "packed", "ready_to_ship", "shipped"
DELIVERED, CONFIRMED, CANCELED, RETURNED, REPACKED = "delivered", "confirmed", "canceled", "returned", "repacked"
# held back from what is for sale: by buyers who have not paid, and by orders until they are ready to ship
WITHHOLDS, OCCUPIES = frozenset({UNPAID}), frozenset({PENDING, PACKED, REPACKED})
PACKABLE = frozenset({PENDING, REPACKED})
CANCELLABLE = frozenset({PENDING, PACKED, REPACKED, READY})


@dataclass
class Unit:
    """One piece of an order: an order item of its own. Money in whole dong."""

    id: int
    item_id: str
    sku_id: str
    seller_sku: str
    name: str
    variation: str
    price: int
    status: str
    updated: float
    package: str = ""
    reason: str = ""
    initiator: str = "null-null"
    return_status: str = ""


@dataclass
class Package:
    """Units that travel together."""

    id: str
    tracking: str
    units: list[Unit]


@dataclass
class Order:
    """One order of one seller. Times are the platform's wire clock."""

    id: int
    seller: str
    cod: bool
    units: list[Unit]
    created: float
    updated: float
    buyer: str
    phone: str
    street: str
    ward: str
    district: str
    city: str
    packages: dict[str, Package] = field(default_factory=dict)
    # a buyer's wish that waits for an answer, by its reverse order
    cancel_id: int = 0
    cancel_trigger: float = 0.0
    delivered: float = 0.0

    @property
    def live(self) -> list[Unit]:
        """Units that were not cancelled."""
        return [unit for unit in self.units if unit.status != CANCELED]


@dataclass
class Reverse:
    """A buyer's return of units after delivery; its lines go together."""

    id: int
    seller: str
    order: Order
    kind: str
    units: list[Unit]
    created: float
    modified: float
    status: str = "REQUEST_INITIATE"
    ofc_status: str = "RETURN_PENDING"
    tracking: str = ""
    disputed: bool = False

    def line_id(self, unit: Unit) -> int:
        """The id of a unit's line."""
        return self.id + 100_000 * (1 + self.units.index(unit))


@dataclass
class TimeIndex:
    """Order ids by a time that may change; whole seconds, as on the wire."""

    keys: list[tuple[int, int]] = field(default_factory=list)

    def add(self, moment: float, order_id: int) -> None:
        """Enter an id."""
        insort(self.keys, (int(moment), order_id))

    def move(self, before: float, after: float, order_id: int) -> None:
        """Enter it under another time."""
        del self.keys[bisect_left(self.keys, (int(before), order_id))]
        self.add(after, order_id)

    def between(self, first: float, last: float) -> Iterator[int]:
        """Ids with a time in [first, last], oldest first."""
        low, high = bisect_left(self.keys, (int(first), 0)), bisect_right(self.keys, (int(last), 1 << 62))
        return (self.keys[place][1] for place in range(low, high))


@dataclass
class Book:
    """All of an app's sellers. An order id is unique within its seller only."""

    orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    packages: dict[tuple[str, str], Order] = field(default_factory=dict)
    reverses: dict[tuple[str, int], Reverse] = field(default_factory=dict)
    # (seller, reverse order id) -> the order whose buyer asked to cancel
    asked: dict[tuple[str, int], Order] = field(default_factory=dict)
    created: dict[str, TimeIndex] = field(default_factory=dict)
    updated: dict[str, TimeIndex] = field(default_factory=dict)
    delivered: dict[str, TimeIndex] = field(default_factory=dict)
    returned: dict[str, TimeIndex] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    occupied: Counter[str] = field(default_factory=Counter)

    def add(self, order: Order) -> None:
        """A new order."""
        self.orders[order.seller, order.id] = order
        self.created.setdefault(order.seller, TimeIndex()).add(order.created, order.id)
        self.updated.setdefault(order.seller, TimeIndex()).add(order.updated, order.id)
        for unit in order.units:
            self._count(unit, 1)

    def put(self, order: Order, unit: Unit, status: str, now: float) -> None:
        """Another status for a unit."""
        self._count(unit, -1)
        unit.status = status
        self._count(unit, 1)
        self.touch(order, now, unit)

    def touch(self, order: Order, now: float, *units: Unit) -> None:
        """The order changed. Its update time never falls."""
        for unit in units:
            unit.updated = max(now, unit.updated)
        before, order.updated = order.updated, max(now, order.updated)
        self.updated[order.seller].move(before, order.updated, order.id)

    def deliver(self, order: Order, now: float) -> None:
        """The buyer has it: its money is booked."""
        order.delivered = now
        self.delivered.setdefault(order.seller, TimeIndex()).add(now, order.id)

    def add_reverse(self, found: Reverse) -> None:
        """A new return."""
        self.reverses[found.seller, found.id] = found
        self.returned.setdefault(found.seller, TimeIndex()).add(found.modified, found.id)

    def touch_reverse(self, found: Reverse, now: float) -> None:
        """The return changed."""
        before, found.modified = found.modified, max(now, found.modified)
        self.returned[found.seller].move(before, found.modified, found.id)

    def order(self, seller: str, order_id: int) -> Order | None:
        """An order of this seller."""
        return self.orders.get((seller, order_id))

    def _count(self, unit: Unit, step: int) -> None:
        if unit.status in WITHHOLDS:
            self.withheld[unit.sku_id] += step
        if unit.status in OCCUPIES:
            self.occupied[unit.sku_id] += step
