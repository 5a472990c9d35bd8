"""Storing orders as their channels tell them, with everything that follows from them, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from inventory.models import Shop
from inventory.sql import columns, execute, fetch
from orders.schema import BREAKS, breach
from orders.services.customers import identify_buyers
from orders.services.lines import store_lines
from orders.services.returns import adopt_returns
from orders.services.truth import is_newer
from orders.signals import orders_changed
from orders.snapshots import OrderSnapshot

log = structlog.get_logger(__name__)

SHIPPED_FROM = ("shipped", "delivered", "completed")


@dataclass(frozen=True, slots=True)
class Stored:
    """What an upsert did: the orders that took the new truth, and the numbers for which ours was newer."""

    order_ids: frozenset[int]
    stale: frozenset[str]


@dataclass(frozen=True, slots=True)
class LockedOrder:
    """An order row while we hold it. `is_new`: no truth was stored yet."""

    id: int
    number: str
    status: str
    version: datetime | None
    asked_at: datetime
    is_new: bool

    def takes(self, snapshot: OrderSnapshot) -> bool:
        """Is this truth newer than what is stored, if anything is?"""
        return self.is_new or is_newer(snapshot, self)


_CREATE = """
INSERT INTO orders_order (shop_id, number, status, channel_status, currency, placed_at, asked_at, buyer_name, recipient,
    cash_on_delivery, payment_method, carrier, cancel_reason, note, problems, has_problem, raw, buyer_id)
SELECT %s, number, '', '', 'VND', placed_at, 'epoch', '', '{}', false, '', '', '', '', '[]', false, '{}', ''
FROM unnest(%s::text[], %s::timestamptz[]) AS n(number, placed_at)
ON CONFLICT (shop_id, number) DO NOTHING
"""

_LOCK = """
SELECT id, number, status, version, asked_at, asked_at = 'epoch' FROM orders_order
WHERE shop_id = %s AND number = ANY(%s) ORDER BY id FOR UPDATE
"""

_UPDATE = """
UPDATE orders_order o SET
    status = n.status, channel_status = n.channel_status, currency = n.currency, total = n.total,
    placed_at = n.placed_at, paid_at = n.paid_at, ship_by = n.ship_by,
    shipped_at = CASE WHEN n.has_shipped THEN coalesce(o.shipped_at, n.version, n.asked_at) ELSE o.shipped_at END,
    customer_id = coalesce(n.customer_id, o.customer_id), buyer_id = n.buyer_id,
    buyer_name = n.buyer_name, recipient = n.recipient, cash_on_delivery = n.cash_on_delivery,
    payment_method = n.payment_method, carrier = n.carrier, cancel_reason = n.cancel_reason, note = n.note,
    problems = n.problems, has_problem = n.problems <> '[]'::jsonb, version = n.version, asked_at = n.asked_at,
    raw = n.raw
FROM jsonb_to_recordset(%s::jsonb) AS n(
    id bigint, status text, channel_status text, currency text, total numeric, placed_at timestamptz,
    paid_at timestamptz, ship_by timestamptz, has_shipped boolean, customer_id bigint,
    buyer_id text, buyer_name text, recipient jsonb,
    cash_on_delivery boolean, payment_method text, carrier text, cancel_reason text, note text, problems jsonb,
    version timestamptz, asked_at timestamptz, raw jsonb)
WHERE o.id = n.id
"""

_HISTORY = """
INSERT INTO orders_statuschange (order_id, before, after, channel_status, source, version)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
"""

_PARCELS = """
INSERT INTO orders_parcel AS parcel (order_id, number, tracking_number, carrier, channel_status)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (order_id, number) DO UPDATE SET
    tracking_number = CASE WHEN excluded.tracking_number = '' THEN parcel.tracking_number
                      ELSE excluded.tracking_number END,
    carrier = excluded.carrier, channel_status = excluded.channel_status
"""


def upsert_orders(shop: Shop, snapshots: Sequence[OrderSnapshot], *, source: str) -> Stored:
    """Store the truth of these orders: rows, lines, parcels, history, stock. May be repeated, late and in any order.

    Runs inside the caller's transaction; truth older than the stored is refused and named in `stale`. The number of
    statements does not depend on the number of orders.
    """
    newest = {s.number: s for s in sorted(snapshots, key=lambda s: s.asked_at)}
    if not newest:
        return Stored(frozenset(), frozenset())
    ordered = [newest[number] for number in sorted(newest)]
    execute(_CREATE, shop.id, *columns([(s.number, s.placed_at) for s in ordered], 2))
    locked = [LockedOrder(*row) for row in fetch(_LOCK, shop.id, list(newest))]
    taken = [(order, newest[order.number]) for order in locked if order.takes(newest[order.number])]
    if taken:
        problems = store_lines(shop, [(order.id, snapshot) for order, snapshot in taken])
        buyers = identify_buyers(shop.id, [snapshot for _, snapshot in taken])
        rows = [_row(o.id, s, problems.get(o.id, ()), buyers.get(s.number)) for o, s in taken]
        execute(_UPDATE, json.dumps(rows, default=str))
        _note_history(taken, source)
        _store_parcels(taken)
        adopt_returns([order.id for order, _ in taken if order.is_new])
        orders_changed.send(sender=None, order_ids={order.id for order, _ in taken}, source=source)
    return Stored(
        frozenset(order.id for order, _ in taken),
        frozenset(newest) - {snapshot.number for _, snapshot in taken},
    )


def _row(order_id: int, s: OrderSnapshot, problems: Sequence[str], customer_id: int | None) -> dict[str, Any]:
    return {
        "id": order_id,
        "status": s.status,
        "channel_status": s.channel_status[:64],
        "currency": s.currency,
        "total": s.total,
        "placed_at": s.placed_at,
        "paid_at": s.paid_at,
        "ship_by": s.ship_by,
        "has_shipped": s.status in SHIPPED_FROM,
        "customer_id": customer_id,
        "buyer_id": s.buyer_id[:100],
        "buyer_name": s.buyer_name[:200],
        "recipient": s.recipient,
        "cash_on_delivery": s.cash_on_delivery,
        "payment_method": s.payment_method[:100],
        "carrier": s.carrier[:100],
        "cancel_reason": s.cancel_reason[:300],
        "note": s.note,
        "problems": sorted({*s.problems, *problems, *_flaws(s)}),
        "version": s.version,
        "asked_at": s.asked_at,
        "raw": s.raw,
    }


def _flaws(s: OrderSnapshot) -> Iterator[str]:
    if not s.status:
        yield "unknown_status"
    if where := breach(s):
        log.warning("order_breaks_schema", number=s.number, where=where)
        yield BREAKS


def _note_history(taken: Sequence[tuple[LockedOrder, OrderSnapshot]], source: str) -> None:
    steps = [
        (order.id, order.status, s.status, s.channel_status[:64], source, s.version)
        for order, s in taken
        if order.is_new or order.status != s.status
    ]
    if steps:
        execute(_HISTORY, *columns(steps, 6))


def _store_parcels(taken: Sequence[tuple[LockedOrder, OrderSnapshot]]) -> None:
    parcels = {
        (order.id, p.number): (order.id, p.number, p.tracking_number, p.carrier[:100], p.channel_status)
        for order, s in taken
        for p in s.parcels
    }
    if parcels:
        execute(_PARCELS, *columns(sorted(parcels.values()), 5))
