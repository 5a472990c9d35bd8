"""Adding inbox events. Every change notification is a row here, and no progress is kept anywhere else.

A thing (app, connection, kind, external id) has at most one waiting row; a repeat adds one to its `seen`. All times are the
database's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core import tracing
from core.db import execute, fetch
from core.reasons import Cause, stored
from core.transactions import in_transaction
from core.widths import shortened_id
from integrations.contract import reasons
from integrations.inbox.erased import without_erased_people, without_erased_words

# key of an event's body: what its notices said the thing is, oldest first; absent where one of them said nothing
SAID = "_said"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A notification that a thing changed. `delivery_id` is the channel's own id of the delivery, "" for none.

    `after`: seconds until it is due; a repeat that is due earlier brings it forward.
    """

    app_id: int
    connection_id: int | None
    kind: str
    external_id: str
    source: str
    version: datetime | None = None
    delivery_id: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes | None = None
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """A claimed event. `said`: what its notices said the thing is, as JSON; None where the channel must be asked."""

    id: int
    kind: str
    external_id: str
    version: datetime | None
    source: str
    tries: int
    received_at: datetime
    said: str | None = None
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Events under a lease: all due events of their entities, ours until it ends."""

    lease: UUID
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an event: processed, duplicate, ignored or dead, with a reason for people where it needs one."""

    event_id: int
    state: str
    code: str = ""
    reason: Cause = ""


@dataclass(frozen=True, slots=True)
class Later:
    """The return of an event to waiting. `after`: seconds, None for the usual steps. `counts`: it uses up a try."""

    event_id: int
    after: float | None = None
    counts: bool = True
    code: str = ""
    reason: Cause = ""


_REPEATED = """
WITH n AS (
    SELECT app_id, delivery_id, count(*) AS times,
        (SELECT max(id) FROM integrations_inboxevent known
         WHERE known.app_id = d.app_id AND known.delivery_id = d.delivery_id AND known.delivery_id <> '') AS id
    FROM unnest(%(apps)s::bigint[], %(deliveries)s::text[]) AS d(app_id, delivery_id) GROUP BY 1, 2
), locked AS (
    SELECT e.id FROM integrations_inboxevent e WHERE e.id = ANY(ARRAY(SELECT id FROM n)) ORDER BY e.id FOR NO KEY UPDATE
)
UPDATE integrations_inboxevent e SET seen = e.seen + n.times
FROM n WHERE e.id = n.id AND e.id IN (SELECT id FROM locked) RETURNING n.app_id, n.delivery_id
"""

# one notice of several that said nothing is reason enough to ask: what they said is kept only where all of them did,
# and they are few
_ADD = """
INSERT INTO integrations_inboxevent AS waiting
    (app_id, connection_id, kind, external_id, source, version, delivery_id, body, raw, due_at, seen, traceparent)
SELECT n.app_id, n.connection_id, n.kind, n.external_id, n.source, n.version, n.delivery_id, n.body, n.raw,
    now() + make_interval(secs => n.after), n.seen, %(traceparent)s
FROM unnest(%(apps)s::bigint[], %(connections)s::bigint[], %(kinds)s::text[],
    %(things)s::text[], %(sources)s::text[], %(versions)s::timestamptz[], %(deliveries)s::text[], %(bodies)s::jsonb[],
    %(raws)s::bytea[], %(after)s::float[], %(seen)s::int[])
    AS n(app_id, connection_id, kind, external_id, source, version, delivery_id, body, raw, after, seen)
ON CONFLICT (app_id, connection_id, kind, external_id) WHERE state = 'pending' AND lease IS NULL DO UPDATE SET
    seen = waiting.seen + excluded.seen, due_at = least(waiting.due_at, excluded.due_at),
    version = greatest(waiting.version, excluded.version), raw = excluded.raw,
    traceparent = coalesce(nullif(waiting.traceparent, ''), excluded.traceparent),
    body = CASE WHEN jsonb_array_length(waiting.body -> '_said') + jsonb_array_length(excluded.body -> '_said') <= 50
        THEN excluded.body || jsonb_build_object('_said', waiting.body -> '_said' || (excluded.body -> '_said'))
        ELSE excluded.body - '_said' END
"""


