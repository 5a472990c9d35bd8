"""Readiness of an account for pushes: an absolute number overwrites what the channel counted down by itself."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import structlog

from core.db import database_time, fetch
from integrations.accounts.connections import Account
from integrations.contract.errors import ChannelError
from integrations.inbox.waiting import untried_sql
from integrations.ingest.drain import drain
from integrations.ingest.sweep import read_new_orders
from integrations.models import Connection

log = structlog.get_logger(__name__)

# orders read so recently need not be read again
FRESH = timedelta(seconds=2)
DRAIN_SECONDS = 2.0
# how long to wait for orders that another worker is storing
PATIENCE_SECONDS = 0.5
POLL_SECONDS = 0.05


def ensure_orders_are_known(account: Account, *, read_since: datetime | None = None) -> bool:
    """Read the shop's new orders and store them; False when they cannot be read, or not in time. May be repeated.
    `read_since`: a reading of before does not count; None: one of the last moments does.

    Whatever the channel would list now is stored when this returns True, by this worker or another; only orders whose first
    try failed are not waited for. Raises nothing for a channel that is away.
    """
    connection = account.connection
    connection.refresh_from_db(fields=["last_read_at"])
    try:
        if connection.last_read_at is None or connection.last_read_at < (read_since or database_time() - FRESH):
            read_new_orders(account)
    except ChannelError as error:
        log.warning("orders_not_read_before_push", connection=connection.pk, reason=str(error.reason))
        return False
    until = database_time()
    if _unread(connection, until):
        drain(connection.pk, DRAIN_SECONDS)
    ends = time.monotonic() + PATIENCE_SECONDS
    while unread := _unread(connection, until):
        if time.monotonic() >= ends:
            log.info("push_waits_for_orders", connection=connection.pk, orders=unread)
            return False
        time.sleep(POLL_SECONDS)
    return True


_UNREAD = f"""
SELECT count(*) FROM {untried_sql()} AND NOT EXISTS (
    SELECT FROM orders_order o WHERE o.shop_id = %(shop)s AND o.number = e.external_id)
"""


def _unread(connection: Connection, until: datetime) -> int:
    """Count the orders with an untried event received until then that are not stored yet."""
    params = {"connection": connection.pk, "kind": "order", "until": until, "shop": connection.shop_id}
    [(count,)] = fetch(_UNREAD, **params)
    number: int = count
    return number
