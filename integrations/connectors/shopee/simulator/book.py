"""Shopee's records of orders, packages and returns, indexed by time: no list call scans all orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from integrations.simulator.time_index import TimeIndex

# order statuses
UNPAID, READY, PROCESSED, RETRY, SHIPPED = "UNPAID", "READY_TO_SHIP", "PROCESSED", "RETRY_SHIP", "SHIPPED"
TO_CONFIRM, IN_CANCEL, CANCELLED, TO_RETURN, COMPLETED = (
    "TO_CONFIRM_RECEIVE",
    "IN_CANCEL",
    "CANCELLED",
    "TO_RETURN",
    "COMPLETED",
)
STATUSES = (UNPAID, READY, PROCESSED, RETRY, SHIPPED, TO_CONFIRM, IN_CANCEL, CANCELLED, TO_RETURN, COMPLETED)

# package statuses
NOT_START, PACKAGE_READY, REQUESTED = "LOGISTICS_NOT_START", "LOGISTICS_READY", "LOGISTICS_REQUEST_CREATED"
PICKED_UP, PICKUP_RETRY = "LOGISTICS_PICKUP_DONE", "LOGISTICS_PICKUP_RETRY"
DELIVERED, NOT_DELIVERED = "LOGISTICS_DELIVERY_DONE", "LOGISTICS_DELIVERY_FAILED"
PACKAGE_CANCELLED = "LOGISTICS_REQUEST_CANCELED"


@dataclass(frozen=True)
class Line:
    """Order line. Prices are of one unit, whole dong; `model_id` 0: an item without models."""

    item_id: int
    model_id: int
    item_name: str
    model_name: str
    item_sku: str
    model_sku: str
    quantity: int
    original_price: int
    price: int
    grams: int
    promotion_id: int = 0


@dataclass(frozen=True)
class Step:
    """Entry of the parcel's tracking history."""

    update_time: int
    description: str
    status: str


@dataclass
class Order:
    """Order with its one package. Times are of the platform's clock, 0 for not yet."""

    order_sn: str
    shop: int
    lines: tuple[Line, ...]
    buyer_id: int
    cod: bool
    status: str
    create_time: int
    update_time: int
    package_number: str
    forder_id: str
    message: str = ""
    pay_time: int = 0
    pickup_done_time: int = 0
    ship_by_date: int = 0
    completed_time: int = 0
    cancel_by: str = ""
    cancel_reason: str = ""
    buyer_cancel_reason: str = ""
    status_before_cancel: str = ""
    package_status: str = NOT_START
    package_update_time: int = 0
    arranged: bool = False
    tracking_number: str = ""
    document: str = ""
    steps: list[Step] = field(default_factory=list)
    return_sn: str = ""

    @property
    def total(self) -> int:
        """Amount that the buyer pays for goods and freight."""
        return sum(line.price * line.quantity for line in self.lines) + self.freight

    @property
    def freight(self) -> int:
        """Estimated freight in dong."""
        return 16_500 + sum(line.grams * line.quantity for line in self.lines) // 500 * 2_500


@dataclass
class Return:
    """Return of a whole order."""

    return_sn: str
    order_sn: str
    shop: int
    status: str
    reason: str
    text_reason: str
    create_time: int
    update_time: int


@dataclass(frozen=True)
class Content:
    """Content that the seller set on an item's page through the API. `updated`: the platform's clock."""

    name: str
    description: str
    images: tuple[str, ...] = ()
    updated: int = 0


def between(index: Mapping[int, TimeIndex[str]], shop: int, first: int, last: int) -> Iterator[str]:
    """Iterate over the numbers of a shop with a time in [first, last], newest first."""
    found = index.get(shop)
    return (number for _, number in reversed(found.between(first, last))) if found else iter(())


@dataclass
class Book:
    """All orders, packages and returns of an app's shops."""

    orders: dict[str, Order] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    created: dict[int, TimeIndex[str]] = field(default_factory=dict)
    updated: dict[int, TimeIndex[str]] = field(default_factory=dict)
    returned: dict[int, TimeIndex[str]] = field(default_factory=dict)
    completed: dict[int, TimeIndex[str]] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)

    def add(self, order: Order) -> None:
        """Add an order."""
        self.orders[order.order_sn] = order
        self.packages[order.package_number] = order.order_sn
        self.created.setdefault(order.shop, TimeIndex()).add(order.create_time, order.order_sn)
        self.updated.setdefault(order.shop, TimeIndex()).add(order.update_time, order.order_sn)

    def touch(self, order: Order, now: int) -> None:
        """Set an order's update time, which never falls."""
        before, order.update_time = order.update_time, max(now, order.update_time)
        if order.update_time != before:
            self.updated[order.shop].move(before, order.update_time, order.order_sn)

    def complete(self, order: Order) -> None:
        """Complete an order: its money is released."""
        self.completed.setdefault(order.shop, TimeIndex()).add(order.completed_time, order.order_sn)

    def order(self, shop: int, order_sn: str) -> Order | None:
        """Return an order of this shop."""
        found = self.orders.get(order_sn)
        return found if found and found.shop == shop else None

    def package(self, shop: int, package_number: str) -> Order | None:
        """Return the order of a package of this shop."""
        return self.order(shop, self.packages.get(package_number, ""))

    def add_return(self, found: Return) -> None:
        """Add a return."""
        self.returns[found.return_sn] = found
        self.orders[found.order_sn].return_sn = found.return_sn
        self.returned.setdefault(found.shop, TimeIndex()).add(found.update_time, found.return_sn)

    def touch_return(self, found: Return, now: int) -> None:
        """Set a return's update time."""
        before, found.update_time = found.update_time, max(now, found.update_time)
        self.returned[found.shop].move(before, found.update_time, found.return_sn)