def add(rows: Sequence[Incoming]) -> int:
    """Store notifications, which may repeat each other; return how many were new deliveries. May be repeated.

    Run it inside the caller's transaction when a cursor or a watermark must commit with it.
    """
    rows = without_erased_people(
        [
            replace(row, external_id=shortened_id(row.external_id), delivery_id=shortened_id(row.delivery_id))
            for row in rows
        ]
    )
    repeated = _count_repeated([row for row in rows if row.delivery_id])
    united: dict[tuple[Any, ...], tuple[Incoming, int]] = {}
    for row in rows:
        if (row.app_id, row.delivery_id) in repeated:
            continue
        thing = (row.app_id, row.connection_id or 0, row.kind, row.external_id)
        known = united.get(thing)
        united[thing] = (_joined(known[0], row), known[1] + 1) if known else (row, 1)
    # in the order of things, in which everybody locks them
    new = [united[thing] for thing in sorted(united)]
    if new:
        execute(_ADD, **incoming_columns([row for row, _ in new]), seen=[seen for _, seen in new])
    return sum(seen for _, seen in new)


def _joined(older: Incoming, newer: Incoming) -> Incoming:
    """Return what stands for both, as the database joins them."""
    body = {name: part for name, part in newer.body.items() if name != SAID}
    if SAID in older.body and SAID in newer.body:
        body[SAID] = [*older.body[SAID], *newer.body[SAID]]
    return replace(newer, body=body, after=min(older.after, newer.after))


def _count_repeated(rows: Sequence[Incoming]) -> set[tuple[int, str]]:
    """Add to the `seen` of deliveries that came before, and return them."""
    if not rows:
        return set()
    deliveries = [row.delivery_id for row in rows]
    return {(app, delivery) for app, delivery in
            fetch(_REPEATED, apps=[row.app_id for row in rows], deliveries=deliveries)}  # fmt: skip


def incoming_columns(rows: Sequence[Incoming]) -> dict[str, Any]:
    """Return the rows as one array per column, by the names of the statements' parameters; nothing of erased people. And the trace."""
    rows = without_erased_words(rows)
    return {
        "apps": [row.app_id for row in rows],
        "connections": [row.connection_id for row in rows],
        "kinds": [row.kind for row in rows],
        "things": [row.external_id for row in rows],
        "sources": [row.source for row in rows],
        "versions": [row.version for row in rows],
        "deliveries": [row.delivery_id for row in rows],
        "bodies": [json.dumps(row.body, default=str) for row in rows],
        "raws": [row.raw for row in rows],
        "after": [row.after for row in rows],
        "traceparent": tracing.traceparent(),
    }


@in_transaction
def retry_dead(event_ids: Sequence[int]) -> int:
    """Try open dead letters again on a person's request: each becomes the duplicate of a new event. Return how many there were."""
    rows = fetch(
        "WITH dead AS (SELECT id FROM integrations_inboxevent WHERE id = ANY(%s) AND state = 'dead' AND closed_at IS NULL"
        " ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE integrations_inboxevent SET state = 'duplicate' WHERE id IN (SELECT id FROM dead)"
        " RETURNING app_id, connection_id, kind, external_id, version, body",
        list(event_ids),
    )
    add(
        [
            # a person wants the channel to be asked, whatever its notices said
            Incoming(a, c, kind, thing, "person", version, "", {k: v for k, v in json.loads(body).items() if k != SAID})
            for a, c, kind, thing, version, body in rows
        ]
    )
    return len(rows)


_END_ANSWERED = """
UPDATE integrations_inboxevent e SET state = 'duplicate', reason_code = 'answered', reason = %(reason)s::jsonb,
    finished_at = clock_timestamp()
WHERE e.id IN (SELECT id FROM integrations_inboxevent WHERE connection_id = %(connection)s AND kind = %(kind)s
    AND external_id = ANY(%(things)s) AND state = 'pending' AND lease IS NULL AND received_at < %(asked)s
    ORDER BY id FOR UPDATE SKIP LOCKED)
"""


def end_answered(connection_id: int, kind: str, things: Sequence[str], *, asked_at: datetime) -> None:
    """End the waiting events of things that a list, asked for at `asked_at`, has shown since they came. In its own transaction."""
    if things:
        execute(
            _END_ANSWERED,
            connection=connection_id,
            kind=kind,
            things=list(things),
            asked=asked_at,
            reason=stored(reasons.LISTED),
        )


def accounting(connection_id: int) -> dict[str, int]:
    """Return a connection's event accounting: received = processed + duplicate + ignored + pending + dead.

    A row stands for `seen` notifications: one has the row's state, the others were duplicates of it.
    """
    rows = fetch(
        "SELECT state, count(*), sum(seen) FROM integrations_inboxevent WHERE connection_id = %s GROUP BY state",
        connection_id,
    )
    counts = {"processed": 0, "duplicate": 0, "ignored": 0, "pending": 0, "dead": 0}
    for state, number, seen in rows:
        counts[state] += number
        counts["duplicate"] += seen - number
    return counts | {"received": sum(counts.values())}
