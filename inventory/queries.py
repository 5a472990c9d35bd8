"""Reads of stock and listings that several statements or the apps above share."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from core.db import fetch, fetch_as
from inventory.models import Listing

# a listing that waits for a person to map it
IS_UNMAPPED = Q(product__isnull=True) & ~Q(status=Listing.Status.DELETED)

# SQL: (sold_id, product_id, units), the parts of one piece of every product; one that is no bundle is its own part
PARTS = """
    SELECT bundle_id AS sold_id, product_id, units FROM inventory_bundlecomponent
    UNION ALL SELECT id, id, 1 FROM inventory_product WHERE NOT is_bundle
"""
# SQL: the ids of %(products)s and of the bundles with them: a listing of one of these sells from their stock
SELLING = """
    SELECT unnest(%(products)s::bigint[])
    UNION SELECT bundle_id FROM inventory_bundlecomponent WHERE product_id = ANY(%(products)s)
"""


def available_stock(product_ids: Collection[int]) -> list[tuple[int, int, Decimal]]:
    """Return (product, warehouse, available units) of every level of these products."""
    return fetch(
        "SELECT product_id, warehouse_id, available FROM inventory_stocklevel WHERE product_id = ANY(%s)",
        list(product_ids),
    )


def with_parts(product_ids: Collection[int]) -> set[int]:
    """Return these products and the parts of those that are bundles."""
    rows = fetch("SELECT product_id FROM inventory_bundlecomponent WHERE bundle_id = ANY(%s)", list(product_ids))
    return {*product_ids, *(row[0] for row in rows)}


def items_of(shop_id: int | None, product_ids: Collection[int]) -> list[str]:
    """Return the item ids under which a shop lists these products."""
    rows = fetch(
        "SELECT DISTINCT item_id FROM inventory_listing WHERE shop_id = %s AND product_id = ANY(%s) ORDER BY 1",
        shop_id, sorted(product_ids),
    )  # fmt: skip
    return [row[0] for row in rows]


class HeldProduct(NamedTuple):
    """Units of a product that an order holds at a warehouse, and the product in the POS' book, if it is there."""

    product_id: int
    units: Decimal
    sku: str
    item_id: str | None
    variation_id: str | None
    pos_code: str | None


_HELD = """
SELECT held.product_id, held.units, product.sku, book.item_id, book.variation_id, book.sku AS pos_code
FROM (
    SELECT level.product_id, sum(r.quantity) AS units
    FROM inventory_reservation r JOIN inventory_stocklevel level ON level.id = r.level_id
    WHERE r.shop_id = %(shop)s AND r.order_number = %(number)s AND level.warehouse_id = %(warehouse)s AND r.quantity > 0
    GROUP BY 1
) held
JOIN inventory_product product ON product.id = held.product_id
LEFT JOIN LATERAL (
    SELECT item_id, variation_id, sku FROM inventory_listing l
    WHERE l.shop_id = %(book)s AND l.product_id = held.product_id AND l.units = 1
    ORDER BY l.status <> 'active', l.id LIMIT 1
) book ON true
ORDER BY 1
"""


def held_products(
    shop_id: int | None, order_number: str, *, warehouse_id: int | None, book_shop_id: int | None
) -> list[HeldProduct]:
    """Return the products that an order of a shop holds at a warehouse, by product id."""
    return fetch_as(
        HeldProduct, _HELD, shop=shop_id, number=order_number, warehouse=warehouse_id, book=book_shop_id
    )  # fmt: skip
