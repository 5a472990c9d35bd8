"""Storing returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.db import columns, encode, execute, fetch, named_columns
from core.repeats import newest_of_each
from core.results import ReadRequest, Stored
from core.versions import is_newer
from core.widths import shortened_id
from inventory.models import Shop
from orders.services.erasure import without_erased_returns
from orders.services.events import HISTORY
from orders.services.fitting import fitted_return
from orders.services.return_events import emit_return_changes
from orders.signals import returns_changed
from orders.snapshots import ReturnSnapshot


@dataclass(frozen=True, slots=True)
class _Locked:
    id: int
    number: str
    status: str
    version: datetime | None
    asked_at: datetime

    @property
    def is_new(self) -> bool:
        """Return whether `_CREATE` made it just now."""
        return self.asked_at.year == 1970


_CREATE = """
INSERT INTO orders_return (shop_id, number, asked_at)
SELECT %s, number, 'epoch' FROM unnest(%s::text[]) AS n(number)
ORDER BY number ON CONFLICT (shop_id, number) DO NOTHING
"""

_LOCK = """
SELECT id, number, status, version, asked_at FROM orders_return WHERE shop_id = %s AND number = ANY(%s)
ORDER BY id FOR NO KEY UPDATE
"""

_UPDATE = """
UPDATE orders_return r SET
    order_number = n.order_number, order_id = o.id, status = n.status, channel_status = n.channel_status,
    goods_come_back = n.goods_come_back, reason = n.reason, note = n.note, refund = n.refund, currency = n.currency,
    tracking_number = n.tracking_number, requested_at = n.requested_at, answer_by = n.answer_by, problems = n.problems,
    version = n.version, asked_at = n.asked_at, raw = n.raw
FROM jsonb_to_recordset(%s::jsonb) AS n(
    id bigint, order_number text, status text, channel_status text, goods_come_back boolean, reason text, note text,
    refund numeric, currency text, tracking_number text, requested_at timestamptz, answer_by timestamptz, problems jsonb,
    version timestamptz, asked_at timestamptz, raw jsonb)
LEFT JOIN orders_order o ON o.shop_id = %s AND o.number = n.order_number
WHERE r.id = n.id
"""

_LINES = """
INSERT INTO orders_returnline AS known (ret_id, key, order_line_id, item_id, variation_id, sku, quantity, refund)
SELECT n.ret_id, n.key, line.id, n.item_id, n.variation_id, n.sku, n.quantity, n.refund
FROM unnest(%(returns)s::bigint[], %(keys)s::text[], %(line_keys)s::text[], %(items)s::text[], %(variations)s::text[],
    %(skus)s::text[], %(quantities)s::int[], %(refunds)s::numeric[])
    AS n(ret_id, key, line_key, item_id, variation_id, sku, quantity, refund)
JOIN orders_return r ON r.id = n.ret_id
LEFT JOIN LATERAL (
    SELECT l.id FROM orders_orderline l WHERE l.order_id = r.order_id AND (l.key = n.line_key
        OR n.line_key = '' AND l.item_id = n.item_id AND l.variation_id = n.variation_id)
    ORDER BY l.key <> n.line_key, l.id LIMIT 1
) line ON true
ON CONFLICT (ret_id, key) DO UPDATE SET order_line_id = excluded.order_line_id, item_id = excluded.item_id,
    variation_id = excluded.variation_id, sku = excluded.sku, quantity = excluded.quantity, refund = excluded.refund
"""

_ABSENT = """
DELETE FROM orders_returnline l USING unnest(%s::bigint[]) AS taken(id)
WHERE l.ret_id = taken.id AND l.condition = '' AND (l.ret_id, l.key) NOT IN (
    SELECT * FROM unnest(%s::bigint[], %s::text[]))
