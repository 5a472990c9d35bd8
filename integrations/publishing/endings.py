"""Items and variations that a channel has called unknown when a number or price was pushed to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.db import transaction

from integrations.inbox.refetch import refetch
from integrations.models import Connection, InboxEvent
from inventory.services.listings import end_listings
from inventory.services.wanted import lock_listing_stocks, refresh_wanted

# kind of inbox event by which a channel is asked for an item
LISTING = "listing"


class _OfListing(Protocol):
    @property
    def listing_id(self) -> int: ...
    @property
    def item_id(self) -> str: ...


@transaction.atomic
def end_unknown(connection: Connection, rows: Sequence[_OfListing]) -> None:
    """End these listings, give what they showed to others, and read their items again: a new variation may have their place."""
    listings = [row.listing_id for row in rows]
    products = end_listings(listings)
    lock_listing_stocks(products, listings)
    refresh_wanted(products)
    refetch(connection, LISTING, [row.item_id for row in rows], InboxEvent.Source.COMMAND)
