"""Tiki's records of orders, with an index by update time."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

WAITING_PAYMENT, PROCESSING, QUEUEING, PICKING, READY = (
    "waiting_payment",
    "processing",
    "queueing",
    "picking",
    "ready_to_ship",
)
HANDED_OVER, SHIPPING, DELIVERED, COMPLETE, CANCELED, RETURNED = (
    "handover_to_partner",
    "shipping",
    "successful_delivery",
    "complete",
    "canceled",
    "returned",
)
WAITING, CONFIRMED, REFUSED = "waiting", "seller_confirmed", "seller_canceled"
DROPSHIP, ON_DEMAND = "dropship", "tiki_delivery"


@dataclass(frozen=True)
class Item:
    """One line. Money in whole dong."""

    id: int
    product_id: int
    master_id: int
    sku: str
    seller_sku: str
    name: str
    quantity: int
    price: int
    rules: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """Price of the line."""
        return self.price * self.quantity


@dataclass(frozen=True)
class Cancel:
    """Cancellation of an order."""

    code: str
    text: str
    at: float


@dataclass
class Order:
    """Order. Times are of the platform's clock."""

    code: str
    shop: str
    seller_id: int
    items: tuple[Item, ...]
    buyer_id: int
    buyer: str
    recipient: dict[str, str | None]
    cod: bool
    fulfillment: str
    status: str
    created_at: float
    updated_at: float
    confirmation: str = WAITING
    confirmed_at: float = 0.0
    inventory: int = 0
    pickup_at: str = ""
    tracking: str = ""
    history: list[tuple[str, float]] = field(default_factory=list)
    cancel: Cancel | None = None
    # a return: the order it undoes
    undoes: str = ""
    # a replacement that goes out: the order whose goods it replaces
    replaces: str = ""


@dataclass
class Book:
    """Orders of all sellers of the app."""

    orders: dict[str, Order] = field(default_factory=dict)
    updated: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def add(self, order: Order) -> None:
        """Add an order."""
        self.orders[order.code] = order
        order.history.append((order.status, order.created_at))
        insort(self.updated.setdefault(order.shop, []), (order.updated_at, order.code))

    def touch(self, order: Order, now: float) -> None:
        """Set an order's update time, which never falls."""
        keys = self.updated[order.shop]
        del keys[bisect_left(keys, (order.updated_at, order.code))]
        order.updated_at = max(now, order.updated_at)
        insort(keys, (order.updated_at, order.code))

    def between(self, shop: str, first: float, last: float) -> list[Order]:
        """Iterate over the orders with an update time, in whole seconds, in [first, last]."""
        keys = self.updated.get(shop, [])
        low, high = bisect_left(keys, (first, "")), bisect_left(keys, (last + 1, ""))
        return [self.orders[code] for _, code in keys[low:high]]

    def order(self, shop: str, code: str) -> Order | None:
        """Return an order of this seller."""
        found = self.orders.get(code)
        return found if found and found.shop == shop else None


@dataclass
class Deal:
    """Price for a limited time. Status: 1 active, 5 closed."""

    id: int
    seller: str
    product_id: int
    sku: str
    price: int
    special_price: int
    starts: float
    ends: float
    qty_max: int
    qty_limit: int
    created_at: float
    status: int = 1
