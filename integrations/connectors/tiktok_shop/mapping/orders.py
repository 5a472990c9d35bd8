"""Orders of search and detail -> snapshots. One line item is one piece: the platform has no quantities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import UNKNOWN_FULFILMENT, Oddities
from orders.snapshots import PLATFORM, SELLER, LineSnapshot, OrderSnapshot, ParcelSnapshot

PARTIALLY = "PARTIALLY_SHIPPING"
# every status, of orders and (as `display_status`) of line items, from the least to the most advanced
STATUS = {
    "UNPAID": "unpaid",
    "ON_HOLD": "on_hold",  # the buyer may still cancel without the seller
    "AWAITING_SHIPMENT": "to_ship",
    PARTIALLY: "to_ship",  # the lines decide
    "AWAITING_COLLECTION": "packed",
    "IN_TRANSIT": "shipped",
    "DELIVERED": "delivered",
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
    "CANCEL": "cancelled",  # as webhooks write it
}
# an order's `fulfillment_type`
FULFILLED_BY = {
    "FULFILLMENT_BY_SELLER": SELLER,
    "FULFILLMENT_BY_TIKTOK": PLATFORM,
    "FULFILLMENT_BY_TIKTOK_SHOP": PLATFORM,
    "FULFILLMENT_BY_DILAYANI_TOKOPEDIA": PLATFORM,
}
_ADVANCE = list(STATUS)
_CANCELLED = frozenset({"CANCELLED", "CANCEL"})
# a buyer's request to cancel concerns what has not left yet
_CAN_STILL_STOP = frozenset({"ON_HOLD", "AWAITING_SHIPMENT", PARTIALLY, "AWAITING_COLLECTION"})
TO_FULFILL = "TO_FULFILL"
_LEVELS = {"L1": "province", "L2": "district", "L3": "ward"}
_RECIPIENT = {"name": "name", "phone": "phone_number", "address": "full_address", "postcode": "postal_code"}


def order_id(row: Row) -> str:
    """Return the order's number. Raises ValueError when there is none."""
    return fields.first_id(row, "id")


