"""Entries of rules by shop and month: one that counts per rule, payee, shop and month, of the bases of all its orders.

An accrual only adds what its orders change of the base. `settle` then brings the month's entry up to the sum: the old one is
taken back, and a new one accrued. Months are Vietnam's, of the orders' creation: a return lowers the month of its sale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from commissions.models import CommissionEntry, CommissionRule
from commissions.rules.entry import Charges
from commissions.rules.periods import kept, month_fee
from commissions.rules.reversals import sold
from commissions.rules.rounding import ZERO, shares
from commissions.rules.rule import Rule
from commissions.rules.rule_set import moment
from commissions.services import entries, rule_book
from commissions.services.fee_orders import OrderState
from commissions.services.rule_book import RuleBook
from core.db import encode, execute, fetch
from core.money import smallest_step
from core.transactions import in_transaction

Cause = CommissionEntry.Cause
# months settled by one call: a job goes on with the rest
MOST_MONTHS = 1_000

_KNOWN = """
SELECT order_id, rule_id, payee_id, sum(base) FROM commissions_monthbase WHERE order_id = ANY(%s) GROUP BY 1, 2, 3
"""
_ADD = """
INSERT INTO commissions_monthbase (order_id, shop_id, rule_id, payee_id, month, currency, base)
SELECT n.order_id, n.shop_id, n.rule_id, n.payee_id, date_trunc('month', o.placed_at AT TIME ZONE 'Asia/Ho_Chi_Minh'), n.currency, n.base
FROM jsonb_to_recordset(%s::jsonb) AS n(order_id bigint, shop_id bigint, rule_id bigint, payee_id text, currency text, base numeric)
JOIN orders_order o ON o.id = n.order_id ORDER BY n.order_id, n.rule_id, n.payee_id
"""
_MONTH = "rule_id = %(rule)s AND shop_id = %(shop)s AND month = %(month)s AND payee_id = %(payee)s AND currency = %(currency)s"
_NEXT = """
SELECT rule_id, shop_id, month, payee_id, currency FROM commissions_monthbase WHERE NOT is_settled ORDER BY id LIMIT 1
"""
_SETTLED = f"UPDATE commissions_monthbase SET is_settled = true WHERE NOT is_settled AND {_MONTH}"
_SUM = f"""
SELECT coalesce(sum(base), 0), count(*) FILTER (WHERE base <> 0)
FROM (SELECT sum(base) AS base FROM commissions_monthbase WHERE {_MONTH} GROUP BY order_id) of_order
"""
_STANDING = f"""
SELECT e.id, e.units, e.base, e.amount, e.amount + coalesce((
    SELECT sum(back.amount) FROM commissions_commissionentry back WHERE back.reverses_id = e.id), 0)
FROM commissions_commissionentry e WHERE e.reverses_id IS NULL AND {_MONTH} ORDER BY e.id DESC LIMIT 1
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('commission months'))"

# of each order the bases that come before and after it in the month: a share is the difference of two running totals
_SHARES = """
WITH own AS (
    SELECT order_id, rule_id, shop_id, month, payee_id, currency, sum(base) AS base FROM commissions_monthbase
    WHERE order_id = %(order)s GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(base) > 0)
SELECT own.rule_id, own.month, own.payee_id, own.currency, own.base,
    coalesce(sum(other.base) FILTER (WHERE o.number < mine.number), 0), coalesce(sum(other.base) FILTER (WHERE o.number > mine.number), 0)
FROM own JOIN commissions_monthbase other USING (rule_id, shop_id, month, payee_id, currency)
JOIN orders_order mine ON mine.id = own.order_id JOIN orders_order o ON o.id = other.order_id
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 3
"""


class Month(NamedTuple):
    """The identity of a month's entry."""

    rule: int
    shop: int
    month: date
    payee: str
    currency: str


class Share(NamedTuple):
    """An order's share of a month's fee, for reading only: it changes with every other order of the month."""

    rule: CommissionRule
    month: date
    payee_id: str
    currency: str
    base: Decimal
    amount: Decimal
    of_month: Decimal


