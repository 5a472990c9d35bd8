"""Storing payouts, and comparing them with the statements, or the orders, that they pay for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from commissions.findings.terms import TRANSFER_DAYS
from commissions.models import Payout
from commissions.snapshots import PayoutSnapshot
from core.db import encode, execute, fetch
from core.repeats import newest_of_each
from core.results import Stored
from core.widths import fitted

# a row that came by the API is never replaced by one of a file
_UPSERT = """
INSERT INTO commissions_payout AS known (shop_id, external_id, kind, statement, order_number, reference, amount, carried, currency,
    closed_at, paid_at, from_file, asked_at, raw)
SELECT %s, n.external_id, n.kind, n.statement, n.order_number, n.reference, n.amount, n.carried, n.currency, n.closed_at, n.paid_at,
    n.from_file, n.asked_at, n.raw
FROM jsonb_to_recordset(%s::jsonb) AS n(external_id text, kind text, statement text, order_number text, reference text, amount numeric,
    carried numeric, currency text, closed_at timestamptz, paid_at timestamptz, from_file boolean, asked_at timestamptz, raw jsonb)
ORDER BY n.external_id
ON CONFLICT (shop_id, external_id) DO UPDATE SET kind = excluded.kind,
    statement = CASE WHEN excluded.statement = '' THEN known.statement ELSE excluded.statement END,
    order_number = excluded.order_number, reference = excluded.reference, amount = excluded.amount, carried = excluded.carried,
    currency = excluded.currency, closed_at = excluded.closed_at,
    paid_at = coalesce(excluded.paid_at, known.paid_at), from_file = excluded.from_file, asked_at = excluded.asked_at, raw = excluded.raw
WHERE excluded.asked_at >= known.asked_at AND (known.from_file OR NOT excluded.from_file)
RETURNING known.external_id
"""
# a transfer that names a statement in the bank's text
_NAMED = """
UPDATE commissions_payout payout SET statement = named.statement
FROM (
    SELECT DISTINCT ON (payout.id) payout.id, line.statement
    FROM commissions_payout payout CROSS JOIN LATERAL regexp_split_to_table(payout.reference, '[\\s,;]+') AS word
    JOIN commissions_statementline line ON line.shop_id = payout.shop_id AND line.statement = word AND line.statement <> ''
    WHERE payout.shop_id = %(shop)s AND payout.statement = '' AND payout.order_number = '' AND payout.reference <> ''
    ORDER BY payout.id, line.statement
) named WHERE payout.id = named.id
"""
# A transfer that tells only when its statement was closed: the newest statement whose last line is of a day before. One that got a
# line since was still open.
_CLOSED = """
WITH ended AS (
    SELECT statement, max(happened_at) AS ended_at FROM commissions_statementline
    WHERE shop_id = %(shop)s AND statement <> '' GROUP BY 1
), newest AS (
    SELECT DISTINCT ON (payout.id) payout.id, payout.closed_at, ended.statement
    FROM commissions_payout payout
    JOIN ended ON ended.ended_at < payout.closed_at AND ended.ended_at > payout.closed_at - %(within)s::interval
    WHERE payout.shop_id = %(shop)s AND payout.closed_at IS NOT NULL
    ORDER BY payout.id, ended.ended_at DESC, ended.statement
), wanted AS (SELECT DISTINCT ON (statement) id, statement FROM newest ORDER BY statement, closed_at, id)
UPDATE commissions_payout payout SET statement = coalesce(wanted.statement, '')
FROM commissions_payout known LEFT JOIN wanted USING (id)
WHERE payout.id = known.id AND known.shop_id = %(shop)s AND known.closed_at IS NOT NULL
  AND known.statement <> coalesce(wanted.statement, '')
