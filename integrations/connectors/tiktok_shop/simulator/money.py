"""Statements and their transactions. Whole dong, each fee of an order rounded half up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import (
    PAID,
    PAYING,
    REFUND,
    Entry,
    Order,
    Return,
    Statement,
    Unit,
    Withdrawal,
)
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, invalid, no_such
from integrations.simulator.fees import COMMISSION, ORDER_FEE, PAYMENT, TAX_PIT, TAX_VAT, Sold, read_schedule
from integrations.simulator.money_errors import MISSING_PAYOUT, NO_ERROR, MoneyError

CLOSE, PAY = "close a statement", "pay a statement"
# of a normal shop whose owner is a household
FEES = read_schedule(Path(__file__).parent)
# TikTok Shop's names of what it takes: fees, and taxes withheld
_FEES = {
    "platform_commission_amount": COMMISSION, "transaction_fee_amount": PAYMENT, "vn_fix_infrastructure_fee": ORDER_FEE,
}  # fmt: skip
_TAXES = {"local_vat_amount": TAX_VAT, "pit_amount": TAX_PIT}
# the type of a transaction that gives a fee back [inf]
_ADJUSTMENT = "OTHER_ADJUSTMENT"


def settle(backend: Backend, order: Order) -> None:
    """Add a completed order's money to the open statement."""
    error = backend.context.money_error(order.id)
    if error.name == MISSING_PAYOUT:
        return
    number = "1636" + backend.number("transaction", order.id)
    fees, taxes = _fees(backend, order, error), _amounts(backend, _TAXES, order, order.units)
    _enter(backend, order.shop, Entry(number, order.id, order.create_time, order.goods, fees, taxes))


def charge_cancelled(backend: Backend, order: Order) -> None:
    """Charge the fees that an error takes of a cancelled order."""
    error = backend.context.money_error(order.id)
    if fees := {
        name: amount for name, amount in _fees(backend, order, error).items() if error.charges_cancelled(_FEES[name])
    }:
        number = "1636" + backend.number("transaction", order.id)
        _enter(backend, order.shop, Entry(number, order.id, order.create_time, 0, fees, {}))


def give_back(backend: Backend, order: Order, error: MoneyError) -> None:
    """Give back a fee that was charged twice, by a transaction of its own."""
    once = _amounts(backend, _FEES, order, order.units)
    amount = -sum(amount for name, amount in once.items() if _FEES[name] == error.fee)
    number = "1639" + backend.number("adjustment", order.id)
    _enter(
        backend, order.shop, Entry(number, order.id, order.create_time, 0, {}, {}, kind=_ADJUSTMENT, adjustment=amount)
    )


def refund(backend: Backend, found: Return) -> None:
    """Add a refund of some pieces. The transaction fee is of the payment less the refund; commission and taxes come back with the
    goods; the fee per order stays.
    """
    order, goods = backend.book.orders[found.order_id], sum(unit.price for unit in found.units)
    back = (PAYMENT,) if found.kind == REFUND else (PAYMENT, COMMISSION, TAX_VAT, TAX_PIT)

    def returned(kinds: Mapping[str, str]) -> dict[str, int]:
        charged = _amounts(backend, kinds, order, found.units, freight=0)
        return {name: -amount for name, amount in charged.items() if kinds[name] in back}

    fees, taxes = returned(_FEES), returned(_TAXES)
    number = "1637" + backend.number("refund", found.id)
    _enter(backend, order.shop, Entry(number, order.id, order.create_time, -goods, fees, taxes))


def closed(backend: Backend, statement_id: str, _: int) -> None:
    """Close a statement: it is listed from now on."""
    found = backend.book.statements[statement_id]
    found.time = backend.now
    del backend.book.open_statements[found.shop]
    backend.schedule(facts.PAYING_SPAN, PAY, statement_id)


def paid(backend: Backend, statement_id: str, _: int) -> None:
    """Pay a statement out: settle it into the seller's balance, which leaves for the bank at once [inf]."""
    found = backend.book.statements[statement_id]
    found.status = PAID
    for kind in ("SETTLE", "WITHDRAW"):
        number = "3461" + backend.number("withdrawal", found.id, kind)
        backend.book.withdrawals.append(Withdrawal(number, kind, found, backend.now))


def closed_statements(backend: Backend, shop: str) -> dict[str, float]:
    """Return the closed statements that bring a shop money, with the time of each."""
    found = backend.book.statements.values()
    return {one.id: float(one.time) for one in found if one.shop == shop and one.time and one.settled > 0}


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
        if one.shop == call.shop and one.time and first <= one.time < last and status in ("", _status(backend, one))
    ]
    found.sort(key=lambda one: (one.time, one.id), reverse=not call.rising("DESC"))
    page, more = call.page(found, size)
    return {"statements": [_statement(backend, one) for one in page], **more}


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
    settled = str(found.settled)
    return {
        "id": found.id,
        "create_time": found.time,
        "status": _status(backend, found),
        "currency": facts.CURRENCY,
        "payable_amount": settled,
        "total_settlement_amount": settled,
        "total_settlement_breakdown": _totals(found.entries),
        "total_reserve_amount": "0",
        "transactions": [_transaction(entry) for entry in page],
        **more,
    }


