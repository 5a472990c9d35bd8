"""Receiving webhooks: a delivery becomes inbox events and the exact answer its channel wants. One function for every server.

Acknowledged means committed. What was signed is never lost: malformed content is kept whole, as `unreadable`. What was not
proved to be the channel's is counted, and nothing of its body is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog
from django.db import DataError, InterfaceError, OperationalError, transaction

from core import tracing, tunables
from core.encryption import SecretUnreadable
from integrations import inbox
from integrations.accounts.connections import note_webhooks
from integrations.connectors import connector_of
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.contract.webhooks import Applied, Delivery, Notice, Refused, Reply, Unreadable, Webhooks
from integrations.inbox import carried, routing
from integrations.inbox.refusals import SAMPLE_LENGTH, count_refusal
from integrations.inbox.routing import Route
from integrations.inbox.store import Incoming
from integrations.work import wakeups

log = structlog.get_logger(__name__)

MAX_BODY = tunables.INBOX_MAX_BODY
NO_WEBHOOKS = Reply(401)
NO_SUCH_CHANNEL = Reply(404, b"no such channel")
AWAY = Reply(503, b"try again later")
TOO_SLOW = Reply(408, b"the body came too slowly")
# a connection's last webhook is noted at most this often per process: an accept costs one statement
NOTED_SECONDS = 5.0
SOURCE = "webhook"

R = TypeVar("R")

_POST_ONLY = frozenset({"POST"})

_noted: dict[int, float] = {}


def methods_of(channel: str) -> frozenset[str]:
    """Return the HTTP methods by which a channel notifies: POST, unless its webhooks declare others."""
    webhooks = connector_of(channel).webhooks if routing.is_channel(channel) else None
    return webhooks.methods if webhooks is not None else _POST_ONLY


def receive(channel: str, app_key: str, delivery: Delivery, *, announced: int = 0) -> Reply:
    """Check a delivery, store it, and return the answer. `announced`: the declared size, where the body was not read for it.

    Never raises for what a sender can send, nor for a database that is away or a key that FIELD_KEYS lacks (503: platforms
    retry). May be repeated.
    """
    size = max(announced, len(delivery.body))
    known = channel if routing.is_channel(channel) else "?"
    with tracing.root("webhook", "server", channel=known) as note:
        reply = _or_away(channel, lambda: _receive(channel, app_key, delivery, size))
        note(status=reply.status)
        return reply


def turned_away(channel: str, app_key: str, delivery: Delivery, *, announced: int = 0) -> Reply | None:
    """Return the refusal of a delivery whose body need not be read, None for one to read: a stranger's costs no patience.

    `delivery` is the one that came, without its body. Counts the refusal. May be repeated.
    """

    def look() -> Reply | None:
        found = _admitted(channel, app_key, delivery, announced)
        return found if isinstance(found, Reply) else None

    return _or_away(channel, look)


def given_up(channel: str, app_key: str, delivery: Delivery, *, announced: int = 0) -> Reply:
    """Count a delivery whose body did not come in time, and return the answer."""

    def count() -> Reply:
        found = _admitted(channel, app_key, delivery, announced)
        if isinstance(found, Reply):
            return found
        count_refusal(found.app_id, channel, "too_slow", delivery, announced)
        return TOO_SLOW

    return _or_away(channel, count)


def _or_away(channel: str, work: Callable[[], R]) -> R | Reply:
    try:
        return work()
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", channel=channel, error=str(error))
        return AWAY
    except SecretUnreadable as error:
        log.error("secret_unreadable", channel=channel, error=str(error))  # noqa: TRY400  (the message says all)
        return AWAY


def _receive(channel: str, app_key: str, delivery: Delivery, size: int) -> Reply:
    route = _admitted(channel, app_key, delivery, size)
    if isinstance(route, Reply):
        return route
    webhooks = route.connector.webhooks
    assert webhooks is not None
    try:
        notices, rows = _opened(webhooks, route, delivery)
    except Refused as refused:
        return _refuse(channel, route, refused.reason, delivery, size)
    return _reply(webhooks, _store(route, delivery, notices, rows))


def _admitted(channel: str, app_key: str, delivery: Delivery, size: int) -> Route | Reply:
    """Return where a delivery belongs, or its refusal, counted, when that needs nothing of its body."""
    if not routing.is_channel(channel):
        count_refusal(None, "?", "unknown_channel", delivery, size)
        return NO_SUCH_CHANNEL
    route, webhooks = routing.find(channel, app_key), connector_of(channel).webhooks
    if size > MAX_BODY:
        return _refuse(channel, route, "too_large", delivery, size)
    if route is None:
        return _refuse(channel, route, "unknown_app", delivery, size)
    if webhooks is None:
        return _refuse(channel, route, "unknown_topic", delivery, size)
    return route


def _refuse(channel: str, route: Route | None, reason: str, delivery: Delivery, size: int) -> Reply:
    count_refusal(route.app_id if route else None, channel, reason, delivery, size)
    webhooks = connector_of(channel).webhooks
    return webhooks.refusal(reason) if webhooks is not None else NO_WEBHOOKS


def _opened(webhooks: Webhooks, route: Route, delivery: Delivery) -> tuple[list[Notice], list[Incoming]]:
    """Return the notices with their rows, alike; unreadable content is one row for people. Raises Refused, also when the
    connector stumbled over what was not proved to be the channel's."""
    try:
        notices = webhooks.open(route.access, delivery)
        return notices, routing.incoming(route, notices, SOURCE, delivery.content)
    except Unreadable as error:
        reason = error.reason
    except RecursionError:
        _prove(webhooks, route, delivery)
        reason = "nested too deeply"
    except UNEXPECTED_ERRORS as error:
        log.exception("delivery_not_understood", channel=route.channel)
        _prove(webhooks, route, delivery)
        reason = f"unexpected error of the connector: {type(error).__name__}"
    return [Notice(routing.UNREADABLE, "")], [_unreadable(route, reason, delivery)]


