"""Accrual: entries are what the rules say of the orders' current state, less what was recorded before. Nothing is ever changed.

Of each fee there is at most one accrual that counts; what it should give back is a function of all that came back. The difference
to what is recorded becomes rows. So any order and repetition of the same news ends in the same net sums.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from commissions.models import CommissionEntry
from commissions.rules.charging import charge
from commissions.rules.entry import Charges, Entry
from commissions.rules.reversals import given_back, sold
from commissions.rules.words import CANCELLED, REFUNDED, RETURNED
from commissions.services import entries, fee_orders, months, rule_book
from commissions.services.fee_orders import OrderState
from commissions.services.rule_book import RuleBook
from core.db import fetch

Cause = CommissionEntry.Cause
_BACKS = {CANCELLED: Cause.CANCELLED, RETURNED: Cause.RETURNED, REFUNDED: Cause.REFUNDED}
Fee = tuple[int, str, str]  # rule row, line, payee

_RECORDED = """
SELECT e.order_id, e.id, e.rule_id, e.line_key, e.sku, e.fee_kind, e.payee, e.payee_id, e.units, e.base, e.rate, e.amount, e.rounding,
    coalesce((SELECT sum(back.amount) FROM commissions_commissionentry back WHERE back.reverses_id = e.id), 0)
FROM commissions_commissionentry e WHERE e.order_id = ANY(%s) AND e.reverses_id IS NULL ORDER BY e.id
"""


class _Recorded(NamedTuple):
    order_id: int
    id: int
    rule_id: int
    line_key: str
    sku: str
    fee_kind: str
    payee: str
    payee_id: str
    units: int
    base: Decimal
    rate: Decimal | None
    amount: Decimal
    rounding: str
    reversed: Decimal

    @property
    def fee(self) -> Fee:
        return self.rule_id, self.line_key, self.payee_id

    def is_of(self, entry: Entry) -> bool:
        return (self.units, self.base, self.amount) == (entry.units, entry.base, entry.amount)


def accrue(order_ids: Collection[int]) -> int:
    """Record what these orders' fees lack; returns the number of new entries. May be repeated.

    Runs inside the transaction that holds the orders' row locks; the number of statements does not depend on theirs.
    """
    rule_book.shared()
    book = rule_book.active()
    recorded = _recorded(order_ids)
    if book.is_empty and not recorded:
        return 0
    charged = [(state, _charged(book, state)) for state in fee_orders.read(order_ids)]
    made = _insert(charged, book, recorded)
    if made and (with_backs := [(state, charges) for state, charges in charged if state.backs]):
        # reversals refer to the rows of the accruals inserted above
        made += _insert(with_backs, book, _recorded([state.id for state, _charges in with_backs]))
    months.contribute(charged, book)
    return made


def _charged(book: RuleBook, state: OrderState) -> Charges:
    return charge(book.rules, state.order, state.events, with_working=True)


def _recorded(order_ids: Collection[int]) -> Mapping[int, Sequence[_Recorded]]:
    found: dict[int, list[_Recorded]] = {}
    for row in fetch(_RECORDED, sorted(order_ids)):
        found.setdefault(row[0], []).append(_Recorded(*row))
    return found


def _insert(
    charged: Sequence[tuple[OrderState, Charges]], book: RuleBook, recorded: Mapping[int, Sequence[_Recorded]]
) -> int:
    return entries.add(
        row for state, charges in charged for row in _lacking(book, state, charges, recorded.get(state.id, ()))
    )


def _lacking(
    book: RuleBook, state: OrderState, charges: Charges, recorded: Sequence[_Recorded]
) -> Iterator[dict[str, Any]]:
    """Yield the rows that an order's ledger lacks: reversals first, then accruals."""
    wanted = _wanted(book, charges)
    units = sold(state.order)
    for row in recorded:
        entry = wanted.get(row.fee)
        if entry is not None and row.is_of(entry):
            # the first one counts: another that is alike was taken back before
            del wanted[row.fee]
            due, cause = given_back(entry, units, state.backs), _cause_of_backs(state)
        else:
            due, cause = row.amount, _cause_of_end(state, row, wanted)
        difference = -due - row.reversed
        if difference:
            yield _reversal(state, row, difference, cause if difference < 0 else Cause.UNDONE)
    skus = {line.key: line.sku for line in state.order.lines}
    for (rule_id, line, _payee), entry in wanted.items():
        yield _accrual(state, entry, rule_id, skus[line])


def _wanted(book: RuleBook, charges: Charges) -> dict[Fee, Entry]:
    """Return the fees of an order as the rules say, those of nothing left out."""
    return {
        (book.ids[entry.rule.key, entry.rule.version], entry.line, entry.payee_id): entry
        for entry in charges.entries
        if entry.amount
    }


def _cause_of_backs(state: OrderState) -> str:
    kinds = {back.kind for back in state.backs}
    return next((cause for kind, cause in _BACKS.items() if kind in kinds), Cause.CHANGED)


def _cause_of_end(state: OrderState, row: _Recorded, wanted: Mapping[Fee, Entry]) -> str:
    if any(back.kind == CANCELLED for back in state.backs):
        return Cause.CANCELLED
    by_another_rule = any(
        rule_id != row.rule_id and (line, entry.rule.fee_kind) == (row.line_key, row.fee_kind)
        for (rule_id, line, _payee), entry in wanted.items()
    )
    return Cause.RULE if by_another_rule else Cause.CHANGED


def _accrual(state: OrderState, entry: Entry, rule_id: int, sku: str) -> dict[str, Any]:
    rule = entry.rule
    return {
        "order_id": state.id,
        "shop_id": state.shop_id,
        "line_key": entry.line,
        "sku": sku,
        "rule_id": rule_id,
        "fee_kind": rule.fee_kind,
        "payee": rule.payee,
        "payee_id": entry.payee_id,
        "cause": Cause.ACCRUED,
        "units": entry.units,
        "base": entry.base,
        "rate": entry.rate,
        "amount": entry.amount,
        "currency": state.order.currency,
        "rounding": f"{rule.rounding.mode} {rule.rounding.level}",
        "working": [step._asdict() for step in entry.working],
        "effective_at": state.order.created_at,
    }


def _reversal(state: OrderState, row: _Recorded, amount: Decimal, cause: str) -> dict[str, Any]:
    return {
        "order_id": state.id,
        "shop_id": state.shop_id,
        "line_key": row.line_key,
        "sku": row.sku,
        "rule_id": row.rule_id,
        "fee_kind": row.fee_kind,
        "payee": row.payee,
        "payee_id": row.payee_id,
        "cause": cause,
        "reverses_id": row.id,
        "units": row.units,
        "base": row.base,
        "rate": row.rate,
        "amount": amount,
        "currency": state.order.currency,
        "rounding": row.rounding,
        "working": [],
        "effective_at": state.order.created_at,
    }
