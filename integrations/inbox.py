"""The inbox: add, claim, finish. Every change notification is a row here, and no progress is kept anywhere else.

A thing (app, connection, kind, external id) has at most one waiting row; saying it again adds one to `seen`. All times
are the database's.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from inventory.sql import columns, execute, fetch

# seconds until the next try, by tries used; after the last an event is a dead letter
RETRY_AFTER = (1, 4, 16, 30)
# the class of the advisory locks that claims take, by connection
CLAIM_LOCK = 0x696E62
# how many twins may appear while one statement puts rows back, before it gives up
_TWINS = 5


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing that was said to have changed. `delivery_id` is the channel's own id of the delivery, "" for none."""

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
    """Whole entities, ours until the lease ends."""

    lease: uuid.UUID
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an event ended: processed, ignored or dead, with a reason in plain words where it needs one."""

    event_id: int
    state: str
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """An event that goes back to waiting. `after`: seconds, None for the usual steps. `counts`: it uses up a try."""

    event_id: int
    after: float | None = None
    counts: bool = True
    code: str = ""
    reason: str = ""


_REPEATED = """
UPDATE integrations_inboxevent e SET seen = e.seen + n.times
FROM (SELECT app_id, delivery_id, count(*) AS times
      FROM unnest(%s::bigint[], %s::text[]) AS d(app_id, delivery_id) GROUP BY 1, 2) n
WHERE e.id = (SELECT max(id) FROM integrations_inboxevent known
              WHERE known.app_id = n.app_id AND known.delivery_id = n.delivery_id AND known.delivery_id <> '')
RETURNING n.app_id, n.delivery_id
"""

_ADD = """
INSERT INTO integrations_inboxevent AS waiting
    (app_id, connection_id, kind, external_id, source, version, delivery_id, body, raw, seen, state, tries, reason_code,
     reason)
SELECT n.*, 'pending', 0, '', '' FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::text[], %s::jsonb[], %s::bytea[], %s::int[]) AS n
ON CONFLICT (app_id, connection_id, kind, external_id) WHERE state = 'pending' AND lease IS NULL DO UPDATE SET
    seen = waiting.seen + excluded.seen, due_at = least(waiting.due_at, now()),
    version = greatest(waiting.version, excluded.version), body = excluded.body, raw = excluded.raw
"""


def add(rows: Sequence[Incoming]) -> int:
    """Store what was said; rows may repeat each other. Returns how many were new deliveries. May be repeated.

    Run it inside the caller's transaction when a cursor or a watermark must commit with it.
    """
    told = [(r.app_id, r.delivery_id) for r in rows if r.delivery_id]
    known = set(fetch(_REPEATED, *columns(told, 2))) if told else set()
    united: dict[tuple[Any, ...], tuple[Incoming, int]] = {}
    for row in rows:
        if (row.app_id, row.delivery_id) in known:
            continue
        thing = (row.app_id, row.connection_id or 0, row.kind, row.external_id)
        united[thing] = (row, united[thing][1] + 1 if thing in united else 1)
    if united:
        execute(
            _ADD,
            *columns(
                [
                    (
                        r.app_id, r.connection_id, r.kind, r.external_id, r.source, r.version, r.delivery_id,
                        json.dumps(r.body, default=str), r.raw, seen,
                    )
                    for _, (r, seen) in sorted(united.items(), key=lambda item: item[0])
                ],
                10,
            ),
        )  # fmt: skip
    return sum(seen for _, seen in united.values())


_CLAIM = """
WITH held AS MATERIALIZED (
    SELECT app_id, kind, external_id FROM integrations_inboxevent
    WHERE {whose} AND state = 'pending' AND lease IS NOT NULL AND lease_until >= clock_timestamp()
), free AS (
    SELECT e.id FROM integrations_inboxevent e
    WHERE {whose} {only} AND e.state = 'pending'
      AND ((e.lease IS NULL AND e.due_at <= clock_timestamp()) OR e.lease_until < clock_timestamp())
      AND (e.app_id, e.kind, e.external_id) NOT IN (SELECT app_id, kind, external_id FROM held)
    ORDER BY e.due_at, e.id LIMIT %s FOR UPDATE OF e SKIP LOCKED
)
UPDATE integrations_inboxevent e SET lease = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
FROM free WHERE e.id = free.id
RETURNING e.id, e.kind, e.external_id, e.version, e.source, e.tries, e.received_at
"""
# never IS NOT DISTINCT FROM here: no index serves it, and this table is read every second
_OF_CONNECTION = "connection_id = %s"
_OF_APP = "connection_id IS NULL AND app_id = %s"
_OF_THESE = "AND e.kind = %s AND e.external_id = ANY(%s)"


def claim(
    connection_id: int | None,
    *,
    limit: int,
    seconds: float,
    app_id: int | None = None,
    kind: str | None = None,
    external_ids: Sequence[str] = (),
) -> Claimed | None:
    """Take due events, and those whose lease ran out, for `seconds`; None when there is nothing to do.

    Never a thing that another live lease holds. Commit before the work begins. `app_id`: what has no connection;
    `kind` and `external_ids` ask for these things only. Without a connection there must be an app.
    """
    lease = uuid.uuid4()
    whose, owner = (_OF_CONNECTION, connection_id) if connection_id is not None else (_OF_APP, app_id)
    only = (kind, list(external_ids)) if kind is not None else ()
    statement = _CLAIM.format(whose=whose, only=_OF_THESE if only else "")
    with transaction.atomic():
        # one claim at a time: of a thing with an expired row and a waiting one, two would take one each
        execute("SELECT pg_advisory_xact_lock(%s, %s)", CLAIM_LOCK, connection_id or 0)
        rows = fetch(statement, owner, owner, *only, limit, lease, seconds)
    events = tuple(sorted((Event(*row) for row in rows), key=lambda e: e.id))
    return Claimed(lease, events) if events else None


_RENEW = """
WITH written AS (
    UPDATE integrations_inboxevent SET lease_until = clock_timestamp() + make_interval(secs => %s)
    WHERE lease = %s AND state = 'pending' AND lease_until < clock_timestamp() + make_interval(secs => %s)
)
SELECT count(*) FROM integrations_inboxevent WHERE lease = %s AND state = 'pending'
"""
# a lease is written anew only when this share of it is over: most batches take less time
_WORN = 0.1


def renew(lease: uuid.UUID, *, seconds: float) -> int:
    """Keep a lease for another `seconds`, or hardly less; how many events are still ours."""
    [(kept,)] = fetch(_RENEW, seconds, lease, seconds * (1 - _WORN), lease)
    return int(kept)


def keep_mine(lease: uuid.UUID, event_ids: Sequence[int]) -> set[int]:
    """Lock the events that are still ours, in id order, inside the caller's transaction: go on with only these."""
    return {
        row[0]
        for row in fetch(
            "SELECT id FROM integrations_inboxevent WHERE lease = %s AND state = 'pending' AND id = ANY(%s)"
            " ORDER BY id FOR UPDATE",
            lease, list(event_ids),
        )
    }  # fmt: skip


