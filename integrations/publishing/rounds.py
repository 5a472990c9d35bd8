"""Push stock and prices whose wanted value differs from what the channel shows. Level-triggered: nothing enqueues an update."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError

from core import tunables
from core.db import database_time, execute, fetch
from core.reasons import stored
from integrations.accounts.connections import Account, account_of, active_connection
from integrations.accounts.restorations import is_held
from integrations.contract.errors import ChannelError, NotAuthorised, TryLater
from integrations.models import IS_HELD, Authorisation, Connection
from integrations.publishing.pauses import pause_pushes
from integrations.publishing.price import push_due_prices
from integrations.publishing.stock import push_deep_cuts, push_due_stock
from integrations.publishing.stock_calls import STALE_AFTER
from integrations.work import wakeups
from integrations.work.locks import advisory_lock
from inventory.services.pushes import shops_due_sql

log = structlog.get_logger(__name__)

# a job that takes turns: while one shop's numbers never end in a rush, the others' are due as well
BUDGET_SECONDS = tunables.PUSH_SECONDS
RECONNECT_AFTER = 60.0
LOST_AFTER = 1.0


def publish(connection_id: int, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Push every number and price of a connection that is due; wake a worker again when the time is up first.

    One at a time per connection. Raises nothing for a channel or a database that is away: what is due stays due.
    """
    ends = time.monotonic() + budget_seconds

    def work(account: Account) -> None:
        steps = (push_deep_cuts, push_due_stock, push_due_prices)
        if not all(step(account, ends) for step in steps):
            wakeups.enqueue_once("publish", [connection_id])

    _exclusively(connection_id, work)


def cut(connection_id: int) -> None:
    """Push only the deep cuts of a connection, so that those of all shops go before any shop's other numbers.

    As `publish`, which begins with them: does nothing while it is at work there.
    """

    def work(account: Account) -> None:
        push_deep_cuts(account, time.monotonic() + BUDGET_SECONDS)

    _exclusively(connection_id, work)


_READY = """
SELECT c.id FROM integrations_connection c
JOIN inventory_shop shop ON shop.id = c.shop_id AND NOT shop.pushes_paused AND NOT shop.keeps_stock
JOIN integrations_authorisation auth ON auth.id = c.authorisation_id AND auth.state <> 'red'
WHERE c.is_active AND NOT {held} AND (c.push_due_at IS NULL OR c.push_due_at <= clock_timestamp())
    AND c.shop_id IN (SELECT shop_id FROM ({shops}) due) ORDER BY c.id
"""


def due_connections(*, deep_cuts: bool = False) -> list[int]:
    """Return the connections with a due number or price that may leave now, in one query; `deep_cuts`: those for `cut`."""
    statement, params = shops_due_sql(stale_after=STALE_AFTER, deep_cuts=deep_cuts)
    return [row[0] for row in fetch(_READY.replace("{shops}", statement).replace("{held}", IS_HELD), **params)]


def _exclusively(connection_id: int, work: Callable[[Account], None]) -> None:
    connection = _ready(connection_id)
    if connection is None:
        return
    try:
        with advisory_lock(f"publish:{connection_id}") as ours:
            if ours:
                work(account_of(connection, lane="pushes"))
    except ChannelError as error:
        _failed(connection, error)
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


def _ready(connection_id: int) -> Connection | None:
    connection = active_connection(connection_id)
    if connection is None or connection.authorisation.state == Authorisation.State.RED or is_held():
        return None
    shop = connection.shop
    if shop is None or shop.pushes_paused or shop.keeps_stock:
        return None
    waits = connection.push_due_at is not None and connection.push_due_at > database_time()
    return None if waits else connection


def _failed(connection: Connection, error: ChannelError) -> None:
    """Leave the channel alone for a while; where a new consent is wanted, note it as the connection's trouble."""
    log.warning("push_paused", connection=connection.pk, code=error.code, reason=str(error.reason))
    after = error.after if isinstance(error, TryLater) else RECONNECT_AFTER
    if isinstance(error, TryLater) and error.maybe_done:
        # an answer was lost, which is no request for patience: the shop's other numbers do not wait for it
        after = min(after, LOST_AFTER)
    pause_pushes(connection, after)
    if isinstance(error, NotAuthorised):
        execute(
            "UPDATE integrations_connection SET trouble = %s::jsonb, trouble_since = coalesce(trouble_since, clock_timestamp())"
            " WHERE id = %s",
            stored(error.reason), connection.pk,
        )  # fmt: skip
