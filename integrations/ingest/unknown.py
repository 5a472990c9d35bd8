"""Listed changes that the hub does not know yet: one query for any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core.db import columns, fetch
from integrations.contract.reads import Change
from integrations.inbox.waiting import waiting_sql
from integrations.ingest.resources import Known, known_by
from integrations.models import Connection

# how far the channel's clock and ours may differ
SKEW = timedelta(minutes=5)
# an event that was ignored or dead-lettered so recently at the same version is not repeated
JUDGED = timedelta(hours=2)

# A listed change is unknown if it has no pending event, was not ignored or dead-lettered at this version within JUDGED, and no
# stored row is as new: each of its rows is as new as the list says, and of two that are equally new in the same state. A list
# without times proves less: then a row is new enough when it was asked for well after the end of what the list covers, or,
# unless everything is to be looked at again, when the channel's word for its state is the same. What our own push changed is
# unknown, too: an item's one time of change says nothing of what people changed there just before or after.
_UNKNOWN = """
SELECT n.external_id, n.version
FROM unnest(%(ids)s::text[], %(versions)s::timestamptz[], %(states)s::text[]) AS n(external_id, version, state)
WHERE NOT {waiting} {not_judged} {not_stored}
"""
_NOT_JUDGED = """
AND NOT EXISTS (
    SELECT FROM integrations_inboxevent e WHERE e.received_at > clock_timestamp() - %(judged)s::interval
        AND e.connection_id = %(connection)s AND e.kind = %(kind)s AND e.external_id = n.external_id
        AND e.version >= n.version AND {judged})
"""
_ENDED = "(e.state IN ('ignored', 'dead') OR e.state = 'processed' AND NOT EXISTS (SELECT {rows}))"
# things without rows of their own: a processed event proves them known, and so does one whose answer was not newer
_ENDED_WITHOUT_ROWS = (
    "(e.state IN ('ignored', 'dead', 'processed') OR e.state = 'duplicate' AND e.reason_code = 'stale')"
)
_NOT_STORED = """
AND (SELECT bool_and(coalesce(r.version > n.version OR r.version = n.version AND {alike},
        n.version IS NULL AND (r.asked_at > %(until)s OR {same_state}))) {rows})
    IS NOT TRUE
"""


def unknown_changes(
    connection: Connection, kind: str, changes: Sequence[Change], *, until: datetime, strict: bool
) -> list[Change]:
    """Return the changes of a list read up to `until` that are unknown, each once. `strict`: a known state proves nothing."""
    newest: dict[str, Change] = {}
    for change in changes:
        known = newest.get(change.external_id)
        if known is None or (change.version and known.version and change.version > known.version):
            newest[change.external_id] = change
    rows = known_by(kind)
    if rows is None or not newest:
        return list(newest.values())
    ids, versions, states = columns([(c.external_id, c.version, c.state) for _, c in sorted(newest.items())], 3)
    listed = {"ids": ids, "versions": versions, "states": states, "judged": JUDGED, "until": until + SKEW}
    return [Change(*row) for row in fetch(_statement(rows, strict=strict), **_event(connection, kind), **listed)]


def _statement(known: Known, *, strict: bool) -> str:
    judged = _ENDED.format(rows=known.rows) if known.rows else _ENDED_WITHOUT_ROWS
    # channels count in whole seconds: what changed twice within one has the same version and another state
    alike = f"n.state IN ('', {known.state})" if known.state else "true"
    same_state = f"n.state <> '' AND {known.state} = n.state" if known.state and not strict else "false"
    return _UNKNOWN.format(
        waiting=waiting_sql("n.external_id", claimed=False),
        not_judged="" if strict else _NOT_JUDGED.format(judged=judged),
        not_stored=_NOT_STORED.format(alike=alike, same_state=same_state, rows=known.rows) if known.rows else "",
    )


_UNSEEN = f"""
SELECT n.id FROM (SELECT DISTINCT unnest(%(ids)s::text[]) AS id) n
WHERE NOT EXISTS (SELECT FROM orders_order o WHERE o.shop_id = %(shop)s AND o.number = n.id)
AND NOT {waiting_sql("n.id", claimed=True)}
ORDER BY 1
"""


def unseen_orders(connection: Connection, changes: Sequence[Change]) -> list[str]:
    """Return the orders among these that are not stored and that no event waits for."""
    ids = [change.external_id for change in changes]
    return [row[0] for row in fetch(_UNSEEN, **_event(connection, "order"), ids=ids)]


def _event(connection: Connection, kind: str) -> dict[str, Any]:
    return {
        "app": connection.authorisation.app_id, "connection": connection.pk, "kind": kind, "shop": connection.shop_id,
    }  # fmt: skip
