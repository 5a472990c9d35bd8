"""Findings about money that did not arrive: orders past their channel's payout term, and transfers against statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from commissions.findings.desired import ORDER, PAYOUT_MATCH, Desired, Item
from commissions.findings.kinds import Kind
from commissions.findings.terms import late_at
from commissions.models import PayoutMatch, StatementLine
from commissions.rules.rule_set import ZONE
from commissions.services.expected_pay import EXPECTED
from commissions.services.payout_terms import term_of
from core.db import fetch

Line = StatementLine.Kind
# orders placed longer ago are left to the findings that hold them by then
LOOKS_BACK = timedelta(days=180)
_KINDS = {
    PayoutMatch.State.MISSING: Kind.MISSING_PAYOUT,
    PayoutMatch.State.SHORT: Kind.SHORT_PAYOUT,
    PayoutMatch.State.OVER: Kind.OVER_PAYOUT,
}
_CHECKS = """
SELECT id, state, difference, currency, settled_at, due_at FROM commissions_payoutmatch
WHERE shop_id = %s AND state IN ('missing', 'short', 'over') ORDER BY settled_at, id
"""
# Kinds of lines that say nothing of the sale: a refund, an adjustment or a penalty also comes alone, or first.
_NO_SALE = (Line.REFUND, Line.ADJUSTMENT, Line.PENALTY)
# Delivered orders without money, of a shop that has had any. Where its channel never says that something was paid out, a settled
# amount counts. An order in a statement is paid by the statement's transfer, which has a finding of its own. Of orders that ended before
# the first of them nothing was read.
_UNPAID = f"""
WITH told AS (
    SELECT bool_or(is_paid) AS says_paid, min(coalesce(happened_at, paid_at, asked_at)) AS since
    FROM commissions_statementline WHERE shop_id = %(shop)s
), ended AS (
    SELECT o.id, min(coalesce(change.version, change.created_at)) AS ended_at
    FROM orders_order o JOIN orders_statuschange change ON change.order_id = o.id AND change.after = ANY(%(statuses)s)
    WHERE o.shop_id = %(shop)s AND o.placed_at >= %(since)s AND o.status IN ('delivered', 'completed')
    GROUP BY o.id
)
SELECT o.id, ended.ended_at, o.currency, {EXPECTED}
FROM ended JOIN orders_order o ON o.id = ended.id CROSS JOIN told
WHERE ended.ended_at >= told.since AND ended.ended_at < %(before)s
  AND NOT EXISTS (SELECT FROM commissions_statementline line WHERE line.order_id = o.id AND line.kind <> ALL(%(no_sale)s)
      AND (line.is_paid OR line.statement <> '' OR NOT told.says_paid))
ORDER BY ended.ended_at, o.id
"""


class _Unpaid(NamedTuple):
    order_id: int
    ended_at: datetime
    currency: str
    expected: Decimal


def desired(shop_id: int, *, now: datetime) -> Iterator[Desired]:
    """Yield the findings about a shop's money that did not arrive. The number of queries does not depend on the number of orders."""
    yield from _transfers(shop_id)
    yield from _orders(shop_id, now)


def _transfers(shop_id: int) -> Iterator[Desired]:
    """Yield one finding for each statement whose transfer is not as it should be."""
    for pk, state, difference, currency, settled_at, due_at in fetch(_CHECKS, shop_id):
        kind = _KINDS[PayoutMatch.State(state)]
        item = Item((PAYOUT_MATCH, pk), -difference, -difference, settled_at)
        yield Desired(kind, f"payout:{pk}", [item], currency, is_single=True, until=_day(settled_at), due_at=due_at)


def _orders(shop_id: int, now: datetime) -> Iterator[Desired]:
    """Yield the orders that are late, one finding for each week of their deadlines."""
    term = term_of(shop_id)
    if term is None:
        return
    statuses = ["completed"] if term.after == "completed" else ["delivered", "completed"]
    rows = fetch(_UNPAID, shop=shop_id, statuses=statuses, since=now - LOOKS_BACK, before=now, no_sale=list(_NO_SALE))
    weeks: dict[tuple[str, date], list[tuple[datetime, _Unpaid]]] = {}
    for row in map(_Unpaid._make, rows):
        late = late_at(term, row.ended_at)
        if late <= now and row.expected > 0:
            day = _day(late)
            weeks.setdefault((row.currency, day - timedelta(days=day.weekday())), []).append((late, row))
    for (currency, week), some in weeks.items():
        items = [Item((ORDER, row.order_id), row.expected, row.expected, row.ended_at) for _late, row in some]
        yield Desired(
            Kind.LATE_MONEY, f"late:{currency}:{week}", items, currency, is_single=True, until=_day(items[-1].since),
            due_at=min(late for late, _row in some),
        )  # fmt: skip


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
