"""Storing of listings, and their end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.db import encode, execute, fetch, named_columns
from core.repeats import last_of_each
from core.results import ReadRequest, Stored
from core.search import listing_words, searched
from core.text import normal_key
from core.widths import fitted
from inventory.models import Listing, ListingStock, Shop
from inventory.services.book import close_book, keep_book
from inventory.services.events import emit_prices
from inventory.services.unmapping import end_giving_back, remember_first
from inventory.services.wanted import lock_listing_stocks, lock_products, refresh_wanted
from inventory.signals import listings_mapped
from inventory.snapshots import ListingSnapshot

# An older answer about an item never overwrites a newer one, nor does it add to it: the channel's time decides, then the time
# we asked.
_NEWER = """
    (listing.version IS NULL OR excluded.version IS NULL OR listing.version = excluded.version
        OR listing.version < excluded.version)
    AND (listing.asked_at IS NULL OR listing.asked_at < excluded.asked_at
        OR (listing.version IS NOT NULL AND excluded.version > listing.version))
"""

# a list that leaves categories out, as some do, forgets none
_UPSERT = f"""
INSERT INTO inventory_listing AS listing
    (shop_id, item_id, variation_id, outlet_item_id, sku, barcode, title, variation_name, description, images, status,
     price, currency, category_id, category_name, version, asked_at, raw, search_text, search_grams)
SELECT %(shop)s, excluded.item_id, excluded.variation_id, outlet_item_id, sku, barcode, title, variation_name, description, images,
    status, price, currency, category_id, category_name, version, asked_at, raw, search_text, string_to_array(search_grams, ' ')
FROM unnest(%(items)s::text[], %(variations)s::text[], %(outlet_items)s::text[], %(skus)s::text[],
    %(barcodes)s::text[], %(titles)s::text[], %(variation_names)s::text[], %(descriptions)s::text[], %(images)s::jsonb[],
    %(statuses)s::text[], %(prices)s::numeric[], %(currencies)s::text[], %(categories)s::text[], %(category_names)s::text[],
    %(versions)s::timestamptz[], %(asked)s::timestamptz[],
    %(raws)s::jsonb[], %(search_texts)s::text[], %(search_grams)s::text[]) AS excluded(item_id, variation_id, outlet_item_id, sku,
    barcode, title, variation_name, description, images, status, price, currency, category_id, category_name, version, asked_at, raw,
    search_text, search_grams)
WHERE NOT EXISTS (
    SELECT FROM inventory_listing listing
    WHERE listing.shop_id = %(shop)s AND listing.item_id = excluded.item_id AND NOT ({_NEWER}))
ON CONFLICT (shop_id, item_id, variation_id) DO UPDATE SET
    outlet_item_id = excluded.outlet_item_id, sku = excluded.sku, barcode = excluded.barcode, title = excluded.title,
    variation_name = excluded.variation_name, description = excluded.description, images = excluded.images,
    status = excluded.status, price = excluded.price, currency = excluded.currency, version = excluded.version,
    category_id = CASE WHEN excluded.category_id = '' THEN listing.category_id ELSE excluded.category_id END,
    category_name = CASE WHEN excluded.category_id = '' THEN listing.category_name ELSE excluded.category_name END,
    asked_at = excluded.asked_at, raw = excluded.raw, search_text = excluded.search_text, search_grams = excluded.search_grams,
    wanted_price = CASE WHEN listing.currency = excluded.currency THEN listing.wanted_price END
WHERE {_NEWER}
RETURNING id, item_id, variation_id
"""

# A whole answer about an item ends its variations that it no longer names; an older answer ends nothing. What ends takes the
# time of that answer along, so that an older one does not bring it back.
_END_UNNAMED = f"""
WITH answered AS (
    SELECT * FROM unnest(%(items)s::text[], %(versions)s::timestamptz[], %(asked)s::timestamptz[])
        AS a(item_id, version, asked_at)
)
UPDATE inventory_listing listing SET status = 'deleted', version = coalesce(excluded.version, listing.version),
    asked_at = excluded.asked_at
FROM answered excluded
WHERE listing.shop_id = %(shop)s AND listing.item_id = excluded.item_id AND listing.status <> 'deleted'
    AND (listing.item_id, listing.variation_id) NOT IN (
        SELECT * FROM unnest(%(named_items)s::text[], %(named_variations)s::text[]))
    AND {_NEWER}