def _prove(webhooks: Webhooks, route: Route, delivery: Delivery) -> None:
    """Raise Refused unless the delivery is the channel's; a check that stumbles as well proves nothing."""
    try:
        webhooks.prove(route.access, delivery)
    except (RecursionError, *UNEXPECTED_ERRORS):
        raise Refused("not_understood") from None


def _unreadable(route: Route, reason: str, delivery: Delivery) -> Incoming:
    return routing.unreadable(route, reason, SOURCE, delivery.content, topic=delivery.topic[:SAMPLE_LENGTH])


def _reply(webhooks: Webhooks, applied: list[Applied]) -> Reply:
    if webhooks.answer is None or not applied:
        return webhooks.acknowledgement
    try:
        return webhooks.answer(applied)
    except UNEXPECTED_ERRORS:
        # everything is committed: the channel need not send it again
        log.exception("delivery_answered_without_outcome")
        return webhooks.acknowledgement


# --------------------------------------------------------------------------------------------------------------------
# Storing
# --------------------------------------------------------------------------------------------------------------------


def _store(route: Route, delivery: Delivery, notices: Sequence[Notice], rows: Sequence[Incoming]) -> list[Applied]:
    """Store the rows; notices with a snapshot are applied, with one outcome each. Malformed ones count as dead."""
    pairs = list(zip(notices, rows, strict=True))
    with_fact = [(n, r) for n, r in pairs if n.snapshot is not None and r.kind != routing.UNREADABLE]
    plain = [(n, r) for n, r in pairs if n.snapshot is None or r.kind == routing.UNREADABLE]
    applied = _record(route, delivery, [n for n, _ in with_fact], [r for _, r in with_fact]) if with_fact else []
    if plain:
        _add(route, delivery, [row for _, row in plain])
    _note({row.connection_id for row in rows if row.connection_id is not None})
    return [*applied, *(Applied(n, carried.DEAD, routing.UNREADABLE) for n, r in plain if r.kind == routing.UNREADABLE)]


def _record(route: Route, delivery: Delivery, notices: Sequence[Notice], rows: Sequence[Incoming]) -> list[Applied]:
    try:
        return carried.record(notices, rows)
    except DataError as error:
        _add(route, delivery, [_not_storable(route, error, delivery)])
        return [Applied(notice, carried.DEAD, routing.UNREADABLE) for notice in notices]


def _add(route: Route, delivery: Delivery, rows: Sequence[Incoming]) -> None:
    try:
        inbox.add(rows)
    except DataError as error:
        rows = [_not_storable(route, error, delivery)]
        inbox.add(rows)
    connections = {row.connection_id for row in rows if row.connection_id is not None}
    transaction.on_commit(partial(wakeups.enqueue_once, "drain", connections))
    if any(row.connection_id is None for row in rows):
        transaction.on_commit(partial(wakeups.enqueue_once, "drain_app", [route.app_id]))


def _not_storable(route: Route, error: DataError, delivery: Delivery) -> Incoming:
    log.error("delivery_not_storable", channel=route.channel, error=str(error))
    return _unreadable(route, f"PostgreSQL refuses it: {type(error).__name__}", delivery)


def _note(connections: set[int]) -> None:
    """Note the time of the last webhook. The events are committed: if this fails, the next delivery does it."""
    now = time.monotonic()
    due = sorted(c for c in connections if now - _noted.get(c, -NOTED_SECONDS) >= NOTED_SECONDS)
    if not due:
        return
    _noted.update(dict.fromkeys(due, now))
    try:
        note_webhooks(due)
    except OperationalError as error:
        log.warning("last_webhook_not_noted", error=str(error))
