"""Transaction details -> statement lines: one row per fee and unit, all of it text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row

# `fee_name` -> ours. Only "Payment Fee" is in the documentation; the others are what sellers' statements show.
# A name that is not here is a fee of the platform: "other", kept by its own name.
FEES = {
    "Item Price Credit": "sale",
    "Reversal Item Price": "refund",
    "Commission": "commission",
    "Reversal Commission": "commission",
    "Payment Fee": "payment_fee",
    "Order processing fee": "service_fee",
    "Shipping Fee (Paid By Customer)": "shipping",
    "Shipping Fee Paid by Seller": "shipping",
    "Seller Voucher Credit": "voucher",
    "Reverse - Seller Voucher Credit": "voucher",
    "Promotional Charges Vouchers": "voucher",
    "Price Cut Discount": "voucher",
    "Reversal Price Cut Discount": "voucher",
    "Giảm Giá Bằng Xu": "voucher",
    "LazCoins Discount": "voucher",
    # a fee of that programme, unlike the discount itself
    "LazCoins Discount Promotion Fee": "service_fee",
    "Sponsored Affiliates": "affiliate",
    "Lost Claim": "adjustment",
}
# so much of a fee's name goes into a key
_FEE = 80
_PAID = frozenset({"paid", "1", "yes"})


def scope(order: str, day: date | None) -> str:
    """Return the scope of an order's rows of one day: a day lies in one statement, whatever the schema."""
    return f"{order}|{day.isoformat() if day else ''}"


def lines(rows: Iterable[Row], asked_at: datetime, *, time_zone: str, currency: str) -> list[StatementLineSnapshot]:
    """Map the rows; amounts are signed as Lazada signs them. Raises ValueError when one is malformed.

    The key is made of what does not change when a row is read again: order, unit, day, fee, type and place among equals.
    """
    found: list[StatementLineSnapshot] = []
    places: Counter[str] = Counter()
    for row in rows:
        day = fields.day(row, "transaction_date")
        fee = fields.text(row, "fee_name") or fields.text(row, "transaction_type")
        order, unit = fields.text(row, "order_no"), fields.text(row, "orderItem_no")
        key = ":".join((order, unit, day.isoformat() if day else "", fields.text(row, "fee_type"), fee[:_FEE]))
        places[key] += 1
        found.append(
            StatementLineSnapshot(
                external_id=f"{key}:{places[key]}",
                kind=FEES.get(fee, "other"),
                fee=fee,
                amount=fields.number(row, "amount"),
                currency=currency,
                asked_at=asked_at,
                order_number=order,
                line_key=unit,
                scope=scope(order, day),
                statement=fields.text(row, "statement"),
                happened_at=fields.start_of(day, time_zone) if day else None,
                is_paid=fields.text(row, "paid_status").lower() in _PAID,
                raw=answers.plain(row),
            )
        )
    return found
