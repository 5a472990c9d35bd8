"""Sales of spans of time: sums of orders, lines and fees, each in one statement over all spans.

Amounts are in the book currency: orders in another one are counted, and add no amount.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.db import fetch_as
from core.money import BOOK_CURRENCY
from orders.statuses import NO_SALE

ZONE = "Asia/Ho_Chi_Minh"

_SOLD = "o.status <> ALL(%(not_sold)s)"

Spans = Mapping[str, tuple[datetime, datetime]]


@dataclass(frozen=True)
class Sales:
    """Orders of one shop and branch within one hour or day of a span. `at`: its start, in the shops' time, without a zone."""

    span: str
    shop: int
    branch: str
    at: datetime
    orders: int
    revenue: Decimal
    discounts: Decimal
    cancelled: int


@dataclass(frozen=True)
class Sold:
    """Sold pieces of one product in a span, None for lines without one, and the sums over the products of the span.

    `costed` and `cost`: revenue and cost of the pieces whose cost is frozen, in the shops whose costs may be seen.
    """

    span: str
    product: int | None
    sku: str
    name: str
    pieces: int
    revenue: Decimal
    all_revenue: Decimal
    costed: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Fees:
    """Fees and returns of a span: of orders placed in it what the rules expect and what is settled so far, returns asked for in it."""

    span: str
    expected: Decimal
    settled: Decimal
    returns: int


@dataclass(frozen=True)
class Staff:
    """Sales of one person at the POS in a span."""

    name: str
    orders: int
    revenue: Decimal


def sales(spans: Spans, shops: Collection[int], *, unit: str) -> list[Sales]:
    """Return the sales by shop, branch and `unit` ("hour" or "day")."""
    statement = f"""
    SELECT o.span, o.shop_id AS shop, o.branch_name AS branch,
        date_trunc(%(unit)s, o.placed_at AT TIME ZONE %(zone)s) AS at,
        count(*) FILTER (WHERE {_SOLD}) AS orders,
        coalesce(sum(o.total) FILTER (WHERE {_SOLD} AND o.currency = %(currency)s), 0) AS revenue,
        coalesce(sum(o.seller_discount) FILTER (WHERE {_SOLD} AND o.currency = %(currency)s), 0) AS discounts,
        count(*) FILTER (WHERE o.status = 'cancelled') AS cancelled
    FROM {_orders(spans)} GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 2, 3
    """
    return fetch_as(Sales, statement, **_params(spans, shops), unit=unit, zone=ZONE)


def products(spans: Spans, shops: Collection[int], *, cost_shops: Collection[int], most: int) -> list[Sold]:
    """Return the `most` products with the highest revenue of each span, the highest first."""
    costed = "l.unit_cost IS NOT NULL AND o.shop_id = ANY(%(cost_shops)s)"
    statement = f"""
    WITH sold AS (
        SELECT o.span, l.product_id AS product, sum(l.quantity) AS pieces, sum(l.quantity * l.paid_price) AS revenue,
            sum(l.quantity * l.paid_price) FILTER (WHERE {costed}) AS costed,
            sum(l.quantity * l.unit_cost) FILTER (WHERE {costed}) AS cost
        FROM {_orders(spans)} CROSS JOIN LATERAL (
            SELECT product_id, quantity, paid_price, unit_cost FROM orders_orderline
            WHERE order_id = o.id AND status <> ALL(%(not_sold)s)
            OFFSET 0  -- looked up order by order: for a week PostgreSQL would read the lines of all years
        ) l
        WHERE {_SOLD} AND o.currency = %(currency)s
        GROUP BY 1, 2
    ), ranked AS (
        SELECT span, product, pieces, revenue, sum(revenue) OVER whole AS all_revenue,
            coalesce(sum(costed) OVER whole, 0) AS costed, coalesce(sum(cost) OVER whole, 0) AS cost,
            row_number() OVER (PARTITION BY span ORDER BY product IS NULL, revenue DESC, product) AS place
        FROM sold WINDOW whole AS (PARTITION BY span)
    )
    SELECT span, product, coalesce((SELECT sku FROM inventory_product WHERE id = product), '') AS sku,
        coalesce((SELECT name FROM inventory_product WHERE id = product), '') AS name, pieces, revenue, all_revenue, costed, cost
    FROM ranked WHERE place <= %(most)s ORDER BY span, place
    """
    return fetch_as(Sold, statement, **_params(spans, shops), cost_shops=sorted(cost_shops), most=most)


def fees(spans: Spans, shops: Collection[int]) -> list[Fees]:
    """Return the fees and returns of each span."""
    statement = _each(
        spans,
        """
        SELECT {name} AS span, coalesce(sum(m.expected), 0) AS expected, coalesce(sum(m.settled), 0) AS settled,
            (SELECT count(*) FROM orders_return r
             WHERE r.requested_at >= {since} AND r.requested_at < {until} AND r.shop_id = ANY(%(shops)s)) AS returns
        FROM commissions_feematch m
        WHERE m.placed_at >= {since} AND m.placed_at < {until} AND m.shop_id = ANY(%(shops)s) AND m.currency = %(currency)s
        """,
    )
    return fetch_as(Fees, statement, **_params(spans, shops))


def staff(since: datetime, until: datetime, shops: Collection[int], *, most: int) -> list[Staff]:
    """Return the `most` people with the highest revenue at the POS."""
    spans = {"": (since, until)}
    statement = f"""
    SELECT max(coalesce(nullif(o.staff_name, ''), o.staff_id)) AS name, count(*) AS orders, sum(o.total) AS revenue
    FROM {_orders(spans)} WHERE {_SOLD} AND o.staff_id <> '' AND o.currency = %(currency)s AND o.total IS NOT NULL
    GROUP BY o.shop_id, o.staff_id ORDER BY revenue DESC, name LIMIT %(most)s
    """
    return fetch_as(Staff, statement, **_params(spans, shops), most=most)


def _orders(spans: Spans) -> str:
    """Return the SQL of the orders placed in each span, as `o` with the span's name.

    One part per span: joined to a list of spans, PostgreSQL would guess a ninth of all orders for each, and read every order.
    """
    part = "SELECT {name} AS span, * FROM orders_order WHERE placed_at >= {since} AND placed_at < {until} AND shop_id = ANY(%(shops)s)"
    return f"({_each(spans, part)}) o"


def _each(spans: Spans, part: str) -> str:
    """Return the SQL of one SELECT per span. `part` names the span's parameters."""
    numbers = range(len(spans))
    return " UNION ALL ".join(
        part.format(
            name=f"%(name_{n})s::text", since=f"%(since_{n})s::timestamptz", until=f"%(until_{n})s::timestamptz"
        )
        for n in numbers
    )


def _params(spans: Spans, shops: Collection[int]) -> dict[str, Any]:
    edges = {
        f"{edge}_{n}": value
        for n, (name, (since, until)) in enumerate(spans.items())
        for edge, value in (("name", name), ("since", since), ("until", until))
    }
    return edges | {
        "shops": sorted(shops), "not_sold": [str(status) for status in NO_SALE], "currency": BOOK_CURRENCY,
    }  # fmt: skip