def withdrawals(backend: Backend, call: Call) -> Fields:
    """GET withdrawals: those of some types and a span."""
    size, types = call.size(facts.MONEY_PAGE), call.text("types").split(",")
    if not set(types) <= {"WITHDRAW", "SETTLE", "TRANSFER", "REVERSE"}:
        raise invalid("types")
    first, last = call.moment_of("create_time_ge", 0), call.moment_of("create_time_lt", 1 << 40)
    found = [
        one
        for one in backend.book.withdrawals
        if one.statement.shop == call.shop
        and one.type in types
        and first <= one.create_time < last
        and one.statement.settled > 0
        and not _is_withheld(backend, one.statement)
    ]
    page, more = call.page(found, size)
    rows = [
        {
            "id": one.id, "type": one.type, "amount": str(one.statement.settled), "currency": facts.CURRENCY, "status": "SUCCESS",
            "create_time": one.create_time,
        }
        for one in page
    ]  # fmt: skip
    return {"withdrawals": rows, **more}


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
    rows = [{"statement_id": found.id, **_sku(order), **_transaction(entry)} for found, entry in entries]
    return {
        "order_id": order.id,
        "order_create_time": order.create_time,
        "currency": facts.CURRENCY,
        **_totals([entry for _, entry in entries], fees="fee_and_tax_amount"),
        "total_count": len(rows),
        "sku_transactions": rows,
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
    return {"transactions": [_estimate(backend, order) for order in page], **more}


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


def _is_withheld(backend: Backend, found: Statement) -> bool:
    return backend.context.statement_error(found.shop, found.id).name == MISSING_PAYOUT


def _status(backend: Backend, found: Statement) -> str:
    return PAYING if _is_withheld(backend, found) else found.status


def _statement(backend: Backend, found: Statement) -> Fields:
    status = _status(backend, found)
    return {
        "id": found.id,
        "statement_time": found.time,
        "currency": facts.CURRENCY,
        "revenue_amount": str(sum(entry.revenue for entry in found.entries)),
        "shipping_cost_amount": "0",
        "fee_amount": str(sum(entry.fee_total for entry in found.entries)),
        "adjustment_amount": str(sum(entry.adjustment for entry in found.entries)),
        "settlement_amount": str(found.settled),
        "payment_status": status,
        "payment_id": f"3459{found.id[4:]}" if status == PAID else "",
    }


def _totals(entries: Sequence[Entry], fees: str = "fee_amount") -> Fields:
    """Return the sums over transactions; `fees`: the name of that of fees and taxes."""
    return {
        "revenue_amount": str(sum(entry.revenue for entry in entries)),
        "shipping_cost_amount": "0",
        fees: str(sum(entry.fee_total for entry in entries)),
        "adjustment_amount": str(sum(entry.adjustment for entry in entries)),
        "settlement_amount": str(sum(entry.settled for entry in entries)),
    }


def _sku(order: Order) -> Fields:
    """Return what an order's transactions say of its goods: the first SKU, and all pieces [inf]."""
    unit = order.units[0]
    return {
        "sku_id": unit.sku_id, "sku_name": unit.sku_name, "product_name": unit.product_name, "quantity": str(len(order.units)),
    }  # fmt: skip


def _estimate(backend: Backend, order: Order) -> Fields:
    """Return a transaction that is expected: what `settle` would enter."""
    fees, taxes = _amounts(backend, _FEES, order, order.units), _amounts(backend, _TAXES, order, order.units)
    charged = sum(fees.values()) + sum(taxes.values())
    return {
        "id": "1638" + backend.number("estimate", order.id),
        "type": "ORDER",
        "status": "UNSETTLED",
        "unsettled_reason": "ORDER_NOT_DELIVERED" if order.status == "IN_TRANSIT" else "ORDER_IN_RETURN_WINDOW",
        "order_id": order.id,
        "order_create_time": order.create_time,
        "currency": facts.CURRENCY,
        "est_revenue_amount": str(order.goods),
        "est_shipping_cost_amount": "0",
        "est_fee_tax_amount": str(charged),
        "est_adjustment_amount": "0",
        "est_settlement_amount": str(order.goods + charged),
        "fee_tax_breakdown": _breakdown(fees, taxes),
    }


def _breakdown(fees: Mapping[str, int], taxes: Mapping[str, int]) -> Fields:
    return {
        "fee": {name: str(amount) for name, amount in fees.items()} | {"affiliate_commission_amount": "0"},
        "tax": {name: str(amount) for name, amount in taxes.items()},
    }


def _fees(backend: Backend, order: Order, error: MoneyError) -> dict[str, int]:
    amounts = _amounts(backend, _FEES, order, order.units, error=error)
    return {name: error.times(_FEES[name]) * amount for name, amount in amounts.items()}


def _amounts(
    backend: Backend,
    kinds: Mapping[str, str],
    order: Order,
    units: Iterable[Unit],
    *,
    freight: int = facts.FREIGHT,
    error: MoneyError = NO_ERROR,
) -> dict[str, int]:
    """Return the fees or taxes of some units, negative, as the 202309 samples are."""
    categories = backend.context.categories
    sold = [Sold(unit.product_id, unit.price, categories(order.shop, unit.product_id)) for unit in units]
    return {
        name: -FEES.total(kind, order.create_time, sold, shipping=freight, error=error) for name, kind in kinds.items()
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
        "adjustment_amount": str(entry.adjustment),
        "settlement_amount": str(entry.settled),
        "fee_tax_breakdown": _breakdown(entry.fees, entry.taxes),
    }
