"""Claim, process, again: until nothing is due or the time is up. Loses nothing when it is killed: a lease runs out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from rq.timeouts import BaseTimeoutException

from integrations import inbox, pipeline, wake
from integrations.access import active_connection, connector_for
from integrations.connectors.base import Connector
from integrations.inbox import Claimed, Incoming, Later, Outcome
from integrations.models import Connection
from integrations.routing import UNREADABLE
from inventory.sql import fetch

log = structlog.get_logger(__name__)

# small enough that a second worker finds something to do, large enough for full batches
CLAIM_LIMIT = 200
# a job that takes turns: numbers must leave within seconds of a sale, however much else there is to do
BUDGET_SECONDS = 3.0
NOT_CONNECTED = "shop {} is not connected here: connect it, then try this again"


def drain(connection_id: int, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Bring a connection's due events to their end; rings again when the time is up first. May run beside itself.

    Raises nothing for a channel or a database that is away: the events wait, or their lease runs out.
    """
    connection = active_connection(connection_id)
    if connection is None:
        return
    connector = connector_for(connection, lane="orders")

    def work(claimed: Claimed) -> None:
        if rest := _without_senseless(claimed):
            _process(connection, connector, rest)

    claim = partial(inbox.claim, connection_id, limit=CLAIM_LIMIT, seconds=pipeline.LEASE_SECONDS)
    _until_done(claim, work, budget_seconds, partial(wake.ring, "drain", [connection_id]))


def drain_app(app_id: int, budget_seconds: float = BUDGET_SECONDS) -> None:
    """The same for an app's events that belong to no connection: what is readable but homeless, and what is neither."""
    claim = partial(inbox.claim, None, app_id=app_id, limit=CLAIM_LIMIT, seconds=pipeline.LEASE_SECONDS)
    _until_done(claim, partial(_rehome, app_id), budget_seconds, partial(wake.ring, "drain_app", [app_id]))


def _until_done(
    claim: Callable[[], Claimed | None],
    work: Callable[[Claimed], None],
    budget_seconds: float,
    ring: Callable[[], None],
) -> None:
    ends = time.monotonic() + budget_seconds
    try:
        while claimed := claim():
            work(claimed)
            if time.monotonic() >= ends:
                ring()
                return
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


def _process(connection: Connection, connector: Connector, claimed: Claimed) -> None:
    """What the pipeline does not foresee costs a try, and only of the event that brings it about."""
    try:
        pipeline.process(connection, connector, claimed)
    except (OperationalError, InterfaceError, BaseTimeoutException):
        raise
    except Exception as error:
        if len(claimed.events) > 1:
            for event in claimed.events:
                _process(connection, connector, Claimed(claimed.lease, (event,)))
            return
        [event] = claimed.events
        log.exception("event_failed", event_id=event.id)
        _put_back(claimed.lease, Later(event.id, code=type(error).__name__, reason=f"could not be read: {error}"))


def _put_back(lease: UUID, later: Later) -> None:
    with transaction.atomic():
        if inbox.keep_mine(lease, [later.event_id]):
            inbox.put_back([later])


def _without_senseless(claimed: Claimed) -> Claimed | None:
    """Ends what no channel can be asked about; the rest, if any."""
    senseless = [event.id for event in claimed.events if event.kind == UNREADABLE]
    if not senseless:
        return claimed
    with transaction.atomic():
        mine = sorted(inbox.keep_mine(claimed.lease, senseless))
        inbox.finish([_senseless(event_id, body) for event_id, (_, body) in _told(mine).items()])
    rest = tuple(event for event in claimed.events if event.kind != UNREADABLE)
    return Claimed(claimed.lease, rest) if rest else None


def _rehome(app_id: int, claimed: Claimed) -> None:
    """Homeless events go to their shop if it is connected by now; else people are told to connect it."""
    shops = dict(Connection.objects.filter(authorisation__app_id=app_id).values_list("external_id", "id"))
    moved: list[Incoming] = []
    ends: list[Outcome] = []
    with transaction.atomic():
        told = _told(sorted(inbox.keep_mine(claimed.lease, [event.id for event in claimed.events])))
        for event in claimed.events:
            if event.id not in told:
                continue
            source, body = told[event.id]
            shop_id = body.pop("shop_id", None)
            if event.kind == UNREADABLE:
                ends.append(_senseless(event.id, body))
            elif shop_id is None:
                ends.append(
                    Outcome(event.id, "ignored", "no_shop", "it concerns no shop, and nothing is done about it")
                )
            elif shop_id in shops:
                moved.append(
                    Incoming(app_id, shops[shop_id], event.kind, event.external_id, source, event.version, body=body)
                )
                ends.append(Outcome(event.id, "duplicate", "moved", "its shop is connected now: it continues there"))
            else:
                ends.append(Outcome(event.id, "dead", "unknown_shop", NOT_CONNECTED.format(shop_id)))
        inbox.finish(ends)
        inbox.add(moved)
        transaction.on_commit(partial(wake.ring, "drain", {row.connection_id for row in moved if row.connection_id}))


def _senseless(event_id: int, body: dict[str, Any]) -> Outcome:
    return Outcome(event_id, "dead", UNREADABLE, str(body.get("reason", "")) or "it makes no sense")


def _told(event_ids: list[int]) -> dict[int, tuple[str, dict[str, Any]]]:
    """Event -> its source and its body."""
    rows = fetch("SELECT id, source, body FROM integrations_inboxevent WHERE id = ANY(%s)", event_ids)
    return {event_id: (source, json.loads(body)) for event_id, source, body in rows}
