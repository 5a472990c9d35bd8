"""Storing settlement lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from commissions.models import StatementLine
from commissions.services.events import emit_lines
from commissions.signals import statement_lines_changed
from commissions.snapshots import FEE_KINDS, SettlementSnapshot, StatementLineSnapshot
from core import erased
from core.db import encode, execute, fetch
from core.repeats import newest_of_each
from core.results import ReadRequest, Stored
from core.widths import fitted, shortened_id
from inventory.models import Shop
from orders.services.attention import lock_orders

# a line that was paid out stays paid out, whichever answer comes late; the channel's own answer beats a file, whichever was earlier
_UPSERT = """
INSERT INTO commissions_statementline AS known (shop_id, external_id, order_id, order_number, line_key, scope, file_id, kind,
    fee, amount, currency, statement, happened_at, is_paid, paid_at, asked_at, raw)
SELECT %s, n.external_id, o.id, n.order_number, n.line_key, n.scope, n.file_id, n.kind, n.fee, n.amount, n.currency, n.statement,
    n.happened_at, n.is_paid, n.paid_at, n.asked_at, n.raw
FROM jsonb_to_recordset(%s::jsonb) AS n(external_id text, order_number text, line_key text, scope text, file_id bigint,
    kind text, fee text, amount numeric, currency text, statement text, happened_at timestamptz, is_paid boolean, paid_at timestamptz,
    asked_at timestamptz, raw jsonb)
LEFT JOIN orders_order o ON o.shop_id = %s AND o.number = n.order_number AND n.order_number <> ''
ORDER BY n.external_id
ON CONFLICT (shop_id, external_id) DO UPDATE SET
    order_id = coalesce(excluded.order_id, known.order_id), order_number = excluded.order_number,
    line_key = excluded.line_key, scope = excluded.scope, file_id = excluded.file_id,
    kind = excluded.kind, fee = excluded.fee, amount = excluded.amount,
    currency = excluded.currency, statement = CASE WHEN excluded.statement = '' THEN known.statement ELSE excluded.statement END,
    happened_at = excluded.happened_at, is_paid = excluded.is_paid OR known.is_paid,
    paid_at = coalesce(excluded.paid_at, known.paid_at), asked_at = excluded.asked_at, raw = excluded.raw
