"""Notices that carry their snapshot: stored together with their inbox event, before the delivery is answered.

A payment notice is the fact itself, signed: there is nothing to fetch. The event is added and finished in the transaction that
stores the snapshot, so either both are there or neither, and a sender that was not answered sends again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import structlog
from django.db import DatabaseError, OperationalError, transaction

from core.db import columns, execute, fetch
from core.reasons import Cause, stored
from integrations.contract import reasons
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.contract.webhooks import Applied, Notice
from integrations.inbox.events import emit_dead_letters
from integrations.inbox.store import Incoming, incoming_columns

log = structlog.get_logger(__name__)

# the class of the advisory locks on delivery ids
DELIVERY_LOCK = 0x666163

PROCESSED, DUPLICATE, STALE, DEAD = "processed", "duplicate", "stale", "dead"
# what became of a snapshot -> how its event ends
_STATES = {PROCESSED: "processed", STALE: "duplicate", DEAD: "dead"}
_REASONS = {
    STALE: reasons.STALE,
    "unknown_shop": reasons.ITS_SHOP_NOT_CONNECTED,
}

# Store the snapshots of these notices, all of one connection (its id), by their resources' store functions, in the caller's
# transaction; one `Applied` per notice, in their order. May be repeated. May raise what storing raises.
Apply = Callable[[int, Sequence[Notice]], list[Applied]]

_apply: list[Apply] = []


def apply_with(function: Apply) -> Apply:
    """Set the function that stores snapshots of notices. The resources are known above this package."""
    _apply[:] = [function]
    return function


@transaction.atomic
def record(notices: Sequence[Notice], rows: Sequence[Incoming]) -> list[Applied]:
    """Store the snapshots of one delivery's notices and their events (`rows`, alike); one outcome per notice. May be repeated.

    A notice whose delivery id was applied before is a duplicate: it is counted and changes nothing. One that ended as a dead
    letter is tried again; once applied, the dead letters about its thing are its duplicates. A snapshot that cannot be stored
    costs only itself. Raises OperationalError and InterfaceError: then nothing is stored.
    """
    times = Counter((row.app_id, row.delivery_id) for row in rows if row.delivery_id)
    taken = _count_known(times)
    new: dict[int, Notice] = {}
    for at, (notice, row) in enumerate(zip(notices, rows, strict=True)):
        delivery = (row.app_id, row.delivery_id)
        if delivery not in taken:
            new[at] = notice
        if row.delivery_id:
            taken.add(delivery)
    ends = _apply_all(new, rows)
    _end_dead_letters([rows[at] for at, end in ends.items() if end.state != DEAD])
    _add_finished([(rows[at], ends[at], times.get((rows[at].app_id, rows[at].delivery_id), 1)) for at in sorted(ends)])
    return [ends.get(at) or Applied(notice, DUPLICATE) for at, notice in enumerate(notices)]


def _apply_all(new: dict[int, Notice], rows: Sequence[Incoming]) -> dict[int, Applied]:
    """Outcomes by place in the delivery, the notices of one connection stored together."""
    places: dict[int | None, list[int]] = defaultdict(list)
    for at in new:
        places[rows[at].connection_id].append(at)
    ends = {at: Applied(new[at], DEAD, "unknown_shop") for at in places.pop(None, [])}
    for connection_id, these in places.items():
        assert connection_id is not None, "taken out above"
        ends |= dict(zip(these, _isolated(connection_id, [new[at] for at in these]), strict=True))
    return ends


def _isolated(connection_id: int, notices: Sequence[Notice]) -> list[Applied]:
    try:
        with transaction.atomic():
            return _apply[0](connection_id, notices)
    except OperationalError:
        raise
    except (DatabaseError, *UNEXPECTED_ERRORS) as error:
        if len(notices) > 1:
            return [end for notice in notices for end in _isolated(connection_id, [notice])]
        log.exception("notice_not_stored", connection=connection_id, kind=notices[0].kind)
        return [Applied(notices[0], DEAD, type(error).__name__)]


_LOCK = """
SELECT pg_advisory_xact_lock(%(space)s, key) FROM (
    SELECT DISTINCT hashtext(app_id || ':' || delivery_id) AS key
    FROM unnest(%(apps)s::bigint[], %(deliveries)s::text[]) AS d(app_id, delivery_id) ORDER BY 1) keys
