"""Findings kept up: those that should be meet those that are stored. A function of what was matched, whatever came first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from commissions.findings.desired import FEE_MATCH, MONTH_MATCH, ORDER, PAYOUT_MATCH, Desired, Subject
from commissions.findings.severity import severity
from commissions.models import Finding
from commissions.rules.rule_set import ZONE
from commissions.services.findings import events, fees, late, months
from commissions.services.month_matching import match_months
from commissions.services.payouts import match_payouts
from core.db import encode, execute, fetch, named_columns
from core.transactions import in_transaction

State = Finding.State
SUBJECTS = (FEE_MATCH, PAYOUT_MATCH, MONTH_MATCH, ORDER)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('findings'), %s)"
_ITEMS = f"""
SELECT {", ".join(f"item.{column}" for column in SUBJECTS)}, item.finding_id
FROM commissions_findingitem item JOIN commissions_finding finding ON finding.id = item.finding_id WHERE finding.shop_id = %s
"""
_INSERT = """
INSERT INTO commissions_finding (shop_id, kind, family, rule_id, fee_kind, since, currency, orders, open_orders, amount, total, proposal,
    state, severity, note)
SELECT %(shop)s, n.kind, n.family, n.rule_id, n.fee_kind, n.since, n.currency, 0, 0, 0, 0, '{}', 'closed', 1, ''
FROM jsonb_to_recordset(%(rows)s::jsonb) AS n(place int, kind text, family text, rule_id bigint, fee_kind text, since date, currency text)
ORDER BY n.place RETURNING id
"""
_DESCRIBE = """
UPDATE commissions_finding finding SET until = n.until, due_at = n.due_at, proposal = n.proposal
FROM jsonb_to_recordset(%s::jsonb) AS n(id bigint, until date, due_at timestamptz, proposal jsonb) WHERE finding.id = n.id
"""
_STORE_ITEMS = """
INSERT INTO commissions_findingitem AS known (finding_id, {column}, amount, open_amount, since)
SELECT n.finding_id, n.subject, n.amount, n.open_amount, n.since
FROM unnest(%(finding_id)s::bigint[], %(subject)s::bigint[], %(amount)s::numeric[], %(open_amount)s::numeric[],
    %(since)s::timestamptz[]) AS n(finding_id, subject, amount, open_amount, since) ORDER BY n.subject
ON CONFLICT ({column}) DO UPDATE SET finding_id = excluded.finding_id, amount = excluded.amount,
    open_amount = excluded.open_amount, since = excluded.since
WHERE (known.finding_id, known.amount, known.open_amount) IS DISTINCT FROM (excluded.finding_id, excluded.amount, excluded.open_amount)
"""
# an item whose difference is gone stays, with nothing open
_SETTLE = """
UPDATE commissions_findingitem item SET open_amount = 0 FROM commissions_finding finding
WHERE finding.id = item.finding_id AND finding.shop_id = %(shop)s AND item.open_amount <> 0
  AND NOT coalesce(item.fee_match_id = ANY(%(fee_match_id)s), false)
  AND NOT coalesce(item.payout_match_id = ANY(%(payout_match_id)s), false)
  AND NOT coalesce(item.month_match_id = ANY(%(month_match_id)s), false)
  AND NOT coalesce(item.order_id = ANY(%(order_id)s), false)
"""
_SUM = """
WITH sums AS (
    SELECT finding.id, count(item.id) AS orders, count(item.id) FILTER (WHERE item.open_amount <> 0) AS open_orders,
        coalesce(sum(item.open_amount), 0) AS amount, coalesce(sum(item.amount), 0) AS total,
        (min(item.since) AT TIME ZONE %(zone)s)::date AS since
    FROM commissions_finding finding LEFT JOIN commissions_findingitem item ON item.finding_id = finding.id
    WHERE finding.shop_id = %(shop)s GROUP BY finding.id
), judged AS (
    SELECT sums.*, CASE WHEN sums.open_orders = 0 THEN 'closed'
        WHEN finding.state = 'disputed' OR (finding.state = 'written_off' AND finding.decided_amount = sums.amount) THEN finding.state
        ELSE 'open' END AS state, finding.state AS before
    FROM sums JOIN commissions_finding finding ON finding.id = sums.id
)
UPDATE commissions_finding finding SET orders = judged.orders, open_orders = judged.open_orders, amount = judged.amount,
    total = judged.total, since = coalesce(judged.since, finding.since), state = judged.state,
    closed_at = CASE WHEN judged.state <> 'closed' THEN NULL ELSE coalesce(finding.closed_at, %(now)s) END
FROM judged WHERE finding.id = judged.id AND (
    (finding.orders, finding.open_orders, finding.amount, finding.total, finding.state)
        IS DISTINCT FROM (judged.orders, judged.open_orders, judged.amount, judged.total, judged.state)
    OR finding.since IS DISTINCT FROM coalesce(judged.since, finding.since) OR finding.closed_at IS NULL AND judged.state = 'closed')
RETURNING finding.id, judged.before, judged.state
"""
# all of it is a part of other findings by now, and nobody has said anything about it
_DELETE_EMPTY = """
DELETE FROM commissions_finding finding
WHERE finding.shop_id = %s AND finding.owner_id IS NULL AND finding.decided_at IS NULL
  AND NOT EXISTS (SELECT FROM commissions_findingitem item WHERE item.finding_id = finding.id)
  AND NOT EXISTS (SELECT FROM commissions_findingcomment comment WHERE comment.finding_id = finding.id)
