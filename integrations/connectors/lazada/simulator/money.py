"""Payouts and their transactions: one row per fee and unit, all of it text. Weekly, paid on the Friday after the week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Unit
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole
from integrations.connectors.lazada.simulator.wire import data
from integrations.simulator.fees import COMMISSION, PAYMENT, Sold, read_schedule, whole_dong
from integrations.simulator.money_errors import (
    CANCELLED_FEE,
    MISSING_PAYOUT,
    SHORT_PAYOUT,
    SHORT_SHARE,
    MoneyError,
)

FEES = read_schedule(Path(__file__).parent)
_SALE, _SALE_BACK, _COMMISSION_BACK = "Item Price Credit", "Reversal Item Price", "Reversal Commission"
_NAMES = {COMMISSION: "Commission", PAYMENT: "Payment Fee"}
# name -> type; the numbers but 13 are ours
_TYPES = {_SALE: "16", "Commission": "3", "Payment Fee": "13", _SALE_BACK: "17", _COMMISSION_BACK: "4"}
_VAT_INSIDE = Decimal(11)


class _Amount(NamedTuple):
    """One amount of a unit, signed, and the day that it is of."""

    unit: Unit
    name: str
    amount: int
    day: date


def payouts(backend: Backend, call: Call) -> Fields:
    """/finance/payout/status/get: the statements of weeks that are over."""
    after, today = call.day("created_after"), _day(backend.now)
    weeks: dict[date, list[Fields]] = {}
    for row, day in _rows(backend, call.seller, _monday(after) - timedelta(days=7), today):
        week = _monday(day)
        if week + timedelta(days=7) <= today and week + timedelta(days=7) >= after:
            weeks.setdefault(week, []).append(row)
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
    found = [row for row, _ in _rows(backend, call.seller, first, last, only)]
    return data(found[offset : offset + limit])


def statements(backend: Backend, seller: str) -> dict[str, float]:
    """Return the statements of weeks that are over and bring the seller money, with the day of the last row of each."""
    ended: dict[date, date] = {}
    sums: Counter[date] = Counter()
    today = _day(backend.now)
    for order in _settled(backend, seller, _day(0), today):
        for one in _amounts(backend, order):
            week = _monday(one.day)
            ended[week] = max(one.day, ended.get(week, one.day))
            sums[week] += one.amount
    return {
        _statement(week): _start(day)
        for week, day in ended.items()
        if sums[week] > 0 and week + timedelta(days=7) <= today
    }


def give_back(backend: Backend, order: Order, _error: MoneyError) -> None:
    """Give back a fee that was charged twice, by rows of this day."""
    backend.book.adjust(order, backend.now)


def _rows(backend: Backend, seller: str, first: date, last: date, only: str = "") -> Iterator[tuple[Fields, date]]:
    """Yield the rows of a span of days, of one order or all, each with its day."""
    today = _day(backend.now)
    for order in _settled(backend, seller, first, last):
        if not only or order.id == int(only):
            for one in _amounts(backend, order):
                if first <= one.day <= last:
                    yield _row(backend, order, one, today), one.day


def _settled(backend: Backend, seller: str, first: date, last: date) -> Iterator[Order]:
    """Yield the orders with money of a span of days, each once."""
    start, end = _start(first), _start(last) + facts.DAY - 1
    found = (backend.book.delivered.get(seller), backend.book.adjusted.get(seller))
    for order_id in dict.fromkeys(key for index in found if index for _, key in index.between(start, end)):
        yield backend.book.orders[seller, order_id]


def _amounts(backend: Backend, order: Order) -> Iterator[_Amount]:
    """Yield all amounts of an order: sales and fees at its delivery, each fee so often as it is charged, and what came later."""
    error, categories = backend.context.money_error(str(order.id)), backend.context.categories
    units = order.live if order.delivered else order.units if error.name == CANCELLED_FEE else []
    sold = [Sold(unit.item_id, unit.price, categories(order.seller, unit.item_id)) for unit in units]
    fees = {
        kind: FEES.charge(kind, order.created, sold, shipping=facts.FREIGHT, error=error) for kind in _NAMES
    }  # fmt: skip
    for place, unit in enumerate(units):
        if order.delivered and error.name != MISSING_PAYOUT:
            yield from _delivered(
                unit, {kind: found[place] for kind, found in fees.items()}, error, _day(order.delivered)
            )
        if order.adjusted:
            # of a cancelled order a fee, of another one the fee that was charged twice
            sign = -1 if error.name == CANCELLED_FEE else 1
            yield _Amount(unit, _NAMES[error.fee], sign * fees[error.fee][place], _day(order.adjusted))


def _delivered(unit: Unit, fees: Mapping[str, int], error: MoneyError, day: date) -> Iterator[_Amount]:
    yield _Amount(unit, _SALE, unit.price, day)
    for kind, amount in fees.items():
        for _ in range(error.times(kind)):
            yield _Amount(unit, _NAMES[kind], -amount, day)
    if unit.status == book.RETURNED:
        yield _Amount(unit, _SALE_BACK, -unit.price, day)
        yield _Amount(unit, _COMMISSION_BACK, fees[COMMISSION], day)


def _row(backend: Backend, order: Order, one: _Amount, today: date) -> Fields:
    unit, name, day = one.unit, one.name, one.day
    kind, week, amount = _TYPES[name], _monday(day), Decimal(one.amount)
    is_sale = name in (_SALE, _SALE_BACK)
    vat = Decimal(0) if is_sale else (amount / _VAT_INSIDE).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "order_no": str(order.id),
        "transaction_date": f"{day:%d %b %Y}",
        "amount": f"{amount:.2f}",
        "paid_status": "Paid" if _is_paid(backend, order.seller, week, today) else "Not paid",
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
        "statement": _statement(week),
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
    paid = _is_paid(backend, seller, week, today)
    is_short = backend.context.statement_error(seller, _statement(week)).name == SHORT_PAYOUT
    payout = total - whole_dong(total * SHORT_SHARE) if is_short else total
    return {
        "subtotal2": f"{total - sales:.2f}",
        "subtotal1": f"{sales:.2f}",
        "shipment_fee_credit": "0.00",
        "payout": f"{payout:,.2f} {facts.CURRENCY}",
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


def _statement(week: date) -> str:
    """Return a statement's name in its rows: its days."""
    return f"{week:%d %b %Y} - {week + timedelta(days=6):%d %b %Y}"


def _is_paid(backend: Backend, seller: str, week: date, today: date) -> bool:
    return (
        today >= _payday(week) and backend.context.statement_error(seller, _statement(week)).name != MISSING_PAYOUT
    )  # fmt: skip


def _start(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=facts.ZONE).timestamp()


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).astimezone(facts.ZONE).date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _payday(week: date) -> date:
    return week + timedelta(days=11)
