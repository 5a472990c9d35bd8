"""Switching sinks on and off, new ones, secrets, replays: what people and the relay itself decide about a sink."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.db import execute, fetch
from core.event_types import Payload, Text, When, publish
from core.feed import feed_position
from core.outbox import Event, emit
from integrations.events import signatures, store
from integrations.events.messages import test_message
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import Outcome, Result, SinkAway
from integrations.models import EventDelivery, EventSink

SOURCE = "/erpsync/integrations"
# how long the secret before signs as well
ROTATION = timedelta(hours=24)


class SinkOff(Payload):
    """A sink was switched off. Its owner is told by the hub's pages, and by the other sinks that get this event."""

    sink_id: Text
    name: str
    reason: str
    cursor: int
    since: When


SINK_OFF = publish("sink.switched_off", SinkOff)


def start_now(sink: EventSink) -> None:
    """Fill in what a new sink begins with: now, and the secrets of its kind. The past comes by a replay."""
    sink.cursor = feed_position()
    sink.secrets = sink_kinds()[sink.kind].new_secrets() | sink.secrets


@transaction.atomic
def add_sink(
    kind: str, name: str, settings: dict[str, str], *, secrets: Mapping[str, Any] = MappingProxyType({}),
    shops: Collection[int] = (), types: Sequence[str] = (), sends_personal: bool = False, contact: str = "",
) -> EventSink:  # fmt: skip
    """Create a sink that starts now: the past comes by replay. Without shops or types it gets the events of all."""
    sink = EventSink(
        kind=kind, name=name, settings=settings, types=list(types), sends_personal=sends_personal, contact=contact
    )  # fmt: skip
    sink.secrets = dict(secrets)
    start_now(sink)
    sink.save()
    sink.only_shops.set(shops)
    return sink


@transaction.atomic
def change_sink(sink_id: int, fields: Mapping[str, Any], *, shops: Collection[int] | None = None) -> None:
    """Change fields of a sink, `secrets` beside those that it has; shops where they are given. May be repeated."""
    [sink] = EventSink.objects.select_for_update(no_key=True).filter(pk=sink_id)
    for name, value in fields.items():
        setattr(sink, name, {**sink.secrets, **value} if name == "secrets" else value)
    sink.save(update_fields=list(fields))
    if shops is not None:
        sink.only_shops.set(shops)


def remove_sink(sink_id: int) -> None:
    """Delete a sink with what waits for it. May be repeated."""
    EventSink.objects.filter(pk=sink_id).delete()


@transaction.atomic
def switch_off(sink_id: int, reason: str) -> None:
    """Switch a sink off; its cursor stays, and what waits keeps waiting. May be repeated."""
    [sink] = EventSink.objects.select_for_update(no_key=True).filter(pk=sink_id)
    if not sink.is_active:
        return
    sink.is_active, sink.off_reason, sink.off_at, sink.lease_until = False, reason, timezone.now(), None
    sink.save(update_fields=["is_active", "off_reason", "off_at", "lease_until"])
    shops = tuple(sink.only_shops.order_by("pk").values_list("pk", flat=True))
    data = SinkOff(sink_id=str(sink.pk), name=sink.name, reason=reason, cursor=sink.cursor, since=sink.off_at)
    emit([Event(SINK_OFF.name, SOURCE, "sink", str(sink.pk), data, shops)])


@transaction.atomic
def switch_on(sink_id: int, *, since: datetime | None = None, now: bool = False) -> None:
    """Switch a sink on: from where it stopped, from the events since a time on, or from now on. May be repeated."""
    [sink] = EventSink.objects.select_for_update(no_key=True).filter(pk=sink_id)
    if now or since is not None:
        sink.cursor = feed_position() if since is None else position_before(since)
        sink.progress = {}
    sink.is_active, sink.off_reason, sink.off_at, sink.failures, sink.paused_until = True, "", None, 0, None
    sink.told_at = None
    sink.save()


def position_before(since: datetime) -> int:
    """Return the feed position below the first event since a time."""
    [(first,)] = fetch("SELECT min(position) FROM core_outboxevent WHERE time >= %s AND position IS NOT NULL", since)
    return feed_position() if first is None else int(first) - 1


@transaction.atomic
def change_secret(sink_id: int) -> str:
    """Give a sink a new secret; the one before signs beside it until the time that is returned, for a day."""
    [sink] = EventSink.objects.select_for_update(no_key=True).filter(pk=sink_id)
    until = (datetime.now(UTC) + ROTATION).isoformat()
    sink.secrets = {
        "current": signatures.new_secret(),
        "previous": sink.secrets.get("current"),
        "previous_until": until,
    }
    sink.save(update_fields=["secrets"])
    return until


def send_test(sink: EventSink) -> Outcome:
    """Send a test event at once; return its outcome. Calls the other side: not in a transaction."""
    test = test_message()
    try:
        with closing(sink_kinds()[sink.kind].open(store.target_of(sink))) as channel:
            [outcome] = channel.deliver([test]).outcomes
    except SinkAway as error:
        return Outcome(test, Result.LATER, counts=False, is_attempt=False, answer=str(error))
    store.add_attempts(sink.pk, [outcome], test=True)
    return outcome


# those below the cursor: what is above it comes anyway
_REPLAY = """
INSERT INTO integrations_eventdelivery (sink_id, event_id, type, entity, entity_id, position, state, due_at, is_replay, tries, reason)
SELECT %(sink)s, e.id, e.type, e.entity, e.entity_id, e.position, 'waiting', clock_timestamp(), true, 0, ''
FROM core_outboxevent e JOIN integrations_eventsink sink ON sink.id = %(sink)s AND e.position <= sink.cursor
WHERE e.time >= %(since)s AND e.time < %(until)s AND e.type = ANY(%(types)s)
    AND (%(entity)s = '' OR e.entity || '/' || e.entity_id = %(entity)s)
    AND (%(everything)s OR e.shop_ids && %(shops)s::bigint[])
ON CONFLICT (sink_id, event_id) DO UPDATE SET state = 'waiting', due_at = clock_timestamp(), tries = 0, first_tried_at = NULL
"""


def replay(sink_id: int, *, since: datetime, until: datetime, types: Sequence[str] = (), entity: str = "") -> int:
    """Send past events of a sink again, marked as a replay; return how many. `entity`: "order/17". May be repeated."""
    sink = store.state_of(sink_id)
    wanted: Collection[Any] = set(store.wanted_types(sink.types)) & set(store.wanted_types(types))
    return execute(
        _REPLAY, sink=sink_id, since=since, until=until, types=sorted(wanted), entity=entity, shops=sink.shops,
        everything=not sink.shops,
    )  # fmt: skip


def retry_parked(sink_id: int, delivery_ids: Collection[int]) -> int:
    """Try parked events again; return how many there were. May be repeated."""
    rows = EventDelivery.objects.filter(sink_id=sink_id, pk__in=delivery_ids, state=EventDelivery.State.PARKED)
    return rows.update(state=EventDelivery.State.WAITING, due_at=timezone.now(), tries=0, first_tried_at=None)


def is_delivered(outcome: Outcome) -> bool:
    """Return whether a test arrived."""
    return outcome.result is Result.DELIVERED