def contribute(charged: Sequence[tuple[OrderState, Charges]], book: RuleBook) -> None:
    """Add what orders change of the bases of their months. By two statements at most, none without a rule by the month."""
    if not book.by_month or not charged:
        return
    found = fetch(_KNOWN, [state.id for state, _charges in charged])
    known = {(order, rule, payee): base for order, rule, payee, base in found}
    if rows := [row for state, charges in charged for row in _differences(state, charges, book, known)]:
        execute(_ADD, encode(rows))


def _differences(
    state: OrderState, charges: Charges, book: RuleBook, known: Mapping[tuple[int, int, str], Decimal]
) -> Iterator[dict[str, Any]]:
    wanted = {key: ZERO for key in known if key[0] == state.id}
    units = sold(state.order)
    for one in charges.monthly:
        key = state.id, book.ids[one.rule.key, one.rule.version], one.payee_id
        wanted[key] = wanted.get(key, ZERO) + kept(one, units, state.backs).base
    for key, base in wanted.items():
        if difference := base - known.get(key, ZERO):
            order, rule, payee = key
            yield {
                "order_id": order, "shop_id": state.shop_id, "rule_id": rule, "payee_id": payee,
                "currency": state.order.currency, "base": difference,
            }  # fmt: skip


def settle(*, most: int = MOST_MONTHS) -> int:
    """Bring the entries of months whose bases changed up to them; return the number of new entries. May be repeated and killed."""
    made = 0
    for _ in range(most):
        added = _settle_next()
        if added is None:
            break
        made += added
    return made


@in_transaction
def _settle_next() -> int | None:
    """Settle one month; None where none is due.

    A base that is committed after the update is in the sum as well, or makes the month due again.
    """
    execute(_LOCK)
    rule_book.shared()
    found = fetch(_NEXT)
    if not found:
        return None
    month = Month(*found[0])
    execute(_SETTLED, **month._asdict())
    [(base, orders)] = fetch(_SUM, **month._asdict())
    row = CommissionRule.objects.get(pk=month.rule)
    return entries.add(_lacking(month, row, rule_book.as_rule(row), base, orders))


def _lacking(month: Month, row: CommissionRule, rule: Rule, base: Decimal, orders: int) -> Iterator[entries.Row]:
    """Yield the rows that a month lacks: the reversal of the entry that stands, and the new one."""
    amount, working = month_fee(rule, base, smallest_step(month.currency))
    terms = {
        "month": month.month, "shop_id": month.shop, "line_key": "", "sku": "", "rule_id": month.rule, "fee_kind": row.fee_kind,
        "payee": row.payee, "payee_id": month.payee, "currency": month.currency, "effective_at": moment(month.month),
        "rounding": f"{rule.rounding.mode} {rule.rounding.level}",
    }  # fmt: skip
    for pk, units, old_base, old_amount, left in fetch(_STANDING, **month._asdict()):
        if left and (old_base, old_amount) == (base, amount):
            return
        if left:
            yield terms | {
                "cause": Cause.MONTH, "reverses_id": pk, "units": units, "base": old_base, "amount": -left, "working": [],
            }  # fmt: skip
    if amount:
        steps = [step._asdict() for step in working]
        yield terms | {"cause": Cause.ACCRUED, "units": orders, "base": base, "amount": amount, "working": steps}


def shares_of(order_id: int) -> list[Share]:
    """Return an order's shares of the fees of its month; the shares of all orders add up to the fee."""
    found = []
    rows = fetch(_SHARES, order=order_id)
    rules = CommissionRule.objects.in_bulk({row[0] for row in rows})
    for rule_id, month, payee, currency, base, before, after in rows:
        step = smallest_step(currency)
        whole, _working = month_fee(rule_book.as_rule(rules[rule_id]), before + base + after, step)
        _before, own, _after = shares(whole, [before, base, after], step)
        found.append(Share(rules[rule_id], month, payee, currency, base, own, whole))
    return found
