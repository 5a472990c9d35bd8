"""Findings about fees by shop and month that were not charged as the rules say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commissions.findings.desired import MONTH_MATCH, Desired, Item
from commissions.findings.kinds import Kind
from commissions.rules.rule_set import moment
from core.db import fetch

_DIFFERING = """
SELECT id, kind, month, currency, rule_id, difference FROM commissions_monthmatch
WHERE shop_id = %s AND state IN ('under', 'over') ORDER BY month, kind, id
"""


def desired(shop_id: int) -> Iterator[Desired]:
    """Yield one finding for each fee and month that differs. One query."""
    for pk, kind, month, currency, rule_id, difference in fetch(_DIFFERING, shop_id):
        item = Item((MONTH_MATCH, pk), difference, difference, moment(month))
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        yield Desired(
            Kind.MONTH_FEE, f"month:{kind}:{currency}:{month:%Y-%m}", [item], currency, is_single=True, rule_id=rule_id,
            fee_kind=kind, until=last,
        )  # fmt: skip
