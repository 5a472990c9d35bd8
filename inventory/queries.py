"""Reads of stock and listings that several statements or the apps above share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, Sum

from core.db import fetch, fetch_as
from inventory.models import Listing, ListingStock, StockLevel

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
    """Units of a product for a document, and the product in the POS' book, if it lives there."""

    product_id: int
    units: Decimal
    sku: str
    item_id: str | None
    variation_id: str | None
    pos_code: str | None


_HELD = """
SELECT level.product_id, sum(r.quantity)
FROM inventory_reservation r JOIN inventory_stocklevel level ON level.id = r.level_id
WHERE r.shop_id = %(shop)s AND r.order_number = %(number)s AND level.warehouse_id = %(warehouse)s AND r.quantity > 0
GROUP BY 1 ORDER BY 1
"""

_IN_BOOK = """
SELECT named.product_id, named.units, product.sku, book.item_id, book.variation_id, book.sku AS pos_code
FROM unnest(%(products)s::bigint[], %(units)s::numeric[]) AS named(product_id, units)
JOIN inventory_product product ON product.id = named.product_id
LEFT JOIN LATERAL (
    SELECT item_id, variation_id, sku FROM inventory_listing l
    WHERE l.shop_id = %(book)s AND l.product_id = named.product_id AND l.units = 1 AND l.status <> 'deleted'
    ORDER BY l.status <> 'active', l.id LIMIT 1
) book ON true
ORDER BY 1
"""


def held_units(shop_id: int | None, order_number: str, *, warehouse_id: int | None) -> dict[int, Decimal]:
    """Return the units of each product that an order of a shop holds at a warehouse."""
    return dict(fetch(_HELD, shop=shop_id, number=order_number, warehouse=warehouse_id))


def book_products(units: Mapping[int, Decimal], *, book_shop_id: int | None) -> list[HeldProduct]:
    """Return these units of products with what the POS' book calls them, by product id."""
    named = {"products": list(units), "units": list(units.values())}
    return fetch_as(HeldProduct, _IN_BOOK, **named, book=book_shop_id)


_OTHERS = """
SELECT mine.item_id, sum(coalesce(s.pushing, s.expected)) FILTER (WHERE s.id <> ALL(%(stocks)s))
FROM (SELECT DISTINCT l.item_id FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id
    WHERE s.id = ANY(%(stocks)s)) mine
JOIN inventory_listing l ON l.shop_id = %(shop)s AND l.item_id = mine.item_id AND l.status <> 'deleted'
LEFT JOIN inventory_listingstock s ON s.listing_id = l.id
GROUP BY mine.item_id
HAVING bool_and(s.id = ANY(%(stocks)s) OR s.unsettled IS NULL AND coalesce(s.pushing, s.expected) IS NOT NULL)
"""


def shown_by_others(shop_id: int, stock_ids: Collection[int]) -> dict[str, int]:
    """Return what the other listings of these listings' items show together, by item id; without items that are not known for sure."""
    return {item: int(units or 0) for item, units in fetch(_OTHERS, shop=shop_id, stocks=sorted(stock_ids))}


@dataclass(frozen=True, slots=True)
class LevelExplained:
    """Explanation of a stock level's numbers. `moved`: by kind of movement; `held`: by shop, of some shops; `others`: by all other
    shops; `at_pos`: by orders at the POS that are not ours; `listings`: what the shops' listings of the product show."""

    moved: Mapping[str, Decimal]
    held: Mapping[int, Decimal]
    others: Decimal
    at_pos: Decimal
    listings: list[ListingStock]


MOST_LISTINGS = 50


def explain_level(level: StockLevel, shop_ids: Collection[int]) -> LevelExplained:
    """Explain a level to somebody who may see these shops. Three queries."""
    moved = level.movements.values_list("kind").annotate(n=Sum("quantity")).order_by("kind")
    reservations = level.reservations.filter(quantity__gt=0).values_list("shop_id")
    held = dict(reservations.annotate(n=Sum("quantity")).order_by("shop_id"))
    own = {shop: units for shop, units in held.items() if shop in shop_ids}
    listings = (
        ListingStock.objects.filter(listing__product_id=level.product_id, listing__shop_id__in=shop_ids)
        .exclude(listing__shop__keeps_stock=True)
        .select_related("listing__shop")
        .order_by("listing__shop__name", "id")
    )
    return LevelExplained(
        moved=dict(moved), held=own, others=sum(held.values(), Decimal(0)) - sum(own.values(), Decimal(0)),
        at_pos=max(level.pos_reserved - level.pos_own, Decimal(0)), listings=list(listings[:MOST_LISTINGS]),
    )  # fmt: skip
