"""Business events of returns: the whole return each time it changed."""

from __future__ import annotations

from collections.abc import Collection

from core.db import decode, fetch
from core.json_sql import money_sql, utc_sql
from core.outbox import ALL_EVENTS, Event, emit
from orders.payloads import RETURN_CHANGED, RETURN_CREATED, RETURN_RECEIVED, UNKNOWN
from orders.services.events import SOURCE

_DUE = f"""
WITH sent AS (
    SELECT DISTINCT ON (entity_id) entity_id, data FROM {ALL_EVENTS} event
    WHERE entity = 'return' AND entity_id = ANY(%(entities)s) ORDER BY entity_id, version DESC
), fresh AS (
    SELECT r.id, r.shop_id, sent.data AS sent, jsonb_build_object(
        'return', jsonb_build_object('channel', shop.channel, 'shop_id', r.shop_id::text, 'return_id', r.number,
            'hub_return_id', r.id::text),
        'order_id', r.order_number, 'status', coalesce(nullif(r.status, ''), '{UNKNOWN}'),
        'channel_status', nullif(r.channel_status, ''), 'goods_come_back', r.goods_come_back, 'reason', nullif(r.reason, ''),
        'refund', {money_sql("r.refund", "r.currency")}, 'tracking_number', nullif(r.tracking_number, ''),
        'requested_at', {utc_sql("r.requested_at")}, 'answer_by', {utc_sql("r.answer_by")},
        'received_at', {utc_sql("r.received_at")}, 'changed_at', {utc_sql("coalesce(r.version, r.asked_at)")},
        'previous_status', sent.data -> 'status', 'lines', coalesce((
            SELECT jsonb_agg(jsonb_build_object('channel_item_id', line.item_id, 'channel_model_id', line.variation_id,
                'sku', line.sku, 'quantity', line.quantity, 'condition', line.condition)
                || CASE WHEN line.condition = 'mixed' THEN jsonb_build_object('sellable', line.sellable_quantity,
                    'damaged', line.damaged_quantity, 'missing', line.missing_quantity) ELSE '{{}}' END ORDER BY line.id)
            FROM orders_returnline line WHERE line.ret_id = r.id), '[]')) AS whole
    FROM orders_return r JOIN inventory_shop shop ON shop.id = r.shop_id LEFT JOIN sent ON sent.entity_id = r.id::text
    WHERE r.id = ANY(%(returns)s)
)
SELECT id, shop_id, whole::text, sent ->> 'received_at' IS NULL AND whole ->> 'received_at' IS NOT NULL FROM fresh
WHERE sent IS NULL OR whole - '{{changed_at,previous_status}}'::text[] <> sent - '{{changed_at,previous_status}}'::text[]
ORDER BY id
"""


def emit_return_changes(return_ids: Collection[int], *, new: Collection[int] = ()) -> None:
    """Emit these returns as far as they differ from their last events; `new`: those stored for the first time.

    Runs in the transaction that changed the returns and holds their rows; may be repeated. What a backfill stores is for the
    caller to leave out.
    """
    ids = sorted(return_ids)
    if not ids:
        return
    events = []
    for pk, shop_id, whole, is_received in fetch(_DUE, returns=ids, entities=[str(pk) for pk in ids]):
        kind = RETURN_CREATED if pk in new else RETURN_RECEIVED if is_received else RETURN_CHANGED
        events.append(Event(kind.name, SOURCE, "return", str(pk), decode(whole), (shop_id,)))
    emit(events)
