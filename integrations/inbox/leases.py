"""Claiming inbox events under a lease, and bringing them to their end or back to waiting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from core.db import columns, execute, fetch
from core.reasons import stored
from integrations.inbox.events import emit_dead_letters
from integrations.inbox.store import SAID, Claimed, Event, Later, Outcome

# seconds until the next try, by tries used; after the last an event is a dead letter
RETRY_AFTER = (1, 4, 16, 30)
# the class of the advisory locks that claims take, by connection
CLAIM_LOCK = 0x696E62
DEAD = "dead"
# how many duplicates may appear while one statement puts rows back, before it gives up
_DUPLICATES = 5

_CLAIM = """
WITH held AS MATERIALIZED (
    SELECT app_id, kind, external_id FROM integrations_inboxevent
    WHERE {whose} AND state = 'pending' AND lease IS NOT NULL AND lease_until >= clock_timestamp()
), free AS (
    SELECT e.id FROM integrations_inboxevent e
    WHERE {whose} {only} AND e.state = 'pending'
      AND ((e.lease IS NULL AND e.due_at <= clock_timestamp()) OR e.lease_until < clock_timestamp())
      AND (e.app_id, e.kind, e.external_id) NOT IN (SELECT app_id, kind, external_id FROM held)
    ORDER BY e.due_at, e.id LIMIT %(limit)s FOR NO KEY UPDATE OF e SKIP LOCKED
)
UPDATE integrations_inboxevent e SET lease = %(lease)s, lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
FROM free WHERE e.id = free.id
RETURNING e.id, e.kind, e.external_id, e.version, e.source, e.tries, e.received_at, (e.body -> %(said)s)::text, e.traceparent
"""
# never IS NOT DISTINCT FROM here: no index serves it, and this table is read every second
_OF_CONNECTION = "connection_id = %(owner)s"
_OF_APP = "connection_id IS NULL AND app_id = %(owner)s"
_OF_THESE = "AND e.kind = %(kind)s AND e.external_id = ANY(%(things)s)"


def is_last_try(event: Event) -> bool:
    """Return whether a failure that uses up a try makes this event a dead letter."""
    return event.tries >= len(RETRY_AFTER)


def claim(
    connection_id: int | None,
    *,
    limit: int,
    seconds: float,
    app_id: int | None = None,
    kind: str | None = None,
    external_ids: Sequence[str] = (),
) -> Claimed | None:
    """Lease due events, and those whose lease ran out, for `seconds`; return None when there is nothing to do.

    Never an entity that another live lease holds. Commit before the work begins. Without a connection: the events of an app
    that belong to none. `kind` and `external_ids` ask for these things only.
    """
    lease = uuid4()
    whose, owner = (_OF_CONNECTION, connection_id) if connection_id is not None else (_OF_APP, app_id)
    statement = _CLAIM.format(whose=whose, only=_OF_THESE if kind is not None else "")
    with transaction.atomic():
        # one claim at a time: of an entity with an expired and a waiting row, two claims would take one each
        execute("SELECT pg_advisory_xact_lock(%s, %s)", CLAIM_LOCK, connection_id or 0)
        rows = fetch(
            statement, owner=owner, kind=kind, things=list(external_ids), limit=limit, lease=lease, seconds=seconds,
            said=SAID,
        )  # fmt: skip
    events = tuple(sorted((Event(*row) for row in rows), key=lambda e: e.id))
    return Claimed(lease, events) if events else None


_RENEW = """
WITH written AS (
    UPDATE integrations_inboxevent SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
    WHERE lease = %(lease)s AND state = 'pending' AND lease_until < clock_timestamp() + make_interval(secs => %(enough)s)
)
SELECT count(*) FROM integrations_inboxevent WHERE lease = %(lease)s AND state = 'pending'
"""
# skip the write while more than 90 % of the lease is left: most batches take less time
RENEW_AFTER_FRACTION = 0.1


def renew(lease: UUID, *, seconds: float) -> int:
    """Extend a lease to `seconds` from now, or hardly less; return how many events are still ours."""
    [(kept,)] = fetch(_RENEW, lease=lease, seconds=seconds, enough=seconds * (1 - RENEW_AFTER_FRACTION))
    return int(kept)


def keep_mine(lease: UUID, event_ids: Sequence[int]) -> set[int]:
    """Lock the events that are still ours, in id order, in the caller's transaction, and return their ids: go on with these only."""
    return {
        row[0]
        for row in fetch(
            "SELECT id FROM integrations_inboxevent WHERE lease = %s AND state = 'pending' AND id = ANY(%s)"
            " ORDER BY id FOR NO KEY UPDATE",
            lease, list(event_ids),
        )
    }  # fmt: skip