def order(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Map one order. Raises ValueError when it has no number; every other field may be unknown."""
    number, odd = order_id(row), Oddities()
    placed_at, version = odd.read(fields.moment, row, "create_time"), odd.read(fields.moment, row, "update_time")
    payment, units = answers.part(row, "payment"), answers.rows(row, "line_items")
    word = fields.text(row, "status")
    currency = fields.text(payment, "currency") or next((fields.text(unit, "currency") for unit in units), "") or "VND"
    stopping = fields.flag(row, "is_buyer_request_cancel")
    fulfilled_by = _fulfilled_by(odd, row)
    lines = odd.lines(
        replace(line, fulfilled_by=fulfilled_by)
        for unit in units
        for line in _lines(odd, unit, currency, stopping=stopping)
    )
    return OrderSnapshot(
        number=number,
        status=_order_status(word, units, stopping=stopping),
        channel_status=word,
        currency=currency,
        placed_at=odd.known(placed_at, "create_time", version or asked_at),
        asked_at=asked_at,
        lines=lines,
        version=version,
        total=odd.money(payment, "total_amount", currency),
        shipping_fee=odd.money(payment, "shipping_fee", currency),
        seller_discount=odd.money(payment, "seller_discount", currency),
        platform_discount=odd.money(payment, "platform_discount", currency),
        seller_shipping=odd.money(payment, "shipping_fee_seller_discount", currency),
        tax=odd.money(payment, "tax", currency),
        paid_at=odd.read(fields.moment, row, "paid_time"),
        ship_by=odd.read(fields.moment, row, "rts_sla_time") or odd.read(fields.moment, row, "tts_sla_time"),
        recipient=_recipient(answers.part(row, "recipient_address")),
        cash_on_delivery=fields.flag(row, "is_cod"),
        payment_method=fields.text(row, "payment_method_name"),
        carrier=fields.text(row, "shipping_provider"),
        cancel_reason=fields.text(row, "cancel_reason"),
        note="\n".join(filter(None, (fields.text(row, "buyer_message"), fields.text(row, "seller_note")))),
        buyer_id=fields.text(row, "user_id"),
        parcels=tuple(_parcels(row, units)),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def packages(row: Row) -> dict[str, str]:
    """Return the order's packages -> their status, as far as its line items carry it."""
    found = {fields.text(package, "id"): "" for package in answers.rows(row, "packages")}
    for unit in answers.rows(row, "line_items"):
        found[fields.text(unit, "package_id")] = fields.text(unit, "package_status")
    found.pop("", None)
    return found


def _order_status(word: str, units: Sequence[Row], *, stopping: bool) -> str:
    """Return our status; of an order that left in part, that of its least advanced line that is not cancelled."""
    if word == PARTIALLY:
        words = {fields.text(unit, "display_status") for unit in units} - _CANCELLED
        word = min(words & set(_ADVANCE), key=_ADVANCE.index, default=word)
    return _status(word, stopping=stopping)


def _status(word: str, *, stopping: bool) -> str:
    return "cancelling" if stopping and word in _CAN_STILL_STOP else STATUS.get(word, "")


def _lines(odd: Oddities, unit: Row, currency: str, *, stopping: bool) -> Iterator[LineSnapshot]:
    """Yield the lines of one line item: itself, one piece; or, of a combined listing, one line for each SKU in it."""
    sale, original = odd.money(unit, "sale_price", currency), odd.money(unit, "original_price", currency)
    price = original if original is not None else sale or Decimal(0)
    word = fields.text(unit, "display_status")
    item = odd.product(fields.id_or_none(unit, "product_id"))
    sku = fields.id_or_none(unit, "sku_id")
    line = LineSnapshot(
        key=odd.key(fields.id_or_none(unit, "id"), item, sku),
        item_id=item,
        variation_id=sku,
        quantity=1,
        sku=fields.text(unit, "seller_sku"),
        title=fields.text(unit, "product_name"),
        variation_name=fields.text(unit, "sku_name"),
        price=price,
        paid_price=sale if sale is not None else price,
        status=_status(word, stopping=stopping),
        channel_status=word,
        parcel=fields.text(unit, "package_id"),
        seller_discount=odd.money(unit, "seller_discount", currency),
        platform_discount=odd.money(unit, "platform_discount", currency),
    )
    parts = answers.last_of_each(_combined(unit), lambda part: fields.id_or_none(part, "sku_id"))
    counts = [odd.pieces(part, "sku_count") for part in parts]
    if not sum(counts):
        yield line
        return
    # in such a line the discounts are those of the whole piece: only the order's count
    line = replace(line, seller_discount=None, platform_discount=None)
    for part, count in zip(parts, counts, strict=True):
        sku = fields.id_or_none(part, "sku_id")
        yield replace(
            line,
            key=line.key if len(parts) == 1 else f"{line.key}:{sku}",
            item_id=fields.id_or_none(part, "product_id") or item,
            variation_id=sku,
            quantity=count,
            sku=fields.text(part, "seller_sku"),
            price=line.price / sum(counts),
            paid_price=line.paid_price / sum(counts),
        )


def _combined(unit: Row) -> Iterable[Row]:
    """Return the SKUs, with their numbers, that one piece of a combined listing is made of."""
    return (row for row in answers.rows(unit, "combined_listing_skus") if fields.id_or_none(row, "sku_id"))


def _fulfilled_by(odd: Oddities, row: Row) -> str:
    """Return who packs the order; what is not in the table is the seller's, and flagged."""
    word = fields.text(row, "fulfillment_type")
    odd.note(UNKNOWN_FULFILMENT, when=bool(word) and word not in FULFILLED_BY)
    return FULFILLED_BY.get(word, SELLER)


def _recipient(address: Row) -> dict[str, str]:
    found = {ours: value for ours, theirs in _RECIPIENT.items() if (value := fields.text(address, theirs))}
    for level in answers.rows(address, "district_info"):
        ours, value = _LEVELS.get(fields.text(level, "address_level")), fields.text(level, "address_name")
        if ours and value:
            found[ours] = value
    return found


def _parcels(row: Row, units: Iterable[Row]) -> Iterable[ParcelSnapshot]:
    by_package: Mapping[str, Row] = {fields.text(unit, "package_id"): unit for unit in units}
    for number, status in packages(row).items():
        unit = by_package.get(number, {})
        yield ParcelSnapshot(
            number=number,
            tracking_number=fields.text(unit, "tracking_number") or fields.text(row, "tracking_number"),
            carrier=fields.text(unit, "shipping_provider_name") or fields.text(row, "shipping_provider"),
            channel_status=status,
        )
