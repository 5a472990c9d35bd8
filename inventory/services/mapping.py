"""Mapping of listings to products, and the matches that need no person."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.db import columns, fetch
from core.transactions import in_transaction
from inventory.services.unmapping import give_back, remember_shown
from inventory.services.wanted import lock_listing_stocks, refresh_wanted
from inventory.signals import listings_mapped


@in_transaction
def map_listings(pairs: Sequence[tuple[int, int | None, int]]) -> set[int]:
    """Map listings: (listing id, product id or None, units per listing). Returns the products touched. May be repeated.

    Recomputes what listings should show and sends `listings_mapped`; what was sold before keeps the product it was first
    mapped to. When a mapping ends, the number from before it goes back to the channel.
    """
    rows = fetch(
        "WITH n AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS n(id, product_id, units)),"
        " old AS (SELECT l.id, l.product_id FROM inventory_listing l JOIN n ON n.id = l.id ORDER BY l.id FOR NO KEY UPDATE OF l)"
        " UPDATE inventory_listing l SET product_id = n.product_id, units = n.units FROM n, old"
        " WHERE l.id = n.id AND old.id = l.id AND (l.product_id, l.units) IS DISTINCT FROM (n.product_id, n.units)"
        " RETURNING l.id, old.product_id, l.product_id",
        *columns(sorted(pairs), 3),
    )
    products = {product for row in rows for product in row[1:] if product is not None}
    if moved := [listing for listing, before, product in rows if before != product]:
        lock_listing_stocks(products, moved)
        remember_shown([listing for listing, before, _ in rows if before is None])
        give_back(moved)
    refresh_wanted(products)
    listings_mapped.send(sender=None, listing_ids={row[0] for row in rows})
    return products


# One join per key, each by equality and served by an index: as one join with OR it compares every listing with every product.
# A listing's SKU counts before its SKU in another case, and that before its bar code, which several products may share.
_EXACT_MATCHES = """
WITH unmapped AS (
    SELECT id, sku, barcode FROM inventory_listing
    WHERE product_id IS NULL AND status <> 'deleted' AND (%(listings)s::bigint[] IS NULL OR id = ANY(%(listings)s))
        AND (%(shops)s::bigint[] IS NULL OR shop_id = ANY(%(shops)s))
), named AS (
    SELECT l.id AS listing_id, p.id AS product_id, CASE WHEN p.sku = l.sku THEN 1 ELSE 2 END AS rank
    FROM unmapped l JOIN inventory_product p ON upper(p.sku) = upper(l.sku) AND p.gone_at IS NULL WHERE l.sku <> ''
    UNION ALL
    SELECT l.id, p.id, 3 FROM unmapped l
    JOIN inventory_product p ON p.barcode = l.barcode AND p.barcode <> '' AND p.gone_at IS NULL WHERE l.barcode <> ''
), best AS (
    SELECT listing_id, product_id, rank() OVER (PARTITION BY listing_id ORDER BY rank) AS place FROM named
)
SELECT listing_id, min(product_id), 1 FROM best WHERE place = 1 GROUP BY listing_id HAVING count(*) = 1 ORDER BY listing_id
"""


def exact_matches(
    listing_ids: Collection[int] | None = None, *, shop_ids: Collection[int] | None = None
) -> list[tuple[int, int, int]]:
    """Return (listing, product, 1) for each unmapped listing whose SKU or barcode names exactly one product; collisions are left out.

    Only of these listings, or of these shops, where they are given; by listing.
    """
    return fetch(
        _EXACT_MATCHES,
        listings=None if listing_ids is None else list(listing_ids),
        shops=None if shop_ids is None else list(shop_ids),
    )