WHERE excluded.asked_at >= known.asked_at OR (known.file_id IS NOT NULL AND excluded.file_id IS NULL)
RETURNING known.external_id, known.order_number, known.order_id, known.id, xmax = 0
"""
# lines of statement files give way to the channel's own answer about the same scope; that they were paid out stays known
_GIVE_WAY = """
WITH given AS (
    DELETE FROM commissions_statementline WHERE shop_id = %(shop)s AND scope = ANY(%(scopes)s) AND file_id IS NOT NULL
    RETURNING scope, is_paid, paid_at
), paid AS (SELECT scope, max(paid_at) AS paid_at FROM given WHERE is_paid GROUP BY scope)
UPDATE commissions_statementline l SET is_paid = true, paid_at = coalesce(l.paid_at, paid.paid_at)
FROM paid WHERE l.shop_id = %(shop)s AND l.scope = paid.scope AND l.file_id IS NULL
"""

_OF_SNAPSHOTS = """
SELECT id FROM commissions_statementline
WHERE shop_id = %s AND (external_id = ANY(%s) OR (scope = ANY(%s) AND scope <> ''))
"""
_ADOPT = """
WITH early AS (
    SELECT l.id, o.id AS order_id FROM commissions_statementline l JOIN orders_order o
        ON o.id = ANY(%s) AND l.order_id IS NULL AND l.shop_id = o.shop_id AND l.order_number = o.number
    ORDER BY l.id FOR NO KEY UPDATE OF l
)
UPDATE commissions_statementline l SET order_id = early.order_id FROM early WHERE l.id = early.id
"""


def statement_line_ids(shop_id: int, lines: Iterable[StatementLineSnapshot]) -> list[int]:
    """Return the ids of the stored lines that storing these would write: those of the same id or scope."""
    shortened = [fitting(line) for line in lines]
    rows = fetch(_OF_SNAPSHOTS, shop_id, [line.external_id for line in shortened], _scopes(shortened))
    return [row[0] for row in rows]


def store_settlements(shop: Shop, snapshots: Sequence[SettlementSnapshot], *, history: bool = False) -> Stored:
    """Store the lines of these settlements; wants the orders they name that are not stored. May be repeated, in any order.

    Runs inside the caller's transaction; one statement for any number. A settlement is stale when each of its lines is older
    than the stored one. A line whose order is not stored yet is joined to it by `adopt_statement_lines`. `history`: read by a
    backfill, so that no event tells of them.
    """
    newest = newest_of_each((fitting(line) for s in snapshots for line in s.lines), lambda line: line.external_id)
    if not newest:
        return Stored()
    lock_lines(shop.id, newest.values())
    stored = write_lines(shop.id, newest.values())
    taken = {external_id for external_id, *_ in stored}
    if not history:
        emit_lines([line_id for *_, line_id, is_new in stored if is_new])
    if scopes := _scopes(newest[external_id] for external_id in taken):
        execute(_GIVE_WAY, shop=shop.id, scopes=scopes)
    announce(stored)
    settlement_of = {shortened_id(line.external_id): s.external_id for s in snapshots for line in s.lines}
    return Stored(
        stale=frozenset(
            s.external_id
            for s in snapshots
            if s.lines and taken.isdisjoint(shortened_id(line.external_id) for line in s.lines)
        ),
        wanted=frozenset(
            ReadRequest("order", order, settlement_of[external_id])
            for external_id, order, order_id, *_ in stored
            if order and order_id is None
        ),
    )


def orders_of_lines(shop_id: int, lines: Iterable[StatementLineSnapshot]) -> list[int]:
    """Return the ids of the stored orders that these lines are of."""
    numbers = sorted({shortened_id(line.order_number) for line in lines if line.order_number})
    found = fetch("SELECT id FROM orders_order WHERE shop_id = %s AND number = ANY(%s)", shop_id, numbers)
    return [row[0] for row in found]


def lock_lines(shop_id: int, lines: Collection[StatementLineSnapshot]) -> None:
    """Lock the stored lines of the same ids or scopes, inside the caller's transaction, and before them their orders.

    Whoever stores an order locks it first and then its lines.
    """
    lock_orders(orders_of_lines(shop_id, lines))
    shortened = [fitting(line) for line in lines]
    ids = [line.external_id for line in shortened]
    fetch(f"{_OF_SNAPSHOTS} ORDER BY id FOR NO KEY UPDATE", shop_id, ids, _scopes(shortened))


def write_lines(
    shop_id: int, lines: Iterable[StatementLineSnapshot], *, file_id: int | None = None
) -> list[tuple[str, str, int | None, int, bool]]:
    """Insert or update lines and return (external id, order number, order, id, whether it is new) of those that were not older.

    `file_id`: the statement file they come from; without one the channel itself told us. The lines are locked: `lock_lines`.
    """
    found = list(lines)
    known = erased.look_up(erased.order(shop_id, line.order_number) for line in found if line.order_number)
    rows = [
        dict(_row(line))
        | {"file_id": file_id}
        | ({"raw": {}} if erased.order(shop_id, line.order_number) in known else {})
        for line in found
    ]
    return [(*row,) for row in fetch(_UPSERT, shop_id, encode(rows), shop_id)]


def announce(stored: Iterable[tuple[str, str, int | None, int, bool]]) -> None:
    """Send that the lines of these orders changed, once all of them are written: what `write_lines` returned."""
    if known := {order_id for _, _, order_id, *_ in stored if order_id is not None}:
        statement_lines_changed.send(sender=None, order_ids=known)


def adopt_statement_lines(order_ids: Sequence[int]) -> None:
    """Join lines that came before their order to it."""
    execute(_ADOPT, list(order_ids))


def _scopes(lines: Iterable[StatementLineSnapshot]) -> list[str]:
    return sorted({line.scope for line in lines} - {""})


def fitting(line: StatementLineSnapshot) -> StatementLineSnapshot:
    return fitted(StatementLine, line, ids=("external_id", "order_number", "line_key", "scope", "statement"))


def _row(line: StatementLineSnapshot) -> Mapping[str, Any]:
    return {
        "external_id": line.external_id,
        "order_number": line.order_number,
        "line_key": line.line_key,
        "scope": line.scope,
        "kind": line.kind if line.kind in FEE_KINDS else "other",
        "fee": line.fee,
        "amount": line.amount,
        "currency": line.currency,
        "statement": line.statement,
        "happened_at": line.happened_at,
        "is_paid": line.is_paid,
        "paid_at": line.paid_at,
        "asked_at": line.asked_at,
        "raw": line.raw,
    }
