"""Rows of the relay: what a sink is to be sent next, and what became of it. The only writer of deliveries and attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from core.db import columns, decode, encode, execute, fetch, named_columns
from core.event_types import event_types
from core.feed import feed_position
from integrations.events import leases
from integrations.events.messages import EventRow, message
from integrations.events.sinks.base import Outcome, Result, Target
from integrations.models import IS_HELD, EventSink

# an event that is tried for longer no longer holds back the later ones of its entity: they go on with a gap
HOLD = "interval '24 hours'"
# feed positions looked through at once for what a sink wants
WINDOW = 2_000


@dataclass(slots=True)
class SinkState:
    """A sink as the relay works on it."""

    id: int
    kind: str
    types: list[str]
    sends_personal: bool
    settings: Mapping[str, Any]
    cursor: int
    progress: dict[str, Any]
    failures: int
    is_paused: bool
    shops: list[int]


_STATE = f"""
SELECT sink.id, sink.kind, sink.types, sink.sends_personal, sink.settings, sink.cursor, sink.progress, sink.failures,
    sink.paused_until > clock_timestamp() OR {IS_HELD},
    ARRAY(SELECT shop_id FROM integrations_eventsink_only_shops WHERE eventsink_id = sink.id)
FROM integrations_eventsink sink WHERE sink.id = %(sink)s
"""


def state_of(sink_id: int) -> SinkState:
    """Return a sink as it is stored now; a restored hub that holds everything back pauses all of them."""
    [row] = fetch(_STATE, sink=sink_id)
    pk, kind, types, personal, settings, cursor, progress, failures, paused, shops = row
    return SinkState(
        pk, kind, types, personal, decode(settings), cursor, decode(progress), failures, bool(paused), shops
    )


def target_of(sink: EventSink) -> Target:
    """Return a sink as its kind sees it."""
    return Target(sink.pk, sink.settings, sink.secrets)


def sent_types(sink: SinkState) -> list[str]:
    """Return the types that a sink is sent: those chosen, and what tells it to erase a buyer whose data it may have."""
    chosen = wanted_types(sink.types)
    if not sink.sends_personal:
        return chosen
    return [*chosen, *(name for name, kind in event_types().items() if kind.follows_personal and name not in chosen)]


def wanted_types(types: Sequence[str]) -> list[str]:
    """Return the published types that a filter names; all for an empty one. "order." names all of orders."""
    return [
        name
        for name in event_types()
        if not types or any(name == t or (t.endswith(".") and name.startswith(t)) for t in types)
    ]


# waiting, and not for so long that the later ones go on
_HOLDS = f"d.state = 'waiting' AND (d.first_tried_at IS NULL OR d.first_tried_at > clock_timestamp() - {HOLD})"
_EARLIER = "d.sink_id = %(sink)s AND (d.entity, d.entity_id) = (e.entity, e.entity_id) AND d.position < e.position"
_COLUMNS = "e.id, e.position, e.type, e.source, e.entity, e.entity_id, e.version, e.time, e.data::text, e.traceparent"
_FLAGS = f"""
EXISTS (SELECT FROM integrations_eventdelivery d WHERE {_EARLIER} AND {_HOLDS}),
EXISTS (SELECT FROM integrations_eventdelivery d WHERE {_EARLIER} AND NOT ({_HOLDS}))
"""
_FRESH = f"""
SELECT {_COLUMNS}, {_FLAGS}, NULL::int, false FROM core_outboxevent e
WHERE e.position > %(after)s AND e.position <= %(upto)s AND e.type = ANY(%(types)s)
    AND (%(everything)s OR e.shop_ids && %(shops)s::bigint[])
ORDER BY e.position LIMIT %(limit)s
"""
_DUE = f"""
SELECT {_COLUMNS}, false, (SELECT EXISTS (SELECT FROM integrations_eventdelivery d WHERE {_EARLIER} AND NOT ({_HOLDS}))),
    due.tries, due.is_replay, EXISTS (
        SELECT FROM core_outboxevent later JOIN integrations_eventsink sink ON sink.id = %(sink)s AND later.position <= sink.cursor
        WHERE (later.entity, later.entity_id, later.type) = (e.entity, e.entity_id, e.type) AND later.version > e.version)
FROM integrations_eventdelivery due JOIN core_outboxevent e ON e.id = due.event_id
WHERE due.sink_id = %(sink)s AND due.state = 'waiting' AND due.due_at <= clock_timestamp()
    AND NOT EXISTS (SELECT FROM integrations_eventdelivery d WHERE {_EARLIER} AND {_HOLDS})
