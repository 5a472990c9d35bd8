"""Settlement lines as their channels tell them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from commissions.snapshots import FEE_KINDS, StatementLineSnapshot
from inventory.models import Shop
from inventory.sql import execute

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
"""


def store_statement_lines(shop: Shop, lines: Sequence[StatementLineSnapshot]) -> int:
    """Store these lines; how many were new or changed. May be repeated, late and in any order; one statement for any number.

    Runs inside the caller's transaction. A line whose order is not known yet is joined to it by `adopt_statement_lines`.
    """
    newest = {line.external_id: line for line in sorted(lines, key=lambda line: line.asked_at)}
    if not newest:
        return 0
    return execute(_UPSERT, shop.id, json.dumps([_row(line) for line in newest.values()], default=str), shop.id)


def adopt_statement_lines(order_ids: Sequence[int]) -> None:
    """Lines that came before their order are joined to it."""
    execute(
        "UPDATE commissions_statementline l SET order_id = o.id FROM orders_order o"
        " WHERE o.id = ANY(%s) AND l.order_id IS NULL AND l.shop_id = o.shop_id AND l.order_number = o.number",
        list(order_ids),
    )


def _row(line: StatementLineSnapshot) -> dict[str, Any]:
    return {
        "external_id": line.external_id[:160],
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