"""


def listing_ids(shop_id: int, item_ids: Sequence[str]) -> list[int]:
    """Return the ids of the stored listings of these items."""
    return [
        row[0]
        for row in fetch("SELECT id FROM inventory_listing WHERE shop_id = %s AND item_id = ANY(%s)", shop_id, item_ids)
    ]


def upsert_listings(shop: Shop, snapshots: Sequence[ListingSnapshot]) -> Stored:
    """Store these listings. May be repeated, late and in any order; inside the caller's transaction.

    The snapshots of one item, asked for at one time, are all its variations: those they do not name have ended. An item is
    stale when each of its variations is refused as not newer than the stored one. In a shop that keeps the stock, each
    listing is a product of the book: unknown ones are created and mapped.
    """
    ordered = _newest_answers(list(map(_fitted, snapshots)))
    if not ordered:
        return Stored()
    items = sorted({s.item_id for s in ordered})
    before, prices = _lock_listings(shop.id, items)
    if shop.keeps_stock:
        lock_products(before | _products_named([s.sku for s in ordered]))
    stored = fetch(_UPSERT, shop=shop.id, **named_columns(_COLUMNS, [_row(s) for s in ordered]))
    _end_unnamed(shop, ordered)
    ids = {(item, variation): listing for listing, item, variation in stored}
    adopted = set[int]()
    if shop.keeps_stock:
        adopted = keep_book(shop.id, {ids[key]: s for s in ordered if (key := (s.item_id, s.variation_id)) in ids})
    products = before | _mapped_products(shop.id, items)
    lock_listing_stocks(products, list(ids.values()))
    _observe(ids, ordered)
    if adopted:
        # before the signal: what follows from it asks the channel again, and inbox events come last in the lock order
        refresh_wanted(products)
        listings_mapped.send(sender=None, listing_ids=adopted)
    emit_prices({pk: prices[pk] for pk in ids.values() if pk in prices})
    return Stored(stale=frozenset(items) - {item for item, _ in ids}, products=frozenset(products))


def _newest_answers(snapshots: Sequence[ListingSnapshot]) -> list[ListingSnapshot]:
    """Return the snapshots of the newest answer about each item, in the order of their keys."""
    asked: dict[str, datetime] = {}
    for s in snapshots:
        asked[s.item_id] = max(s.asked_at, asked.get(s.item_id, s.asked_at))
    newest = {(s.item_id, s.variation_id): s for s in snapshots if s.asked_at == asked[s.item_id]}
    return [newest[key] for key in sorted(newest)]


def _end_unnamed(shop: Shop, ordered: Sequence[ListingSnapshot]) -> None:
    answered = {s.item_id: (s.item_id, s.version, s.asked_at) for s in ordered}
    named = named_columns("named_items named_variations", [(s.item_id, s.variation_id) for s in ordered])
    execute(_END_UNNAMED, shop=shop.id, **named_columns("items versions asked", list(answered.values())), **named)


_COLUMNS = (
    "items variations outlet_items skus barcodes titles variation_names descriptions images statuses prices currencies"
    " categories category_names versions asked raws search_texts search_grams"
)


def _fitted(s: ListingSnapshot) -> ListingSnapshot:
    """Return a listing whose texts fit, its keys in their normal form, with one number for each of the channel's warehouses."""
    normal = replace(s, sku=normal_key(s.sku), barcode=normal_key(s.barcode))
    stock = last_of_each(s.stock, lambda place: place.warehouse)
    return replace(
        fitted(Listing, normal, ids=("item_id", "variation_id", "outlet_item_id", "sku", "barcode", "category_id")),
        stock=tuple(fitted(ListingStock, place, ids=("warehouse",)) for place in stock),
    )


def _row(s: ListingSnapshot) -> tuple[Any, ...]:
    return (
        s.item_id, s.variation_id, s.outlet_item_id, s.sku, s.barcode, s.title, s.variation_name,
        s.description, encode(s.images), s.status, s.price, s.currency, s.category_id, s.category_name, s.version, s.asked_at,
        encode(s.raw), *_search(listing_words(s.sku, s.barcode, f"{s.title} {s.variation_name}", s.item_id)),
    )  # fmt: skip


_LOCK_ITEMS = """
SELECT id, product_id, status, price FROM inventory_listing WHERE shop_id = %s AND item_id = ANY(%s)
ORDER BY id FOR NO KEY UPDATE
"""


def _lock_listings(shop_id: int, item_ids: Sequence[str]) -> tuple[set[int], dict[int, Decimal | None]]:
    """Lock the stored listings of these items; return the products that they are mapped to and on sale as, and their prices."""
    rows = fetch(_LOCK_ITEMS, shop_id, list(item_ids))
    products = {product for _, product, status, _ in rows if product is not None and status == Listing.Status.ACTIVE}
    return products, {pk: price for pk, *_, price in rows}


