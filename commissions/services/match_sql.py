"""Statements of `matching`: sums of both sides, corrections tied to what they correct, and what follows for the states."""

from __future__ import annotations

# causes of entries that tell what came back; all others make up what was expected at first
_BACKS = "('cancelled', 'returned', 'refunded', 'undone')"
_TOLERATED = "least(%({0})s, fees.expected * %({0}_percent)s / 100)"
_EXCESS = "charged - accrued"

SUMS = f"""
WITH kinds AS (SELECT * FROM unnest(%(fees)s::text[], %(kinds)s::text[]) AS k(fee, kind)),
by_rule AS (
    SELECT entry.order_id, kinds.kind, entry.rule_id, sum(entry.amount) AS expected,
        coalesce(sum(entry.amount) FILTER (WHERE entry.cause NOT IN {_BACKS}), 0) AS accrued
    FROM commissions_commissionentry entry JOIN kinds ON kinds.fee = entry.fee_kind
    WHERE entry.order_id = ANY(%(orders)s) AND entry.payee = %(marketplace)s GROUP BY 1, 2, 3
), sides AS (
    SELECT order_id, kind, sum(expected) AS expected, sum(accrued) AS accrued, max(rule_id) AS rule_id,
        array_agg(accrued) || sum(accrued) AS single_fees,
        0 AS settled, 0 AS charged, 0 AS given_back, 0 AS lines, NULL::timestamptz AS settled_at
    FROM by_rule GROUP BY 1, 2
    UNION ALL
    SELECT order_id, kind, 0, 0, NULL, NULL, -sum(amount), coalesce(-sum(amount) FILTER (WHERE amount < 0), 0),
        coalesce(sum(amount) FILTER (WHERE amount > 0), 0), count(*), max(coalesce(paid_at, happened_at))
    FROM commissions_statementline WHERE order_id = ANY(%(orders)s) AND kind <> ALL(%(no_fees)s) GROUP BY 1, 2
    UNION ALL
    -- of a fee that was here and is gone: a newer file or answer does not have it
    SELECT order_id, kind, 0, 0, NULL, NULL, 0, 0, 0, 0, NULL FROM commissions_feematch WHERE order_id = ANY(%(orders)s)
), summed AS (
    SELECT order_id, kind, sum(expected) AS expected, sum(accrued) AS accrued, max(rule_id) AS rule_id,
        max(single_fees) AS single_fees, sum(settled) AS settled, sum(charged) AS charged, sum(given_back) AS given_back,
        sum(lines) AS lines, max(settled_at) AS settled_at
    FROM sides GROUP BY 1, 2
), fees AS (
    SELECT summed.*,
        CASE WHEN {_EXCESS} > 1 AND EXISTS (
            SELECT FROM unnest(single_fees) AS fee WHERE fee > 1 AND abs(fee - ({_EXCESS})) <= %(above)s
        ) THEN {_EXCESS} ELSE 0 END AS doubled,
        rule_id IS NOT NULL OR EXISTS (
            SELECT FROM commissions_commissionrule rule JOIN orders_order sold ON sold.id = summed.order_id
            JOIN inventory_shop seller ON seller.id = sold.shop_id
            WHERE rule.state = 'active' AND rule.channel = seller.channel AND rule.payee = %(marketplace)s
              AND rule.fee_kind = ANY(SELECT fee FROM kinds WHERE kinds.kind = summed.kind)) AS has_rule
    FROM summed
)
INSERT INTO commissions_feematch AS known (order_id, shop_id, kind, rule_id, expected, settled, difference, accrued, charged, given_back,
    doubled, currency, state, placed_at, settled_at)
SELECT o.id, o.shop_id, fees.kind, fees.rule_id, fees.expected, fees.settled, fees.settled - fees.expected, fees.accrued,
    fees.charged, fees.given_back, fees.doubled, o.currency,
    CASE
        WHEN fees.settled = fees.expected AND (fees.lines > 0 OR fees.expected = 0) THEN 'matched'
        WHEN fees.lines = 0 THEN 'due'
        WHEN fees.settled - fees.expected BETWEEN 0 AND {_TOLERATED.format("above")}
            OR fees.expected - fees.settled BETWEEN 0 AND {_TOLERATED.format("below")} THEN 'tolerated'
        WHEN fees.doubled > 0 AND fees.settled > fees.expected THEN 'double'
        WHEN fees.expected = 0 AND NOT fees.has_rule THEN 'unknown'
        WHEN fees.expected = 0 THEN 'unexpected'
        WHEN fees.settled < fees.expected THEN 'under'
        ELSE 'over'
    END, o.placed_at, fees.settled_at
FROM fees JOIN orders_order o ON o.id = fees.order_id JOIN inventory_shop shop ON shop.id = o.shop_id
WHERE shop.channel IN (SELECT channel FROM commissions_commissionrule WHERE state = 'active')
   OR EXISTS (SELECT FROM commissions_feematch compared WHERE compared.order_id = o.id)
ORDER BY o.id, fees.kind
ON CONFLICT (order_id, kind) DO UPDATE SET
    rule_id = excluded.rule_id, expected = excluded.expected, settled = excluded.settled, difference = excluded.difference,
    accrued = excluded.accrued, charged = excluded.charged, given_back = excluded.given_back, doubled = excluded.doubled,
    currency = excluded.currency, settled_at = excluded.settled_at,
    state = CASE WHEN known.difference = excluded.difference AND known.state = ANY(%(decisions)s) THEN known.state
                 ELSE excluded.state END
"""

