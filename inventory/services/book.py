"""The product book of a stock master: its products by its own id. Codes, names and prices move with their product.

A listing in the shop of a stock master is one product of its book. Its code says only which product a new id stands for: one
that has no living id yet (made by hand, or deleted and made anew at the POS). A second POS never joins a product of the first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from core.db import execute, fetch, fetch_as, named_columns
from inventory.models import StockMovement
from inventory.services.levels import lock_levels
from inventory.snapshots import ListingSnapshot

# SQL: the ids in the books of stock masters, and whether a product may be sold by what they say of it
_LIVING = """
    SELECT FROM inventory_listing living JOIN inventory_shop master ON master.id = living.shop_id AND master.keeps_stock
    WHERE living.product_id = {product} AND living.status {status}
"""
_HAS_LIVING = "EXISTS (" + _LIVING.format(product="product.id", status="<> 'deleted'") + ")"
_IS_SOLD = "EXISTS (" + _LIVING.format(product="product.id", status="= 'active'") + ")"

_NEW = "listing.id = ANY(%(listings)s) AND listing.product_id IS NULL AND listing.status <> 'deleted'"

# one id for each product, one product for each id
_ADOPT = f"""
WITH free AS (
    SELECT min(product.id) AS id, product.sku FROM inventory_product product
    WHERE product.sku <> '' AND product.sku IN (SELECT listing.sku FROM inventory_listing listing WHERE {_NEW})
        AND NOT {_HAS_LIVING} AND NOT EXISTS (
            SELECT FROM inventory_productpair pair WHERE pair.second_id = product.id AND pair.decision = 'joined')
    GROUP BY product.sku
), chosen AS (
    SELECT min(listing.id) AS listing_id, free.id AS product_id
    FROM inventory_listing listing JOIN free ON free.sku = listing.sku WHERE {_NEW} GROUP BY free.id
)
UPDATE inventory_listing listing SET product_id = chosen.product_id FROM chosen WHERE listing.id = chosen.listing_id
RETURNING listing.id
"""

_CREATE = f"""
WITH new AS (
    SELECT listing.id AS listing_id, listing.sku, listing.title,
        nextval(pg_get_serial_sequence('inventory_product', 'id')) AS product_id
    FROM inventory_listing listing WHERE {_NEW}
), made AS (
    INSERT INTO inventory_product (id, sku, barcode, name, is_bundle, created_at, updated_at)
    SELECT product_id, sku, '', title, false, now(), now() FROM new
)
UPDATE inventory_listing listing SET product_id = new.product_id FROM new WHERE listing.id = new.listing_id
RETURNING listing.id
"""

# The first id of a product that lives describes it; in the order of the products, as every writer of the book.
_DESCRIBE = """
WITH told AS (
    SELECT n.*, listing.product_id, listing.sku, listing.barcode, listing.title AS name, listing.price,
        listing.search_text, listing.search_grams FROM
        unnest(%(listings)s::bigint[], %(costs)s::numeric[], %(bundles)s::bool[]) AS n(listing_id, cost, is_bundle)
    JOIN inventory_listing listing ON listing.id = n.listing_id AND listing.status <> 'deleted'
    WHERE NOT EXISTS (
        SELECT FROM inventory_listing first JOIN inventory_shop master ON master.id = first.shop_id AND master.keeps_stock
        WHERE first.product_id = listing.product_id AND first.status <> 'deleted' AND first.id < listing.id)
), locked AS (
    SELECT product.id FROM inventory_product product WHERE product.id IN (SELECT product_id FROM told)
    ORDER BY product.id FOR NO KEY UPDATE
)
UPDATE inventory_product product SET sku = told.sku, barcode = told.barcode, name = told.name, price = told.price,
    cost = coalesce(told.cost, product.cost), is_bundle = told.is_bundle, search_text = told.search_text,
    search_grams = told.search_grams, updated_at = now()
FROM told JOIN locked ON locked.id = told.product_id
WHERE product.id = told.product_id
    AND (product.sku, product.barcode, product.name, product.price, product.cost, product.is_bundle, product.search_text)
    IS DISTINCT FROM (
        told.sku, told.barcode, told.name, told.price, coalesce(told.cost, product.cost), told.is_bundle, told.search_text)
"""

# what the stock master no longer sells is shown by nobody; what it has deleted is told to people as well
_SOLD = f"""
UPDATE inventory_product product SET is_active = {_IS_SOLD},
    gone_at = CASE WHEN {_HAS_LIVING} THEN NULL ELSE coalesce(product.gone_at, clock_timestamp()) END
WHERE product.id IN (SELECT listing.product_id FROM inventory_listing listing WHERE {{listings}})
    AND (product.is_active, product.gone_at IS NULL) IS DISTINCT FROM ({_IS_SOLD}, {_HAS_LIVING})
