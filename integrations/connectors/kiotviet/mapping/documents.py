"""Orders (DH...) and invoices (HD...): their classification and their snapshots.

A document is known by its code: event ids, `OrderSnapshot.number` and `PosDocumentSnapshot.code` are all the code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from integrations.connectors.kiotviet.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import (
    LineSnapshot,
    OrderSnapshot,
    ParcelSnapshot,
    PosDocumentSnapshot,
)

# A draft already reserves. 2 is printed "being processed" and "being delivered": part of the order is invoiced, and an
# order is as far as its least advanced line, so what is left of it still waits here.
ORDER_STATUS = {1: "on_hold", 2: "packed", 3: "completed", 4: "cancelled", 5: "to_ship"}
# The goods of any invoice have left the shelf, so nothing here is earlier than shipped. 5: not deliverable.
INVOICE_STATUS = {1: "completed", 2: "cancelled", 3: "shipped", 5: "failed"}
INVOICE_UNDER_WAY = 3
# Where the parcel of an invoice that is under way (3) stands; 4, 5 and 12 are on the way back.
DELIVERY_STATUS = {
    1: "shipped",
    2: "shipped",
    3: "delivered",
    4: "returning",
    5: "returned",
    6: "failed",
    7: "shipped",
    8: "shipped",
    9: "shipped",
    10: "shipped",
    11: "shipped",
    12: "returning",
}
ORDER_CANCELLED = 4
INVOICE_CANCELLED = 2

# Documents that KiotViet makes by itself for marketplaces it imports. Only Shopee's prefix is known.
_IMPORTED = re.compile(r"^(?:DH|HD)(?P<channel>SPE)_(?P<number>.+)$")
# How our reference stands in a description, after the marketplace's number for the people at the till.
_MARK = re.compile(r"\[erpsync:(?P<reference>[^\]\s]+)\]")


def described(order_number: str, reference: str) -> str:
    """Return the description of a document that we write."""
    return f"{order_number} [erpsync:{reference}]"


def reference_in(row: Row) -> str:
    """Return our reference in a document's description, "" when we did not write it."""
    return reference_in_text(fields.text(row, "description"))


def reference_in_text(text: str) -> str:
    """Return our reference in any text of ours, "" where there is none."""
    found = _MARK.search(text)
    return found["reference"] if found else ""


def imported_number(code: str) -> str:
    """Return the marketplace's order number in the code of a document that KiotViet imported, else ""."""
    found = _IMPORTED.match(code)
    return found["number"] if found else ""


def code_of(row: Row) -> str:
    """Return the code of a document. Raises ValueError when it has none."""
    found = fields.text(row, "code")
    if not found:
        raise ValueError("a document without code")
    return found


def pos_document(kind: str, row: Row, asked_at: datetime, *, reference: str = "") -> PosDocumentSnapshot | None:
    """Return the document as the hand-over of a marketplace order; None when it is a sale of the POS' own.

    `reference` is ours as found elsewhere (on the order that an invoice fulfils), where the document carries none.
    """
    code = code_of(row)
    ours, imported = reference_in(row) or reference, imported_number(code)
    if not ours and not imported:
        return None
    cancelled = ORDER_CANCELLED if kind == "pos_order" else INVOICE_CANCELLED
    return PosDocumentSnapshot(
        kind=kind,
        external_id=fields.text(row, "id"),
        code=code,
        asked_at=asked_at,
        reference=ours,
        order_number=imported,
        is_void=row.get("status") == cancelled,
        version=fields.moment(row, "modifiedDate"),
    )


