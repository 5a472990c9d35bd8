"""Business events of orders."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from core.db import fetch
from core.outbox import Event, emit

STATUS_CHANGED = "order.status_changed"
SOURCE = "/erpsync/orders"
# what this source stores is history: nobody is notified of it
HISTORY = "backfill"


class _Change(NamedTuple):
    order_id: int
    number: str
    shop_id: int
    channel: str
    before: str
    after: str
    channel_status: str
    changed_at: datetime


# An order is due when its last change of status is no history and differs from the status of its last event. Changes that came
# by a backfill are skipped over, so the previous status may be one that no event carried; but an order placed since its shop
# counts stock is no history, even where a backfill met it first.
_CHANGED = """
WITH change AS (
    SELECT DISTINCT ON (order_id) * FROM orders_statuschange WHERE order_id = ANY(%(orders)s) ORDER BY order_id, id DESC
), sent AS (
    SELECT DISTINCT ON (entity_id) entity_id, data ->> 'status' AS status FROM core_outboxevent
    WHERE entity = 'order' AND entity_id = ANY(%(entities)s) AND type = %(type)s ORDER BY entity_id, version DESC
)
SELECT o.id, o.number, o.shop_id, shop.channel, change.before, change.after, change.channel_status,
    coalesce(change.version, o.asked_at)
FROM change JOIN orders_order o ON o.id = change.order_id JOIN inventory_shop shop ON shop.id = o.shop_id
LEFT JOIN sent ON sent.entity_id = o.id::text
WHERE (change.source <> %(history)s OR o.placed_at >= shop.stock_since) AND change.after IS DISTINCT FROM sent.status
    AND (shop.stock_since IS NULL OR o.placed_at >= shop.stock_since)
ORDER BY o.id
"""


def emit_status_changes(order_ids: Collection[int]) -> None:
    """Emit `order.status_changed` for each of these orders whose status is another than its last event says.

    Runs in the transaction that changed the orders and holds their rows; may be repeated. History is silent: what a backfill
    stored, and orders placed before their shop's `stock_since`.
    """
    ids = sorted(order_ids)
    rows = fetch(_CHANGED, orders=ids, entities=[str(pk) for pk in ids], type=STATUS_CHANGED, history=HISTORY)
    emit([_event(_Change(*row)) for row in rows])


def _event(change: _Change) -> Event:
    data = {
        "order": {"shop_id": change.shop_id, "channel": change.channel, "number": change.number},
        "status": change.after,
        "previous_status": change.before,
        "channel_status": change.channel_status,
        "changed_at": change.changed_at.isoformat(),
    }
    return Event(STATUS_CHANGED, SOURCE, "order", str(change.order_id), data, (change.shop_id,))
