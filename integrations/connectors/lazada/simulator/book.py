"""Lazada's records of orders, units, packages and reverse orders, indexed by time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from integrations.simulator.time_index import TimeIndex

UNPAID, PENDING, PACKED, READY, SHIPPED = "unpaid", "pending", "packed", "ready_to_ship", "shipped"
DELIVERED, CONFIRMED, CANCELED, RETURNED, REPACKED = "delivered", "confirmed", "canceled", "returned", "repacked"
# held back from what is for sale: by buyers who have not paid, and by orders until they are ready to ship
WITHHOLDS, OCCUPIES = frozenset({UNPAID}), frozenset({PENDING, PACKED, REPACKED})
PACKABLE = frozenset({PENDING, REPACKED})
CANCELLABLE = frozenset({PENDING, PACKED, REPACKED, READY})


@dataclass
class Unit:
    """Order item: one piece of an order. Money in whole dong."""

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
    by_lazada: bool = False  # from a stock of Lazada's own


@dataclass
class Package:
    """Units that travel together."""

    id: str
    tracking: str
    units: list[Unit]


@dataclass
class Order:
    """Order of one seller. Times are of the platform's clock."""

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
    adjusted: float = 0.0

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
class Book:
    """Records of all sellers of an app. An order id is unique within its seller only."""

    orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    packages: dict[tuple[str, str], Order] = field(default_factory=dict)
    reverses: dict[tuple[str, int], Reverse] = field(default_factory=dict)
    # (seller, reverse order id) -> the order whose buyer asked to cancel
    asked: dict[tuple[str, int], Order] = field(default_factory=dict)
    created: dict[str, TimeIndex[int]] = field(default_factory=dict)
    updated: dict[str, TimeIndex[int]] = field(default_factory=dict)
    delivered: dict[str, TimeIndex[int]] = field(default_factory=dict)
    returned: dict[str, TimeIndex[int]] = field(default_factory=dict)
    # orders with money of another day than that of their delivery
    adjusted: dict[str, TimeIndex[int]] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    occupied: Counter[str] = field(default_factory=Counter)

    def add(self, order: Order) -> None:
        """Add an order."""
        self.orders[order.seller, order.id] = order
        self.created.setdefault(order.seller, TimeIndex()).add(order.created, order.id)
        self.updated.setdefault(order.seller, TimeIndex()).add(order.updated, order.id)
        for unit in order.units:
            self._count(unit, 1)

    def put(self, order: Order, unit: Unit, status: str, now: float) -> None:
        """Set a unit's status."""
        self._count(unit, -1)
        unit.status = status
        self._count(unit, 1)
        self.touch(order, now, unit)

    def touch(self, order: Order, now: float, *units: Unit) -> None:
        """Set an order's update time, which never falls."""
        for unit in units:
            unit.updated = max(now, unit.updated)
        before, order.updated = order.updated, max(now, order.updated)
        self.updated[order.seller].move(before, order.updated, order.id)

    def deliver(self, order: Order, now: float) -> None:
        """Book the money of a delivered order."""
        order.delivered = now
        self.delivered.setdefault(order.seller, TimeIndex()).add(now, order.id)

    def adjust(self, order: Order, now: float) -> None:
        """Book money of an order apart from its delivery."""
        order.adjusted = now
        self.adjusted.setdefault(order.seller, TimeIndex()).add(now, order.id)

    def add_reverse(self, found: Reverse) -> None:
        """Add a return."""
        self.reverses[found.seller, found.id] = found
        self.returned.setdefault(found.seller, TimeIndex()).add(found.modified, found.id)

    def touch_reverse(self, found: Reverse, now: float) -> None:
        """Set a return's update time."""
        before, found.modified = found.modified, max(now, found.modified)
        self.returned[found.seller].move(before, found.modified, found.id)

    def order(self, seller: str, order_id: int) -> Order | None:
        """Return an order of this seller."""
        return self.orders.get((seller, order_id))

    def _count(self, unit: Unit, step: int) -> None:
        if unit.by_lazada:
            return
        if unit.status in WITHHOLDS:
            self.withheld[unit.sku_id] += step
        if unit.status in OCCUPIES:
            self.occupied[unit.sku_id] += step
