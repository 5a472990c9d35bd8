"""Returns of goods to a branch: /returns, read-only for clients. The till makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Invoice, Line, Return
from integrations.connectors.kiotviet.simulator.lists import changed_since, page
from integrations.connectors.kiotviet.simulator.request import Call, Refusal
from integrations.connectors.kiotviet.simulator.rows import line_row
from integrations.connectors.kiotviet.simulator.stock import announce_stock, units

FIRST_ID = 660_000


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /returns."""
    rows = changed_since(call, book.returns.values(), lambda one: one.created_at)
    with_payments = call.query.flag("includePayment")
    return page(call, rows, lambda one: _row(book, one, payments=with_payments))


def by_id(book: Book, call: Call, return_id: str) -> dict[str, Any]:
    """GET /returns/{id}."""
    if int(return_id) not in book.returns:
        raise Refusal(facts.GENERAL_ERROR, facts.NO_SUCH_RETURN)
    return _row(book, book.returns[int(return_id)])


def by_code(book: Book, call: Call, code: str) -> dict[str, Any]:
    """GET /returns/code/{code}."""
    found = next((one for one in book.returns.values() if one.code.lower() == code.lower()), None)
    if found is None:
        raise Refusal(facts.GENERAL_ERROR, facts.NO_SUCH_RETURN)
    return _row(book, found)


def take_back(book: Book, invoice: Invoice, quantities: Mapping[int, Decimal], now: datetime) -> Return:
    """Take goods of an invoice back, product -> quantity, for cash: they are on the shelf again. ValueError for more than is left."""
    sold = {line.product_id: line for line in invoice.lines}
    lines = [replace(sold[product], quantity=count) for product, count in quantities.items() if product in sold]
    left = _left(book, invoice)
    if not lines or any(not 0 < line.quantity <= left[line.product_id] for line in lines):
        raise ValueError("not that many of it were sold by this invoice and not yet taken back")
    return_id = book.next_id("return", FIRST_ID)
    made = Return(return_id, f"TH{return_id - FIRST_ID:06d}", invoice.id, lines, now, book.users[0]["id"])
    book.returns[made.id] = made
    for key, quantity in units(book, invoice.branch_id, lines).items():
        book.shelf(*key).on_hand += quantity
        announce_stock(book, *key)
    return made


def _left(book: Book, invoice: Invoice) -> dict[int, Decimal]:
    left: dict[int, Decimal] = {}
    for line in invoice.lines:
        left[line.product_id] = left.get(line.product_id, ZERO) + line.quantity
    for one in book.returns.values():
        for line in one.lines if one.invoice_id == invoice.id else ():
            left[line.product_id] -= line.quantity
    return left


def _row(book: Book, one: Return, *, payments: bool = True) -> dict[str, Any]:
    invoice = book.invoices[one.invoice_id]
    customer = book.customers.get(invoice.customer_id or 0)
    tax = sum((line.tax(tax_id) for line in one.lines for tax_id in line.taxes), ZERO)
    total = sum((line.net for line in one.lines), ZERO) + tax
    paid = {
        "id": one.id * 10,
        "code": f"TT{one.code}",
        "amount": -total,
        "method": "Cash",
        "status": 0,
        "statusValue": "Đã thanh toán",
        "transDate": one.created_at,
    }
    return {
        "id": one.id,
        "code": one.code,
        "invoiceId": invoice.id,
        "returnDate": one.created_at,
        "branchId": invoice.branch_id,
        "branchName": book.branch_name(invoice.branch_id),
        "receivedById": one.received_by,
        "soldByName": book.users[0]["givenName"],
        "customerId": invoice.customer_id,
        "customerCode": customer and customer.code,
        "customerName": customer and customer.name,
        "returnTotal": total,
        "totalPayment": total,
        # number and word: invented in the shared sample
        "status": 1,
        "statusValue": "Đã trả",
        "createdDate": one.created_at,
        "modifiedDate": one.created_at,
        "totalTax": tax or None,
        "payments": [paid] if payments else None,
        "returnDetails": [_line(line) for line in one.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    row = line_row(line, "returnDetailTaxs", ("taxName", "taxValue"))
    return row | {"discount": None, "usePoint": False, "subTotal": line.net}
