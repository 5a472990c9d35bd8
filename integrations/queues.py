"""Queues that belong to an app (lost pushes, events): one puller, and nothing is confirmed before it is stored."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, transaction

from integrations import inbox, routing, wake
from integrations.alone import alone
from integrations.connectors import channels, connector_class
from integrations.connectors.base import AppAccess, Connector, Pulled, TokenSource
from integrations.models import AppRegistration, InboxEvent
from integrations.registrations import app_access
from integrations.wire.errors import ChannelError
from integrations.wire.tokens import app_tokens, stored_tokens
from inventory.sql import execute

log = structlog.get_logger(__name__)

# a second's tick is never quite a second
_EARLY = timedelta(seconds=0.5)

# when this process last named an app as due
_named: dict[int, float] = {}


def due_apps() -> list[int]:
    """Apps whose queue is to be read now, each at its connector's pace. What was named is remembered by this process."""
    now, found = time.monotonic(), []
    for app_id, channel in AppRegistration.objects.filter(is_active=True).order_by("pk").values_list("pk", "channel"):
        if channel not in channels() or not connector_class(channel).has_app_queue:
            continue
        pace = (connector_class(channel).queue_pace - _EARLY).total_seconds()
        if now - _named.get(app_id, -math.inf) >= pace:
            _named[app_id] = now
            found.append(app_id)
    return found


def pull(app_id: int, budget_seconds: float = 20.0) -> None:
    """Empty the app's own queue into the inbox; rings again when the time is up first. Does nothing while another pulls.

    May be repeated: what was stored and not confirmed comes again, and is known by its delivery id or counted as a repeat.
    Raises nothing for a channel or a database that is away.
    """
    app = AppRegistration.objects.filter(id=app_id, is_active=True).first()
    if app is None or not connector_class(app.channel).has_app_queue:
        return
    try:
        with alone(f"pull:{app_id}") as ours:
            if ours:
                _empty(app, time.monotonic() + budget_seconds)
    except ChannelError as error:
        log.warning("pull_failed", app=app_id, channel=app.channel, code=error.code, reason=error.reason)
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", app=app_id, error=str(error))


def _empty(app: AppRegistration, ends: float) -> None:
    connector, access = connector_class(app.channel), app_access(app)
    tokens = _tokens(app, connector)
    # read under the lock: another puller may have moved it since
    app.refresh_from_db(fields=["queue_ack"])
    while _one_pull(app, connector, access, tokens):
        if time.monotonic() >= ends:
            wake.ring("pull", [app.pk])
            return


def _tokens(app: AppRegistration, connector: type[Connector]) -> TokenSource | None:
    """The app's own token where it has one, else that of its first shop."""
    if connector.has_app_tokens:
        return app_tokens(app)
    authorisation = app.authorisations.order_by("id").first()
    return stored_tokens(authorisation) if authorisation else None


def _one_pull(app: AppRegistration, connector: type[Connector], access: AppAccess, tokens: TokenSource | None) -> bool:
    """Pull, store, confirm; whether there is more to come."""
    before = app.queue_ack
    pulled = connector.pull_notices(access, tokens, ack=before or None)
    _store(app, pulled)
    if pulled.ack:
        connector.confirm_notices(access, tokens, ack=pulled.ack)
    # a queue that stands still would be asked for ever
    return pulled.more and bool(pulled.notices or app.queue_ack != before)


def _store(app: AppRegistration, pulled: Pulled) -> None:
    """The events of all shops and the cursor, or nothing of it."""
    rows = routing.incoming(routing.load(app), pulled.notices, InboxEvent.Source.QUEUE)
    with transaction.atomic():
        inbox.add(rows)
        if pulled.ack:
            app.queue_ack = pulled.ack
            app.save(update_fields=["queue_ack"])
        told = sorted({row.connection_id for row in rows if row.connection_id})
        execute("UPDATE integrations_connection SET last_webhook_at = clock_timestamp() WHERE id = ANY(%s)", told)
        transaction.on_commit(partial(wake.ring, "drain", told))
        if any(row.connection_id is None for row in rows):
            transaction.on_commit(partial(wake.ring, "drain_app", [app.pk]))
