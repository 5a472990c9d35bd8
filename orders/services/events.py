"""Business events of orders: what changed, and the whole order each time it did."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from core.db import decode, fetch
from core.event_types import EventType
from core.json_sql import money_sql, utc_sql
from core.outbox import ALL_EVENTS, Event, emit
from orders.payloads import CANCELLED, CHANGED, CREATED, NEW_ORDER, NORMALIZED, SHIPPED, UNKNOWN
from orders.services.ready import new_order
from orders.statuses import Status, statuses

SOURCE = "/erpsync/orders"
# what this source stores is history: nobody is notified of it
HISTORY = "backfill"

_OFF = Status.CANCELLED.value
_HAS_LEFT = statuses("has_left")
_SHIPPED = statuses("sets_shipped_at")


class _Change(NamedTuple):
    order_id: int
    shop_id: int
    whole: str
    changed: list[str]
    before: str | None
    is_new: bool
    at: str


_LINES = f"""
SELECT coalesce(jsonb_agg(jsonb_build_object('line_id', line.key, 'sku', product.sku, 'channel_sku', nullif(line.sku, ''),
    'channel_item_id', line.item_id, 'channel_model_id', nullif(line.variation_id, ''), 'name', line.title,
    'quantity', line.quantity, 'unit_price', {money_sql("line.price", "o.currency")},
    'paid_price', {money_sql("line.paid_price", "o.currency")}, 'fulfilled_by', line.fulfilled_by,
    'status', coalesce(nullif(line.status, ''), nullif(o.status, ''), '{UNKNOWN}')) ORDER BY line.id), '[]') AS lines,
    coalesce(sum(line.price * line.quantity), 0) AS goods
FROM orders_orderline line LEFT JOIN inventory_product product ON product.id = line.product_id
WHERE line.order_id = o.id AND line.quantity > 0
"""
_PARCELS = """
SELECT coalesce(jsonb_agg(jsonb_build_object('parcel_id', parcel.number, 'carrier', nullif(parcel.carrier, ''),
    'tracking_number', nullif(parcel.tracking_number, ''), 'status', nullif(parcel.channel_status, ''),
    'line_ids', ARRAY(SELECT line.key FROM orders_orderline line WHERE line.order_id = o.id AND line.parcel = parcel.number
                      ORDER BY line.id)) ORDER BY parcel.id), '[]') AS parcels