# An adjustment is tied to the one difference of its order that it equals, alone or together with the order's other adjustments.
# What could be tied in two ways is not tied.
_CANDIDATES = """
WITH differing AS (
    SELECT id, order_id, difference FROM commissions_feematch
    WHERE order_id = ANY(%(orders)s) AND difference <> 0 AND state NOT IN ('due', 'matched', 'tolerated')
), adjustment AS (
    SELECT id, order_id, CASE WHEN kind = 'adjustment' THEN amount END AS amount, corrects_id FROM commissions_statementline
    WHERE order_id = ANY(%(orders)s) AND (kind = 'adjustment' OR corrects_id IS NOT NULL)
), pair AS (
    SELECT line.id AS line_id, line.order_id, d.id AS match_id, count(*) OVER (PARTITION BY line.id) AS matches,
        count(*) OVER (PARTITION BY d.id) AS lines
    FROM adjustment line JOIN differing d ON d.order_id = line.order_id AND d.difference = line.amount
), together AS (
    SELECT whole.order_id, min(d.id) AS match_id
    FROM (SELECT order_id, sum(amount) AS amount FROM adjustment GROUP BY 1) whole
    JOIN differing d ON d.order_id = whole.order_id AND d.difference = whole.amount
    WHERE NOT EXISTS (SELECT FROM pair WHERE pair.order_id = whole.order_id)
    GROUP BY 1 HAVING count(*) = 1
)
"""
TIE = f"""{_CANDIDATES}
UPDATE commissions_statementline line SET corrects_id = wanted.match_id
FROM (
    SELECT adjustment.id, coalesce(pair.match_id, together.match_id) AS match_id
    FROM adjustment LEFT JOIN pair ON pair.line_id = adjustment.id AND pair.matches = 1 AND pair.lines = 1
    LEFT JOIN together ON together.order_id = adjustment.order_id AND adjustment.amount IS NOT NULL
) wanted WHERE line.id = wanted.id AND line.corrects_id IS DISTINCT FROM wanted.match_id
"""
CORRECTED = f"""{_CANDIDATES}, tied AS (
    SELECT corrects_id AS match_id, sum(amount) AS amount FROM adjustment WHERE corrects_id IS NOT NULL GROUP BY 1
), found AS (
    SELECT match.id, coalesce(tied.amount, 0) AS corrected,
        CASE WHEN tied.amount IS NOT NULL THEN 'corrected'
             WHEN match.state <> ALL(%(decisions)s)
                 AND EXISTS (SELECT FROM pair WHERE pair.match_id = match.id) THEN 'ambiguous' ELSE match.state END AS state
    FROM commissions_feematch match LEFT JOIN tied ON tied.match_id = match.id WHERE match.order_id = ANY(%(orders)s)
)
UPDATE commissions_feematch match SET corrected = found.corrected, state = found.state
FROM found WHERE match.id = found.id AND (match.corrected, match.state) IS DISTINCT FROM (found.corrected, found.state)
"""
