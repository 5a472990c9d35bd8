"""Reads of orders that several statements or the apps above share."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from core.db import fetch, fetch_as
from orders.statuses import Status, statuses

_OFF = Status.CANCELLED.value


def is_left_sql(line: str) -> str:
    """Return the SQL condition that a line, by its alias, is left of its order: neither taken out nor cancelled."""
    return f"({line}.quantity > 0 AND {line}.status <> '{_OFF}')"


def has_unmapped_sql(order_id: str) -> str:
    """Return the SQL condition that an order, by the column with its id, has a line that is left and has no product."""
    return (
        f"EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = {order_id} AND {is_left_sql('line')}"
        " AND line.product_id IS NULL)"
    )


class OwnLine(NamedTuple):
    """A line of an order as its shop knows it. `paid_price`: of one piece."""

    item_id: str
    variation_id: str
    sku: str
    quantity: int
    paid_price: Decimal


_OWN_LINES = f"""
SELECT item_id, variation_id, sku, quantity, paid_price FROM orders_orderline line
WHERE order_id = %(order)s AND {is_left_sql("line")} ORDER BY id
"""


def own_lines(order_id: int) -> list[OwnLine]:
    """Return the lines that are left of an order, as its shop knows them."""
    return fetch_as(OwnLine, _OWN_LINES, order=order_id)


class SoldPart(NamedTuple):
    """A part of one piece of a line. `paid_price`: of the piece; `price`: the product's own, 0 where it has none."""

    line_id: int
    pieces: int
    paid_price: Decimal
    product_id: int
    units: Decimal
    price: Decimal


_SOLD_PARTS = f"""
SELECT line.id AS line_id, line.quantity AS pieces, line.paid_price, product.id AS product_id,
       part.value::numeric AS units, coalesce(product.price, 0) AS price
FROM orders_orderline line
CROSS JOIN LATERAL jsonb_each_text(line.parts) part
JOIN inventory_product product ON product.id = part.key::bigint
WHERE line.order_id = %(order)s AND {is_left_sql("line")} ORDER BY line.id, product.id
"""


def sold_parts(order_id: int | None) -> list[SoldPart]:
    """Return the parts of the lines that are left of an order, line by line."""
    return fetch_as(SoldPart, _SOLD_PARTS, order=order_id)


class BookLine(NamedTuple):
    """A line of an order by the SKU of its product in a book. `units`: of the product, in one piece."""

    sku: str
    title: str
    quantity: int
    units: int
    paid_price: Decimal


# an order that is off is written with the lines it had
_BOOK_LINES = f"""
SELECT coalesce(book.sku, nullif(product.sku, ''), line.sku) AS sku, line.title, line.quantity,
       coalesce(listing.units, 1) AS units, line.paid_price
FROM orders_orderline line
JOIN orders_order placed ON placed.id = line.order_id
LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
LEFT JOIN inventory_product product ON product.id = line.product_id
LEFT JOIN LATERAL (
    SELECT l.sku FROM inventory_listing l
    WHERE l.shop_id = %(book)s AND l.product_id = line.product_id AND l.units = 1 AND l.sku <> '' AND l.status <> 'deleted'
    ORDER BY l.id LIMIT 1
) book ON true
WHERE line.order_id = %(order)s AND line.quantity > 0 AND (line.status <> '{_OFF}' OR placed.status = '{_OFF}')
ORDER BY line.id
"""


def book_lines(order_id: int | None, book_shop_id: int | None) -> list[BookLine]:
    """Return the lines of an order by the SKUs of the shop that keeps the book, else by our own, else as they were sold."""
    return fetch_as(BookLine, _BOOK_LINES, order=order_id, book=book_shop_id)


_OPEN_UNITS = """
SELECT line.listing_id, sum(line.quantity)::int
FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id AND o.shop_id = %(shop)s
WHERE line.listing_id = ANY(%(listings)s) AND line.status = ANY(%(statuses)s) GROUP BY line.listing_id
"""


def open_units(shop_id: int, listing_ids: Collection[int]) -> dict[int, int]:
    """Return the pieces of each listing in the shop's own orders that have not left yet."""
    holding = sorted(statuses("holds_stock"))
    return dict(fetch(_OPEN_UNITS, shop=shop_id, listings=list(listing_ids), statuses=holding))


class WaitingOrder(NamedTuple):
    """An order with a line that was not mapped when it was stored."""

    shop_id: int
    number: str


_WAITING = """
SELECT DISTINCT placed.shop_id, placed.number
FROM inventory_listing listing
JOIN orders_order placed ON placed.shop_id = listing.shop_id
JOIN orders_orderline line ON line.order_id = placed.id AND line.product_id IS NULL
    AND line.item_id = listing.item_id AND line.variation_id = listing.variation_id
WHERE listing.id = ANY(%(listings)s) AND listing.product_id IS NOT NULL
ORDER BY 1, 2
"""


def orders_waiting_for(listing_ids: Collection[int]) -> list[WaitingOrder]:
    """Return the orders that wait for these listings to be mapped, of those that are mapped by now."""
    return fetch_as(WaitingOrder, _WAITING, listings=sorted(listing_ids))
