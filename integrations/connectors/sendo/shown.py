"""Numbers that listings show, read with the products themselves: no list of Sendo carries them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from integrations.connectors.sendo.reads import LISTINGS, read_listings
from integrations.contract.access import Access
from integrations.contract.publisher import Shown, ShownPage
from integrations.wire.shown import numbers_of
from inventory.snapshots import ListingSnapshot


def of_items(access: Access, item_ids: Sequence[str]) -> ShownPage:
    """Return the numbers of some products. A call for each."""
    asked_at = datetime.now(UTC)
    answer = read_listings(access, item_ids, since=asked_at, asked_at=asked_at)
    return ShownPage(numbers_of(one for one in answer.of(ListingSnapshot) if one.item_id in item_ids))


SHOWN = Shown(items=of_items, batch=LISTINGS.batch)