"""
# Applied: stored, or refused as no newer than what is stored. A dead letter that a person tried again is a duplicate of the
# new event, and was not applied.
_COUNT_KNOWN = """
UPDATE integrations_inboxevent e SET seen = e.seen + known.times
FROM (SELECT max(old.id) AS id, d.times FROM unnest(%(apps)s::bigint[], %(deliveries)s::text[], %(times)s::int[])
          AS d(app_id, delivery_id, times)
      JOIN integrations_inboxevent old ON old.app_id = d.app_id AND old.delivery_id = d.delivery_id
          AND old.delivery_id <> ''
          AND (old.state = 'processed' OR old.state = 'duplicate' AND old.reason_code = 'stale')
      GROUP BY d.app_id, d.delivery_id, d.times) known
WHERE e.id = known.id RETURNING e.app_id, e.delivery_id
"""


def _count_known(times: Counter[tuple[int, str]]) -> set[tuple[int, str]]:
    """Count the deliveries that were applied before and return them. The same delivery, coming twice at once, waits here."""
    if not times:
        return set()
    apps, deliveries = columns(list(times), 2)
    fetch(_LOCK, space=DELIVERY_LOCK, apps=apps, deliveries=deliveries)
    return set(fetch(_COUNT_KNOWN, apps=apps, deliveries=deliveries, times=list(times.values())))


_END_DEAD_LETTERS = """
WITH dead AS (
    SELECT e.id FROM integrations_inboxevent e
    JOIN unnest(%(connections)s::bigint[], %(kinds)s::text[], %(things)s::text[]) AS n(connection_id, kind, external_id)
        USING (connection_id, kind, external_id)
    WHERE e.state = 'dead' ORDER BY e.id FOR NO KEY UPDATE OF e
)
UPDATE integrations_inboxevent SET state = 'duplicate' WHERE id IN (SELECT id FROM dead)
"""


def _end_dead_letters(applied: Sequence[Incoming]) -> None:
    """End the dead letters about things that are stored now: the channel cannot be asked for them, so a person could not."""
    if applied:
        connections, kinds, things = columns([(row.connection_id, row.kind, row.external_id) for row in applied], 3)
        execute(_END_DEAD_LETTERS, connections=connections, kinds=kinds, things=things)


_ADD_FINISHED = """
INSERT INTO integrations_inboxevent
    (app_id, connection_id, kind, external_id, source, version, delivery_id, body, raw, seen, state, reason_code, reason,
     finished_at, traceparent)
SELECT n.app_id, n.connection_id, n.kind, n.external_id, n.source, n.version, n.delivery_id, n.body, n.raw, n.seen, n.state,
    n.code, n.reason, clock_timestamp(), %(traceparent)s
FROM unnest(%(apps)s::bigint[], %(connections)s::bigint[], %(kinds)s::text[], %(things)s::text[], %(sources)s::text[],
    %(versions)s::timestamptz[], %(deliveries)s::text[], %(bodies)s::jsonb[], %(raws)s::bytea[], %(seen)s::int[],
    %(states)s::text[], %(codes)s::text[], %(reasons)s::jsonb[])
    AS n(app_id, connection_id, kind, external_id, source, version, delivery_id, body, raw, seen, state, code, reason)
RETURNING id, state
"""


def _add_finished(ended: Sequence[tuple[Incoming, Applied, int]]) -> None:
    if not ended:
        return
    rows, ends = [row for row, _, _ in ended], [end for _, end, _ in ended]
    added = fetch(
        _ADD_FINISHED,
        **incoming_columns(rows),
        seen=[seen for _, _, seen in ended],
        states=[_STATES[end.state] for end in ends],
        codes=[(end.code or (STALE if end.state == STALE else ""))[:100] for end in ends],
        reasons=[stored(_reason(end)) for end in ends],
    )
    emit_dead_letters([event_id for event_id, state in added if state == DEAD])


def _reason(end: Applied) -> Cause:
    found = _REASONS.get(end.state) or _REASONS.get(end.code)
    return found or (reasons.NOT_STORED(error=end.code) if end.state == DEAD else "")