ORDER BY due.due_at, e.position LIMIT %(limit)s
"""


def fresh_events(sink: SinkState, *, limit: int) -> tuple[list[EventRow], int]:
    """Return the next events above the cursor that a sink wants, and the cursor once they are dealt with."""
    upto = min(sink.cursor + WINDOW, feed_position())
    if upto <= sink.cursor:
        return [], sink.cursor
    rows = fetch(
        _FRESH, sink=sink.id, after=sink.cursor, upto=upto, types=sent_types(sink), shops=sink.shops,
        everything=not sink.shops, limit=limit,
    )  # fmt: skip
    found = [EventRow(*row) for row in rows]
    return found, found[-1].position if len(found) == limit else upto


def due_events(sink_id: int, *, limit: int) -> list[EventRow]:
    """Return the events whose next try is due, of each entity the earliest that waits."""
    return [EventRow(*row) for row in fetch(_DUE, sink=sink_id, limit=limit)]


@dataclass(frozen=True, slots=True)
class Kept:
    """An outcome that stays: when the next try is, None for never; `counts`: the try was one."""

    row: EventRow
    after: float | None
    counts: bool
    reason: str


_ADVANCE = f"""
UPDATE integrations_eventsink SET cursor = %(upto)s, progress = %(progress)s::jsonb, failures = %(failures)s,
    trouble = %(trouble)s, paused_until = clock_timestamp() + make_interval(secs => %(pause)s)
WHERE id = %(sink)s AND is_active AND cursor = %(cursor)s AND {leases.MINE}
"""
_KEEP = """
INSERT INTO integrations_eventdelivery AS known
    (sink_id, event_id, type, entity, entity_id, position, state, tries, first_tried_at, due_at, is_replay, reason)
SELECT %(sink)s, e.id, e.type, e.entity, e.entity_id, e.position, CASE WHEN n.after IS NULL THEN 'parked' ELSE 'waiting' END,
    n.counts::int, CASE WHEN n.counts THEN clock_timestamp() END,
    clock_timestamp() + make_interval(secs => coalesce(n.after, 0)), false, n.reason
FROM unnest(%(events)s::uuid[], %(after)s::float[], %(counts)s::bool[], %(reasons)s::text[])
    AS n(id, after, counts, reason) JOIN core_outboxevent e ON e.id = n.id
ON CONFLICT (sink_id, event_id) DO UPDATE SET state = excluded.state, tries = known.tries + excluded.tries,
    first_tried_at = coalesce(known.first_tried_at, excluded.first_tried_at), due_at = excluded.due_at, reason = excluded.reason
"""
_ATTEMPTS = """
INSERT INTO integrations_deliveryattempt (sink_id, event_id, type, outcome, status, answer, milliseconds, is_test)
SELECT %(sink)s, n.* , %(test)s
FROM unnest(%(events)s::uuid[], %(types)s::text[], %(outcomes)s::text[], %(statuses)s::int[], %(answers)s::text[], %(times)s::int[]) n
"""


@transaction.atomic
def record(
    sink: SinkState, *, cursor: int, upto: int, outcomes: Sequence[Outcome], kept: Sequence[Kept], pause: float, trouble: str
) -> None:  # fmt: skip
    """Store the end of a batch: the cursor from `cursor` to `upto`, what waits or is parked, the attempts.

    Raises LeaseLost when the sink is no longer ours or was changed meanwhile: then nothing is stored.
    """
    advanced = execute(
        _ADVANCE, sink=sink.id, cursor=cursor, upto=upto, progress=encode(sink.progress), failures=sink.failures,
        trouble=trouble[:300], pause=pause,
    )  # fmt: skip
    if not advanced:
        raise leases.LeaseLost
    if kept:
        rows = [(k.row.id, k.after, k.counts, k.reason[:300]) for k in kept]
        execute(_KEEP, sink=sink.id, **named_columns("events after counts reasons", rows))
    done = [o.message.row.id for o in outcomes if o.result is Result.DELIVERED and o.message.row.tries is not None]
    if done:
        execute("DELETE FROM integrations_eventdelivery WHERE sink_id = %s AND event_id = ANY(%s)", sink.id, done)
    add_attempts(sink.id, outcomes)


def add_attempts(sink_id: int, outcomes: Sequence[Outcome], *, test: bool = False) -> None:
    """Keep the calls that were made, for people to see."""
    rows = [
        (
            o.message.row.id, o.message.row.type, "delivered" if o.result is Result.DELIVERED else "failed", o.status,
            o.answer, o.milliseconds,
        )
        for o in outcomes
        if o.is_attempt
    ]  # fmt: skip
    if rows:
        names = "events types outcomes statuses answers times"
        execute(_ATTEMPTS, sink=sink_id, test=test, **dict(zip(names.split(), columns(rows, 6), strict=True)))


def sent_body(event_id: UUID, *, sends_personal: bool) -> bytes:
    """Return the body that an event is sent with; empty when it is gone, or was a test."""
    rows = fetch(f"SELECT {_COLUMNS}, false, false, NULL, false FROM core_outboxevent e WHERE e.id = %s", event_id)
    found = [EventRow(*row) for row in rows if row[1] is not None and row[2] in event_types()]
    return message(found[0], sends_personal=sends_personal).body if found else b""


def delete_old_attempts(*, days: int) -> int:
    """Delete attempts that are older; return how many."""
    return execute(
        "DELETE FROM integrations_deliveryattempt WHERE at < clock_timestamp() - make_interval(days => %s)", days
    )
