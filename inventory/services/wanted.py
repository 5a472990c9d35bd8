"""Wanted stock: the number each listing should show, recomputed for the products that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from core.db import columns, execute, fetch
from inventory.allocation import Claim, wanted_stock
from inventory.queries import PARTS, SELLING, available_stock
from inventory.signals import stock_changed

# Products in a common bundle are recomputed together, because the bundle's number depends on the stock of all its parts. A
# bundle that is touched itself brings its parts along.
_CONNECTED = """
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
SELECT id FROM connected
"""

_CLAIMS = f"""
SELECT listing.id, listing.units, part.product_id, part.units, shop.id, shop.priority, shop.safety_stock,
       shop.share_percent, shop.scarce_below,
       (SELECT coalesce(sum(least(stock.promotion_reserved, stock.expected)), 0)::int FROM inventory_listingstock stock
        WHERE stock.listing_id = listing.id)
FROM ({PARTS}) part
JOIN inventory_listing listing ON listing.product_id = part.sold_id AND listing.status = 'active'
JOIN inventory_shop shop ON shop.id = listing.shop_id AND NOT shop.keeps_stock
WHERE listing.product_id IN ({SELLING})
"""

_LOCK = """
SELECT stock.id FROM inventory_listingstock stock WHERE stock.listing_id = ANY(%s)
ORDER BY stock.listing_id, stock.id FOR UPDATE
"""

_LOCK_ALL = f"""
SELECT stock.id FROM inventory_listingstock stock WHERE stock.listing_id = ANY(%(listings)s) OR stock.listing_id IN (
    SELECT listing.id FROM inventory_listing listing WHERE listing.product_id IN ({SELLING}))
ORDER BY stock.listing_id, stock.id FOR UPDATE
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
SET wanted = new.wanted, wanted_at = clock_timestamp(), failures = 0, blocked_until = NULL, failure_code = '',
    failure = ''
FROM unnest(%s::bigint[], %s::int[]) AS new(listing_id, wanted)
WHERE stock.listing_id = new.listing_id AND stock.wanted IS DISTINCT FROM new.wanted
"""


def refresh_wanted(product_ids: Iterable[int]) -> None:
    """Recompute and store what the listings of these products (and of bundles with them) should show.

    Runs inside the transaction that changed the stock, after its level locks. May be repeated. The stock is read in a
    statement that starts after the listing locks: whoever commits second sees what the first one did.
    """
    touched = sorted(set(product_ids))
    if not touched:
        return
    connected = [row[0] for row in fetch(_CONNECTED, touched)]
    listing_ids = sorted({claim.listing_id for claim in _claims(connected)})
    if listing_ids:
        execute(_CREATE, listing_ids)
        fetch(_LOCK, listing_ids)
        available = {(product, warehouse): stock for product, warehouse, stock in available_stock(connected)}
        wanted = wanted_stock(_claims(connected), available)
        execute(_STORE, *columns(sorted(wanted.items()), 2))
    stock_changed.send(sender=None, product_ids=set(connected))


def lock_listing_stocks(product_ids: Iterable[int], listing_ids: Iterable[int]) -> None:
    """Lock the channel numbers of these listings and of all that `refresh_wanted` will touch, in the hub's order.

    For whoever writes numbers of its own listings before the wanted ones are recomputed: two sets, each locked in order, are
    not in order together, and two such transactions would wait for each other.
    """
    connected = [row[0] for row in fetch(_CONNECTED, sorted(set(product_ids)))]
    fetch(_LOCK_ALL, listings=sorted(set(listing_ids)), products=connected)


def _claims(product_ids: list[int]) -> list[Claim]:
    parts: dict[int, dict[int, Decimal]] = defaultdict(dict)
    rules: dict[int, tuple[int, int, int, int, int, int]] = {}
    for listing, units, product, per_piece, *rule in fetch(_CLAIMS, products=product_ids):
        parts[listing][product] = Decimal(units) * per_piece
        rules[listing] = tuple(rule)
    warehouses = _warehouses({rule[0] for rule in rules.values()})
    return [
        Claim(listing, parts[listing], warehouses[shop], priority, safety, percent, scarce, held)
        for listing, (shop, priority, safety, percent, scarce, held) in rules.items()
    ]


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
