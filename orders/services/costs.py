"""Freezing the cost of a line when it is handed to the carrier."""

from __future__ import annotations

from collections.abc import Collection

from core.db import execute
from core.money import BOOK_CURRENCY
from orders.statuses import statuses

# a cost of 0 is one that nobody entered: with one such part the cost of the piece is not known
_FREEZE = """
UPDATE orders_orderline line SET unit_cost = left_at.unit_cost
FROM (
    SELECT sold.id, sum(part.value::numeric * product.cost) AS unit_cost
    FROM orders_orderline sold
    JOIN orders_order placed ON placed.id = sold.order_id AND placed.currency = %(currency)s
    CROSS JOIN LATERAL jsonb_each_text(sold.parts) part
    JOIN inventory_product product ON product.id = part.key::bigint
    WHERE sold.order_id = ANY(%(orders)s) AND sold.unit_cost IS NULL AND sold.status = ANY(%(left)s)
    GROUP BY sold.id HAVING bool_and(coalesce(product.cost, 0) > 0)
) left_at
WHERE line.id = left_at.id
"""
_LEFT = sorted(statuses("has_left"))


def freeze_costs(order_ids: Collection[int]) -> None:
    """Write what one piece of each line of these locked orders costs, of the lines that have left. May be repeated.

    What is written stays, whatever its parts cost later. A line that left before it was mapped, or before its parts had costs, gets
    those that are known when its order is next stored.
    """
    if order_ids:
        execute(_FREEZE, orders=sorted(set(order_ids)), left=_LEFT, currency=BOOK_CURRENCY)
