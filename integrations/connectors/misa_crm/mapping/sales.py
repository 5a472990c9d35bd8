"""Sale orders, read and written, and the customers written with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.misa_crm.mapping import fields, states
from integrations.connectors.misa_crm.mapping.fields import VIETNAM
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
from orders.snapshots import LineSnapshot, OrderSnapshot

LINES = "sale_order_product_mappings"
CURRENCY = "VND"
_PLACED = ("sale_order_date", "book_date", "modified_date")
# how a sale order that we wrote is known again, in `other_sys_order_code`
MARK = "erpsync:"
# three forms are seen with clients; which of them a tenant takes is not verified
DATES: Mapping[str, str] = {"dd/mm/yyyy": "%d/%m/%Y", "yyyy-mm-dd": "%Y-%m-%d", "iso": "%Y-%m-%dT00:00:00.000+07:00"}


def is_ours(row: Row) -> bool:
    """Return whether the hub wrote it for a marketplace order."""
    return fields.text(row, "other_sys_order_code").startswith(MARK)


def order(row: Row, labels: Mapping[str, str], asked_at: datetime) -> OrderSnapshot:
    """Return a sale order that people made. Raises ValueError when it has no number; every other field may be unknown."""
    number, odd = fields.text(row, "sale_order_no"), Oddities()
    if not number:
        raise ValueError("a sale order without number")
    placed_at = next(filter(None, (odd.read(fields.moment, row, name) for name in _PLACED)), None)
    label = states.DELETED if row.get("is_deleted") is True else fields.text(row, "status")
    lines = odd.lines(_lines(odd, row))
    totals = (odd.money(row, name, CURRENCY) for name in ("sale_order_amount", "total_summary"))
    return OrderSnapshot(
        number=number,
        status="cancelled" if label == states.DELETED else states.word_of(labels, label),
        channel_status=label,
        currency=CURRENCY,
        placed_at=odd.known(placed_at, _PLACED[0], asked_at),
        asked_at=asked_at,
        lines=lines,
        version=fields.version(row),
        total=next((total for total in totals if total is not None), None),
        paid_at=odd.read(fields.moment, row, "paid_date"),
        ship_by=odd.read(fields.moment, row, "deadline_date"),
        seller_discount=odd.money(row, "discount_summary", CURRENCY),
        tax=odd.money(row, "tax_summary", CURRENCY),
        staff_id=fields.text(row, "employee_code"),
        staff_name=fields.text(row, "owner_name"),
        buyer_name=fields.text(row, "account_name"),
        recipient=_recipient(row),
        note=fields.text(row, "description"),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def _recipient(row: Row) -> dict[str, str]:
    names = {
        "name": ("shipping_contact_name", "contact_name", "account_name"),
        "phone": ("phone",),
        "address": ("shipping_address", "billing_address"),
    }
    found = {
        ours: next((text for name in theirs if (text := fields.text(row, name))), "") for ours, theirs in names.items()
    }
    return {ours: text for ours, text in found.items() if text}


def _lines(odd: Oddities, row: Row) -> Iterator[LineSnapshot]:
    for line in fields.rows(row.get(LINES)):
        if line.get("is_note_row") is True:
            continue
        code = odd.product(fields.text(line, "product_code"))
        quantity = "amount" if line.get("amount") not in (None, "") else "quantity"
        price = odd.money(line, "price", CURRENCY) or Decimal(0)
        place = odd.place(code, "")
        yield LineSnapshot(
            key=fields.text(line, "id") or place,
            item_id=code,
            variation_id="",
            quantity=odd.pieces(line, quantity),
            sku=code,
            title=fields.text(line, "description") or fields.text(line, "product_name"),
            price=price,
            paid_price=_paid(odd, line, quantity, price),
            seller_discount=odd.money(line, "discount", CURRENCY),
        )


def _paid(odd: Oddities, line: Row, quantity: str, price: Decimal) -> Decimal:
    """Return the price of one unit after the line's discount, with tax."""
    total, units = odd.read(fields.amount, line, "total"), odd.read(fields.amount, line, quantity)
    if total is None or units is None or units <= 0:
        return price
    return (total / units).quantize(Decimal("0.0001")).normalize() + 0


