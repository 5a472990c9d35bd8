"""Sale orders, read and written, and the customers written with them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.misa_crm.mapping import fields, states
from integrations.connectors.misa_crm.mapping.fields import VIETNAM
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import LineSnapshot, OrderSnapshot

LINES = "sale_order_product_mappings"
# how a sale order that we wrote is known again, in `other_sys_order_code`
MARK = "erpsync:"
# three forms are seen with clients; which of them a tenant takes is not verified
DATES: Mapping[str, str] = {"dd/mm/yyyy": "%d/%m/%Y", "yyyy-mm-dd": "%Y-%m-%d", "iso": "%Y-%m-%dT00:00:00.000+07:00"}


def is_ours(row: Row) -> bool:
    """Return whether the hub wrote it for a marketplace order."""
    return fields.text(row, "other_sys_order_code").startswith(MARK)


def order(row: Row, labels: Mapping[str, str], asked_at: datetime) -> OrderSnapshot:
    """Return a sale order that people made. Raises ValueError for a malformed field, or when it comes without its lines."""
    if not isinstance(row.get(LINES), list):
        raise ValueError("a sale order without its lines")
    placed_at = next(
        (at for name in ("sale_order_date", "book_date", "modified_date") if (at := fields.moment(row, name))), None
    )
    if placed_at is None:
        raise ValueError("a sale order without date")
    label = states.DELETED if row.get("is_deleted") is True else fields.text(row, "status")
    lines, problems = _lines(row)
    total = next(
        (sum_ for name in ("sale_order_amount", "total_summary") if (sum_ := fields.number(row, name)) is not None),
        None,
    )
    if total is not None and total != total.to_integral_value():
        problems.append("fractional_money")
    return OrderSnapshot(
        number=fields.text(row, "sale_order_no"),
        status="cancelled" if label == states.DELETED else states.word_of(labels, label),
        channel_status=label,
        currency="VND",
        placed_at=placed_at,
        asked_at=asked_at,
        lines=lines,
        version=fields.version(row),
        total=total,
        paid_at=fields.moment(row, "paid_date"),
        ship_by=fields.moment(row, "deadline_date"),
        buyer_name=fields.text(row, "account_name"),
        recipient=_recipient(row),
        note=fields.text(row, "description"),
        problems=tuple(dict.fromkeys(problems)),
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


def _lines(row: Row) -> tuple[tuple[LineSnapshot, ...], list[str]]:
    found: list[LineSnapshot] = []
    problems: list[str] = []
    ordinals: Counter[str] = Counter()
    for line in fields.rows(row[LINES]):
        code = fields.text(line, "product_code")
        if line.get("is_note_row") is True or not code:
            continue
        ordinals[code] += 1
        units = _either(line, "amount", "quantity")
        price = fields.number(line, "price") or Decimal(0)
        problems += _oddities(units, price)
        found.append(
            LineSnapshot(
                key=fields.text(line, "id") or f"{code}::{ordinals[code]}",
                item_id=code,
                variation_id="",
                # rounded up: a part of a unit cannot be sold to another buyer
                quantity=max(0, math.ceil(units)),
                sku=code,
                title=fields.text(line, "description") or fields.text(line, "product_name"),
                price=price,
                paid_price=_paid(line, units, price),
            )
        )
    return tuple(found), problems if found else ["no_lines"]


def _either(line: Row, name: str, other: str) -> Decimal:
    found = fields.number(line, name)
    return (fields.number(line, other) if found is None else found) or Decimal(0)


def _oddities(units: Decimal, price: Decimal) -> list[str]:
    checks = (
        ("zero_quantity", units == 0),
        ("negative_quantity", units < 0),
        ("fractional_quantity", units != units.to_integral_value()),
        ("fractional_money", price != price.to_integral_value()),
    )
    return [code for code, applies in checks if applies]


def _paid(line: Row, units: Decimal, price: Decimal) -> Decimal:
    """Return the price of one unit after the line's discount, with tax."""
    total = fields.number(line, "total")
    if total is None or units <= 0:
        return price
    return (total / units).quantize(Decimal("0.0001")).normalize() + 0


def sale_body(command: WriteRequest, *, layout: str, label: str, date_form: str) -> dict[str, Any]:
    """Return a new sale order for a marketplace order. Links are codes; amounts with tax, as the marketplace charged them."""
    options = command.options
    total = sum((line.price * line.quantity for line in command.lines), Decimal(0))
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
        "sale_order_amount": total,
        "total_summary": f"{total:f}",
        "to_currency_summary": f"{total:f}",
        "discount_summary": "0",
        "other_sys_order_code": f"{MARK}{command.order_number}",
        "description": f"{options['title']} {command.order_number}",
        LINES: [_line_body(line, place, options.get("names", {})) for place, line in enumerate(command.lines, 1)],
    }
    kept = {name: value for name, value in body.items() if value != ""}
    return kept | ({"status": label} if label else {})


def _line_body(line: WriteLine, place: int, names: Mapping[str, str]) -> dict[str, Any]:
    amount = line.price * line.quantity
    return {
        "product_code": line.sku,
        "description": names.get(line.sku) or line.sku,
        "amount": line.quantity,
        "price": line.price,
        "to_currency": amount,
        "discount": 0,
        "discount_percent": 0,
        "total": amount,
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
