"""The hub's lock order: every transaction locks rows of several tables in this order, each table's in one statement and id order.

Before these come rows of accounts (backfill run and chunk, connection, shop, authorisation), after them what is only added:
outbox events, and new inbox events (`inbox.add`), in the order of their things. Two sets, each locked in order, are not in order
together. No key is ever locked (FOR NO KEY UPDATE): rows that refer to a locked one may be written all the while.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from core.db import fetch


class Rows(Enum):
    """Tables in lock order; inbox events are those that are claimed. Listing stocks and commands are locked by the services
    that write them, and the products whose listings are recomputed just before those listings' stocks.
    """

    INBOX_EVENTS = "integrations_inboxevent"
    RETURNS = "orders_return"
    ORDERS = "orders_order"
    CUSTOMERS = "orders_customeridentity"
    LEVELS = "inventory_stocklevel"
    LISTINGS = "inventory_listing"
    LISTING_STOCKS = "inventory_listingstock"
    COMMANDS = "integrations_command"
    STATEMENT_LINES = "commissions_statementline"


# rows that depend on those before them: to be looked up when these are locked
LATE = frozenset(list(Rows)[list(Rows).index(Rows.LEVELS) :])


def lock(ids: Mapping[Rows, Collection[int]]) -> None:
    """Lock these rows inside the caller's transaction."""
    for rows in Rows:
        if found := ids.get(rows):
            fetch(f"SELECT id FROM {rows.value} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(set(found)))