def sale_body(command: WriteRequest, *, layout: str, label: str, date_form: str) -> dict[str, Any]:
    """Return a new sale order for a marketplace order. Links are codes; amounts with tax, as the marketplace charged them."""
    options = command.options
    placed_at = datetime.fromisoformat(str(options["placed_at"])).astimezone(VIETNAM)
    recipient: Mapping[str, str] = options.get("recipient", {})
    body: dict[str, Any] = {
        "form_layout": layout,
        "sale_order_no": options["code"],
        "sale_order_name": f"{options['title']} {command.order_number}",
        "sale_order_date": placed_at.strftime(DATES[date_form]),
        "account_name": options["customer"],
        "shipping_contact_name": recipient.get("name", ""),
        "phone": recipient.get("phone", ""),
        "shipping_address": recipient.get("address", ""),
        "other_sys_order_code": f"{MARK}{command.order_number}",
        "description": f"{options['title']} {command.order_number}",
        **lines_body(command),
    }
    kept = {name: value for name, value in body.items() if value != ""}
    return kept | ({"status": label} if label else {})


def units(row: Row) -> Counter[str]:
    """Return the units of a sale order by product code. A line whose quantity cannot be read counts nothing."""
    found: Counter[str] = Counter()
    for line in fields.rows(row.get(LINES)):
        quantity = "amount" if line.get("amount") not in (None, "") else "quantity"
        if line.get("is_note_row") is not True:
            found[fields.folded(fields.text(line, "product_code"))] += int(
                fields.or_none(fields.amount, line, quantity) or 0
            )
    return found


def units_to_write(command: WriteRequest) -> Counter[str]:
    """Return the units that a command says, as `units`."""
    found: Counter[str] = Counter()
    for line in command.lines:
        found[fields.folded(line.sku)] += line.quantity
    return found


def lines_body(command: WriteRequest) -> dict[str, Any]:
    """Return the lines and sums of a sale order: all there is in one whose lines have changed."""
    gross = sum((line.price * line.quantity for line in command.lines), Decimal(0))
    total = gross - command.discount
    return {
        "sale_order_amount": total,
        "total_summary": f"{total:f}",
        "to_currency_summary": f"{gross:f}",
        "discount_summary": f"{command.discount:f}",
        LINES: [
            _line_body(line, place, command.options.get("names", {}), discount)
            for place, (line, discount) in enumerate(zip(command.lines, _discounts(command), strict=True), 1)
        ],
    }


def _discounts(command: WriteRequest) -> list[Decimal]:
    """Return the discount of each line: MISA CRM adds those of the lines up. Each takes what it can."""
    left, found = command.discount, []
    for line in command.lines:
        found.append(min(left, line.price * line.quantity))
        left -= found[-1]
    return found


def _line_body(line: WriteLine, place: int, names: Mapping[str, str], discount: Decimal) -> dict[str, Any]:
    amount = line.price * line.quantity
    return {
        "product_code": line.sku,
        "description": names.get(line.sku) or line.sku,
        "amount": line.quantity,
        "price": line.price,
        "to_currency": amount,
        "discount": discount,
        "discount_percent": 0,
        "total": amount - discount,
        "is_promotion": False,
        "sort_order": place,
        "ratio": 1,
        "operator": "Nhân",
    }


def customer_body(buyer: Mapping[str, Any], *, layout: str) -> dict[str, Any]:
    """Return a new customer from a buyer, or the collective customer of all whom a shop masks."""
    body = {
        "form_layout": layout,
        "account_number": buyer["code"],
        "account_name": buyer["name"] or buyer["code"],
        "is_personal": bool(buyer.get("is_personal")),
        "office_tel": buyer.get("phone", ""),
        "billing_address": buyer.get("address", ""),
        "shipping_address": buyer.get("address", ""),
    }
    return {name: value for name, value in body.items() if value != ""}