"""
_SOLD_BY_ID = _SOLD.format(listings="listing.id = ANY(%(listings)s)")
_SOLD_BY_ITEM = _SOLD.format(listings="listing.shop_id = %(shop)s AND listing.item_id = ANY(%(items)s)")

_COMPONENTS = """
WITH named AS (
    SELECT bundle.product_id AS bundle_id, part.product_id, sum(c.units) AS units
    FROM unnest(%(bundles)s::text[], %(parts)s::text[], %(units)s::numeric[]) AS c(bundle, part, units)
    JOIN inventory_listing bundle ON bundle.shop_id = %(shop)s AND bundle.item_id = c.bundle
    JOIN inventory_listing part ON part.shop_id = %(shop)s AND part.item_id = c.part
    WHERE bundle.product_id IS NOT NULL AND part.product_id IS NOT NULL
    GROUP BY 1, 2
), gone AS (
    DELETE FROM inventory_bundlecomponent old USING (SELECT DISTINCT bundle_id FROM named) b
    WHERE old.bundle_id = b.bundle_id
      AND NOT EXISTS (SELECT FROM named WHERE named.bundle_id = old.bundle_id AND named.product_id = old.product_id)
)
INSERT INTO inventory_bundlecomponent AS component (bundle_id, product_id, units)
SELECT bundle_id, product_id, units FROM named
ON CONFLICT (bundle_id, product_id) DO UPDATE SET units = excluded.units WHERE component.units <> excluded.units
"""

# A product that was made anew under the code of the one that is gone, and was read first: the old product, which the
# marketplaces and orders know, gets the new id, and what was mapped to the product made for it follows.
_MADE_ANEW = """
WITH successor AS (
    SELECT DISTINCT ON (gone.product_id) gone.product_id AS old_id, gone.item_id AS old_item, new.product_id AS new_id,
        new.item_id AS new_item
    FROM inventory_listing gone JOIN inventory_listing new
      ON new.shop_id = gone.shop_id AND new.sku = gone.sku AND new.status <> 'deleted' AND new.product_id <> gone.product_id
    WHERE gone.shop_id = %(shop)s AND gone.item_id = ANY(%(items)s) AND gone.status = 'deleted' AND gone.sku <> ''
        AND NOT EXISTS (SELECT FROM inventory_listing living JOIN inventory_shop master
            ON master.id = living.shop_id AND master.keeps_stock
            WHERE living.product_id = gone.product_id AND living.status <> 'deleted')
    ORDER BY gone.product_id, new.id
), locked AS (
    SELECT listing.id FROM inventory_listing listing WHERE listing.product_id IN (SELECT new_id FROM successor)
    ORDER BY listing.id FOR NO KEY UPDATE
)
UPDATE inventory_listing listing SET product_id = successor.old_id
FROM successor JOIN locked ON true WHERE listing.id = locked.id AND listing.product_id = successor.new_id
RETURNING listing.id, successor.old_id, successor.new_id, successor.old_item, successor.new_item
"""


class Moved(NamedTuple):
    """A listing that moved to the product of an id that is gone: `new_item` is what the POS calls that product now."""

    id: int
    old_id: int
    new_id: int
    old_item: str
    new_item: str


def keep_book(shop_id: int, told: Mapping[int, ListingSnapshot]) -> set[int]:
    """Keep the products of these listings of a stock master, just stored; returns the listings that were mapped just now.

    Inside the caller's transaction; may be repeated.
    """
    named = {"listings": sorted(told)}
    mapped = {row[0] for row in (*fetch(_ADOPT, **named), *fetch(_CREATE, **named))}
    rows = [(listing, told[listing].cost, bool(told[listing].components)) for listing in named["listings"]]
    execute(_DESCRIBE, **named_columns("listings costs bundles", rows))
    execute(_SOLD_BY_ID, **named)
    parts = [(s.item_id, part.item_id, part.units) for s in told.values() for part in s.components]
    if parts:
        execute(_COMPONENTS, shop=shop_id, **named_columns("bundles parts units", parts))
    return mapped


def close_book(shop_id: int, item_ids: Collection[str]) -> list[Moved]:
    """Take what a stock master has deleted off sale, its stock with it; returns the listings that moved to another product.

    Inside the caller's transaction, which holds the locks of the levels. May be repeated.
    """
    named = {"shop": shop_id, "items": sorted(item_ids)}
    moved = fetch_as(Moved, _MADE_ANEW, **named)
    left_over = sorted({row.new_id for row in moved})
    _empty_levels(shop_id, sorted(item_ids), [*left_over, *(row.old_id for row in moved)])
    execute(_SOLD_BY_ITEM, **named)
    if moved:
        execute(_LEFT_OVER, products=left_over)
    return moved


_LEFT_OVER = """
UPDATE inventory_product SET is_active = false, gone_at = coalesce(gone_at, clock_timestamp()) WHERE id = ANY(%(products)s)
"""

_DEAD_LEVELS = f"""
SELECT level.id FROM inventory_stocklevel level
JOIN inventory_warehouse branch ON branch.id = level.warehouse_id AND branch.shop_id = %(shop)s
JOIN inventory_product product ON product.id = level.product_id
WHERE level.product_id = ANY(%(products)s) OR NOT {_HAS_LIVING} AND level.product_id IN (
    SELECT listing.product_id FROM inventory_listing listing
    WHERE listing.shop_id = %(shop)s AND listing.item_id = ANY(%(items)s))
"""

_EMPTY = f"""
WITH was AS (
    SELECT id, on_hand FROM inventory_stocklevel WHERE id = ANY(%(levels)s)
), emptied AS (
    UPDATE inventory_stocklevel SET on_hand = 0, pos_reserved = 0, pos_own = 0 WHERE id IN (SELECT id FROM was)
)
INSERT INTO inventory_stockmovement (level_id, quantity, kind)
SELECT id, -on_hand, '{StockMovement.Kind.READING}' FROM was WHERE on_hand <> 0
"""


def _empty_levels(shop_id: int, item_ids: list[str], product_ids: list[int]) -> None:
    """Take what the branches held of deleted products off the books."""
    levels = fetch(_DEAD_LEVELS, shop=shop_id, items=item_ids, products=product_ids)
    if locked := lock_levels(level_ids={row[0] for row in levels}):
        execute(_EMPTY, levels=sorted(locked))
