"""Effects of changed orders, stock and mappings: the only receivers of the domain apps' signals."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from commissions.services.accrual import accrue
from commissions.services.matching import match
from commissions.services.statements import adopt_statement_lines
from commissions.signals import statement_lines_changed
from core.db import fetch
from integrations import inbox
from integrations.documents.engine import want_documents
from integrations.documents.pos.imports import adopt_imports
from integrations.inbox.store import Incoming
from integrations.ingest import locks
from integrations.ingest.locks import Rows
from integrations.models import Connection
from integrations.work import wakeups
from inventory.queries import SELLING
from inventory.services.events import emit_mapped
from inventory.services.pushes import deep_cut_sql
from inventory.services.stock_events import mark_stock_changed
from inventory.signals import listings_mapped, stock_changed
from orders.queries import orders_waiting_for
from orders.services.events import emit_order_changes
from orders.services.waves.states import refresh_waves
from orders.signals import orders_changed, returns_changed

_SELLING = f"""
SELECT connection.id, bool_or(coalesce({deep_cut_sql()}, false))
FROM inventory_listing listing JOIN integrations_connection connection ON connection.shop_id = listing.shop_id
JOIN inventory_shop shop ON shop.id = listing.shop_id
LEFT JOIN inventory_listingstock s ON s.listing_id = listing.id AND listing.status = 'active'
WHERE connection.is_active AND NOT shop.keeps_stock AND listing.product_id IN ({SELLING})
GROUP BY connection.id
"""


def fetch_waiting_orders(*, listing_ids: AbstractSet[int]) -> None:
    """Read orders that waited for these listings to be mapped again."""
    waiting = orders_waiting_for(listing_ids)
    sellers = Connection.objects.filter(shop_id__in={order.shop_id for order in waiting})
    accounts = {shop: (app, pk) for shop, app, pk in sellers.values_list("shop_id", "authorisation__app_id", "pk")}
    inbox.add([
        Incoming(*accounts[order.shop_id], "order", order.number, "mapping")
        for order in waiting
        if order.shop_id in accounts
    ])  # fmt: skip
    transaction.on_commit(partial(wakeups.enqueue_once, "drain", {connection for _, connection in accounts.values()}))


def adopt_money(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int]) -> None:
    """Join settlement lines that came before their order to it."""
    adopt_statement_lines(sorted(order_ids | history_ids))


def accrue_commissions(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int]) -> None:
    """Record what the rules say of these orders, and compare it with what was settled; of history like of any other, silently."""
    accrue(order_ids | history_ids)
    match(order_ids | history_ids)


def accrue_after_returns(*, order_ids: AbstractSet[int]) -> None:
    """Record what returns give back of their orders' fees."""
    locks.lock({Rows.ORDERS: order_ids})
    accrue(order_ids)
    match(order_ids)


def match_fees(*, order_ids: AbstractSet[int]) -> None:
    """Compare what was settled of these orders with what the rules expect."""
    match(order_ids)


def want_order_documents(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int]) -> None:
    """Want the documents that these orders lack at other systems."""
    if order_ids:
        want_documents(order_ids)


def emit_order_events(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int]) -> None:
    """Emit what changed in these orders."""
    if order_ids:
        emit_order_changes(order_ids)


def adopt_imported_documents(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int]) -> None:
    """Note what a POS imported for these orders before what is held for them was known."""
    if order_ids:
        adopt_imports(order_ids)


def bring_waves_up_to_date(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int]) -> None:
    """Let orders that are not to be packed any more leave their waves, whoever read them."""
    refresh_waves(order_ids | history_ids)


def publish_stock(*, product_ids: AbstractSet[int]) -> None:
    """Enqueue a push for every shop that lists these products; deep cuts before all else."""
    selling = fetch(_SELLING, products=sorted(product_ids))
    transaction.on_commit(
        partial(wakeups.enqueue_once, "cut", [connection for connection, is_deep in selling if is_deep])
    )
    transaction.on_commit(partial(wakeups.enqueue_once, "publish", [connection for connection, _ in selling]))


def publish_given_back(*, listing_ids: AbstractSet[int]) -> None:
    """Enqueue a push for the shops in which a mapping has ended: the number from before goes back."""
    giving = fetch(
        "SELECT DISTINCT c.id FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id"
        " JOIN integrations_connection c ON c.shop_id = l.shop_id AND c.is_active"
        " WHERE s.giving_back AND s.listing_id = ANY(%s)",
        sorted(listing_ids),
    )
    transaction.on_commit(partial(wakeups.enqueue_once, "publish", [row[0] for row in giving]))


def mark_stock(*, product_ids: AbstractSet[int]) -> None:
    """Note that events about the stock of these products may be due."""
    mark_stock_changed(product_ids)


def emit_mappings(*, listing_ids: AbstractSet[int]) -> None:
    """Emit what these listings sell now."""
    emit_mapped(listing_ids)


# What follows from a change, in the lock order (ingest/locks.py), in the transaction that made it: rows of work, and wake-ups
# after the commit.
# History is silent: of orders in `history_ids` nothing is made but the link to their money and their fees.
ORDERS_CHANGED: tuple[Callable[..., None], ...] = (
    want_order_documents,
    adopt_money,
    accrue_commissions,
    emit_order_events,
    adopt_imported_documents,
    bring_waves_up_to_date,
)
RETURNS_CHANGED: tuple[Callable[..., None], ...] = (accrue_after_returns,)
STATEMENT_LINES_CHANGED: tuple[Callable[..., None], ...] = (match_fees,)
STOCK_CHANGED: tuple[Callable[..., None], ...] = (publish_stock, mark_stock)
LISTINGS_MAPPED: tuple[Callable[..., None], ...] = (fetch_waiting_orders, publish_given_back, emit_mappings)


@receiver(orders_changed)
def on_orders_changed(*, order_ids: AbstractSet[int], history_ids: AbstractSet[int], **_: Any) -> None:
    """Apply the effects of changed orders."""
    for effect in ORDERS_CHANGED:
        effect(order_ids=order_ids, history_ids=history_ids)


@receiver(returns_changed)
def on_returns_changed(*, order_ids: AbstractSet[int], **_: Any) -> None:
    """Apply the effects of changed returns."""
    for effect in RETURNS_CHANGED:
        effect(order_ids=order_ids)


@receiver(statement_lines_changed)
def on_statement_lines_changed(*, order_ids: AbstractSet[int], **_: Any) -> None:
    """Apply the effects of settled money."""
    for effect in STATEMENT_LINES_CHANGED:
        effect(order_ids=order_ids)


@receiver(stock_changed)
def on_stock_changed(*, product_ids: AbstractSet[int], **_: Any) -> None:
    """Apply the effects of changed stock."""
    for effect in STOCK_CHANGED:
        effect(product_ids=product_ids)


@receiver(listings_mapped)
def on_listings_mapped(*, listing_ids: AbstractSet[int], **_: Any) -> None:
    """Apply the effects of mapped listings."""
    for effect in LISTINGS_MAPPED:
        effect(listing_ids=listing_ids)
