"""Snapshots of sales as connectors hand them in: typed, frozen, free of any channel's field names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from core.widths import ID_LENGTH
from orders.statuses import TRAITS

# what every order must be, whatever its channel: `schema` publishes and checks it
Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
Count = Annotated[int, Meta(ge=0)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Moment = Annotated[datetime, Meta(tz=True)]
# who packs and sends a line: the seller from own stock, or the platform from its warehouse
SELLER, PLATFORM = "seller", "platform"
Fulfiller = Annotated[str, Meta(pattern=f"^({SELLER}|{PLATFORM})$", extra_json_schema={"enum": [SELLER, PLATFORM]})]
STATUSES = tuple(str(status) for status in TRAITS)
Word = Annotated[str, Meta(pattern=f"^({'|'.join(STATUSES)})$", extra_json_schema={"enum": list(STATUSES)})]


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    """One line of an order. `key` is the channel's line id, else `item:variation:ordinal`; unique within the order.

    `status` is our word when the channel keeps a status per line, else "" (the order's counts). Prices are per unit.
    `item_id` "": the channel named no product. `fulfilled_by`: seller or platform.

    `category_id`: the leaf, where the order itself names it; else that of the listing counts. `campaigns`: kinds and ids of the
    promotions that it was sold under, and voucher codes, as the channel writes them. Amounts are of the whole line: what is off
    the list price, by who bears it; `platform_voucher` and `coins` are parts of `platform_discount`; `tax` is within the price.
    None: not told by line. `affiliate_rate`: percent, of an affiliate that the channel names.
    """

    key: Id
    item_id: str
    variation_id: str
    quantity: Count
    sku: str = ""
    title: str = ""
    variation_name: str = ""
    price: Decimal = Decimal(0)
    paid_price: Decimal = Decimal(0)
    status: Word = ""
    channel_status: str = ""
    parcel: str = ""
    fulfilled_by: Fulfiller = SELLER
    category_id: str = ""
    campaigns: tuple[str, ...] = ()
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    platform_voucher: Decimal | None = None
    coins: Decimal | None = None
    tax: Decimal | None = None
    affiliate_id: str = ""
    affiliate_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ParcelSnapshot:
    """One parcel of an order; `channel_status` in the channel's own word."""

    number: Id
    tracking_number: str = ""
    carrier: str = ""
    channel_status: str = ""


@dataclass(frozen=True, slots=True)
class ParcelStepSnapshot:
    """One step of a parcel's way. `code`: of `ParcelStep`, "" for a word that has none; `words`: the channel's own sentence.

    `parcel` "": the channel tells the way of the whole order. `place` "": it does not say where.
    """

    happened_at: datetime
    code: str
    words: str
    parcel: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """One order as the channel describes it now, whole: a line that is absent has quantity 0, unless there is none at all.

    `status` is our word, or "" when the channel's word is not in its table (kept in `channel_status`, flagged, never
    guessed). `version` is the channel's update time or None; `asked_at` the database time taken before the question.
    `problems` are codes of what the mapping could not accept (no_lines, zero_quantity, odd_field:<name>): shown,
    not fatal. `buyer_id` is the channel's id of the buyer, "" where it tells none. `recipient` has the keys name, phone
    and address as far as they are given; masked values are handed in as they came, stars and all.
    `shipping_fee` is what the buyer pays for shipping; `seller_discount` and `platform_discount` are taken off the list
    prices of the whole order, each by whoever bears it. None where the channel does not tell. Parts of these, where they are told
    apart: `seller_voucher`, `platform_voucher`, and `coins` that the buyer spent. `seller_shipping` is what the seller bears of
    the shipping; `tax` all tax that the order shows, within the prices or on top. `staff_id`, `branch_id`: who sold it, and where.
    """

    number: Id
    status: Word
    channel_status: str
    currency: Currency
    placed_at: Moment
    asked_at: Moment
    lines: tuple[LineSnapshot, ...]
    version: Moment | None = None
    total: Decimal | None = None
    paid_at: Moment | None = None
    ship_by: Moment | None = None
    buyer_name: str = ""
    recipient: dict[str, str] = field(default_factory=dict)
    cash_on_delivery: bool = False
    payment_method: str = ""
    carrier: str = ""
    cancel_reason: str = ""
    note: str = ""
    buyer_id: str = ""
    parcels: tuple[ParcelSnapshot, ...] = ()
    problems: tuple[str, ...] = ()
    shipping_fee: Decimal | None = None
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    seller_voucher: Decimal | None = None
    platform_voucher: Decimal | None = None
    coins: Decimal | None = None
    seller_shipping: Decimal | None = None
    tax: Decimal | None = None
    staff_id: str = ""
    staff_name: str = ""
    branch_id: str = ""
    branch_name: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SettledLine:
    """Discounts of all pieces of one line, known by item and variation; as in `LineSnapshot`."""

    item_id: str
    variation_id: str
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    platform_voucher: Decimal | None = None
    coins: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SettledAmountsSnapshot:
    """Discounts and shipping of an order as its settlement tells them, for channels whose orders do not; as in `OrderSnapshot`."""

    number: str
    asked_at: datetime
    shipping_fee: Decimal | None = None
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    seller_voucher: Decimal | None = None
    platform_voucher: Decimal | None = None
    coins: Decimal | None = None
    seller_shipping: Decimal | None = None
    lines: tuple[SettledLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PosDocumentSnapshot:
    """A POS document (order or invoice) that stands for a marketplace order: ours, or imported by the POS itself.

    `kind` is "pos_order" or "pos_invoice"; `reference` our own reference when we wrote it; `order_channel` and `order_number`
    the marketplace order when the POS imported it; `is_void` when it was cancelled at the POS.
    """

    kind: str
    external_id: str
    code: str
    asked_at: datetime
    reference: str = ""
    order_number: str = ""
    order_channel: str = ""
    is_void: bool = False
    version: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReturnLineSnapshot:
    """One line of a return, by the line key of its order where the channel tells it, else by item and variation."""

    item_id: str
    variation_id: str
    quantity: int
    sku: str = ""
    line_key: str = ""
    refund: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReturnSnapshot:
    """A buyer's return as the channel describes it now, whole.

    `status` is requested, approved, in_transit, received, refunded, refused or withdrawn; "" when the channel's word is
    not in its table (kept in `channel_status`, flagged, never guessed). `goods_come_back` is false for a mere refund.
    `answer_by`: when the channel decides without the seller.
    """

    number: str
    order_number: str
    status: str
    channel_status: str
    asked_at: datetime
    lines: tuple[ReturnLineSnapshot, ...]
    version: datetime | None = None
    requested_at: datetime | None = None
    answer_by: datetime | None = None
    goods_come_back: bool = True
    reason: str = ""
    note: str = ""
    refund: Decimal | None = None
    currency: str = "VND"
    tracking_number: str = ""
    problems: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerSnapshot:
    """A buyer as a channel, a POS or a CRM knows them. Masked values are handed in as they came, stars and all."""

    external_id: str
    name: str
    asked_at: datetime
    code: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    version: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict)