def finish(outcomes: Sequence[Outcome]) -> None:
    """End events that `keep_mine` gave, in the same transaction as what was done for them."""
    execute(
        "UPDATE integrations_inboxevent e SET state = n.state, reason_code = n.code, reason = n.reason, lease = NULL,"
        " lease_until = NULL, finished_at = clock_timestamp()"
        " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS n(id, state, code, reason) WHERE e.id = n.id",
        *columns(sorted((o.event_id, o.state, o.code[:100], o.reason[:500]) for o in outcomes), 4),
    )


# small sets first, joined afterwards: whatever the statistics say, no plan compares everything with everything
_PUT_BACK = """
WITH n AS (
    SELECT * FROM unnest(%s::bigint[], %s::float[], %s::bool[], %s::text[], %s::text[]) AS n(id, after, counts, code, reason)
), mine AS MATERIALIZED (
    SELECT id, app_id, connection_id, kind, external_id FROM integrations_inboxevent WHERE id = ANY(%s)
), waiting AS MATERIALIZED (
    SELECT id, app_id, connection_id, kind, external_id FROM integrations_inboxevent
    WHERE state = 'pending' AND lease IS NULL AND app_id = ANY(ARRAY(SELECT DISTINCT app_id FROM mine))
      AND external_id = ANY(ARRAY(SELECT external_id FROM mine))
), same AS (
    SELECT mine.id, other.id AS other FROM mine JOIN (TABLE waiting UNION ALL TABLE mine) other
    ON (other.app_id, other.kind, other.external_id) = (mine.app_id, mine.kind, mine.external_id)
        AND other.connection_id IS NOT DISTINCT FROM mine.connection_id
), twin AS (
    UPDATE integrations_inboxevent e SET due_at = least(e.due_at, clock_timestamp())
    FROM same WHERE e.id = same.other AND e.id = ANY(ARRAY(SELECT other FROM same)) AND e.state = 'pending' AND e.lease IS NULL
    RETURNING same.id
), repeated AS (
    SELECT id FROM twin UNION
    SELECT same.id FROM same JOIN mine newer ON newer.id = same.other WHERE newer.id > same.id
)
UPDATE integrations_inboxevent e SET
    state = CASE WHEN e.id IN (SELECT id FROM repeated) THEN 'duplicate'
                 WHEN n.counts AND e.tries >= %s THEN 'dead' ELSE 'pending' END,
    finished_at = CASE WHEN e.id IN (SELECT id FROM repeated) OR (n.counts AND e.tries >= %s) THEN clock_timestamp() END,
    tries = e.tries + n.counts::int,
    due_at = clock_timestamp() + make_interval(secs => coalesce(
        n.after, (%s::float[])[least(e.tries + 1, %s)] * (0.8 + 0.4 * random()))),
    reason_code = n.code, reason = n.reason, lease = NULL, lease_until = NULL
FROM n WHERE e.id = n.id
"""


def put_back(laters: Sequence[Later]) -> None:
    """Back to waiting, in the transaction that `keep_mine` gave them in; out of tries: a dead letter.

    When the same thing was said again meanwhile, that row waits for both and this one is its duplicate.
    """
    steps = len(RETRY_AFTER)
    rows = sorted(
        ((n.event_id, n.after, n.counts, n.code[:100], n.reason[:500]) for n in laters), key=lambda row: row[0]
    )
    ids = [row[0] for row in rows]
    for attempt in range(_TWINS, -1, -1):
        try:
            with transaction.atomic():
                execute(_PUT_BACK, *columns(rows, 5), ids, steps, steps, list(RETRY_AFTER), steps)
        except IntegrityError:
            # a twin was committed while the statement ran: the next one sees it
            if not attempt:
                raise
        else:
            return


def retry_dead(event_ids: Sequence[int]) -> int:
    """A person wants another try: each dead letter is said again, as a new event, and becomes its duplicate."""
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
    """Counts of everything ever said about a connection: received = processed + duplicate + ignored + pending + dead.

    A row stands for `seen` sayings: one has the row's state, the others were duplicates of it.
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
