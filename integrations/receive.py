"""A webhook delivery becomes inbox events and the exact answer its channel wants: one function for every way it may arrive.

Acknowledged means committed. What was signed is never lost: what makes no sense is kept whole, as `unreadable`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial

import structlog
from django.db import DataError, InterfaceError, OperationalError, transaction

from integrations import inbox, routing, wake
from integrations.connectors import connector_class
from integrations.connectors.base import Connector, Delivery, Refused, Reply, Unreadable
from integrations.inbox import Incoming
from integrations.routing import Route
from inventory.sql import execute

log = structlog.get_logger(__name__)

MAX_BODY = 1_000_000
NO_SUCH_CHANNEL = Reply(404, b"no such channel")
AWAY = Reply(503, b"try again later")
# a connection's last webhook is noted at most this often per process: an accept costs one statement
NOTED_SECONDS = 5.0
SOURCE = "webhook"

_SAMPLE_HEADERS = 30
_SAMPLE_LENGTH = 200
_SECRET_PARTS = ("auth", "cookie", "sign", "token", "key", "secret", "hmac")

_noted: dict[int, float] = {}


def receive(channel: str, app_key: str, delivery: Delivery, *, announced: int = 0) -> Reply:
    """Check, store, answer. `announced`: the size in bytes that the sender told, where the body was not read because of it.

    Never raises for what a sender can send, nor for a database that is away (503: platforms retry). May be repeated.
    """
    try:
        return _receive(channel, app_key, delivery, max(announced, len(delivery.body)))
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", channel=channel, error=str(error))
        return AWAY


def _receive(channel: str, app_key: str, delivery: Delivery, size: int) -> Reply:
    if not routing.is_channel(channel):
        _count_refusal(None, "?", "unknown_channel", delivery, size)
        return NO_SUCH_CHANNEL
    route = routing.find(channel, app_key)
    if size > MAX_BODY:
        return _refuse(channel, route, "too_large", delivery, size)
    if route is None:
        return _refuse(channel, route, "unknown_app", delivery, size)
    try:
        rows = _rows(route, delivery)
    except Refused as refused:
        return _refuse(channel, route, refused.reason, delivery, size)
    if rows:
        _store(route, delivery, rows)
    return route.connector.acknowledgement


def _rows(route: Route, delivery: Delivery) -> list[Incoming]:
    """What the delivery says; a connector that stumbles over it leaves it to people."""
    try:
        notices = route.connector.open_delivery(route.access, delivery)
        return routing.incoming(route, notices, SOURCE, delivery.body)
    except Unreadable as error:
        return [_unreadable(route, error.reason, delivery)]
    except RecursionError:
        return [_unreadable(route, "nested too deeply", delivery)]
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        log.exception("delivery_not_understood", channel=route.channel)
        return [_unreadable(route, f"the connector stumbled: {type(error).__name__}", delivery)]


def _store(route: Route, delivery: Delivery, rows: Sequence[Incoming]) -> None:
    try:
        inbox.add(rows)
    except DataError as error:
        log.exception("delivery_not_storable", channel=route.channel)
        rows = [_unreadable(route, f"PostgreSQL refuses it: {type(error).__name__}", delivery)]
        inbox.add(rows)
    connections = {row.connection_id for row in rows if row.connection_id is not None}
    transaction.on_commit(partial(wake.ring, "drain", connections))
    if any(row.connection_id is None for row in rows):
        transaction.on_commit(partial(wake.ring, "drain_app", [route.app_id]))
    _note(connections)


def _unreadable(route: Route, reason: str, delivery: Delivery) -> Incoming:
    return routing.unreadable(route, reason, SOURCE, delivery.body, topic=delivery.topic[:_SAMPLE_LENGTH])


def _note(connections: set[int]) -> None:
    """The time of the last webhook. The events are committed: when this fails, the next delivery does it."""
    now = time.monotonic()
    due = sorted(c for c in connections if now - _noted.get(c, -NOTED_SECONDS) >= NOTED_SECONDS)
    if not due:
        return
    _noted.update(dict.fromkeys(due, now))
    try:
        execute("UPDATE integrations_connection SET last_webhook_at = clock_timestamp() WHERE id = ANY(%s)", due)
    except OperationalError as error:
        log.warning("last_webhook_not_noted", error=str(error))


def _refuse(channel: str, route: Route | None, reason: str, delivery: Delivery, size: int) -> Reply:
    _count_refusal(route.app_id if route else None, channel, reason, delivery, size)
    return answer_to(connector_class(channel), reason)


def answer_to(connector: type[Connector], reason: str) -> Reply:
    """The connector's answer to a delivery refused for `reason`."""
    refusals: Mapping[str, Reply] = connector.refusals
    return refusals.get(reason) or refusals.get("") or Reply(401)


_COUNT = """
INSERT INTO integrations_refusal AS known (app_id, channel, reason, count, sample) VALUES (%s, %s, %s, 1, %s::jsonb)
ON CONFLICT (channel, app_id, reason) DO UPDATE SET
    count = known.count + 1, sample = excluded.sample, last_at = clock_timestamp()
"""


def _count_refusal(app_id: int | None, channel: str, reason: str, delivery: Delivery, size: int) -> None:
    log.info("delivery_refused", channel=channel, app=app_id, reason=reason, size=size)
    sample = {"headers": _sample(delivery.headers), "size": size, "topic": delivery.topic[:_SAMPLE_LENGTH]}
    execute(_COUNT, app_id, channel, reason[:32], json.dumps(routing.storable(sample)))


def _sample(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers for a person who wonders what came: of secret ones only the length."""
    return {
        name: f"({len(value)} characters)" if any(part in name for part in _SECRET_PARTS) else value[:_SAMPLE_LENGTH]
        for name, value in sorted(headers.items())[:_SAMPLE_HEADERS]
    }
