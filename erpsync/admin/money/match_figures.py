"""Published figures of the fee checks: how much was matched without a person, and how much nobody can explain."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import number_format

from core.db import fetch

DAYS = 30
_MILLION = 1_000_000
# fees settled of orders of the last days; what nobody decided and both sides agree on was matched without a person
_FIGURES = """
SELECT count(*), count(*) FILTER (WHERE is_matched), coalesce(sum(value), 0), coalesce(sum(value) FILTER (WHERE is_matched), 0),
    coalesce(sum(open_difference), 0)
FROM (
    SELECT greatest(abs(settled), abs(expected)) AS value,
        state IN ('matched', 'tolerated', 'corrected') AND decided_at IS NULL AS is_matched,
        CASE WHEN state IN ('matched', 'corrected') THEN 0 ELSE abs(difference) END AS open_difference
    FROM commissions_feematch
    WHERE shop_id = ANY(%s) AND placed_at >= %s AND state <> 'due' AND (settled <> 0 OR expected <> 0)
) checked
"""


class Figures(NamedTuple):
    """Shares in percent; `unexplained`: dong of difference in a million dong of fees. None where nothing was settled."""

    checks: int
    by_count: Decimal | None
    by_value: Decimal | None
    unexplained: Decimal | None


def figures(shop_ids: Collection[int]) -> Figures:
    """Return the figures of these shops' orders of the last DAYS days."""
    [(checks, matched, value, matched_value, difference)] = fetch(
        _FIGURES, list(shop_ids), timezone.now() - timedelta(days=DAYS)
    )
    if not checks or not value:
        return Figures(checks, None, None, None)
    return Figures(
        checks, Decimal(100 * matched) / checks, 100 * matched_value / value, _MILLION * difference / value
    )  # fmt: skip


def shown(shop_ids: Collection[int]) -> dict[str, Any]:
    """Return the figures as people read them; {} where nothing was settled."""
    found = figures(shop_ids)
    if found.by_count is None or found.by_value is None or found.unexplained is None:
        return {}
    return {
        "checks": number_format(found.checks, force_grouping=True), "days": DAYS,
        "by_count": number_format(found.by_count, 2), "by_value": number_format(found.by_value, 2),
        "unexplained": number_format(found.unexplained, 0, force_grouping=True),
    }  # fmt: skip
