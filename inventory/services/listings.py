"""Storing listings, the product book of a POS, and the mapping of listings to products."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from core.db import columns, encode, execute, fetch, named_columns
from core.results import Stored
from inventory.models import Shop
from inventory.services.wanted import lock_listing_stocks
from inventory.signals import listings_mapped
from inventory.snapshots import ListingSnapshot

# an older answer never overwrites a newer one: the channel's time decides, then the time we asked
_NEWER = """
    (listing.version IS NULL OR excluded.version IS NULL OR listing.version = excluded.version
        OR listing.version < excluded.version)
    AND (listing.asked_at IS NULL OR listing.asked_at < excluded.asked_at
        OR (listing.version IS NOT NULL AND excluded.version > listing.version))
"""

_UPSERT = f"""
INSERT INTO inventory_listing AS listing
    (shop_id, item_id, variation_id, outlet_item_id, sku, barcode, title, variation_name, description, images, status,
     price, currency, version, asked_at, raw)
SELECT %(shop)s, n.* FROM unnest(%(items)s::text[], %(variations)s::text[], %(outlet_items)s::text[], %(skus)s::text[],
    %(barcodes)s::text[], %(titles)s::text[], %(variation_names)s::text[], %(descriptions)s::text[], %(images)s::jsonb[],
    %(statuses)s::text[], %(prices)s::numeric[], %(currencies)s::text[], %(versions)s::timestamptz[], %(asked)s::timestamptz[],
    %(raws)s::jsonb[]) AS n
ON CONFLICT (shop_id, item_id, variation_id) DO UPDATE SET
    outlet_item_id = excluded.outlet_item_id, sku = excluded.sku, barcode = excluded.barcode, title = excluded.title,
    variation_name = excluded.variation_name, description = excluded.description, images = excluded.images,
    status = excluded.status, price = excluded.price, currency = excluded.currency, version = excluded.version,
    asked_at = excluded.asked_at, raw = excluded.raw
WHERE {_NEWER}
RETURNING id, item_id, variation_id
"""

_BOOK = """
INSERT INTO inventory_product AS product
    (sku, barcode, name, price, cost, is_bundle, created_at, updated_at)
SELECT n.*, now(), now()
FROM unnest(%(skus)s::text[], %(barcodes)s::text[], %(names)s::text[], %(prices)s::numeric[], %(costs)s::numeric[],
    %(bundles)s::bool[]) AS n
ON CONFLICT (sku) DO UPDATE SET
    barcode = excluded.barcode, name = excluded.name, price = excluded.price, cost = coalesce(excluded.cost, product.cost),
    is_bundle = excluded.is_bundle, updated_at = now()
WHERE (product.barcode, product.name, product.price, product.cost, product.is_bundle)
    IS DISTINCT FROM (excluded.barcode, excluded.name, excluded.price, excluded.cost, excluded.is_bundle)
"""

_ADOPT = """
UPDATE inventory_listing listing SET product_id = product.id FROM inventory_product product
WHERE listing.shop_id = %s AND listing.product_id IS NULL AND listing.sku <> '' AND product.sku = listing.sku
  AND listing.item_id = ANY(%s)
RETURNING listing.id
"""

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


def listing_ids(shop_id: int, item_ids: Sequence[str]) -> list[int]:
    """Return the ids of the stored listings of these items."""
    return [
        row[0]
        for row in fetch("SELECT id FROM inventory_listing WHERE shop_id = %s AND item_id = ANY(%s)", shop_id, item_ids)
    ]


def upsert_listings(shop: Shop, snapshots: Sequence[ListingSnapshot]) -> Stored:
    """Store these listings. May be repeated, late and in any order; inside the caller's transaction.

    An item is stale when each of its variations is refused as not newer than the stored one. In a shop that keeps the stock,
    each listing is a product of the book: unknown ones are created and mapped.
    """
    newest = {(s.item_id, s.variation_id): s for s in sorted(snapshots, key=lambda s: s.asked_at)}
    if not newest:
        return Stored()
    ordered = [newest[key] for key in sorted(newest)]
    items = sorted({s.item_id for s in ordered})
    before = _mapped_products(shop.id, items)
    stored = fetch(_UPSERT, shop=shop.id, **named_columns(_COLUMNS, [_row(s) for s in ordered]))
    if shop.keeps_stock:
        _keep_book(shop.id, ordered)
    products = before | _mapped_products(shop.id, items)
    lock_listing_stocks(products, [listing for listing, *_ in stored])
    _observe({(item, variation): listing for listing, item, variation in stored}, ordered)
    return Stored(stale=frozenset(items) - {item for _, item, _ in stored}, products=frozenset(products))


_COLUMNS = (
    "items variations outlet_items skus barcodes titles variation_names descriptions images statuses prices currencies"
    " versions asked raws"
)


def _row(s: ListingSnapshot) -> tuple[Any, ...]:
    return (
        s.item_id, s.variation_id, s.outlet_item_id, s.sku[:100], s.barcode[:64], s.title[:500], s.variation_name[:300],
        s.description, encode(s.images), s.status, s.price, s.currency, s.version, s.asked_at,
        encode(s.raw),
    )  # fmt: skip


def _mapped_products(shop_id: int, item_ids: Sequence[str]) -> set[int]:
    return {
        row[0]
        for row in fetch(
            "SELECT DISTINCT product_id FROM inventory_listing"
            " WHERE shop_id = %s AND item_id = ANY(%s) AND product_id IS NOT NULL AND status = 'active'",
            shop_id, list(item_ids),
        )
    }  # fmt: skip


def _keep_book(shop_id: int, snapshots: Sequence[ListingSnapshot]) -> None:
    by_sku = {s.sku: s for s in snapshots if s.sku}
    execute(
        _BOOK,
        **named_columns(
            "skus barcodes names prices costs bundles",
            [(s.sku, s.barcode, s.title, s.price, s.cost, bool(s.components)) for _, s in sorted(by_sku.items())],
        ),
    )
    if adopted := fetch(_ADOPT, shop_id, [s.item_id for s in snapshots]):
        listings_mapped.send(sender=None, listing_ids={row[0] for row in adopted})
    parts = [(s.item_id, part.item_id, part.units) for s in snapshots for part in s.components]
    if parts:
        execute(_COMPONENTS, shop=shop_id, **named_columns("bundles parts units", parts))


# A read-back counts only when it was asked for after the last push was answered, with none in flight.
_OBSERVE = """
WITH seen AS (
    SELECT * FROM unnest(%(listings)s::bigint[], %(warehouses)s::text[], %(sellable)s::int[], %(held)s::int[],
        %(asked)s::timestamptz[]) AS s(listing_id, warehouse, sellable, held, asked_at)
), locked AS (
    SELECT stock.id FROM inventory_listingstock stock JOIN seen
      ON seen.listing_id = stock.listing_id AND seen.warehouse = stock.warehouse
    ORDER BY stock.listing_id, stock.id FOR UPDATE OF stock
), known AS (
    UPDATE inventory_listingstock stock
    SET observed = seen.sellable, observed_at = seen.asked_at, promotion_reserved = seen.held,
        read_back_due = false, expected = seen.sellable
    FROM seen
    WHERE stock.id IN (SELECT id FROM locked) AND seen.listing_id = stock.listing_id AND seen.warehouse = stock.warehouse
      AND stock.pushing IS NULL
      AND (stock.pushed_at IS NULL OR stock.pushed_at < seen.asked_at)
      AND (stock.observed_at IS NULL OR stock.observed_at < seen.asked_at)
      AND (stock.observed, stock.promotion_reserved, stock.expected, stock.read_back_due)
          IS DISTINCT FROM (seen.sellable, seen.held, seen.sellable, false)
)
INSERT INTO inventory_listingstock
    (listing_id, warehouse, observed, observed_at, expected, promotion_reserved)