def finish(outcomes: Sequence[Outcome]) -> None:
    """End events that `keep_mine` returned, in the same transaction as what was done for them."""
    execute(
        "UPDATE integrations_inboxevent e SET state = n.state, reason_code = n.code, reason = n.reason, lease = NULL,"
        " lease_until = NULL, finished_at = clock_timestamp()"
        " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[]) AS n(id, state, code, reason) WHERE e.id = n.id",
        *columns(sorted((o.event_id, o.state, o.code[:100], stored(o.reason)) for o in outcomes), 4),
    )
    emit_dead_letters([o.event_id for o in outcomes if o.state == DEAD])


# small sets first, joined afterwards: whatever the statistics say, no plan compares everything with everything
_PUT_BACK = """
WITH n AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(after)s::float[], %(counts)s::bool[], %(codes)s::text[], %(reasons)s::jsonb[])
        AS n(id, after, counts, code, reason)
), mine AS MATERIALIZED (
    SELECT id, app_id, connection_id, kind, external_id FROM integrations_inboxevent WHERE id = ANY(%(ids)s)
), waiting AS MATERIALIZED (
    SELECT id, app_id, connection_id, kind, external_id FROM integrations_inboxevent
    WHERE state = 'pending' AND lease IS NULL AND app_id = ANY(ARRAY(SELECT DISTINCT app_id FROM mine))
      AND external_id = ANY(ARRAY(SELECT external_id FROM mine))
), same AS (
    SELECT mine.id, other.id AS other FROM mine JOIN (TABLE waiting UNION ALL TABLE mine) other
    ON (other.app_id, other.kind, other.external_id) = (mine.app_id, mine.kind, mine.external_id)
        AND other.connection_id IS NOT DISTINCT FROM mine.connection_id
), locked AS (
    SELECT id FROM integrations_inboxevent WHERE id = ANY(ARRAY(SELECT other FROM same)) AND lease IS NULL
    ORDER BY id FOR NO KEY UPDATE
), duplicate AS (
    UPDATE integrations_inboxevent e SET due_at = least(e.due_at, clock_timestamp()), body = e.body - %(said)s
    FROM same WHERE e.id = same.other AND e.id = ANY(ARRAY(SELECT id FROM locked)) AND e.state = 'pending' AND e.lease IS NULL
    RETURNING same.id
), repeated AS (
    SELECT id FROM duplicate UNION
    SELECT same.id FROM same JOIN mine newer ON newer.id = same.other WHERE newer.id > same.id
)
UPDATE integrations_inboxevent e SET
    state = CASE WHEN e.id IN (SELECT id FROM repeated) THEN 'duplicate'
                 WHEN n.counts AND e.tries >= %(steps)s THEN 'dead' ELSE 'pending' END,
    finished_at = CASE WHEN e.id IN (SELECT id FROM repeated) OR (n.counts AND e.tries >= %(steps)s) THEN clock_timestamp() END,
    tries = e.tries + n.counts::int,
    due_at = clock_timestamp() + make_interval(secs => coalesce(
        n.after, (%(retry_after)s::float[])[least(e.tries + 1, %(steps)s)] * (0.8 + 0.4 * random()))),
    reason_code = n.code, reason = n.reason, lease = NULL, lease_until = NULL
FROM n WHERE e.id = n.id
RETURNING e.id, e.state
"""


def put_back(laters: Sequence[Later]) -> None:
    """Return events to waiting, in the transaction of `keep_mine`; those out of tries become dead letters.

    When a repeat of the same thing waits by now, that row stands for both and this one is its duplicate; then the channel is
    asked whatever the notices said.
    """
    rows = sorted(laters, key=lambda later: later.event_id)
    parameters = {
        "ids": [later.event_id for later in rows],
        "after": [later.after for later in rows],
        "counts": [later.counts for later in rows],
        "codes": [later.code[:100] for later in rows],
        "reasons": [stored(later.reason) for later in rows],
        "steps": len(RETRY_AFTER),
        "retry_after": list(RETRY_AFTER),
        "said": SAID,
    }
    for attempt in range(_DUPLICATES, -1, -1):
        try:
            with transaction.atomic():
                ended = fetch(_PUT_BACK, **parameters)
                emit_dead_letters([event_id for event_id, state in ended if state == DEAD])
        except IntegrityError:
            # a duplicate was committed while the statement ran: the next one sees it
            if not attempt:
                raise
        else:
            return
