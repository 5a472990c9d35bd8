"""Statements and their transactions. Whole dong, each fee rounded half up separately."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import Entry, Order, Return, Statement
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, invalid, no_such

CLOSE, PAY = "close a statement", "pay a statement"
# a normal shop in 2026: 12.5 % stands for the table by category; payment fee on goods and freight; per order
COMMISSION, TRANSACTION = Decimal("0.125"), Decimal("0.06")
PER_ORDER: Final = 3_000
# withheld from residents without a company
VAT, PIT = Decimal("0.01"), Decimal("0.005")


def settle(backend: Backend, order: Order) -> None:
    """Add a completed order's money to the open statement. Fees are written negative, as the 202309 samples are."""
    goods = order.goods
    fees = {
        "platform_commission_amount": -_part(goods, COMMISSION),
        "transaction_fee_amount": -_part(goods + facts.FREIGHT, TRANSACTION),
        "vn_fix_infrastructure_fee": -PER_ORDER,
    }
    taxes = {"local_vat_amount": -_part(goods, VAT), "pit_amount": -_part(goods, PIT)}
    number = "1636" + backend.number("transaction", order.id)
    _enter(backend, order.shop, Entry(number, order.id, order.create_time, goods, fees, taxes))


def refund(backend: Backend, found: Return) -> None:
    """Add a refund of some pieces, and of their fees but the one per order."""
    order, goods = backend.book.orders[found.order_id], sum(unit.price for unit in found.units)
    fees = {"platform_commission_amount": _part(goods, COMMISSION), "transaction_fee_amount": _part(goods, TRANSACTION)}
    taxes = {"local_vat_amount": _part(goods, VAT), "pit_amount": _part(goods, PIT)}
    number = "1637" + backend.number("refund", found.id)
    _enter(backend, order.shop, Entry(number, order.id, order.create_time, -goods, fees, taxes))


def closed(backend: Backend, statement_id: str, _: int) -> None:
    """Close a statement: it is listed from now on."""
    found = backend.book.statements[statement_id]
    found.time = backend.now
    del backend.book.open_statements[found.shop]
    backend.schedule(facts.PAYING_SPAN, PAY, statement_id)


def paid(backend: Backend, statement_id: str, _: int) -> None:
    """Pay a statement out."""
    backend.book.statements[statement_id].status = "PAID"


def statements(backend: Backend, call: Call) -> Fields:
    """GET statements."""
    size = call.size(facts.MONEY_PAGE)
    if call.text("sort_field") != "statement_time":
        raise invalid("sort_field")
    first, last = call.moment_of("statement_time_ge", 0), call.moment_of("statement_time_lt", 1 << 40)
    status = call.text("payment_status", "")
    found = [
        one
        for one in backend.book.statements.values()
        if one.shop == call.shop and one.time and first <= one.time < last and status in ("", one.status)
    ]
    found.sort(key=lambda one: (one.time, one.id), reverse=not call.rising("DESC"))
    page, more = call.page(found, size)
    return {"statements": [_statement(one) for one in page], **more}


def statement_transactions(backend: Backend, call: Call) -> Fields:
    """GET 202501 statements/{id}/statement_transactions."""
    size = call.size(facts.MONEY_PAGE)
    if call.text("sort_field") != "order_create_time":
        raise invalid("sort_field")
    found = backend.book.statements.get(call.ids["statement"])
    if found is None or found.shop != call.shop or not found.time:
        raise no_such("statement")
    entries = sorted(found.entries, key=lambda one: (one.order_time, one.id), reverse=not call.rising("DESC"))
    page, more = call.page(entries, size)
    totals = _statement(found)
    return {
        "statement_id": totals.pop("id"),
        **totals,
        "transactions": [_transaction(entry) for entry in page],
        **more,
    }


def order_transactions(backend: Backend, call: Call) -> Fields:
    """GET 202501 orders/{id}/statement_transactions."""
    order = backend.order(call, call.ids["order"])
    entries = [
        (found, entry)
        for found in backend.book.statements.values()
        if found.shop == call.shop and found.time
        for entry in found.entries
        if entry.order_id == order.id
    ]
    return {
        "order_id": order.id,
        "order_create_time": order.create_time,
        "currency": facts.CURRENCY,
        "sku_transactions": [{"statement_id": found.id, **_transaction(entry)} for found, entry in entries],
    }


def unsettled(backend: Backend, call: Call) -> Fields:
    """GET 202507 orders/unsettled: delivered or on the way, and in no listed statement."""
    size = call.size(facts.MONEY_PAGE)
    settled = {entry.order_id for found in backend.book.statements.values() if found.time for entry in found.entries}
    found = [
        order
        for order in backend.book.orders.values()
        if order.shop == call.shop and order.id not in settled and order.status in {"IN_TRANSIT", "DELIVERED", "COMPLETED"}
    ]  # fmt: skip
    page, more = call.page(found, size)
    rows = [
        {"order_id": order.id, "est_revenue_amount": str(order.goods), "currency": facts.CURRENCY} for order in page
    ]
    return {"transactions": rows, **more}


def _enter(backend: Backend, shop: str, entry: Entry) -> None:
    book, day = backend.book, (shop, backend.now // 86_400)
    found = book.open_statements.get(shop) or book.past_statements.get(day)
    if found is not None:
        found.entries.append(entry)
        return
    found = Statement("7238" + backend.number("statement", shop, len(book.statements)), shop, entries=[entry])
    book.statements[found.id] = book.open_statements[shop] = found
    backend.schedule(facts.STATEMENT_SPAN, CLOSE, found.id)
    if found.time:
        # closed at once: this is a shop's past
        book.past_statements[day] = found


def _statement(found: Statement) -> Fields:
    return {
        "id": found.id,
        "statement_time": found.time,
        "currency": facts.CURRENCY,
        "revenue_amount": str(sum(entry.revenue for entry in found.entries)),
        "shipping_cost_amount": "0",
        "fee_amount": str(sum(entry.fee_total for entry in found.entries)),
        "adjustment_amount": "0",
        "settlement_amount": str(sum(entry.settled for entry in found.entries)),
        "payment_status": found.status,
        "payment_id": f"3459{found.id[4:]}" if found.status == "PAID" else "",
    }


def _transaction(entry: Entry) -> Fields:
    return {
        "id": entry.id,
        "type": entry.kind,
        "order_id": entry.order_id,
        "order_create_time": entry.order_time,
        "currency": facts.CURRENCY,
        "revenue_amount": str(entry.revenue),
        "shipping_cost_amount": "0",
        "fee_tax_amount": str(entry.fee_total),
        "adjustment_amount": "0",
        "settlement_amount": str(entry.settled),
        "fee_tax_breakdown": {
            "fee": {name: str(amount) for name, amount in entry.fees.items()} | {"affiliate_commission_amount": "0"},
            "tax": {name: str(amount) for name, amount in entry.taxes.items()},
        },
    }


def _part(amount: int, share: Decimal) -> int:
    return int((amount * share).to_integral_value(ROUND_HALF_UP))
