"""Lines of a product that became part of another one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.db import execute, fetch
from orders.services.attention import lock_orders


class SoldAs(NamedTuple):
    """A line that was sold as a product, or as a bundle with it. `has_both`: it has parts of the other product, too."""

    id: int
    order_id: int
    has_both: bool


_LINES = """
SELECT line.id, line.order_id, jsonb_exists(line.parts, %(other)s::text) AS has_both FROM orders_orderline line
WHERE line.product_id = %(product)s OR line.product_id IN (
    SELECT bundle_id FROM inventory_bundlecomponent WHERE product_id = ANY(ARRAY[%(product)s, %(other)s]::bigint[])
) AND jsonb_exists(line.parts, %(product)s::text)
ORDER BY line.id
"""

_RENAME = """
UPDATE orders_orderline SET product_id = CASE WHEN product_id = %(old)s THEN %(new)s ELSE product_id END,
    parts = CASE WHEN jsonb_exists(parts, %(old)s::text) THEN (parts - %(old)s::text) || jsonb_build_object(%(new)s::text,
        (coalesce((parts ->> %(new)s::text)::numeric, 0) + (parts ->> %(old)s::text)::numeric)::text) ELSE parts END
WHERE id = ANY(%(lines)s)
"""


def lock_lines(product_id: int, other_id: int) -> list[SoldAs]:
    """Lock the orders with lines of a product and return those lines. Inside the caller's transaction, before all else."""
    lock_orders({row[1] for row in fetch(_LINES, product=product_id, other=other_id)})
    # read again: an order that was just being stored may have another line
    return [SoldAs(*row) for row in fetch(_LINES, product=product_id, other=other_id)]


def rename_product(line_ids: Sequence[int], old_id: int, new_id: int) -> None:
    """Let these lines be of the new product where they were of the old one. Their orders are locked."""
    if line_ids:
        execute(_RENAME, lines=list(line_ids), old=old_id, new=new_id)


_SOLD_SINCE = """
SELECT EXISTS (SELECT FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
    WHERE o.created_at > %(since)s AND (line.product_id = %(product)s OR line.product_id IN (
        SELECT bundle_id FROM inventory_bundlecomponent WHERE product_id = %(product)s)))
"""


def was_sold_since(product_id: int, since: datetime) -> bool:
    """Return whether an order with a product, or a bundle with it, was first stored since then."""
    return bool(fetch(_SOLD_SINCE, product=product_id, since=since)[0][0])
