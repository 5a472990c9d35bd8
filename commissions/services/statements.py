"""Storing settlement lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commissions.snapshots import FEE_KINDS, SettlementSnapshot, StatementLineSnapshot
from core.db import encode, execute, fetch
from core.results import ReadRequest, Stored
from inventory.models import Shop

# ids are cut to this length
MAX_ID = 160

# a line that was paid out stays paid out, whichever answer comes late
_UPSERT = """
INSERT INTO commissions_statementline AS known (shop_id, external_id, order_id, order_number, line_key, kind, fee, amount,
    currency, statement, happened_at, is_paid, paid_at, asked_at, raw)
SELECT %s, n.external_id, o.id, n.order_number, n.line_key, n.kind, n.fee, n.amount, n.currency, n.statement, n.happened_at,
    n.is_paid, n.paid_at, n.asked_at, n.raw
FROM jsonb_to_recordset(%s::jsonb) AS n(external_id text, order_number text, line_key text, kind text, fee text,
    amount numeric, currency text, statement text, happened_at timestamptz, is_paid boolean, paid_at timestamptz,
    asked_at timestamptz, raw jsonb)
LEFT JOIN orders_order o ON o.shop_id = %s AND o.number = n.order_number AND n.order_number <> ''
ORDER BY n.external_id
ON CONFLICT (shop_id, external_id) DO UPDATE SET
    order_id = coalesce(excluded.order_id, known.order_id), order_number = excluded.order_number,
    line_key = excluded.line_key, kind = excluded.kind, fee = excluded.fee, amount = excluded.amount,
    currency = excluded.currency, statement = CASE WHEN excluded.statement = '' THEN known.statement ELSE excluded.statement END,
    happened_at = excluded.happened_at, is_paid = excluded.is_paid OR known.is_paid,
    paid_at = coalesce(excluded.paid_at, known.paid_at), asked_at = excluded.asked_at, raw = excluded.raw
WHERE excluded.asked_at >= known.asked_at
RETURNING known.external_id, known.order_number, known.order_id
"""


def statement_line_ids(shop_id: int, external_ids: Sequence[str]) -> list[int]:
    """Return the ids of the stored lines with these external ids."""
    rows = fetch(
        "SELECT id FROM commissions_statementline WHERE shop_id = %s AND external_id = ANY(%s)",
        shop_id, [external_id[:MAX_ID] for external_id in external_ids],
    )  # fmt: skip
    return [row[0] for row in rows]


def store_settlements(shop: Shop, snapshots: Sequence[SettlementSnapshot]) -> Stored:
    """Store the lines of these settlements; wants the orders they name that are not stored. May be repeated, in any order.

    Runs inside the caller's transaction; one statement for any number. A settlement is stale when each of its lines is older
    than the stored one. A line whose order is not stored yet is joined to it by `adopt_statement_lines`.
    """
    newest: dict[str, StatementLineSnapshot] = {}
    for line in sorted((line for s in snapshots for line in s.lines), key=lambda line: line.asked_at):
        newest[line.external_id[:MAX_ID]] = line
    if not newest:
        return Stored()
    stored = fetch(_UPSERT, shop.id, encode([_row(line) for line in newest.values()]), shop.id)
    taken = {external_id for external_id, *_ in stored}
    settlement_of = {line.external_id[:MAX_ID]: s.external_id for s in snapshots for line in s.lines}
    return Stored(
        stale=frozenset(
            s.external_id
            for s in snapshots
            if s.lines and taken.isdisjoint(line.external_id[:MAX_ID] for line in s.lines)
        ),
        wanted=frozenset(
            ReadRequest("order", order, settlement_of[external_id])
            for external_id, order, order_id in stored
            if order and order_id is None
        ),
    )


def adopt_statement_lines(order_ids: Sequence[int]) -> None:
    """Join lines that came before their order to it."""
    execute(
        "UPDATE commissions_statementline l SET order_id = o.id FROM orders_order o"
        " WHERE o.id = ANY(%s) AND l.order_id IS NULL AND l.shop_id = o.shop_id AND l.order_number = o.number",
        list(order_ids),
    )


def _row(line: StatementLineSnapshot) -> dict[str, Any]:
    return {
        "external_id": line.external_id[:MAX_ID],
        "order_number": line.order_number[:64],
        "line_key": line.line_key[:120],
        "kind": line.kind if line.kind in FEE_KINDS else "other",
        "fee": line.fee[:100],
        "amount": line.amount,
        "currency": line.currency,
        "statement": line.statement[:100],
        "happened_at": line.happened_at,
        "is_paid": line.is_paid,
        "paid_at": line.paid_at,
        "asked_at": line.asked_at,
        "raw": line.raw,
    }