def _search(words: Iterable[str]) -> tuple[str, str]:
    """Return `search_text`, and `search_grams` as one text: `unnest` takes no arrays of arrays."""
    text, grams = searched(words)
    return text, " ".join(grams)


def _mapped_products(shop_id: int, item_ids: Sequence[str]) -> set[int]:
    return {
        row[0]
        for row in fetch(
            "SELECT DISTINCT product_id FROM inventory_listing"
            " WHERE shop_id = %s AND item_id = ANY(%s) AND product_id IS NOT NULL AND status <> 'deleted'",
            shop_id, list(item_ids),
        )
    }  # fmt: skip


def _products_named(skus: Sequence[str]) -> set[int]:
    return {row[0] for row in fetch("SELECT id FROM inventory_product WHERE sku = ANY(%s)", skus)}


# A read-back counts only when it was asked for after the last push was answered, with none in flight. A number that is not the
# expected one may be that of a sale not known yet: it is left to the five-minute check (drift.py), which knows all sales.
_OBSERVE = f"""
WITH seen AS (
    SELECT * FROM unnest(%(listings)s::bigint[], %(warehouses)s::text[], %(sellable)s::int[], %(held)s::int[],
        %(asked)s::timestamptz[]) AS s(listing_id, warehouse, sellable, held, asked_at)
), read AS (
    SELECT stock.id, seen.sellable, seen.held, seen.asked_at,
        stock.expected IS NULL OR stock.wanted IS NULL OR stock.expected = seen.sellable
            OR stock.giving_back AND stock.wanted = seen.sellable AS is_known
    FROM inventory_listingstock stock JOIN seen ON seen.listing_id = stock.listing_id AND seen.warehouse = stock.warehouse
    WHERE stock.pushing IS NULL
      AND (stock.pushed_at IS NULL OR stock.pushed_at < seen.asked_at)
      AND (stock.observed_at IS NULL OR stock.observed_at < seen.asked_at)
      AND (stock.observed, stock.promotion_reserved, stock.expected, stock.read_back_due)
          IS DISTINCT FROM (seen.sellable, seen.held, seen.sellable, false)
    ORDER BY stock.listing_id, stock.id FOR NO KEY UPDATE OF stock
), known AS (
    UPDATE inventory_listingstock stock
    SET observed = read.sellable, observed_at = read.asked_at, promotion_reserved = read.held, read_back_due = false,
        expected = read.sellable, {remember_first("read.sellable", "read.asked_at")}, {end_giving_back("read.sellable")}
    FROM read WHERE read.id = stock.id AND read.is_known
), doubtful AS (
    UPDATE inventory_listingstock stock SET read_back_due = true, promotion_reserved = read.held
    FROM read WHERE read.id = stock.id AND NOT read.is_known
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


def gone_listings(shop: Shop, item_ids: Collection[str]) -> Stored:
    """Mark items that the channel no longer knows as deleted; what they showed is free for others. May be repeated.

    Runs inside the caller's transaction, which has locked the levels of a stock master's items: what is gone there has no
    stock any more.
    """
    items = sorted(item_ids)
    products, _ = _lock_listings(shop.id, items)
    execute(
        "UPDATE inventory_listing SET status = 'deleted', asked_at = clock_timestamp()"
        " WHERE shop_id = %s AND item_id = ANY(%s) AND status <> 'deleted'",
        shop.id, items,
    )  # fmt: skip
    if not shop.keeps_stock:
        return Stored(products=frozenset(products))
    lock_products(products)
    moved = close_book(shop.id, items)
    products |= {row.old_id for row in moved} | {row.new_id for row in moved}
    if moved:
        refresh_wanted(products)
        listings_mapped.send(sender=None, listing_ids={row.id for row in moved})
    again = frozenset(ReadRequest("product", row.new_item, row.old_item) for row in moved)
    return Stored(wanted=again, products=frozenset(products))


def end_listings(listing_ids: Collection[int]) -> set[int]:
    """Mark variations that the channel has called unknown as deleted; returns their products. May be repeated."""
    rows = fetch(
        "WITH locked AS (SELECT id FROM inventory_listing WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE inventory_listing SET status = 'deleted', asked_at = clock_timestamp()"
        " WHERE id IN (SELECT id FROM locked) RETURNING product_id",
        sorted(listing_ids),
    )
    return {product for (product,) in rows if product is not None}
