"""Storing the parcels of orders."""

from __future__ import annotations

from collections.abc import Sequence

from core.db import execute, named_columns
from orders.snapshots import OrderSnapshot

# a parcel that is named is a current one, also when it was replaced before
_UPSERT = """
INSERT INTO orders_parcel AS parcel (order_id, number, tracking_number, carrier, channel_status)
SELECT * FROM unnest(%(orders)s::bigint[], %(numbers)s::text[], %(tracking)s::text[], %(carriers)s::text[], %(statuses)s::text[])
ON CONFLICT (order_id, number) DO UPDATE SET
    tracking_number = CASE WHEN excluded.tracking_number = '' THEN parcel.tracking_number
                      ELSE excluded.tracking_number END,
    carrier = excluded.carrier, channel_status = excluded.channel_status, replaced_at = NULL
"""

# an answer that names no parcel at all says nothing of those before; one that names some names all there are
_REPLACED = """
UPDATE orders_parcel parcel SET replaced_at = clock_timestamp()
WHERE parcel.order_id = ANY(%(orders)s) AND parcel.replaced_at IS NULL AND NOT EXISTS (
    SELECT FROM unnest(%(orders)s::bigint[], %(numbers)s::text[]) AS n(order_id, number)
    WHERE n.order_id = parcel.order_id AND n.number = parcel.number)
"""


def store_parcels(taken: Sequence[tuple[int, OrderSnapshot]]) -> None:
    """Store the parcels of locked orders, by order id; those that an answer names no longer are marked as replaced."""
    rows = sorted(
        (order, p.number, p.tracking_number, p.carrier, p.channel_status) for order, s in taken for p in s.parcels
    )
    if rows:
        columns = named_columns("orders numbers tracking carriers statuses", rows)
        execute(_REPLACED, orders=columns["orders"], numbers=columns["numbers"])
        execute(_UPSERT, **columns)
