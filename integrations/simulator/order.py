"""Marketplace order as the world knows it; its representation is each platform's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal[
    "unpaid", "to_ship", "packed", "shipped", "delivered", "completed", "cancelling", "cancelled", "returning"
]
Step = Literal[
    "placed",  # the status is `unpaid`, or at once `to_ship` (paid on delivery)
    "paid",
    "arranged",  # the parcel is labelled and waits for the courier (`packed`)
    "pickup_failed",  # still `packed`; the courier comes again
    "shipped",  # the courier has the goods
    "delivered",
    "completed",
    "asked_cancel",  # `cancelling`, until it is answered
    "cancel_declined",  # back to the status before
    "part_cancelled",  # a unit less, whatever was done about it before
    "cancelled",
    "returning",  # the buyer has the parcel and wants to send it back
]
Initiator = Literal["buyer", "seller", "system"]
Fulfiller = Literal["seller", "platform"]
# still on the seller's shelf
OPEN: frozenset[str] = frozenset({"unpaid", "to_ship", "packed", "cancelling"})


@dataclass(frozen=True)
class Buyer:
    """Buyer of an order. All of it is made up."""

    id: int
    username: str
    name: str
    phone: str
    street: str
    ward: str
    district: str
    city: str


@dataclass(frozen=True)
class Line:
    """Order line: pieces of one variation as it was when it was bought. `sku` is the true one; price per piece, dong."""

    item_id: str
    variation_id: str
    sku: str
    seller_sku: str
    name: str
    option: str
    quantity: int
    price: int


@dataclass
class Order:
    """Marketplace order. `number` counts in the world, `id` is the platform's. Times are of the machine's clock (no skew).

    `moments`: when each step happened last. `needs`: units per SKU that leave the warehouse `ships_from`, bundles taken apart;
    none where the platform fulfils the order from a stock of its own, of which the world keeps no count.
    """

    number: int
    channel: str
    shop: str
    id: str
    lines: list[Line]
    buyer: Buyer
    cod: bool
    ships_from: str
    needs: dict[str, int]
    status: Status
    placed_at: float
    updated_at: float
    moments: dict[str, float] = field(default_factory=dict)
    resumes: Status = "to_ship"  # the status after a declined cancellation
    cancelled_by: Initiator | None = None
    reason: str = ""  # changed_mind, not_paid, out_of_stock, not_shipped
    failed_pickups: int = 0
    fulfilled_by: Fulfiller = "seller"

    @property
    def is_open(self) -> bool:
        """Return whether its goods are still on the shelf, promised to it."""
        return self.status in OPEN

    @property
    def total(self) -> int:
        """Total price of the goods, in dong."""
        return sum(line.price * line.quantity for line in self.lines)
