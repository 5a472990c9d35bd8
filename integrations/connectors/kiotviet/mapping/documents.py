"""Orders (DH...) and invoices (HD...): their classification and their snapshots.

A document is known by its code: event ids, `OrderSnapshot.number` and `PosDocumentSnapshot.code` are all the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.kiotviet.mapping import fields, imports
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
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
ORDER_CLOSED = frozenset({3, ORDER_CANCELLED})
INVOICE_CANCELLED = 2
# `pricingMode`: prices hold the tax; 0 and none: it is added
PRICE_WITH_TAX = 1

CURRENCY = "VND"
_PLACED = ("purchaseDate", "createdDate")
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
    ours, imported = reference_in(row) or reference, imports.imported(code)
    if not ours and imported is None:
        return None
    cancelled = ORDER_CANCELLED if kind == "pos_order" else INVOICE_CANCELLED
    return PosDocumentSnapshot(
        kind=kind,
        external_id=fields.text(row, "id"),
        code=code,
        asked_at=asked_at,
        reference=ours,
        order_number=imported.number if imported else "",
        order_channel=imported.channel if imported else "",
        is_void=row.get("status") == cancelled,
        version=fields.or_none(fields.moment, row, "modifiedDate"),
    )


def order(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Return an order taken at the POS. Raises ValueError when it has no code; every other field may be unknown."""
    return _sale(row, asked_at, ORDER_STATUS.get(_status(row), ""), "orderDetails", "orderDelivery")


def invoice(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Return a sale at the till. As `order`."""
    status = INVOICE_STATUS.get(_status(row), "")
    if _status(row) == INVOICE_UNDER_WAY:
        status = DELIVERY_STATUS.get(_status(answers.part(row, "invoiceDelivery")), status)
    return _sale(row, asked_at, status, "invoiceDetails", "invoiceDelivery")


def _sale(row: Row, asked_at: datetime, status: str, details: str, delivery: str) -> OrderSnapshot:
    code, odd, version = code_of(row), Oddities(), fields.or_none(fields.moment, row, "modifiedDate")
    placed_at = next(filter(None, (odd.read(fields.moment, row, key) for key in _PLACED)), None)
    lines, sent = (
        odd.lines(_lines(odd, fields.rows(row, details), _taxes_of(row, details))),
        answers.part(row, delivery),
    )
    total, paid = odd.money(row, "total", CURRENCY), odd.read(fields.number, row, "totalPayment")
    is_paid = total is not None and paid is not None and 0 < total <= paid
    odd.note("unknown_import", when=imports.is_of_unknown_marketplace(code))
    payments = fields.rows(row, "payments")
    return OrderSnapshot(
        number=code,
        status=status,
        channel_status=fields.text(row, "statusValue") or fields.text(row, "status"),
        currency=CURRENCY,
        placed_at=odd.known(placed_at, _PLACED[0], version or asked_at),
        asked_at=asked_at,
        lines=lines,
        version=version,
        total=total,
        seller_discount=_discounts(odd, row, lines),
        seller_shipping=odd.money(sent, "price", CURRENCY),
        tax=odd.money(row, "totalTax", CURRENCY),
        staff_id=fields.text(row, "soldById"),
        staff_name=fields.text(row, "soldByName"),
        branch_id=fields.text(row, "branchId"),
        branch_name=fields.text(row, "branchName"),
        paid_at=_paid_at(odd, payments) if is_paid else None,
        buyer_name=fields.text(row, "customerName"),
        recipient=_recipient(sent),
        cash_on_delivery=row.get("usingCod") is True,
        payment_method=", ".join(dict.fromkeys(fields.text(payment, "method") for payment in payments)),
        carrier=fields.text(answers.part(sent, "partnerDelivery"), "name"),
        note=fields.text(row, "description"),
        parcels=_parcels(sent),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def _discounts(odd: Oddities, row: Row, lines: Iterable[LineSnapshot]) -> Decimal | None:
    """Return the discounts of the lines and of the whole document, None where the document does not tell."""
    if row.get("discount") is None:
        return None
    whole = odd.read(fields.number, row, "discount", Decimal(0))
    return whole + sum(((line.price - line.paid_price) * line.quantity for line in lines), Decimal(0))


def _status(row: Row) -> int:
    value = row.get("status")
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _taxes_of(row: Row, details: str) -> str:
    """Return the field with the taxes of a line, "" where prices are without tax: then it is no part of them."""
    return f"{details.removesuffix('s')}Taxs" if row.get("pricingMode") == PRICE_WITH_TAX else ""


def _lines(odd: Oddities, details: Iterable[Row], taxes: str) -> Iterator[LineSnapshot]:
    """Yield the lines. One product may stand on several: its lines are counted. `taxes`: from `_taxes_of`."""
    for row in details:
        product = odd.product(fields.text(row, "productId"))
        quantity = odd.pieces(row, "quantity")
        price = odd.money(row, "price", CURRENCY) or Decimal(0)
        paid = price - _discount(odd, row, price)
        yield LineSnapshot(
            key=odd.place(product, ""),
            item_id=product,
            variation_id="",
            quantity=quantity,
            sku=fields.text(row, "productCode"),
            title=fields.text(row, "productName"),
            price=price,
            seller_discount=(price - paid) * quantity,
            tax=_tax(odd, fields.rows(row, taxes)),
            paid_price=paid if answers.is_whole(paid) else paid.quantize(Decimal("0.0001")).normalize(),
        )


def _tax(odd: Oddities, rows: Sequence[Row]) -> Decimal | None:
    """Return the tax within the price of a line, None where it has none."""
    found = [amount for row in rows if (amount := odd.money(row, "detailTax", CURRENCY)) is not None]
    return sum(found, Decimal(0)) if found else None


def _discount(odd: Oddities, row: Row, price: Decimal) -> Decimal:
    """Return the discount per unit: the amount where the row has it, else the percentage."""
    if "discount" in row:
        return odd.read(fields.number, row, "discount", Decimal(0))
    return price * odd.read(fields.number, row, "discountRatio", Decimal(0)) / 100


def _paid_at(odd: Oddities, payments: Iterable[Row]) -> datetime | None:
    times = [when for payment in payments if (when := odd.read(fields.moment, payment, "transDate"))]
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