"""
_ACTIVE = """
SELECT id, amount, coalesce(due_at, since::timestamp AT TIME ZONE %(zone)s), CASE WHEN state = 'disputed' THEN decided_at END, severity
FROM commissions_finding WHERE shop_id = %(shop)s AND state IN ('open', 'disputed')
"""
_SEVERITIES = """
UPDATE commissions_finding finding SET severity = n.severity
FROM unnest(%(ids)s::bigint[], %(severities)s::smallint[]) AS n(id, severity) WHERE finding.id = n.id
"""


@in_transaction
def refresh(shop_id: int, *, now: datetime) -> None:
    """Match a shop's payouts and monthly fees, and bring its findings up to what all checks say.

    May be repeated; one process at a time for a shop.
    """
    fetch(_LOCK, shop_id)
    match_payouts(shop_id, now=now)
    match_months(shop_id)
    wanted = [*fees.desired(shop_id), *months.desired(shop_id), *late.desired(shop_id, now=now)]
    ids = _stored(shop_id, wanted)
    execute(_DESCRIBE, encode([_described(pk, one) for pk, one in zip(ids, wanted, strict=True)]))
    subjects = _store_items(ids, wanted)
    execute(_SETTLE, shop=shop_id, **subjects)
    execute(_DELETE_EMPTY, shop_id)
    changed = fetch(_SUM, shop=shop_id, zone=str(ZONE), now=now)
    _judge(shop_id, now)
    events.emit_changes([(pk, before, after) for pk, before, after in changed if before != after])


def checked_shops() -> list[int]:
    """Return the shops of which anything was settled, or compared."""
    return [
        pk
        for (pk,) in fetch(
            "SELECT shop.id FROM inventory_shop shop"
            " WHERE EXISTS (SELECT FROM commissions_statementline line WHERE line.shop_id = shop.id)"
            " OR EXISTS (SELECT FROM commissions_finding finding WHERE finding.shop_id = shop.id) ORDER BY 1"
        )
    ]


def _stored(shop_id: int, wanted: Sequence[Desired]) -> list[int]:
    """Return the row of each wanted finding: the one of its family that has most of its items, or a new one."""
    holder = _holders(shop_id)
    families: dict[str, list[int]] = {}
    for pk, family in fetch("SELECT id, family FROM commissions_finding WHERE shop_id = %s ORDER BY id", shop_id):
        families.setdefault(family, []).append(pk)
    found: list[int | None] = []
    for one in wanted:
        pk = _continued(one, families.get(one.family, []), holder)
        if pk is not None:
            families[one.family].remove(pk)
        found.append(pk)
    new = [one for one, pk in zip(wanted, found, strict=True) if pk is None]
    made = iter(fetch(_INSERT, shop=shop_id, rows=encode([_inserted(place, one) for place, one in enumerate(new)])))
    return [pk if pk is not None else next(made)[0] for pk in found]


def _holders(shop_id: int) -> Mapping[Subject, int]:
    return {
        (column, key): finding_id
        for *keys, finding_id in fetch(_ITEMS, shop_id)
        for column, key in zip(SUBJECTS, keys, strict=True)
        if key is not None
    }


def _continued(one: Desired, candidates: Sequence[int], holder: Mapping[Subject, int]) -> int | None:
    shared = Counter(holder.get(item.subject) for item in one.items)
    best = max(candidates, key=lambda pk: (shared[pk], -pk), default=None)
    return best if best is not None and (shared[best] or one.is_single) else None


def _inserted(place: int, one: Desired) -> dict[str, Any]:
    return {
        "place": place, "kind": one.kind.value, "family": one.family, "rule_id": one.rule_id, "fee_kind": one.fee_kind,
        "since": one.since.astimezone(ZONE).date(), "currency": one.currency,
    }  # fmt: skip


def _described(pk: int, one: Desired) -> dict[str, Any]:
    return {"id": pk, "until": one.until, "due_at": one.due_at, "proposal": dict(one.proposal)}


def _store_items(ids: Sequence[int], wanted: Sequence[Desired]) -> dict[str, list[int]]:
    """Store the items of findings; return the ids of what they are of, by column."""
    rows: dict[str, list[tuple[Any, ...]]] = {column: [] for column in SUBJECTS}
    for pk, one in zip(ids, wanted, strict=True):
        for item in one.items:
            column, key = item.subject
            rows[column].append((pk, key, item.amount, item.open_amount, item.since))
    for column, some in rows.items():
        if some:
            execute(
                _STORE_ITEMS.format(column=column), **named_columns("finding_id subject amount open_amount since", some)
            )
    return {column: [row[1] for row in some] for column, some in rows.items()}


def _judge(shop_id: int, now: datetime) -> None:
    rows = []
    for pk, amount, began, stopped, known in fetch(_ACTIVE, shop=shop_id, zone=str(ZONE)):
        level = severity(amount, began, until=stopped or now)
        if level != known:
            rows.append((pk, level))
    if rows:
        execute(_SEVERITIES, **named_columns("ids severities", rows))
