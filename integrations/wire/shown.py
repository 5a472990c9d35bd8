"""Numbers of listings, out of the snapshots of their items."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.contract.publisher import ShownNumber
from inventory.snapshots import ListingSnapshot


def numbers_of(listings: Iterable[ListingSnapshot]) -> tuple[ShownNumber, ...]:
    """Return the number of each listing at each of its warehouses."""
    return tuple(
        ShownNumber(listing.item_id, listing.variation_id, stock.sellable, stock.promotion_reserved, stock.warehouse)
        for listing in listings
        for stock in listing.stock
    )
