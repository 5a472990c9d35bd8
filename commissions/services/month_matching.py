"""Matching of fees by shop and month: the month's entry of the rules beside the lines that a channel charged without an order."""

from __future__ import annotations

from commissions.rules.rule_set import ZONE
from commissions.rules.words import MARKETPLACE, STATEMENT_KIND
from commissions.services.matching import ABOVE, BELOW, NO_FEES
from core.db import columns, execute

# A month's fee is known when the month is over: a line of the first days of a month is of the month before.
LATER_BY = "15 days"
# Of kinds of fee that a rule takes by the month; lines of before the first such month are not compared.
_MATCH = f"""
WITH expected AS (
    SELECT kinds.kind, entry.month, entry.currency, sum(entry.amount) AS expected, max(entry.rule_id) AS rule_id
    FROM commissions_commissionentry entry JOIN unnest(%(fees)s::text[], %(kinds)s::text[]) AS kinds(fee, kind) ON kinds.fee = entry.fee_kind
    WHERE entry.shop_id = %(shop)s AND entry.month IS NOT NULL AND entry.payee = %(marketplace)s GROUP BY 1, 2, 3
), settled AS (
    SELECT line.kind, (date_trunc('month', line.happened_at AT TIME ZONE %(zone)s - interval '{LATER_BY}'))::date AS month, line.currency,
        -sum(line.amount) AS settled, max(line.happened_at) AS settled_at
    FROM commissions_statementline line
    WHERE line.shop_id = %(shop)s AND line.order_id IS NULL AND line.order_number = '' AND line.kind <> ALL(%(no_fees)s)
        AND line.happened_at IS NOT NULL
    GROUP BY 1, 2, 3
), fees AS (
    SELECT kind, month, currency, coalesce(expected, 0) AS expected, coalesce(settled, 0) AS settled, rule_id, settled_at
    FROM expected FULL JOIN settled USING (kind, month, currency)
    WHERE month >= (SELECT min(first.month) FROM expected first WHERE first.kind = coalesce(expected.kind, settled.kind))
    UNION ALL
    -- of what was compared once and is gone on both sides
    SELECT kind, month, currency, 0, 0, NULL, NULL FROM commissions_monthmatch known WHERE shop_id = %(shop)s
        AND NOT EXISTS (SELECT FROM expected WHERE (expected.kind, expected.month) = (known.kind, known.month))
        AND NOT EXISTS (SELECT FROM settled WHERE (settled.kind, settled.month) = (known.kind, known.month))
)
INSERT INTO commissions_monthmatch AS known (shop_id, kind, month, currency, rule_id, expected, settled, difference, state, settled_at)
SELECT %(shop)s, kind, month, currency, rule_id, expected, settled, settled - expected,
    CASE
        WHEN settled = expected THEN 'matched'
        WHEN settled_at IS NULL THEN 'due'
        WHEN settled - expected BETWEEN 0 AND least(%(above)s, expected * %(above_percent)s / 100)
            OR expected - settled BETWEEN 0 AND least(%(below)s, expected * %(below_percent)s / 100) THEN 'tolerated'
        WHEN settled < expected THEN 'under'
        ELSE 'over'
    END, settled_at
FROM fees ORDER BY kind, month, currency
ON CONFLICT (shop_id, kind, month, currency) DO UPDATE SET rule_id = excluded.rule_id, expected = excluded.expected,
    settled = excluded.settled, difference = excluded.difference, state = excluded.state, settled_at = excluded.settled_at
WHERE (known.rule_id, known.expected, known.settled, known.state, known.settled_at)
    IS DISTINCT FROM (excluded.rule_id, excluded.expected, excluded.settled, excluded.state, excluded.settled_at)
"""


def match_months(shop_id: int) -> None:
    """Compare a shop's fees by the month with what was settled of them. A function of both; may be repeated. One statement."""
    fees, kinds = columns(sorted(STATEMENT_KIND.items()), 2)
    execute(
        _MATCH, shop=shop_id, fees=fees, kinds=kinds, marketplace=MARKETPLACE, no_fees=list(NO_FEES), zone=str(ZONE),
        above=ABOVE.amount, above_percent=ABOVE.percent, below=BELOW.amount, below_percent=BELOW.percent,
    )  # fmt: skip