"""
# A release into the wallet that tells neither: the one statement of its sum that was closed in the days before, if it is that of no
# other.
_SUMMED = """
WITH settled AS (
    SELECT statement, sum(amount) AS amount, max(happened_at) AS settled_at FROM commissions_statementline line
    WHERE shop_id = %(shop)s AND statement <> '' AND NOT EXISTS (
        SELECT FROM commissions_payout named
        WHERE named.shop_id = line.shop_id AND named.statement = line.statement AND NOT named.by_sum)
    GROUP BY 1
), untold AS (
    SELECT id, amount, statement, paid_at FROM commissions_payout
    WHERE shop_id = %(shop)s AND kind = 'wallet' AND order_number = '' AND closed_at IS NULL AND (statement = '' OR by_sum)
), pair AS (
    SELECT untold.id, settled.statement, count(*) OVER (PARTITION BY untold.id) AS statements,
        count(*) OVER (PARTITION BY settled.statement) AS payouts
    FROM untold JOIN settled ON settled.amount = untold.amount
        AND untold.paid_at BETWEEN settled.settled_at AND settled.settled_at + %(within)s::interval
), wanted AS (SELECT id, statement FROM pair WHERE statements = 1 AND payouts = 1)
UPDATE commissions_payout payout SET statement = coalesce(wanted.statement, ''), by_sum = wanted.id IS NOT NULL
FROM untold LEFT JOIN wanted USING (id) WHERE payout.id = untold.id AND untold.statement <> coalesce(wanted.statement, '')
"""
# Sums per statement, and per order where a wallet tells them apart: there an adjustment comes later, by a movement of its own.
# Of what both a file and the channel tell, the channel's counts.
_MATCH = """
WITH first AS (
    SELECT min(paid_at) FILTER (WHERE statement <> '' AND NOT by_sum) AS bank, min(paid_at) FILTER (WHERE order_number <> '') AS wallet
    FROM commissions_payout WHERE shop_id = %(shop)s
), settled AS (
    SELECT statement, '' AS order_number, sum(amount) AS expected, max(currency) AS currency, bool_and(is_paid) AS is_paid,
        max(coalesce(happened_at, paid_at, asked_at)) AS settled_at
    FROM commissions_statementline WHERE shop_id = %(shop)s AND statement <> '' GROUP BY 1
    UNION ALL
    SELECT '', order_number, sum(amount), max(currency), true, max(coalesce(paid_at, happened_at, asked_at))
    FROM commissions_statementline, first
    WHERE shop_id = %(shop)s AND statement = '' AND order_number <> '' AND is_paid AND kind <> 'adjustment'
        AND first.wallet IS NOT NULL GROUP BY 2
), paid AS (
    SELECT statement, order_number, max(paid_at) AS paid_at, max(currency) AS currency, min(coalesce(paid_at, asked_at)) AS first_at,
        coalesce(sum(amount - carried) FILTER (WHERE NOT from_file), sum(amount - carried)) AS amount
    FROM commissions_payout WHERE shop_id = %(shop)s AND (statement <> '' OR order_number <> '') GROUP BY 1, 2
), both_sides AS (
    SELECT statement, order_number, coalesce(settled.expected, 0) AS expected, coalesce(paid.amount, 0) AS paid,
        coalesce(settled.currency, paid.currency) AS currency, coalesce(settled.settled_at, paid.first_at) AS settled_at,
        coalesce(settled.settled_at, paid.first_at) + make_interval(days => %(days)s) AS due_at, paid.paid_at, settled.is_paid,
        paid.amount IS NOT NULL AS has_payout,
        settled.settled_at >= CASE WHEN statement <> '' THEN first.bank ELSE first.wallet END AS is_told
    FROM settled FULL JOIN paid USING (statement, order_number) CROSS JOIN first
)
INSERT INTO commissions_payoutmatch AS known (shop_id, statement, order_number, expected, paid, difference, currency, state, settled_at,
    due_at, paid_at)
SELECT %(shop)s, statement, order_number, expected, paid, paid - expected, currency,
    CASE
        WHEN paid = expected AND (has_payout OR expected = 0) THEN 'matched'
        WHEN NOT has_payout AND expected < 0 THEN 'matched'
        WHEN NOT has_payout AND is_paid AND NOT coalesce(is_told, false) THEN 'reported'
        WHEN NOT has_payout AND due_at > %(now)s THEN 'due'
        WHEN NOT has_payout THEN 'missing'
        WHEN paid < expected THEN 'short'
        ELSE 'over'
    END, settled_at, due_at, paid_at
FROM both_sides ORDER BY statement, order_number
ON CONFLICT (shop_id, statement, order_number) DO UPDATE SET expected = excluded.expected, paid = excluded.paid,
    difference = excluded.difference, currency = excluded.currency, state = excluded.state, settled_at = excluded.settled_at,
    due_at = excluded.due_at, paid_at = excluded.paid_at
WHERE (known.expected, known.paid, known.state, known.settled_at) IS DISTINCT FROM
      (excluded.expected, excluded.paid, excluded.state, excluded.settled_at)
"""
# of what neither side tells any more
_GONE = """
UPDATE commissions_payoutmatch known SET expected = 0, paid = 0, difference = 0, state = 'matched'
WHERE shop_id = %(shop)s AND (expected <> 0 OR paid <> 0)
  AND NOT EXISTS (SELECT FROM commissions_statementline line WHERE line.shop_id = known.shop_id
      AND (known.statement <> '' AND line.statement = known.statement OR known.statement = '' AND line.statement = ''
          AND line.order_number = known.order_number AND line.is_paid))
  AND NOT EXISTS (SELECT FROM commissions_payout payout WHERE payout.shop_id = known.shop_id
      AND payout.statement = known.statement AND payout.order_number = known.order_number)
"""


def store_payouts(shop_id: int, snapshots: Iterable[PayoutSnapshot], *, from_file: bool = False) -> Stored:
    """Store payouts, inside the caller's transaction. May be repeated, in any order; one statement for any number."""
    newest = newest_of_each((fitted(Payout, one, ids=_IDS) for one in snapshots), lambda one: one.external_id)
    if not newest:
        return Stored()
    rows = [_row(one, from_file=from_file) for one in newest.values()]
    taken = {external_id for (external_id,) in fetch(_UPSERT, shop_id, encode(rows))}
    return Stored(stale=frozenset(newest.keys() - taken))


def match_payouts(shop_id: int, *, now: datetime) -> None:
    """Compare a shop's payouts with its statements. A function of both; may be repeated. Five statements for any number."""
    execute(_NAMED, shop=shop_id)
    execute(_CLOSED, shop=shop_id, within=_WITHIN)
    execute(_SUMMED, shop=shop_id, within=_WITHIN)
    execute(_MATCH, shop=shop_id, now=now, days=TRANSFER_DAYS)
    execute(_GONE, shop=shop_id)


# a statement is paid out within so long after its last line
_WITHIN = timedelta(days=21)
_IDS = ("external_id", "statement", "order_number")


def _row(one: PayoutSnapshot, *, from_file: bool) -> Mapping[str, Any]:
    return {
        "external_id": one.external_id,
        "kind": one.kind,
        "statement": one.statement,
        "order_number": one.order_number,
        "reference": one.reference,
        "amount": one.amount,
        "carried": one.carried,
        "currency": one.currency,
        "closed_at": one.closed_at,
        "paid_at": one.paid_at,
        "from_file": from_file,
        "asked_at": one.asked_at,
        "raw": one.raw,
    }
