"""What inventory's news means here: rows in the inbox, nothing else."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from integrations import inbox
from integrations.inbox import Incoming
from inventory.signals import listings_mapped
from inventory.sql import fetch

_WAITING = """
SELECT DISTINCT auth.app_id, connection.id, placed.number
FROM inventory_listing listing
JOIN orders_order placed ON placed.shop_id = listing.shop_id
JOIN orders_orderline line ON line.order_id = placed.id AND line.product_id IS NULL
    AND line.item_id = listing.item_id AND line.variation_id = listing.variation_id
JOIN integrations_connection connection ON connection.shop_id = listing.shop_id
JOIN integrations_authorisation auth ON auth.id = connection.authorisation_id
WHERE listing.id = ANY(%s) AND listing.product_id IS NOT NULL
ORDER BY 2, 3
"""


@receiver(listings_mapped)
def fetch_waiting_orders(*, listing_ids: set[int], **_: Any) -> None:
    """Orders that waited for these listings to be mapped are fetched again, in the transaction that mapped them."""
    rows = fetch(_WAITING, sorted(listing_ids))
    inbox.add([Incoming(app, connection, "order", number, "mapping") for app, connection, number in rows])
