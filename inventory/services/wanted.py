"""Wanted stock: the number each listing should show, recomputed for the products that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from core import tracing
from core.db import columns, execute, fetch
from inventory.allocation import Claim, wanted_stock
from inventory.queries import PARTS, SELLING, available_stock
from inventory.signals import stock_changed

# Products in a common bundle are recomputed together, because the bundle's number depends on the stock of all its parts. A
# bundle that is touched itself brings its parts along. Whoever maps a listing to one of them waits for its row, or has committed:
# which listings sell them cannot change until this transaction ends.
_LOCK_PRODUCTS = """
WITH RECURSIVE touched(id) AS (
    SELECT unnest(%s::bigint[])
), connected(id) AS (
    (SELECT id FROM touched
     UNION
     SELECT part.product_id FROM inventory_bundlecomponent part JOIN touched ON touched.id = part.bundle_id)
    UNION
    SELECT other.product_id FROM connected
    JOIN inventory_bundlecomponent mine ON mine.product_id = connected.id
    JOIN inventory_bundlecomponent other ON other.bundle_id = mine.bundle_id
)
SELECT product.id FROM inventory_product product WHERE product.id IN (SELECT id FROM connected)
ORDER BY product.id FOR NO KEY UPDATE OF product
"""

_CLAIMS = f"""
SELECT listing.id, listing.units, part.product_id, part.units, shop.id, shop.priority, shop.safety_stock,
       shop.share_percent, shop.scarce_below,
       (SELECT coalesce(sum(least(stock.promotion_reserved, stock.expected)), 0)::int FROM inventory_listingstock stock
        WHERE stock.listing_id = listing.id),
       sold.is_active AND own.is_active AND NOT sold.selling_stopped AND NOT own.selling_stopped
FROM ({PARTS}) part
JOIN inventory_product sold ON sold.id = part.sold_id
JOIN inventory_product own ON own.id = part.product_id
JOIN inventory_listing listing ON listing.product_id = part.sold_id AND listing.status = 'active'
JOIN inventory_shop shop ON shop.id = listing.shop_id AND NOT shop.keeps_stock
WHERE listing.product_id IN ({SELLING})
"""

_LOCK = f"""
SELECT stock.id FROM inventory_listingstock stock WHERE stock.listing_id = ANY(%(listings)s) OR stock.listing_id IN (
    SELECT listing.id FROM inventory_listing listing WHERE listing.product_id IN ({SELLING}))
ORDER BY stock.listing_id, stock.id FOR NO KEY UPDATE
"""

_CREATE = """
INSERT INTO inventory_listingstock (listing_id)
SELECT listing FROM unnest(%s::bigint[]) AS listing
WHERE NOT EXISTS (SELECT FROM inventory_listingstock stock WHERE stock.listing_id = listing)
ORDER BY listing
ON CONFLICT DO NOTHING
"""

_STORE = """
UPDATE inventory_listingstock stock
SET wanted = new.wanted, wanted_at = clock_timestamp(), giving_back = false, failures = 0, blocked_until = NULL,
    failure_code = '', failure = '{}', traceparent = %s
FROM unnest(%s::bigint[], %s::int[]) AS new(listing_id, wanted)
WHERE stock.listing_id = new.listing_id AND (stock.wanted IS DISTINCT FROM new.wanted OR stock.giving_back)
"""


def refresh_wanted(product_ids: Iterable[int], *, also_lock: Iterable[int] = ()) -> None:
    """Recompute and store what the listings of these products (and of bundles with them) should show.

    Runs inside the transaction that changed the stock, after its level locks; locks the products, then the numbers of their
    listings. May be repeated. The stock is read in a statement that starts after the locks: whoever commits second sees what
    the first one did. `also_lock`: listings whose numbers the caller writes afterwards: two sets, each locked in order, are
    not in order together.
    """
    touched, others = sorted(set(product_ids)), sorted(set(also_lock))
    if not touched:
        if others:
            fetch(_LOCK, listings=others, products=[])
        return
    connected = lock_products(touched)
    listing_ids = sorted({claim.listing_id for claim in _claims(connected)})
    if listing_ids or others:
        execute(_CREATE, listing_ids)
        fetch(_LOCK, listings=others, products=connected)
        available = {(product, warehouse): stock for product, warehouse, stock in available_stock(connected)}
        wanted = wanted_stock(_claims(connected), available)
        execute(_STORE, tracing.traceparent(), *columns(sorted(wanted.items()), 2))
    stock_changed.send(sender=None, product_ids=set(connected))


def lock_listing_stocks(product_ids: Iterable[int], listing_ids: Iterable[int]) -> None:
    """Lock the channel numbers of these listings and of all that `refresh_wanted` will touch, in the hub's order.

    For whoever writes numbers of its own listings before the wanted ones are recomputed: two sets, each locked in order, are
    not in order together, and two such transactions would wait for each other.
    """
    connected = lock_products(product_ids)
    fetch(_LOCK, listings=sorted(set(listing_ids)), products=connected)


def lock_products(product_ids: Iterable[int]) -> list[int]:
    """Lock these products and those that are recomputed with them, in id order; returns their ids. Once per transaction."""
    return [row[0] for row in fetch(_LOCK_PRODUCTS, sorted(set(product_ids)))]


def _claims(product_ids: list[int]) -> list[Claim]:
    """Return the claims of all listings of these products. One that is off sale, at the stock master or by a decision of people, or has
    such a part, claims nothing."""
    parts: dict[int, dict[int, Decimal]] = defaultdict(dict)
    rules: dict[int, tuple[int, int, int, int, int, int]] = {}
    off_sale: set[int] = set()
    for listing, units, product, per_piece, *rule, is_sold in fetch(_CLAIMS, products=product_ids):
        parts[listing][product] = Decimal(units) * per_piece
        rules[listing] = tuple(rule)
        if not is_sold:
            off_sale.add(listing)
    warehouses = _warehouses({rule[0] for rule in rules.values()})
    return [
        Claim(
            listing, parts[listing], frozenset() if listing in off_sale else warehouses[shop], priority, safety, percent,
            scarce, held,
        )
        for listing, (shop, priority, safety, percent, scarce, held) in rules.items()
    ]  # fmt: skip


def _warehouses(shop_ids: set[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {shop: set() for shop in shop_ids}
    rows = fetch(
        "SELECT source.shop_id, source.warehouse_id FROM inventory_shop_sells_from source"
        " JOIN inventory_warehouse warehouse ON warehouse.id = source.warehouse_id AND warehouse.is_active"
        " WHERE source.shop_id = ANY(%s)",
        list(shop_ids),
    )
    for shop, warehouse in rows:
        found[shop].add(warehouse)
    return {shop: frozenset(ids) for shop, ids in found.items()}
