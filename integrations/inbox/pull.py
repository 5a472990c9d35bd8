"""Pulling the queues that belong to an app (lost pushes, events): one puller, which confirms only what is stored."""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from datetime import timedelta
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, transaction

from core import tracing
from integrations import inbox
from integrations.accounts.connections import note_webhooks
from integrations.accounts.registrations import app_access
from integrations.accounts.tokens import app_tokens, stored_tokens
from integrations.connectors import channels, connector_of
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.connector import Connector
from integrations.contract.errors import ChannelError
from integrations.contract.queue import AppQueue, Pulled
from integrations.inbox import routing
from integrations.models import AppRegistration, InboxEvent
from integrations.work import wakeups
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

# the tick of one second comes a little early or late
_EARLY = timedelta(seconds=0.5)

# app -> when this process last returned it as due
_pulled_at: dict[int, float] = {}


def due_apps() -> list[int]:
    """Return the apps whose queue is due at its connector's pace. Remembers, in this process, what it returned."""
    now, found = time.monotonic(), []
    for app_id, channel in AppRegistration.objects.filter(is_active=True).order_by("pk").values_list("pk", "channel"):
        queue = connector_of(channel).queue if channel in channels() else None
        if queue is None:
            continue
        pace = (queue.pace - _EARLY).total_seconds()
        if now - _pulled_at.get(app_id, -math.inf) >= pace:
            _pulled_at[app_id] = now
            found.append(app_id)
    return found


def pull(app_id: int, budget_seconds: float = 20.0) -> None:
    """Empty an app's queue into the inbox; wake a worker again when the time is up first. Does nothing while another pulls.

    May be repeated: notices stored but not confirmed come again, and are known by delivery id or counted as repeats.
    Raises nothing for a channel or a database that is away.
    """
    app = AppRegistration.objects.filter(id=app_id, is_active=True).first()
    if app is None or connector_of(app.channel).queue is None:
        return
    try:
        with advisory_lock(f"pull:{app_id}") as ours:
            if ours:
                _empty(app, time.monotonic() + budget_seconds)
    except ChannelError as error:
        log.warning("pull_failed", app=app_id, channel=app.channel, code=error.code, reason=str(error.reason))
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", app=app_id, error=str(error))


def _empty(app: AppRegistration, ends: float) -> None:
    connector, access = connector_of(app.channel), app_access(app)
    queue = connector.queue
    assert queue is not None, "asked by the caller"
    tokens = _tokens(app, connector)
    # read under the lock: another puller may have moved it since
    app.refresh_from_db(fields=["queue_ack"])
    while _one_pull(app, queue, access, tokens):
        if time.monotonic() >= ends:
            wakeups.enqueue_once("pull", [app.pk])
            return


def _tokens(app: AppRegistration, connector: Connector) -> TokenSource | None:
    """Return the app's own token where it has one, else that of its first shop."""
    if connector.consent is not None and connector.consent.app_has_token:
        return app_tokens(app)
    authorisation = app.authorisations.order_by("id").first()
    return stored_tokens(authorisation) if authorisation else None


def _one_pull(app: AppRegistration, queue: AppQueue, access: AppAccess, tokens: TokenSource | None) -> bool:
    """Pull, store, confirm; return whether there is more to come."""
    before = app.queue_ack
    pulled = queue.pull(access, tokens, ack=before or None)
    _store(app, pulled)
    if pulled.ack and queue.confirm is not None:
        queue.confirm(access, tokens, ack=pulled.ack)
    # without this a queue that does not advance would be asked for ever
    return pulled.more and bool(pulled.notices or app.queue_ack != before)


def _store(app: AppRegistration, pulled: Pulled) -> None:
    """Store the events of all shops together with the cursor."""
    rows = routing.incoming(routing.load(app), pulled.notices, InboxEvent.Source.QUEUE)
    # an empty one is no work
    begun = tracing.root("queue", "consumer", channel=app.channel, rows=len(rows)) if rows else nullcontext()
    with begun, transaction.atomic():
        connections = sorted({row.connection_id for row in rows if row.connection_id})
        note_webhooks(connections)
        if pulled.ack:
            app.queue_ack = pulled.ack
            app.save(update_fields=["queue_ack"])
        inbox.add(rows)
        transaction.on_commit(partial(wakeups.enqueue_once, "drain", connections))
        if any(row.connection_id is None for row in rows):
            transaction.on_commit(partial(wakeups.enqueue_once, "drain_app", [app.pk]))