"""

_HISTORY = """
INSERT INTO orders_returnchange (ret_id, before, after, channel_status, source)
SELECT * FROM unnest(%(returns)s::bigint[], %(before)s::text[], %(after)s::text[], %(statuses)s::text[], %(sources)s::text[])
"""


def ensure_returns(shop_id: int, snapshots: Sequence[ReturnSnapshot]) -> list[int]:
    """Create the rows of these returns that are not stored yet, without content; return the ids of all.

    To be called before any row is locked that comes later in the lock order: a row that somebody else is creating is waited for.
    """
    numbers = sorted({shortened_id(s.number) for s in snapshots})
    execute(_CREATE, shop_id, numbers)
    return [
        row[0]
        for row in fetch("SELECT id FROM orders_return WHERE shop_id = %s AND number = ANY(%s)", shop_id, numbers)
    ]


def orders_of_returns(shop_id: int, snapshots: Sequence[ReturnSnapshot]) -> list[int]:
    """Return the ids of the stored orders that these returns are of."""
    numbers = [s.order_number for s in snapshots]
    return [
        row[0] for row in fetch("SELECT id FROM orders_order WHERE shop_id = %s AND number = ANY(%s)", shop_id, numbers)
    ]


def store_returns(shop: Shop, snapshots: Sequence[ReturnSnapshot], *, source: str | Mapping[str, str]) -> Stored:
    """Store these returns; wants the orders they name that are not stored. May be repeated, late and in any order.

    Runs inside the caller's transaction; a snapshot that is not newer than the stored row is refused and named in `stale`.
    `source`: one for all, or each one's own by its number. It never touches stock: that is for `receive`.
    """
    newest = newest_of_each(without_erased_returns(shop.id, map(fitted_return, snapshots)), lambda s: s.number)
    if not newest:
        return Stored()
    execute(_CREATE, shop.id, sorted(newest))
    locked = [_Locked(*row) for row in fetch(_LOCK, shop.id, sorted(newest))]
    taken = [(row, newest[row.number]) for row in locked if is_newer(newest[row.number], row)]
    stale = frozenset(newest) - {row.number for row, _ in taken}
    if not taken:
        return Stored(stale=stale)
    execute(_UPDATE, encode([_row(row.id, s) for row, s in taken]), shop.id)
    lines = [line for row, s in taken for line in _lines(row.id, s)]
    execute(_ABSENT, [row.id for row, _ in taken], *columns([line[:2] for line in lines], 2))
    if lines:
        execute(_LINES, **named_columns("returns keys line_keys items variations skus quantities refunds", lines))
    _note_history(taken, source)
    announced = [row for row, s in taken if _source_of(s, source) != HISTORY]
    emit_return_changes([row.id for row in announced], new={row.id for row in announced if row.is_new})
    found = fetch(
        "SELECT order_id, order_number, number FROM orders_return WHERE id = ANY(%s)", [row.id for row, _ in taken]
    )
    if known := {order_id for order_id, _, _ in found if order_id is not None}:
        returns_changed.send(sender=None, order_ids=known)
    missing = ((order, number) for order_id, order, number in found if order_id is None and order)
    return Stored(stale=stale, wanted=frozenset(ReadRequest("order", order, number) for order, number in missing))


def _source_of(s: ReturnSnapshot, source: str | Mapping[str, str]) -> str:
    return source if isinstance(source, str) else source[s.number]


def _note_history(taken: Sequence[tuple[_Locked, ReturnSnapshot]], source: str | Mapping[str, str]) -> None:
    steps = [
        (row.id, row.status, s.status, s.channel_status, _source_of(s, source))
        for row, s in taken
        if row.status != s.status or row.is_new
    ]
    if steps:
        execute(_HISTORY, **named_columns("returns before after statuses sources", steps))


def unassigned_return_ids(shop_id: int, order_numbers: Sequence[str], *, lock: bool = False) -> list[int]:
    """Return the ids of returns that came before these orders. `lock` them: whoever stores an order does so before its row."""
    return [row[0] for row in fetch(_UNASSIGNED + " FOR NO KEY UPDATE" * lock, shop_id, order_numbers)]


_UNASSIGNED = """
SELECT id FROM orders_return WHERE shop_id = %s AND order_id IS NULL AND order_number = ANY(%s) ORDER BY id
"""


def adopt_returns(order_ids: Sequence[int]) -> None:
    """Join returns that came before their order to it, line by line. They are locked already: `unassigned_return_ids`."""
    execute(
        "UPDATE orders_return r SET order_id = o.id FROM orders_order o"
        " WHERE o.id = ANY(%s) AND r.order_id IS NULL AND r.shop_id = o.shop_id AND r.order_number = o.number",
        list(order_ids),
    )
    execute(_ADOPT_LINES, list(order_ids))


# a line's key is that of the order's line where the channel told it
_ADOPT_LINES = """
UPDATE orders_returnline back SET order_line_id = line.id
FROM orders_return r CROSS JOIN LATERAL (
    SELECT l.ret_id, l.key, sold.id FROM orders_returnline l JOIN LATERAL (
        SELECT o.id FROM orders_orderline o WHERE o.order_id = r.order_id AND (o.key = l.key
            OR o.item_id = l.item_id AND o.variation_id = l.variation_id)
        ORDER BY o.key <> l.key, o.id LIMIT 1
    ) sold ON true
    WHERE l.ret_id = r.id AND l.order_line_id IS NULL
) line
WHERE r.order_id = ANY(%s) AND back.ret_id = line.ret_id AND back.key = line.key
"""


def _row(return_id: int, s: ReturnSnapshot) -> dict[str, Any]:
    return {
        "id": return_id,
        "order_number": s.order_number,
        "status": s.status,
        "channel_status": s.channel_status,
        "goods_come_back": s.goods_come_back,
        "reason": s.reason,
        "note": s.note,
        "refund": s.refund,
        "currency": s.currency,
        "tracking_number": s.tracking_number,
        "requested_at": s.requested_at,
        "answer_by": s.answer_by,
        "problems": sorted({*s.problems, *(() if s.status else ("unknown_status",))}),
        "version": s.version,
        "asked_at": s.asked_at,
        "raw": s.raw,
    }


def _lines(return_id: int, s: ReturnSnapshot) -> list[tuple[Any, ...]]:
    seen: dict[str, int] = defaultdict(int)
    rows = []
    for line in s.lines:
        base = line.line_key or shortened_id(f"{line.item_id}:{line.variation_id}")
        seen[base] += 1
        key = base if seen[base] == 1 else f"{base}:{seen[base]}"
        rows.append(
            (return_id, key, line.line_key, line.item_id, line.variation_id, line.sku, line.quantity, line.refund)
        )
    return rows
