"""Storing returns, and the receipt of their goods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.db import columns, decode, encode, execute, fetch, named_columns
from core.results import ReadRequest, Stored
from core.versions import is_newer
from inventory.models import Shop
from inventory.services.receipts import Receipt, post_receipt
from orders.snapshots import ReturnSnapshot


@dataclass(frozen=True, slots=True)
class _Locked:
    id: int
    number: str
    status: str
    version: datetime | None
    asked_at: datetime


_CREATE = """
INSERT INTO orders_return (shop_id, number, asked_at)
SELECT %s, number, 'epoch' FROM unnest(%s::text[]) AS n(number)
ORDER BY number ON CONFLICT (shop_id, number) DO NOTHING
"""

_LOCK = """
SELECT id, number, status, version, asked_at FROM orders_return WHERE shop_id = %s AND number = ANY(%s)
ORDER BY id FOR UPDATE
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


def return_ids(shop_id: int, numbers: Sequence[str]) -> list[int]:
    """Return the ids of the stored returns with these numbers."""
    return [
        row[0]
        for row in fetch("SELECT id FROM orders_return WHERE shop_id = %s AND number = ANY(%s)", shop_id, numbers)
    ]


def store_returns(shop: Shop, snapshots: Sequence[ReturnSnapshot], *, source: str | Mapping[str, str]) -> Stored:
    """Store these returns; wants the orders they name that are not stored. May be repeated, late and in any order.

    Runs inside the caller's transaction; a snapshot that is not newer than the stored row is refused and named in `stale`.
    `source`: one for all, or each one's own by its number. It never touches stock: that is for `receive`.
    """
    newest = {s.number: s for s in sorted(snapshots, key=lambda s: s.asked_at)}
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
    missing = fetch(
        "SELECT order_number, number FROM orders_return WHERE id = ANY(%s) AND order_id IS NULL AND order_number <> ''",
        [row.id for row, _ in taken],
    )
    return Stored(stale=stale, wanted=frozenset(ReadRequest("order", order, number) for order, number in missing))


def _note_history(taken: Sequence[tuple[_Locked, ReturnSnapshot]], source: str | Mapping[str, str]) -> None:
    steps = [
        (row.id, row.status, s.status, s.channel_status[:64], source if isinstance(source, str) else source[s.number])
        for row, s in taken
        if row.status != s.status or row.asked_at.year == 1970
    ]
    if steps:
        execute(_HISTORY, **named_columns("returns before after statuses sources", steps))


def unassigned_return_ids(shop_id: int, order_numbers: Sequence[str], *, lock: bool = False) -> list[int]:
    """Return the ids of returns that came before these orders. `lock` them: whoever stores an order does so before its row."""
    return [row[0] for row in fetch(_UNASSIGNED + " FOR UPDATE" * lock, shop_id, order_numbers)]


_UNASSIGNED = """
SELECT id FROM orders_return WHERE shop_id = %s AND order_id IS NULL AND order_number = ANY(%s) ORDER BY id
"""


def adopt_returns(order_ids: Sequence[int]) -> None:
    """Join returns that came before their order to it. They are locked already: `unassigned_return_ids`."""
    execute(
        "UPDATE orders_return r SET order_id = o.id FROM orders_order o"
        " WHERE o.id = ANY(%s) AND r.order_id IS NULL AND r.shop_id = o.shop_id AND r.order_number = o.number",
        list(order_ids),
    )


def _row(return_id: int, s: ReturnSnapshot) -> dict[str, Any]:
    return {
        "id": return_id,
        "order_number": s.order_number,
        "status": s.status,
        "channel_status": s.channel_status[:64],
        "goods_come_back": s.goods_come_back,
        "reason": s.reason[:300],
        "note": s.note,
        "refund": s.refund,
        "currency": s.currency,
        "tracking_number": s.tracking_number[:64],
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
        base = line.line_key or f"{line.item_id}:{line.variation_id}"
        seen[base] += 1
        key = base if seen[base] == 1 else f"{base}:{seen[base]}"
        rows.append(
            (return_id, key, line.line_key, line.item_id, line.variation_id, line.sku[:100], line.quantity, line.refund)
        )
    return rows


class NotReceivable(ValueError):
    """The goods of this return cannot be received; the code says why: no_goods, already, other_lines, no_product."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def posted(line_ids: Sequence[int]) -> int:
    """Mark lines that people put back at the POS; returns how many were still to be done. May be repeated."""
    return execute(
        "UPDATE orders_returnline SET restock = 'posted' WHERE id = ANY(%s) AND restock = 'at_pos'", list(line_ids)
    )


_RECEIVED = """
SELECT l.id, l.quantity, coalesce(line.parts, '{}'::jsonb)
FROM orders_returnline l LEFT JOIN orders_orderline line ON line.id = l.order_line_id
WHERE l.ret_id = %s ORDER BY l.id FOR UPDATE OF l
"""


def receive(
    return_id: int, conditions: Mapping[int, str], *, warehouse_id: int, put_back: bool, actor_id: int | None
) -> str:
    """Receive the goods of a return: `conditions` by return line id (sellable, damaged, missing). Once per return.

    Sellable units go back on sale only when `put_back` says so: as a receipt where the warehouse is managed here; a POS
    has no way in for stock, there the lines are marked `at_pos` for people to post. Returns here, at_pos or no. Raises NotReceivable.
    Runs inside the caller's transaction.
    """
    [(shop_id, order_number, number, goods, received)] = fetch(
        "SELECT shop_id, order_number, number, goods_come_back, received_at FROM orders_return WHERE id = %s FOR UPDATE",
        return_id,
    )
    if received is not None or not goods:
        raise NotReceivable("already" if received else "no_goods")
    lines = fetch(_RECEIVED, return_id)
    if {row[0] for row in lines} != set(conditions):
        raise NotReceivable("other_lines")
    units: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, quantity, parts in lines:
        if conditions[line_id] == "sellable":
            for product, share in decode(parts).items():
                units[int(product)] += Decimal(share) * quantity
    if put_back and not units and "sellable" in conditions.values():
        raise NotReceivable("no_product")
    end = "no"
    if put_back:
        receipt = Receipt(shop_id, order_number, f"return {number}", actor_id)
        end = "here" if post_receipt(warehouse_id, units, receipt) else "at_pos"
    execute(
        "UPDATE orders_returnline l SET condition = n.condition, warehouse_id = %s,"
        " restock = CASE WHEN n.condition = 'sellable' THEN %s ELSE 'no' END"
        " FROM unnest(%s::bigint[], %s::text[]) AS n(id, condition) WHERE l.id = n.id",
        warehouse_id, end, *columns(sorted(conditions.items()), 2),
    )  # fmt: skip
    execute(
        "UPDATE orders_return SET received_at = clock_timestamp(), received_by_id = %s WHERE id = %s",
        actor_id,
        return_id,
    )
    return end