FROM orders_parcel parcel WHERE parcel.order_id = o.id AND parcel.replaced_at IS NULL
"""

# An order is due when it differs from its last event. While its last change of status came by a backfill, and no event has told
# it, it is silent: the previous status may then be one that no event carried. But an order placed since its shop counts stock is
# no history, even where a backfill met it first.
_DUE = f"""
WITH change AS (
    SELECT DISTINCT ON (order_id) order_id, before, after, source, id > min(id) OVER (PARTITION BY order_id) AS has_earlier
    FROM orders_statuschange WHERE order_id = ANY(%(orders)s) ORDER BY order_id, id DESC
), sent AS (
    SELECT DISTINCT ON (entity_id) entity_id, data FROM {ALL_EVENTS} event
    WHERE entity = 'order' AND entity_id = ANY(%(entities)s) AND type = '{NORMALIZED.name}' ORDER BY entity_id, version DESC
), fresh AS (
    SELECT o.id, o.shop_id, sent.data AS sent, change.before, change.has_earlier, jsonb_build_object(
        'order', jsonb_build_object('channel', shop.channel, 'shop_id', o.shop_id::text, 'order_id', o.number,
            'hub_order_id', o.id::text),
        'status', coalesce(nullif(o.status, ''), '{UNKNOWN}'), 'channel_status', nullif(o.channel_status, ''),
        'created_at', {utc_sql("o.placed_at")}, 'updated_at', {utc_sql("coalesce(o.version, o.asked_at)")},
        'paid_at', {utc_sql("o.paid_at")}, 'ready_at', sent.data -> 'ready_at',
        'ship_by', {utc_sql("o.ship_by")}, 'shipped_at', {utc_sql("o.shipped_at")},
        'payment_method', nullif(o.payment_method, ''), 'cod', o.cash_on_delivery, 'carrier', nullif(o.carrier, ''),
        'cancel_reason', nullif(o.cancel_reason, ''), 'note', nullif(o.note, ''),
        'buyer', jsonb_build_object('buyer_id', nullif(o.buyer_id, ''), 'name', nullif(o.buyer_name, '')),
        'ship_to', CASE WHEN o.recipient <> '{{}}' THEN jsonb_build_object('name', o.recipient -> 'name',
            'phone', o.recipient -> 'phone', 'address', o.recipient -> 'address') END,
        'lines', line.lines, 'parcels', parcel.parcels,
        'totals', jsonb_build_object('goods', {money_sql("line.goods", "o.currency")},
            'buyer_paid', {money_sql("o.total", "o.currency")}),
        'revision', coalesce((sent.data ->> 'revision')::int, 0) + 1) AS whole
    FROM change JOIN orders_order o ON o.id = change.order_id JOIN inventory_shop shop ON shop.id = o.shop_id
    CROSS JOIN LATERAL ({_LINES}) line CROSS JOIN LATERAL ({_PARCELS}) parcel
    LEFT JOIN sent ON sent.entity_id = o.id::text
    WHERE (shop.stock_since IS NULL OR o.placed_at >= shop.stock_since)
      AND (change.source <> %(history)s OR o.placed_at >= shop.stock_since
           OR sent.data ->> 'status' = coalesce(nullif(change.after, ''), '{UNKNOWN}'))
)
SELECT fresh.id, fresh.shop_id, fresh.whole::text, difference.changed,
    CASE WHEN fresh.sent IS NULL THEN nullif(fresh.before, '') ELSE fresh.sent ->> 'status' END,
    fresh.sent IS NULL AND NOT fresh.has_earlier, {utc_sql("clock_timestamp()")}
FROM fresh CROSS JOIN LATERAL (
    SELECT array_agg(field.key ORDER BY field.key) AS changed FROM jsonb_each(fresh.whole) field
    WHERE field.key <> ALL ('{{order,updated_at,revision,ready_at}}') AND field.value IS DISTINCT FROM fresh.sent -> field.key
) difference
WHERE difference.changed IS NOT NULL
ORDER BY fresh.id
"""


def emit_order_changes(order_ids: Collection[int]) -> None:
    """Emit what changed in these orders since their last events, and each changed order as a whole.

    Runs in the transaction that changed the orders and holds their rows; may be repeated. History is silent: what a backfill
    stored, and orders placed before their shop's `stock_since`.
    """
    ids = sorted(order_ids)
    rows = fetch(_DUE, orders=ids, entities=[str(pk) for pk in ids], history=HISTORY)
    emit([event for row in rows for event in _events(_Change(*row))])


def _events(change: _Change) -> Iterator[Event]:
    whole = decode(change.whole)
    thin = {
        "order": whole["order"],
        "status": whole["status"],
        "previous_status": change.before,
        "channel_status": whole["channel_status"],
        "changed_at": whole["updated_at"],
        "changed": change.changed,
        "parcels": whole["parcels"],
        "reason": whole["cancel_reason"],
        "revision": whole["revision"],
    }
    told = [(kind, thin) for kind in _kinds(change, whole["status"])]
    # once: the whole order keeps the time, and is the last event, which no retention drops
    if whole["ready_at"] is None and (ready := new_order(whole, change.at)):
        whole["ready_at"] = change.at
        told.append((NEW_ORDER, ready))
    for kind, data in (*told, (NORMALIZED, whole)):
        yield Event(kind.name, SOURCE, "order", str(change.order_id), data, (change.shop_id,))


def _kinds(change: _Change, status: str) -> Iterator[EventType]:
    """Yield what happened: an order that was first met shipped was created and shipped."""
    ended = None
    if status != change.before and status == _OFF:
        ended = CANCELLED
    elif status in _SHIPPED and change.before not in _HAS_LEFT:
        ended = SHIPPED
    if change.is_new:
        yield CREATED
    if ended:
        yield ended
    elif not change.is_new:
        yield CHANGED
