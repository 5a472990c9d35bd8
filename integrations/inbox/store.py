"""Adding inbox events. Every change notification is a row here, and no progress is kept anywhere else.

A thing (app, connection, kind, external id) has at most one waiting row; a repeat adds one to its `seen`. All times are the
database's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.db import execute, fetch


@dataclass(frozen=True, slots=True)
class Incoming:
    """A notification that a thing changed. `delivery_id` is the channel's own id of the delivery, "" for none."""

    app_id: int
    connection_id: int | None
    kind: str
    external_id: str
    source: str
    version: datetime | None = None
    delivery_id: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A claimed event."""

    id: int
    kind: str
    external_id: str
    version: datetime | None
    source: str
    tries: int
    received_at: datetime


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
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """The return of an event to waiting. `after`: seconds, None for the usual steps. `counts`: it uses up a try."""

    event_id: int
    after: float | None = None
    counts: bool = True
    code: str = ""
    reason: str = ""


_REPEATED = """
UPDATE integrations_inboxevent e SET seen = e.seen + n.times
FROM (SELECT app_id, delivery_id, count(*) AS times
      FROM unnest(%(apps)s::bigint[], %(deliveries)s::text[]) AS d(app_id, delivery_id) GROUP BY 1, 2) n
WHERE e.id = (SELECT max(id) FROM integrations_inboxevent known
              WHERE known.app_id = n.app_id AND known.delivery_id = n.delivery_id AND known.delivery_id <> '')
RETURNING n.app_id, n.delivery_id
"""

_ADD = """
INSERT INTO integrations_inboxevent AS waiting
    (app_id, connection_id, kind, external_id, source, version, delivery_id, body, raw, seen)
SELECT n.* FROM unnest(%(apps)s::bigint[], %(connections)s::bigint[], %(kinds)s::text[],
    %(things)s::text[], %(sources)s::text[], %(versions)s::timestamptz[], %(deliveries)s::text[], %(bodies)s::jsonb[],
    %(raws)s::bytea[], %(seen)s::int[]) AS n
ON CONFLICT (app_id, connection_id, kind, external_id) WHERE state = 'pending' AND lease IS NULL DO UPDATE SET
    seen = waiting.seen + excluded.seen, due_at = least(waiting.due_at, now()),
    version = greatest(waiting.version, excluded.version), body = excluded.body, raw = excluded.raw
"""


def add(rows: Sequence[Incoming]) -> int:
    """Store notifications, which may repeat each other; return how many were new deliveries. May be repeated.

    Run it inside the caller's transaction when a cursor or a watermark must commit with it.
    """
    known = _count_repeated([row for row in rows if row.delivery_id])
    united: dict[tuple[Any, ...], tuple[Incoming, int]] = {}
    for row in rows:
        if (row.app_id, row.delivery_id) in known:
            continue
        thing = (row.app_id, row.connection_id or 0, row.kind, row.external_id)
        united[thing] = (row, united[thing][1] + 1 if thing in united else 1)
    # in the order of things, in which everybody locks them
    new = [united[thing] for thing in sorted(united)]
    if new:
        execute(_ADD, **incoming_columns([row for row, _ in new]), seen=[seen for _, seen in new])
    return sum(seen for _, seen in new)


def _count_repeated(rows: Sequence[Incoming]) -> set[tuple[int, str]]:
    """Add to the `seen` of deliveries that came before, and return them."""
    if not rows:
        return set()
    deliveries = [row.delivery_id for row in rows]
    return {(app, delivery) for app, delivery in
            fetch(_REPEATED, apps=[row.app_id for row in rows], deliveries=deliveries)}  # fmt: skip


def incoming_columns(rows: Sequence[Incoming]) -> dict[str, list[Any]]:
    """Return the rows as one array per column, by the names of the statements' parameters."""
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
    }


def retry_dead(event_ids: Sequence[int]) -> int:
    """Try dead letters again on a person's request: each becomes the duplicate of a new event. Return how many there were."""
    rows = fetch(
        "UPDATE integrations_inboxevent SET state = 'duplicate' WHERE id = ANY(%s) AND state = 'dead'"
        " RETURNING app_id, connection_id, kind, external_id, version, body",
        list(event_ids),
    )
    add(
        [
            Incoming(a, c, kind, thing, "person", version, "", json.loads(body))
            for a, c, kind, thing, version, body in rows
        ]
    )
    return len(rows)


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
