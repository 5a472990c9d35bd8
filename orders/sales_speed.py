"""Sales speed of products and what to reorder: one statement over the orders of 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from core.db import fetch_as
from orders.queries import is_left_sql
from orders.statuses import statuses

LONG_DAYS, SHORT_DAYS = 30, 14


class Reorder(NamedTuple):
    """A product that runs out: units left to sell, units sold in 14 and in 30 days, whole days that the stock covers at the faster
    of the two speeds, and units that bring it to the wanted days."""

    product_id: int
    available: Decimal
    sold_short: Decimal
    sold_long: Decimal
    days_of_cover: int
    suggested: int


# a bundle's parts are sold with it: `parts` of a line names the products that it took
_REORDER = f"""
WITH sold AS (
    SELECT part.key::bigint AS product_id, sum(line.quantity * part.value::numeric) AS long,
        coalesce(sum(line.quantity * part.value::numeric)
            FILTER (WHERE sale.placed_at > now() - make_interval(days => %(short_days)s)), 0) AS short
    FROM orders_order sale JOIN orders_orderline line ON line.order_id = sale.id AND {is_left_sql("line")}
    CROSS JOIN LATERAL jsonb_each_text(line.parts) part
    WHERE sale.shop_id = ANY(%(shops)s) AND sale.placed_at > now() - make_interval(days => %(long_days)s)
        AND sale.status <> ALL(%(off)s)
    GROUP BY 1
), speed AS (
    SELECT sold.*, greatest(long / %(long_days)s, short / %(short_days)s) AS per_day,
        coalesce((SELECT sum(level.available) FROM inventory_stocklevel level
                  WHERE level.product_id = sold.product_id AND level.warehouse_id = ANY(%(warehouses)s)), 0) AS available
    FROM sold JOIN inventory_product product ON product.id = sold.product_id
        AND product.is_active AND NOT product.selling_stopped
)
SELECT product_id, available, short AS sold_short, long AS sold_long,
    floor(greatest(available, 0) / per_day)::int AS days_of_cover, ceil(per_day * %(days)s - available)::int AS suggested
FROM speed WHERE per_day > 0 AND floor(greatest(available, 0) / per_day) < %(below)s AND per_day * %(days)s > available
ORDER BY greatest(available, 0) / per_day, long DESC, product_id LIMIT %(most)s
"""


def to_reorder(
    shop_ids: Sequence[int], warehouse_ids: Sequence[int], *, below_days: int, cover_days: int, most: int
) -> list[Reorder]:
    """Return the products whose stock in these warehouses ends within `below_days` at the speed of these shops' sales, soonest first.

    `cover_days`: the days that the suggested quantity makes the stock last. Cancelled sales do not count. What is not sold any more is
    not reordered.
    """
    return fetch_as(
        Reorder, _REORDER, shops=list(shop_ids), warehouses=list(warehouse_ids), off=sorted(statuses("is_off")),
        long_days=LONG_DAYS, short_days=SHORT_DAYS, below=below_days, days=cover_days, most=most,
    )  # fmt: skip
