"""Payouts and their transactions: one row per fee and unit, all of it text. Weekly, paid on the Friday after the week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Unit
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole
from integrations.connectors.lazada.simulator.wire import data

PAYMENT, COMMISSION = Decimal("0.02497"), Decimal("0.06")
# name -> (type, share of the price); the numbers of the types but 13 are ours
_FEES: dict[str, tuple[str, Decimal]] = {
    "Item Price Credit": ("16", Decimal(1)),
    "Commission": ("3", -COMMISSION),
    "Payment Fee": ("13", -PAYMENT),
}
_BACK: dict[str, tuple[str, Decimal]] = {
    "Reversal Item Price": ("17", Decimal(-1)),
    "Reversal Commission": ("4", COMMISSION),
}


def payouts(backend: Backend, call: Call) -> Fields:
    """/finance/payout/status/get: the statements of weeks that are over."""
    after, today = call.day("created_after"), _day(backend.now)
    weeks: dict[date, list[Fields]] = {}
    for order in _delivered(backend, call.seller, _monday(after) - timedelta(days=7), today):
        week = _monday(_day(order.delivered))
        if week + timedelta(days=7) <= today and week + timedelta(days=7) >= after:
            weeks.setdefault(week, []).extend(_rows(backend, order, today))
    return data([_payout(backend, call.seller, week, weeks[week], today) for week in sorted(weeks)])


def transactions(backend: Backend, call: Call) -> Fields:
    """/finance/transaction/details/get: the rows of a span of days."""
    first, last = call.day("start_time"), call.day("end_time")
    if last < first or (last - first).days >= facts.TRANSACTIONS_SPAN:
        raise Refusal("1000012", "The time range should be less than 180 days")
    limit = call.number("limit", 100, low=1, high=facts.TRANSACTIONS_PAGE, code="19", word="Limit")
    offset = call.number("offset", 0, high=10_000_000, code="14", word="Offset")
    only = call.text("trade_order_id", "")
    if only and not is_whole(only):
        raise Refusal("16", f'E016: "{only}" Invalid Order ID')
    today = _day(backend.now)
    found = [
        row
        for order in _delivered(backend, call.seller, first, last)
        if not only or order.id == int(only)
        for row in _rows(backend, order, today)
    ]
    return data(found[offset : offset + limit])


def _delivered(backend: Backend, seller: str, first: date, last: date) -> Iterator[Order]:
    index = backend.book.delivered.get(seller)
    if index is None:
        return
    start = datetime(first.year, first.month, first.day, tzinfo=facts.ZONE).timestamp()
    end = datetime(last.year, last.month, last.day, tzinfo=facts.ZONE).timestamp() + facts.DAY - 1
    for _, order_id in index.between(start, end):
        yield backend.book.orders[seller, order_id]


def _rows(backend: Backend, order: Order, today: date) -> Iterator[Fields]:
    for unit in order.live:
        fees = _FEES | (_BACK if unit.status == book.RETURNED else {})
        for name, (kind, share) in fees.items():
            yield _row(backend, order, unit, name, kind, share, today)


def _row(
    backend: Backend, order: Order, unit: Unit, name: str, kind: str, share: Decimal, today: date
) -> Fields:  # fmt: skip
    day = _day(order.delivered)
    week = _monday(day)
    amount = (unit.price * share).quantize(Decimal("0.01"), ROUND_HALF_UP)
    vat = Decimal(0) if share in (1, -1) else (amount / 11).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "order_no": str(order.id),
        "transaction_date": f"{day:%d %b %Y}",
        "amount": f"{amount:.2f}",
        "paid_status": "Paid" if today >= _payday(week) else "Not paid",
        "shipping_provider": facts.CARRIER,
        "WHT_included_in_amount": "No",
        "lazada_sku": f"{unit.item_id}_VNAMZ-{unit.sku_id}",
        "transaction_type": name,
        "orderItem_no": str(unit.id),
        "orderItem_status": unit.status.capitalize(),
        "reference": str(unit.id),
        "fee_name": name,
        "shipping_speed": "Standard",
        "WHT_amount": "0.00",
        "transaction_number": f"{backend.short_code(order.seller)}-{unit.id}-{kind}",
        "seller_sku": unit.seller_sku,
        "statement": f"{week:%d %b %Y} - {week + timedelta(days=6):%d %b %Y}",
        "details": "",
        "comment": "",
        "VAT_in_amount": f"{vat:.2f}",
        "shipment_type": "Dropshipping",
        "fee_type": kind,
        "payment_ref_id": "",
    }


def _payout(backend: Backend, seller: str, week: date, rows: list[Fields], today: date) -> Fields:
    sales = sum((Decimal(row["amount"]) for row in rows if row["fee_name"] in {"Item Price Credit"}), Decimal(0))
    total = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    closed = week + timedelta(days=7)
    stamp = f"{closed:%Y-%m-%d} 09:00:00"
    paid = today >= _payday(week)
    return {
        "subtotal2": f"{total - sales:.2f}",
        "subtotal1": f"{sales:.2f}",
        "shipment_fee_credit": "0.00",
        "payout": f"{total:,.2f} {facts.CURRENCY}",
        "item_revenue": f"{sales:.2f}",
        "created_at": stamp,
        "other_revenue_total": "0.00",
        "fees_total": f"{total - sales:.2f}",
        "refunds": "0.00",
        "guarantee_deposit": "0.00",
        "updated_at": f"{_payday(week):%Y-%m-%d} 09:00:00" if paid else stamp,
        "fees_on_refunds_total": "0.00",
        "closing_balance": f"{total:.2f}",
        "paid": "1" if paid else "0",
        "opening_balance": "0.00",
        "statement_number": f"{backend.short_code(seller)}-{closed:%Y-%m%d}",
        "shipment_fee": "0.00",
    }


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(facts.ZONE).date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _payday(week: date) -> date:
    return week + timedelta(days=11)
