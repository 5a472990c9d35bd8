"""The hub's lock order: every transaction locks rows of several tables in this order, each table's in id order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from core.db import fetch


class Rows(Enum):
    """Tables in lock order. Listing stocks and commands are locked by the services that write them."""

    INBOX_EVENTS = "integrations_inboxevent"
    RETURNS = "orders_return"
    ORDERS = "orders_order"
    CUSTOMERS = "orders_customeridentity"
    LEVELS = "inventory_stocklevel"
    LISTINGS = "inventory_listing"
    LISTING_STOCKS = "inventory_listingstock"
    COMMANDS = "integrations_command"
    STATEMENT_LINES = "commissions_statementline"


def lock(ids: Mapping[Rows, Collection[int]]) -> None:
    """Lock these rows inside the caller's transaction."""
    for rows in Rows:
        if found := ids.get(rows):
            fetch(f"SELECT id FROM {rows.value} WHERE id = ANY(%s) ORDER BY id FOR UPDATE", sorted(set(found)))
