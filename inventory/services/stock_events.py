"""`stock.changed`: at most one event per product and second, however often its stock moved.

The transaction that moves stock leaves a mark, which locks nothing. The relay turns marks into events: the levels of now beside those
of the last event.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import transaction

from core import tracing, tunables
from core.db import decode, execute, fetch
from core.json_sql import utc_sql
from core.outbox import ALL_EVENTS, Event, emit
from inventory.payloads import STOCK_CHANGED
from inventory.queries import PARTS
from inventory.services.events import SOURCE

# the class of the transaction-level advisory lock of `announce_stock`
ANNOUNCING_LOCK = 0x73746F63
PAUSE_SECONDS = tunables.STOCK_EVENT_SECONDS
BATCH = 1_000


def mark_stock_changed(product_ids: Collection[int]) -> None:
    """Note in the caller's transaction that the stock of these products may have changed. May be repeated."""
    execute(
        "INSERT INTO inventory_stockmark (product_id, traceparent) SELECT marked, %s FROM unnest(%s::bigint[]) marked",
        tracing.traceparent(), sorted(product_ids),
    )  # fmt: skip


# those announced within the last second keep their marks
_TAKE = """
WITH due AS (
    SELECT DISTINCT mark.product_id FROM inventory_stockmark mark WHERE NOT EXISTS (
        SELECT FROM core_outboxevent e WHERE e.entity = 'stock' AND e.entity_id = mark.product_id::text
            AND e.time > clock_timestamp() - make_interval(secs => %(pause)s))
    LIMIT %(limit)s
), taken AS (
    DELETE FROM inventory_stockmark mark USING due WHERE mark.product_id = due.product_id
    RETURNING mark.product_id, mark.traceparent
)
SELECT DISTINCT product_id, traceparent FROM taken
"""

# what moved between the last event and now
_CAUSE = """
SELECT CASE movement.kind WHEN 'sale' THEN 'sale' WHEN 'receipt' THEN 'return' WHEN 'reading' THEN 'pos'
    WHEN 'correction' THEN 'manual' WHEN 'opening' THEN 'import' END AS cause
FROM inventory_stockmovement movement JOIN inventory_stocklevel moved ON moved.id = movement.level_id
WHERE moved.product_id = product.id AND movement.created_at > sent.time ORDER BY movement.id DESC LIMIT 1
"""
_DUE = f"""
WITH sent AS (
    SELECT DISTINCT ON (entity_id) entity_id, data, time FROM {ALL_EVENTS} event
    WHERE entity = 'stock' AND entity_id = ANY(%(entities)s) ORDER BY entity_id, version DESC
), fresh AS (
    SELECT product.id, product.sku, sum(level.on_hand) AS on_hand, sum(level.reserved) AS reserved,
        sum(level.available) AS available, jsonb_agg(jsonb_build_object('warehouse_id', place.id::text, 'warehouse', place.name,
            'on_hand', trim_scale(level.on_hand), 'reserved', trim_scale(level.reserved),
            'available', trim_scale(level.available)) ORDER BY place.id) AS levels
    FROM inventory_product product JOIN inventory_stocklevel level ON level.product_id = product.id
    JOIN inventory_warehouse place ON place.id = level.warehouse_id AND place.is_active
    WHERE product.id = ANY(%(products)s) GROUP BY product.id
)
SELECT product.id, ARRAY(
        SELECT DISTINCT l.shop_id FROM ({PARTS}) part JOIN inventory_listing l ON l.product_id = part.sold_id
        WHERE part.product_id = product.id AND l.status <> 'deleted' ORDER BY 1),
    jsonb_build_object('product_id', product.id::text, 'sku', product.sku, 'on_hand', trim_scale(product.on_hand),
        'reserved', trim_scale(product.reserved), 'available', trim_scale(product.available), 'levels', product.levels,
        'previous', sent.data -> 'available', 'changed_at', {utc_sql("clock_timestamp()")},
        'cause', coalesce(moved.cause, CASE
            WHEN product.reserved > (sent.data ->> 'reserved')::numeric THEN 'sale'
            WHEN product.reserved < (sent.data ->> 'reserved')::numeric THEN 'cancel' ELSE 'other' END))::text
FROM fresh product LEFT JOIN sent ON sent.entity_id = product.id::text LEFT JOIN LATERAL ({_CAUSE}) moved ON true
WHERE product.levels IS DISTINCT FROM sent.data -> 'levels'
ORDER BY product.id
"""


@transaction.atomic
def announce_stock(*, limit: int = BATCH) -> int:
    """Emit `stock.changed` for marked products whose levels differ from their last event; return how many were looked at.

    May be repeated, by any number of processes: one at a time, the others return 0 at once.
    """
    if not fetch("SELECT FROM inventory_stockmark LIMIT 1"):
        return 0
    [(is_ours,)] = fetch("SELECT pg_try_advisory_xact_lock(%s)", ANNOUNCING_LOCK)
    if not is_ours:
        return 0
    taken = fetch(_TAKE, pause=PAUSE_SECONDS, limit=limit)
    products = sorted({pk for pk, _ in taken})
    if products:
        with tracing.continued("announce stock", "consumer", [origin for _, origin in taken], rows=len(products)):
            _emit(products)
    return len(products)


def _emit(products: Sequence[int]) -> None:
    # a statement of its own: it sees the levels of whoever left the marks
    rows = fetch(_DUE, products=products, entities=[str(pk) for pk in products])
    emit([Event(STOCK_CHANGED.name, SOURCE, "stock", str(pk), decode(data), tuple(shops)) for pk, shops, data in rows])