SELECT listing_id, warehouse, sellable, asked_at, sellable, held FROM seen
ON CONFLICT (listing_id, warehouse) DO NOTHING
"""


def _observe(listing_ids: dict[tuple[str, str], int], snapshots: Sequence[ListingSnapshot]) -> None:
    rows = [
        (listing_ids[s.item_id, s.variation_id], stock.warehouse, stock.sellable, stock.promotion_reserved, s.asked_at)
        for s in snapshots
        if (s.item_id, s.variation_id) in listing_ids
        for stock in s.stock
    ]
    if rows:
        execute(_OBSERVE, **named_columns("listings warehouses sellable held asked", sorted(rows)))


def gone_listings(shop_id: int, item_ids: Collection[str]) -> None:
    """Mark items that the channel no longer knows as deleted. May be repeated."""
    execute(
        "UPDATE inventory_listing SET status = 'deleted' WHERE shop_id = %s AND item_id = ANY(%s) AND status <> 'deleted'",
        shop_id, list(item_ids),
    )  # fmt: skip


def map_listings(pairs: Sequence[tuple[int, int | None, int]]) -> set[int]:
    """Map listings: (listing id, product id or None, units per listing). Returns the products touched. May be repeated.

    Sends `listings_mapped`; what was sold before keeps the product it was first mapped to.
    """
    rows = fetch(
        "WITH n AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS n(id, product_id, units)),"
        " old AS (SELECT l.id, l.product_id FROM inventory_listing l JOIN n ON n.id = l.id ORDER BY l.id FOR UPDATE OF l)"
        " UPDATE inventory_listing l SET product_id = n.product_id, units = n.units FROM n, old"
        " WHERE l.id = n.id AND old.id = l.id AND (l.product_id, l.units) IS DISTINCT FROM (n.product_id, n.units)"
        " RETURNING l.id, old.product_id, l.product_id",
        *columns(sorted(pairs), 3),
    )
    products = {product for row in rows for product in row[1:] if product is not None}
    if unmapped := [listing for listing, _, product in rows if product is None]:
        lock_listing_stocks(products, unmapped)
        execute("UPDATE inventory_listingstock SET wanted = NULL WHERE listing_id = ANY(%s)", unmapped)
    listings_mapped.send(sender=None, listing_ids={row[0] for row in rows})
    return products


def exact_matches(listing_ids: Collection[int] | None = None) -> list[tuple[int, int, int]]:
    """Return (listing, product, 1) for each unmapped listing whose SKU or barcode names exactly one product; collisions are left out."""
    return [
        (listing, product, 1)
        for listing, product in fetch(
            "SELECT l.id, min(p.id) FROM inventory_listing l JOIN inventory_product p"
            " ON (l.sku <> '' AND upper(p.sku) = upper(l.sku)) OR (l.barcode <> '' AND p.barcode = l.barcode)"
            " WHERE l.product_id IS NULL AND l.status <> 'deleted' AND (%s::bigint[] IS NULL OR l.id = ANY(%s))"
            " GROUP BY l.id HAVING count(DISTINCT p.id) = 1",
            None if listing_ids is None else list(listing_ids),
            None if listing_ids is None else list(listing_ids),
        )
    ]


def set_wanted_price(listing_id: int, price: Decimal | None) -> None:
    """Set the price the channel should charge; it leaves with the next push round. May be repeated."""
    execute("UPDATE inventory_listing SET wanted_price = %s, price_failure = '' WHERE id = %s", price, listing_id)
