"""Drain the inbox: claim, process, repeat, until nothing is due or the time is up. Killed, it loses nothing: leases run out."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from core import tracing, tunables
from core.db import decode, fetch
from integrations import inbox
from integrations.accounts.connections import account_of, active_connection
from integrations.contract import reasons
from integrations.inbox.routing import UNREADABLE
from integrations.inbox.store import Claimed, Incoming, Outcome
from integrations.ingest import pipeline
from integrations.ingest.batches import MAX_ROWS
from integrations.models import Connection
from integrations.work import wakeups

log = structlog.get_logger(__name__)

# as many as are stored at once
CLAIM_LIMIT = MAX_ROWS
# a job that takes turns: pushes must leave within seconds of a sale, however much else there is to do
BUDGET_SECONDS = tunables.DRAIN_SECONDS


def drain(connection_id: int, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Bring a connection's due events to their end; enqueues itself again when the time is up first. May run beside itself.

    Raises nothing for a channel or a database that is away: the events wait, or their lease runs out.
    """
    connection = active_connection(connection_id)
    if connection is None:
        return
    account = account_of(connection, lane="orders")

    def work(claimed: Claimed) -> None:
        if rest := _without_malformed(claimed):
            pipeline.process(account, rest)

    claim = partial(inbox.claim, connection_id, limit=CLAIM_LIMIT, seconds=pipeline.LEASE_SECONDS)
    _until_done(claim, work, budget_seconds, partial(wakeups.enqueue_once, "drain", [connection_id]))


def drain_app(app_id: int, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Drain an app's events that belong to no connection: those of shops that are not connected, and malformed ones."""
    claim = partial(inbox.claim, None, app_id=app_id, limit=CLAIM_LIMIT, seconds=pipeline.LEASE_SECONDS)
    _until_done(claim, partial(_assign, app_id), budget_seconds, partial(wakeups.enqueue_once, "drain_app", [app_id]))


def _until_done(
    claim: Callable[[], Claimed | None],
    work: Callable[[Claimed], None],
    budget_seconds: float,
    enqueue_again: Callable[[], None],
) -> None:
    ends = time.monotonic() + budget_seconds
    try:
        while claimed := claim():
            origins = [event.traceparent for event in claimed.events]
            with tracing.continued("drain", "consumer", origins, rows=len(origins)):
                work(claimed)
            if time.monotonic() >= ends:
                enqueue_again()
                return
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


def _without_malformed(claimed: Claimed) -> Claimed | None:
    """End malformed deliveries, which no channel can be asked about; return the rest, if any."""
    malformed = [event.id for event in claimed.events if event.kind == UNREADABLE]
    if not malformed:
        return claimed
    with transaction.atomic():
        mine = sorted(inbox.keep_mine(claimed.lease, malformed))
        inbox.finish([_malformed(event_id, body) for event_id, (_, body) in _contents(mine).items()])
    rest = tuple(event for event in claimed.events if event.kind != UNREADABLE)
    return Claimed(claimed.lease, rest) if rest else None


def _assign(app_id: int, claimed: Claimed) -> None:
    """Move unassigned events to their shop if it is connected by now; else dead-letter them: people must connect it."""
    shops = dict(Connection.objects.filter(authorisation__app_id=app_id).values_list("external_id", "id"))
    moved: list[Incoming] = []
    ends: list[Outcome] = []
    with transaction.atomic():
        contents = _contents(sorted(inbox.keep_mine(claimed.lease, [event.id for event in claimed.events])))
        for event in claimed.events:
            if event.id not in contents:
                continue
            source, body = contents[event.id]
            shop_id = body.pop("shop_id", None)
            if event.kind == UNREADABLE:
                ends.append(_malformed(event.id, body))
            elif shop_id is None:
                ends.append(Outcome(event.id, "ignored", "no_shop", reasons.NO_SHOP))
            elif shop_id in shops:
                moved.append(
                    Incoming(app_id, shops[shop_id], event.kind, event.external_id, source, event.version, body=body)
                )
                ends.append(Outcome(event.id, "duplicate", "moved", reasons.MOVED))
            else:
                ends.append(Outcome(event.id, "dead", "unknown_shop", reasons.SHOP_NOT_CONNECTED(shop=shop_id)))
        inbox.finish(ends)
        inbox.add(moved)
        transaction.on_commit(
            partial(wakeups.enqueue_once, "drain", {row.connection_id for row in moved if row.connection_id})
        )


def _malformed(event_id: int, body: dict[str, Any]) -> Outcome:
    return Outcome(event_id, "dead", UNREADABLE, reasons.MALFORMED(str(body.get("reason", ""))))


def _contents(event_ids: list[int]) -> dict[int, tuple[str, dict[str, Any]]]:
    """Return source and body of events by id."""
    rows = fetch("SELECT id, source, body FROM integrations_inboxevent WHERE id = ANY(%s)", event_ids)
    return {event_id: (source, decode(body)) for event_id, source, body in rows}