def order(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Return an order taken at the POS. Raises ValueError for a malformed field."""
    return _sale(row, asked_at, ORDER_STATUS.get(_status(row), ""), "orderDetails", "orderDelivery")


def invoice(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Return a sale at the till. Raises ValueError for a malformed field."""
    status = INVOICE_STATUS.get(_status(row), "")
    if _status(row) == INVOICE_UNDER_WAY:
        status = DELIVERY_STATUS.get(_status(answers.part(row, "invoiceDelivery")), status)
    return _sale(row, asked_at, status, "invoiceDetails", "invoiceDelivery")


def _sale(row: Row, asked_at: datetime, status: str, details: str, delivery: str) -> OrderSnapshot:
    code, placed_at = code_of(row), fields.moment(row, "purchaseDate") or fields.moment(row, "createdDate")
    if placed_at is None:
        raise ValueError("a document without date")
    lines, problems = _lines(fields.rows(row, details))
    total, sent = answers.number(row, "total"), answers.part(row, delivery)
    if not _is_whole(total):
        problems.append("fractional_money")
    payments = fields.rows(row, "payments")
    return OrderSnapshot(
        number=code,
        status=status,
        channel_status=fields.text(row, "statusValue") or fields.text(row, "status"),
        currency="VND",
        placed_at=placed_at,
        asked_at=asked_at,
        lines=lines,
        version=fields.moment(row, "modifiedDate"),
        total=total,
        paid_at=_paid_at(payments) if total > 0 and answers.number(row, "totalPayment") >= total else None,
        buyer_name=fields.text(row, "customerName"),
        recipient=_recipient(sent),
        cash_on_delivery=row.get("usingCod") is True,
        payment_method=", ".join(dict.fromkeys(fields.text(payment, "method") for payment in payments)),
        carrier=fields.text(answers.part(sent, "partnerDelivery"), "name"),
        note=fields.text(row, "description"),
        parcels=_parcels(sent),
        problems=tuple(dict.fromkeys(problems)),
        raw=answers.plain(row),
    )


def _status(row: Row) -> int:
    value = row.get("status")
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _lines(details: Iterable[Row]) -> tuple[tuple[LineSnapshot, ...], list[str]]:
    """Return the lines and their problems. One product may stand on several lines: its lines are counted."""
    found: list[LineSnapshot] = []
    problems: list[str] = []
    ordinals: Counter[str] = Counter()
    for row in details:
        product = fields.text(row, "productId")
        quantity, price = answers.number(row, "quantity"), answers.number(row, "price")
        paid = price - _discount(row, price)
        ordinals[product] += 1
        problems += _line_problems(quantity, price)
        found.append(
            LineSnapshot(
                key=f"{product}::{ordinals[product]}",
                item_id=product,
                variation_id="",
                quantity=fields.whole_units(quantity),
                sku=fields.text(row, "productCode"),
                title=fields.text(row, "productName"),
                price=price,
                paid_price=paid.quantize(Decimal("0.0001")).normalize() if not _is_whole(paid) else paid,
            )
        )
    return tuple(found), problems if found else ["no_lines"]


def _line_problems(quantity: Decimal, price: Decimal) -> list[str]:
    checks = (
        ("zero_quantity", quantity == 0),
        ("negative_quantity", quantity < 0),
        ("fractional_quantity", not _is_whole(quantity)),
        ("fractional_money", not _is_whole(price)),
    )
    return [code for code, applies in checks if applies]


def _discount(row: Row, price: Decimal) -> Decimal:
    """Return the discount per unit: the amount where the row has it, else the percentage."""
    if "discount" in row:
        return answers.number(row, "discount")
    return price * answers.number(row, "discountRatio") / 100


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


def _paid_at(payments: Iterable[Row]) -> datetime | None:
    times = [when for payment in payments if (when := fields.moment(payment, "transDate"))]
    return max(times, default=None)


def _recipient(delivery: Row) -> dict[str, str]:
    names = {
        "name": "receiver",
        "phone": "contactNumber",
        "address": "address",
        "district": "locationName",
        "ward": "wardName",
    }
    return {ours: value for ours, theirs in names.items() if (value := fields.text(delivery, theirs))}


def _parcels(delivery: Row) -> tuple[ParcelSnapshot, ...]:
    number = fields.text(delivery, "deliveryCode")
    if not number:
        return ()
    return (
        ParcelSnapshot(
            number=number,
            tracking_number=number,
            carrier=fields.text(answers.part(delivery, "partnerDelivery"), "name"),
            channel_status=fields.text(delivery, "statusValue") or fields.text(delivery, "status"),
        ),
    )
