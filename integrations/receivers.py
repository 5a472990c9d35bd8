"""What the news of inventory and orders means here: rows of work, and a ring after the commit."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from commissions.services.statements import adopt_statement_lines
from integrations import inbox, wake
from integrations.crm import want_in_crm
from integrations.handover.wanting import want_documents
from integrations.inbox import Incoming
from inventory.services.pushes import deep_cut_sql
from inventory.signals import listings_mapped, stock_changed
from inventory.sql import fetch
from orders.signals import orders_changed

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

_SELLING = """
SELECT connection.id, bool_or(coalesce({is_deep_cut}, false))
FROM inventory_listing listing JOIN integrations_connection connection ON connection.shop_id = listing.shop_id
JOIN inventory_shop shop ON shop.id = listing.shop_id
LEFT JOIN inventory_listingstock s ON s.listing_id = listing.id AND listing.status = 'active'
WHERE connection.is_active AND NOT shop.keeps_stock AND listing.product_id IN (
    SELECT unnest(%s::bigint[]) UNION SELECT bundle_id FROM inventory_bundlecomponent WHERE product_id = ANY(%s))
GROUP BY connection.id
""".replace("{is_deep_cut}", deep_cut_sql())


@receiver(listings_mapped)
def fetch_waiting_orders(*, listing_ids: set[int], **_: Any) -> None:
    """Orders that waited for these listings to be mapped are fetched again, in the transaction that mapped them."""
    rows = fetch(_WAITING, sorted(listing_ids))
    inbox.add([Incoming(app, connection, "order", number, "mapping") for app, connection, number in rows])
    transaction.on_commit(partial(wake.ring, "drain", {connection for _, connection, _ in rows}))


@receiver(orders_changed)
def adopt_money(*, order_ids: set[int], **_: Any) -> None:
    """Settlement lines that came before their order are joined to it."""
    adopt_statement_lines(sorted(order_ids))


@receiver(orders_changed)
def hand_over(*, order_ids: set[int], **_: Any) -> None:
    """What these orders lack at the POS is wanted, in the transaction that changed them."""
    want_documents(order_ids)


@receiver(orders_changed)
def tell_crm(*, order_ids: set[int], **_: Any) -> None:
    """What the customer book lacks of these orders is wanted, in the transaction that changed them."""
    want_in_crm(order_ids)


@receiver(stock_changed)
def publish_stock(*, product_ids: set[int], **_: Any) -> None:
    """Every shop that lists these products is asked to show the new numbers; where much is shown too much, before all else."""
    products = sorted(product_ids)
    selling = fetch(_SELLING, products, products)
    transaction.on_commit(partial(wake.ring, "cut", [connection for connection, is_deep in selling if is_deep]))
    transaction.on_commit(partial(wake.ring, "publish", [connection for connection, _ in selling]))
