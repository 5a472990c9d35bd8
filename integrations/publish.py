"""What a shop should show and does not leaves for its channel. Nobody sends an update: a number is due, and goes.

Before numbers leave, sales nobody has told us of are read, because an absolute number overwrites what the channel
counted down by itself. Only deep cuts do not wait for that: where far too much is shown, seconds count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError

from integrations import wake
from integrations.access import active_connection, connector_for
from integrations.alone import alone
from integrations.connectors.base import Connector
from integrations.drain import drain
from integrations.models import Authorisation, Connection
from integrations.pushing import STALE_AFTER, abreast, in_calls, leave_alone, push_prices, push_stock
from integrations.sweep import read_new_orders
from integrations.wire.errors import ChannelError, NotAuthorised, TryLater
from inventory.services import pushes
from inventory.services.prices import due_prices
from inventory.services.pushes import DuePush
from inventory.sql import database_time, execute, fetch

log = structlog.get_logger(__name__)

# calls of one round: after so many the shop's orders are read again
CALLS_PER_ROUND = 8
ROWS_PER_ROUND = 1000
# orders read so recently need not be read again
FRESH = timedelta(seconds=2)
DRAIN_SECONDS = 2.0
# a job that takes turns: while one shop's numbers never end in a rush, the others' are due as well
BUDGET_SECONDS = 1.0
# how long a round waits for an order that another worker is storing
PATIENCE_SECONDS = 0.5
RECONNECT_AFTER = 60.0
# with so many failures in a row it is the channel, not the call
LOST_IN_A_ROW = 3
# a channel that wants no more than this is out of breath, and the next number is not its matter
HICCUP_SECONDS = 5.0
LOST_AFTER = 1.0


def publish(connection_id: int, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Send every number and price of a connection that is due; rings again when the time is up first.

    One at a time per connection. Raises nothing for a channel or a database that is away: what is due stays due.
    """
    ends = time.monotonic() + budget_seconds

    def work(connection: Connection, connector: Connector) -> None:
        done = _send(connection, connector, _deep_cuts(connection, connector), ends)
        done = done and _send(connection, connector, _rounds(connection, connector), ends)
        if not (done and _prices(connection, connector, ends)):
            wake.ring("publish", [connection_id])

    _alone(connection_id, work)


def cut(connection_id: int) -> None:
    """Lower what a connection shows far too much of, and nothing else: the same for every shop before any shop's other
    numbers. As `publish`, which does it first when it is at work there.
    """

    def work(connection: Connection, connector: Connector) -> None:
        _send(connection, connector, _deep_cuts(connection, connector), time.monotonic() + BUDGET_SECONDS)

    _alone(connection_id, work)


def _alone(connection_id: int, work: Callable[[Connection, Connector], None]) -> None:
    connection = _ready(connection_id)
    if connection is None:
        return
    try:
        with alone(f"publish:{connection_id}") as ours:
            if ours:
                work(connection, connector_for(connection, lane="pushes"))
    except ChannelError as error:
        _pause(connection, error)
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


_READY = """
SELECT c.id FROM integrations_connection c
JOIN inventory_shop shop ON shop.id = c.shop_id AND NOT shop.pushes_paused AND NOT shop.keeps_stock
JOIN integrations_authorisation auth ON auth.id = c.authorisation_id AND auth.state <> 'red'
WHERE c.is_active AND (c.push_due_at IS NULL OR c.push_due_at <= clock_timestamp())
    AND c.shop_id IN (SELECT shop_id FROM ({shops}) due) ORDER BY c.id
"""


def due_connections(*, deep_cuts: bool = False) -> list[int]:
    """Connections with a number or a price that is due and may leave now, in one query; `deep_cuts`: what `cut` sends."""
    statement, params = pushes.shops_due_sql(stale_after=STALE_AFTER, deep_cuts=deep_cuts)
    return [row[0] for row in fetch(_READY.replace("{shops}", statement), *params)]


def _ready(connection_id: int) -> Connection | None:
    connection = active_connection(connection_id)
    if connection is None or connection.authorisation.state == Authorisation.State.RED:
        return None
    if connection.shop.pushes_paused or connection.shop.keeps_stock:
        return None
    waits = connection.push_due_at is not None and connection.push_due_at > database_time()
    return None if waits else connection


# --------------------------------------------------------------------------------------------------------------------
# Stock
# --------------------------------------------------------------------------------------------------------------------


