"""Payloads of events of orders and returns: the published types and their schemas."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from core.event_types import Channel, Money, Payload, Text, When, publish
from orders.statuses import Status

# the empty status, a word of the channel that is not known yet, goes out as this
UNKNOWN = "unknown"
_WORDS = (*(str(status) for status in Status), UNKNOWN)
Word = Annotated[str, Meta(pattern=f"^({'|'.join(_WORDS)})$", extra_json_schema={"enum": list(_WORDS)})]
Count = Annotated[int, Meta(ge=0)]
Revision = Annotated[int, Meta(ge=1, description="Rises by one with each stored change: the highest is the newest.")]


class OrderRef(Payload):
    """An order. `shop_id` and `hub_order_id` are the hub's ids, `order_id` is the number at the channel."""

    channel: Channel
    shop_id: Text
    order_id: Text
    hub_order_id: Text


class Parcel(Payload):
    """A parcel, in the channel's own words."""

    parcel_id: str
    carrier: str | None = None
    tracking_number: str | None = None
    status: str | None = None
    line_ids: list[str] = []


class OrderChanged(Payload):
    """Changes of an order, not the whole order. `changed`: names of fields of `order.normalized`."""

    order: OrderRef
    status: Word
    previous_status: Word | None
    changed_at: When
    changed: list[str]
    revision: Revision
    channel_status: str | None = None
    parcels: list[Parcel] = []
    reason: str | None = None


class OrderLine(Payload):
    """A line. `sku`: ours, null while the listing is not mapped. `unit_price`: the list price, `paid_price`: what the buyer pays."""

    line_id: Text
    channel_item_id: str
    quantity: Annotated[int, Meta(ge=1)]
    unit_price: Money
    paid_price: Money
    status: Word
    sku: str | None = None
    channel_sku: str | None = None
    channel_model_id: str | None = None
    name: str = ""
    fulfilled_by: str = "seller"


class Totals(Payload):
    """Sums over the order, in its currency."""

    goods: Money
    buyer_paid: Money | None = None


class Buyer(Payload):
    """The buyer, as the channel tells; only for sinks that may have it."""

    buyer_id: str | None = None
    name: str | None = None


class ShipTo(Payload):
    """The recipient as the channel tells, maybe masked; only for sinks that may have it."""

    name: str | None = None
    phone: str | None = None
    address: str | None = None


class OrderNormalized(Payload):
    """The whole order in the hub's words, each time it changed."""

    order: OrderRef
    status: Word
    created_at: When
    updated_at: When
    lines: list[OrderLine]
    totals: Totals
    revision: Revision
    channel_status: str | None = None
    paid_at: When | None = None
    ready_at: When | None = None
    ship_by: When | None = None
    shipped_at: When | None = None
    payment_method: str | None = None
    cod: bool = False
    carrier: str | None = None
    cancel_reason: str | None = None
    parcels: list[Parcel] = []
    buyer: Buyer | None = None
    ship_to: ShipTo | None = None
    note: str | None = None


class NewOrderLine(Payload):
    """A line to be picked: our SKU, which every line has by now."""

    line_id: Text
    sku: Text
    quantity: Annotated[int, Meta(ge=1)]
    unit_price: Money
    line_total: Money
    name: str = ""


class Payment(Payload):
    """Payment by the buyer. `to_collect`: what the courier takes, null where the channel does not say."""

    cod: bool
    method: str | None = None
    paid_at: When | None = None
    to_collect: Money | None = None


class Customer(Payload):
    """The buyer; only for sinks that may have it."""

    customer_id: str | None = None
    name: str | None = None


class NewOrder(Payload):
    """An order as an order management system wants it, once: when it first becomes ready to ship. `order_number` is the receiver's
    idempotency key. Lines that the channel ships itself are left out. What changes later comes as `order.changed`.
    """

    event: Annotated[str, Meta(pattern="^new_order$")]
    order_number: Text
    channel: Channel
    shop_id: Text
    channel_order_id: Text
    hub_order_id: Text
    created_at: When
    ready_at: When
    lines: Annotated[list[NewOrderLine], Meta(min_length=1)]
    totals: Totals
    payment: Payment
    parcels: list[Parcel]
    revision: Revision
    ship_by: When | None = None
    carrier: str | None = None
    customer: Customer | None = None
    ship_to: ShipTo | None = None
    note: str | None = None


class ReturnRef(Payload):
    """A return. `return_id` is the number at the channel, the others are the hub's ids."""

    channel: Channel
    shop_id: Text
    return_id: Text
    hub_return_id: Text


class ReturnLine(Payload):
    """A line of a return. `condition`: what the seller found, "" before it was received; the pieces of each only of a mixed line."""

    channel_item_id: str
    channel_model_id: str
    quantity: Count
    sku: str = ""
    condition: str = ""
    sellable: Count | None = None
    damaged: Count | None = None
    missing: Count | None = None


class ReturnChanged(Payload):
    """The whole return in the hub's words, each time it changed. `status` is "unknown" for a word of the channel not known yet."""

    ret: ReturnRef = msgspec.field(name="return")
    order_id: str
    status: Text
    previous_status: str | None
    changed_at: When
    goods_come_back: bool
    lines: list[ReturnLine]
    channel_status: str | None = None
    reason: str | None = None
    refund: Money | None = None
    tracking_number: str | None = None
    requested_at: When | None = None
    answer_by: When | None = None
    received_at: When | None = None


class CustomerErased(Payload):
    """A buyer's data were erased from a shop: what a reader holds of them is to be erased as well.

    `partitionkeys`: those of the events that carried the buyer's data; a compacted topic gets a tombstone for each.
    """

    customer_id: Text
    channel: Channel
    shop_id: Text
    order_ids: list[str]
    return_ids: list[str]
    partitionkeys: list[str]
    erased_at: When


CREATED = publish("order.created", OrderChanged, schema="order.changed")
CHANGED = publish("order.changed", OrderChanged)
SHIPPED = publish("order.shipped", OrderChanged, schema="order.changed")
CANCELLED = publish("order.cancelled", OrderChanged, schema="order.changed")
NORMALIZED = publish("order.normalized", OrderNormalized, personal=("buyer", "ship_to", "note"))
NEW_ORDER = publish("new_order", NewOrder, personal=("customer", "ship_to", "note"))
RETURN_CREATED = publish("return.created", ReturnChanged, schema="return.changed")
RETURN_CHANGED = publish("return.changed", ReturnChanged)
RETURN_RECEIVED = publish("return.received", ReturnChanged, schema="return.changed")
CUSTOMER_ERASED = publish("customer.erased", CustomerErased, follows_personal=True)
