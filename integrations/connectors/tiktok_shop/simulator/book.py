"""TikTok Shop's records of orders, packages, cancellations, returns and money. Times are of its clock, 0 for not yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.simulator.time_index import TimeIndex

UNPAID, ON_HOLD, AWAITING_SHIPMENT = "UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"
PARTIALLY, AWAITING_COLLECTION, IN_TRANSIT = "PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "IN_TRANSIT"
DELIVERED, COMPLETED, CANCELLED = "DELIVERED", "COMPLETED", "CANCELLED"
STATUSES = frozenset(
    {UNPAID, ON_HOLD, AWAITING_SHIPMENT, PARTIALLY, AWAITING_COLLECTION, IN_TRANSIT, DELIVERED, COMPLETED, CANCELLED}
)

TO_FULFILL, PROCESSING, FULFILLING = "TO_FULFILL", "PROCESSING", "FULFILLING"
PACKAGE_COMPLETED, PACKAGE_CANCELLED = "COMPLETED", "CANCELLED"
PACKAGE_STATUSES = frozenset({TO_FULFILL, PROCESSING, FULFILLING, PACKAGE_COMPLETED, PACKAGE_CANCELLED})

CANCEL_PENDING, CANCEL_SUCCESS = "CANCELLATION_REQUEST_PENDING", "CANCELLATION_REQUEST_SUCCESS"
CANCEL_WITHDRAWN, CANCEL_COMPLETE = "CANCELLATION_REQUEST_CANCEL", "CANCELLATION_REQUEST_COMPLETE"

RETURN_PENDING, RETURN_REJECTED = "RETURN_OR_REFUND_REQUEST_PENDING", "REFUND_OR_RETURN_REQUEST_REJECT"
AWAITING_BUYER, BUYER_SHIPPED, RECEIVE_REJECTED = (
    "AWAITING_BUYER_SHIP",
    "BUYER_SHIPPED_ITEM",
    "REJECT_RECEIVE_PACKAGE",
)
RETURN_SUCCESS, RETURN_COMPLETE = "RETURN_OR_REFUND_REQUEST_SUCCESS", "RETURN_OR_REFUND_REQUEST_COMPLETE"
REFUND, RETURN_AND_REFUND = "REFUND", "RETURN_AND_REFUND"

PAYING, PAID = "PROCESSING", "PAID"


@dataclass(frozen=True)
class Unit:
    """Line item: one piece, as the platform has no quantities. Whole dong."""

    id: str
    product_id: str
    sku_id: str
    product_name: str
    sku_name: str
    seller_sku: str
    price: int


@dataclass
class Order:
    """Order with its one package ("" until it is paid for)."""

    id: str
    shop: str
    units: tuple[Unit, ...]
    buyer_id: str
    cod: bool
    status: str
    create_time: int
    update_time: int
    paid_time: int = 0
    rts_sla_time: int = 0
    package_id: str = ""
    package_status: str = ""
    package_time: int = 0
    handover_method: str = ""
    tracking_number: str = ""
    asked_to_cancel: bool = False
    cancel_reason: str = ""
    cancelled_by: str = ""
    tracking: list[tuple[int, str]] = field(default_factory=list)

    @property
    def goods(self) -> int:
        """Price of the goods."""
        return sum(unit.price for unit in self.units)


@dataclass
class Cancellation:
    """Cancellation request. `answered`: the idempotency key of the answer it got; `images`: what it was refused with."""

    id: str
    order_id: str
    shop: str
    status: str
    role: str
    reason: str
    create_time: int
    update_time: int
    answered: str = ""
    images: tuple[str, ...] = ()


@dataclass
class Return:
    """Return request."""

    id: str
    order_id: str
    shop: str
    kind: str
    status: str
    create_time: int
    update_time: int
    units: tuple[Unit, ...]
    tracking_number: str = ""
    answered: str = ""
    images: tuple[str, ...] = ()


@dataclass
class Entry:
    """Transaction of a statement."""

    id: str
    order_id: str
    order_time: int
    revenue: int
    fees: dict[str, int]
    taxes: dict[str, int]
    kind: str = "ORDER"
    # given back later
    adjustment: int = 0

    @property
    def fee_total(self) -> int:
        """Fees and taxes together, negative."""
        return sum(self.fees.values()) + sum(self.taxes.values())

    @property
    def settled(self) -> int:
        """Amount that the seller gets."""
        return self.revenue + self.fee_total + self.adjustment


@dataclass
class Statement:
    """The transactions of one span; `time` is 0 while it is open."""

    id: str
    shop: str
    time: int = 0
    status: str = PAYING
    entries: list[Entry] = field(default_factory=list)

    @property
    def settled(self) -> int:
        """Amount that the seller gets."""
        return sum(entry.settled for entry in self.entries)


@dataclass(frozen=True)
class Withdrawal:
    """Movement of a seller's balance: a statement settled into it, or the same money as it leaves for the bank."""

    id: str
    type: str
    statement: Statement
    create_time: int


@dataclass
class Book:
    """Records of all shops of an app."""

    orders: dict[str, Order] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    cancellations: dict[str, Cancellation] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    # the statement of each shop that still takes entries; and of a shop's past, which has no time to pass, one a day
    open_statements: dict[str, Statement] = field(default_factory=dict)
    past_statements: dict[tuple[str, int], Statement] = field(default_factory=dict)
    # order -> the request of its buyer that waits for the seller
    waiting: dict[str, Cancellation] = field(default_factory=dict)
    created: dict[str, TimeIndex[str]] = field(default_factory=dict)
    updated: dict[str, TimeIndex[str]] = field(default_factory=dict)

    def add(self, order: Order) -> None:
        """Add an order."""
        self.orders[order.id] = order
        self.created.setdefault(order.shop, TimeIndex()).add(order.create_time, order.id)
        self.updated.setdefault(order.shop, TimeIndex()).add(order.update_time, order.id)

    def touch(self, order: Order, now: int) -> None:
        """Set an order's update time, which never falls."""
        before, order.update_time = order.update_time, max(now, order.update_time)
        if order.update_time != before:
            self.updated[order.shop].move(before, order.update_time, order.id)

    def order(self, shop: str, order_id: str) -> Order | None:
        """Return an order of this shop."""
        found = self.orders.get(order_id)
        return found if found and found.shop == shop else None

    def package(self, shop: str, package_id: str) -> Order | None:
        """Return the order of a package of this shop."""
        return self.order(shop, self.packages.get(package_id, ""))