def _send(connection: Connection, connector: Connector, groups: Iterator[Sequence[list[DuePush]]], ends: float) -> bool:
    """Makes the calls, those of a group at once; False when the time is up.

    A call that fails holds no other number up: it is due again at once. Several in a row are the channel, and end it, as
    does one that asks for patience.
    """
    lost = 0
    for calls in groups:
        for error in push_stock(connection, connector, calls):
            lost = lost + 1 if error else 0
            if error and (lost == LOST_IN_A_ROW or _asks_for_patience(error)):
                raise error
        if time.monotonic() >= ends:
            return False
    return True


def _asks_for_patience(error: TryLater) -> bool:
    return not error.maybe_done and error.after > HICCUP_SECONDS


def _deep_cuts(connection: Connection, connector: Connector) -> Iterator[Sequence[list[DuePush]]]:
    """Calls with numbers so much too high that sales we have not heard of change nothing: orders are not read before."""
    while connector.takes_stock and (due := _due(connection, deep_cuts=True)):
        yield from abreast(in_calls(due, connector)[:CALLS_PER_ROUND], connector)


def _rounds(connection: Connection, connector: Connector) -> Iterator[Sequence[list[DuePush]]]:
    """Calls with what is due, the shop's new orders read before every so many of them."""
    while connector.takes_stock and (due := _due(connection)):
        if _read_orders(connection, connector):
            due = _due(connection)
        else:
            due = [push for push in due if push.observed is not None and push.number <= push.observed]
        calls = in_calls(due, connector)[:CALLS_PER_ROUND]
        if not calls:
            return
        yield from abreast(calls, connector)


def _due(connection: Connection, *, deep_cuts: bool = False) -> list[DuePush]:
    return pushes.due_pushes(
        connection.shop_id,
        limit=ROWS_PER_ROUND,
        scarce_below=connection.shop.scarce_below,
        stale_after=STALE_AFTER,
        deep_cuts=deep_cuts,
    )


def _read_orders(connection: Connection, connector: Connector) -> bool:
    """Are all sales known that the channel would tell now? What it tells is stored before this says yes."""
    connection.refresh_from_db(fields=["last_read_at"])
    try:
        if connection.last_read_at is None or connection.last_read_at < database_time() - FRESH:
            read_new_orders(connection, connector)
    except ChannelError as error:
        log.warning("orders_not_read_before_push", connection=connection.pk, reason=error.reason)
        return False
    heard = database_time()
    if _untold(connection, heard):
        drain(connection.pk, DRAIN_SECONDS)
    patience = time.monotonic() + PATIENCE_SECONDS
    while untold := _untold(connection, heard):
        if time.monotonic() >= patience:
            log.info("push_waits_for_orders", connection=connection.pk, orders=untold)
            return False
        time.sleep(0.05)
    return True


_UNTOLD = """
SELECT count(*) FROM integrations_inboxevent e WHERE e.connection_id = %s AND e.state = 'pending' AND e.kind = 'order'
    AND e.received_at <= %s AND e.tries = 0 AND NOT EXISTS (
        SELECT FROM orders_order o WHERE o.shop_id = %s AND o.number = e.external_id AND o.asked_at > 'epoch')
"""


def _untold(connection: Connection, until: datetime) -> int:
    """Orders that were heard of until then, of which the hub knows nothing yet; one that fails holds nobody up."""
    [(count,)] = fetch(_UNTOLD, connection.pk, until, connection.shop_id)
    number: int = count
    return number


# --------------------------------------------------------------------------------------------------------------------
# Prices
# --------------------------------------------------------------------------------------------------------------------


def _prices(connection: Connection, connector: Connector, ends: float) -> bool:
    """All prices that are due; False when the time is up. A lost answer leaves them due: the same price goes again."""
    if not connector.takes_price:
        return True
    for call in in_calls(due_prices(connection.shop_id, limit=ROWS_PER_ROUND), connector):
        if time.monotonic() >= ends:
            return False
        push_prices(connector, call)
    return True


# --------------------------------------------------------------------------------------------------------------------
# Patience
# --------------------------------------------------------------------------------------------------------------------


def _pause(connection: Connection, error: ChannelError) -> None:
    """The channel wants to be left alone for a while; one that wants a new consent says so to people."""
    log.warning("push_paused", connection=connection.pk, code=error.code, reason=error.reason)
    after = error.after if isinstance(error, TryLater) else RECONNECT_AFTER
    if isinstance(error, TryLater) and error.maybe_done:
        # one answer was lost, nobody asked for patience: the shop's other numbers do not wait for it
        after = min(after, LOST_AFTER)
    leave_alone(connection, after)
    if isinstance(error, NotAuthorised):
        execute(
            "UPDATE integrations_connection SET trouble = %s, trouble_since = coalesce(trouble_since, clock_timestamp())"
            " WHERE id = %s",
            error.reason[:300], connection.pk,
        )  # fmt: skip
