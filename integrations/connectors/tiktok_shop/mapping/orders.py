"""Orders of search and detail -> snapshots. One line item is one piece: the platform has no quantities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot

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
    """Map one order. Raises ValueError for a malformed field."""
    number, placed_at = order_id(row), fields.moment(row, "create_time")
    if placed_at is None:
        raise ValueError("no create_time")
    payment, units = answers.part(row, "payment"), answers.rows(row, "line_items")
    word = fields.text(row, "status")
    currency = fields.text(payment, "currency") or next((fields.text(unit, "currency") for unit in units), "") or "VND"
    stopping = fields.flag(row, "is_buyer_request_cancel")
    lines, problems = _lines(units, currency, stopping=stopping)
    total = fields.money(payment, "total_amount")
    if total is not None and not fields.is_payable(total, currency):
        problems.append("fractional_money")
    return OrderSnapshot(
        number=number,
        status=_order_status(word, units, stopping=stopping),
        channel_status=word,
        currency=currency,
        placed_at=placed_at,
        asked_at=asked_at,
        lines=lines,
        version=fields.moment(row, "update_time"),
        total=total,
        paid_at=fields.moment(row, "paid_time"),
        ship_by=fields.moment(row, "rts_sla_time") or fields.moment(row, "tts_sla_time"),
        recipient=_recipient(answers.part(row, "recipient_address")),
        cash_on_delivery=fields.flag(row, "is_cod"),
        payment_method=fields.text(row, "payment_method_name"),
        carrier=fields.text(row, "shipping_provider"),
        cancel_reason=fields.text(row, "cancel_reason"),
        note="\n".join(filter(None, (fields.text(row, "buyer_message"), fields.text(row, "seller_note")))),
        buyer_id=fields.text(row, "user_id"),
        parcels=tuple(_parcels(row, units)),
        problems=tuple(dict.fromkeys(problems)),
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


def _lines(units: Iterable[Row], currency: str, *, stopping: bool) -> tuple[tuple[LineSnapshot, ...], list[str]]:
    """Return the lines, and the codes of their problems."""
    found: list[LineSnapshot] = []
    problems: list[str] = []
    for unit in units:
        price = fields.money(unit, "original_price")
        paid = fields.money(unit, "sale_price")
        price = price if price is not None else paid or Decimal(0)
        paid = paid if paid is not None else price
        if not (fields.is_payable(price, currency) and fields.is_payable(paid, currency)):
            problems.append("fractional_money")
        word = fields.text(unit, "display_status")
        found.append(
            LineSnapshot(
                key=fields.first_id(unit, "id"),
                item_id=fields.first_id(unit, "product_id"),
                variation_id=fields.first_id(unit, "sku_id"),
                quantity=1,
                sku=fields.text(unit, "seller_sku"),
                title=fields.text(unit, "product_name"),
                variation_name=fields.text(unit, "sku_name"),
                price=price,
                paid_price=paid,
                status=_status(word, stopping=stopping),
                channel_status=word,
                parcel=fields.text(unit, "package_id"),
            )
        )
    return tuple(found), problems if found else ["no_lines"]


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
