"""Rows of commands: wanted, claimed as `sent` before the call, and their outcomes. The only writer of their table."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import transaction

from core.db import columns, execute, fetch, fetch_as


@dataclass(frozen=True, slots=True)
class WantedCommand:
    """A command to be carried out once. `reference` is unique: wanting it twice is wanting it once."""

    target_id: int
    kind: str
    reference: str
    order_id: int | None = None
    warehouse_id: int | None = None
    subject: str = ""
    lane: str = "orders"
    options: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A command that is ours until its lease ends. `was_sent`: an earlier call got no answer, so look it up before acting."""

    id: int
    kind: str
    order_id: int | None
    order_shop_id: int | None
    order_number: str
    warehouse_id: int | None
    subject: str
    reference: str
    options: Mapping[str, Any]
    sent_at: datetime
    was_sent: bool
    missed: int
    tries: int


@dataclass(frozen=True, slots=True)
class MadeElsewhere:
    """A document that somebody made at the target and that we would have asked for."""

    target_id: int
    kind: str
    order_id: int
    warehouse_id: int
    reference: str
    external_id: str
    code: str


_WANT = """
INSERT INTO integrations_command (target_id, kind, reference, order_id, warehouse_id, subject, lane, options, actor_id)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[],
    %s::int[])
ON CONFLICT (reference) DO NOTHING
"""


def want(commands: Sequence[WantedCommand]) -> None:
    """Store commands, inside the caller's transaction. May be repeated: a known reference is left as it is."""
    rows = [
        (
            c.target_id, c.kind, c.reference, c.order_id, c.warehouse_id, c.subject, c.lane, json.dumps(c.options),
            c.actor_id,
        )
        for c in commands
    ]  # fmt: skip
    if rows:
        execute(_WANT, *columns(rows, 9))


_MADE = """
WITH made AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
        AS n(target_id, kind, order_id, warehouse_id, reference, external_id, code)
), superseded AS (
    UPDATE integrations_command c SET state = 'dropped', reason = %s, finished_at = clock_timestamp()
    FROM made WHERE c.order_id = made.order_id AND c.kind = made.kind AND c.warehouse_id = made.warehouse_id
        AND c.state = 'wanted'
)
INSERT INTO integrations_command (target_id, kind, order_id, warehouse_id, reference, external_id, code, state, options,
    reason, finished_at)
SELECT made.*, 'done', '{}', %s, clock_timestamp() FROM made
ON CONFLICT (reference) DO NOTHING
"""


def made_elsewhere(documents: Sequence[MadeElsewhere], *, reason: str) -> None:
    """Keep documents that people made at the target, and drop our own wish for them. May be repeated."""
    rows = [
        (d.target_id, d.kind, d.order_id, d.warehouse_id, d.reference, d.external_id, d.code[:64]) for d in documents
    ]
    if rows:
        execute(_MADE, *columns(rows, 7), reason, reason)


def drop(command_ids: Sequence[int], *, reason: str) -> None:
    """Drop commands that are no longer needed. Only those that were never sent; the others stay."""
    if command_ids:
        execute(
            "UPDATE integrations_command SET state = 'dropped', reason = %s, finished_at = clock_timestamp()"
            " WHERE id = ANY(%s) AND state = 'wanted'",
            reason, list(command_ids),
        )  # fmt: skip


# In one pass and without a join: a fresh backlog has no statistics, and asked row by row each claim took a quarter of a
# second with three hundred waiting. What is in flight comes first in its sequence, then the order of wanting. 64 more than
# asked for: other workers and the transactions that want documents may hold some of them. Of those that are to be alone, one
# that waits for its next try holds up none. `tries` begins anew at the end of its column: a command waits, tried every
# minute, for as long as its shop is not connected again.
_CLAIM = """
WITH open AS (
    SELECT id, due_at, lane, state, due_at <= clock_timestamp() AS is_due, kind = ANY(%(alone)s) AS is_alone,
        row_number() OVER (PARTITION BY order_id, warehouse_id, CASE WHEN order_id IS NULL THEN id END
            ORDER BY state = 'sent' DESC, id) AS in_order,
        row_number() OVER (PARTITION BY subject, warehouse_id, CASE WHEN subject = '' THEN id END
            ORDER BY state = 'sent' DESC, id) AS in_subject
    FROM integrations_command WHERE target_id = %(target)s AND state IN ('wanted', 'sent')
), ready AS (
    SELECT id, due_at, lane, is_due,
        row_number() OVER (PARTITION BY CASE WHEN is_alone THEN 0 ELSE id END
            ORDER BY state = 'sent' DESC, id) AS in_turn
    FROM open WHERE in_order = 1 AND in_subject = 1 AND (is_due OR is_alone AND state = 'sent')
), next AS (
    SELECT c.id, c.order_id, c.state = 'sent' AS was_sent FROM integrations_command c
    WHERE c.state IN ('wanted', 'sent') AND c.due_at <= clock_timestamp() AND c.id = ANY(ARRAY(
        SELECT id FROM ready WHERE in_turn = 1 AND lane = %(lane)s AND is_due
        ORDER BY due_at, id LIMIT 64 + %(limit)s))
    ORDER BY c.due_at, c.id LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED
)
UPDATE integrations_command c
SET state = 'sent', due_at = clock_timestamp() + make_interval(secs => %(seconds)s), tries = c.tries %% 32767 + 1,
    sent_at = CASE WHEN next.was_sent THEN c.sent_at ELSE clock_timestamp() END,
    missed = CASE WHEN next.was_sent THEN c.missed ELSE 0 END
FROM next LEFT JOIN orders_order o ON o.id = next.order_id WHERE c.id = next.id
RETURNING c.id, c.kind, c.order_id, o.shop_id AS order_shop_id, coalesce(o.number, '') AS order_number, c.warehouse_id,
    c.subject, c.reference, c.options, c.sent_at, next.was_sent, c.missed, c.tries
"""


@transaction.atomic
def claim(
    target_id: int, *, seconds: float, lane: str = "orders", limit: int = 1, alone: Collection[str] = ()
) -> list[Claimed]:
    """Mark up to `limit` due commands of a connection as sent and return them, the first wanted first.

    Of one order, or one subject, and one warehouse, only one is in flight, in the order they were wanted; of the kinds in
    `alone` one at all. Commit before the calls; a command that is not settled within `seconds` is due again as one whose
    answer was lost.
    """
    # claims of one target take turns: a command that a late commit slips in front of another one is seen, or not yet there
    fetch("SELECT pg_advisory_xact_lock(hashtextextended('command:' || %s, 0))", str(target_id))
    rows = fetch_as(Claimed, _CLAIM, target=target_id, lane=lane, limit=limit, seconds=seconds, alone=list(alone))
    return [replace(row, options=json.loads(str(row.options))) for row in sorted(rows, key=attrgetter("id"))]


def done(command_id: int, *, external_id: str, code: str) -> None:
    """Store that it was carried out; `external_id` and `code` name what the channel made of it. May be repeated."""
    execute(
        "UPDATE integrations_command SET state = 'done', external_id = %s, code = %s, reason = '',"
        " finished_at = clock_timestamp() WHERE id = %s AND state = 'sent'",
        external_id, code[:64], command_id,
    )  # fmt: skip


def refused(command: Claimed, *, reason: str) -> None:
    """Store that the channel will never do it; a person may want it again."""
    _end(command, "refused", reason)


def not_needed(command: Claimed, *, reason: str) -> None:
    """Drop a command that was claimed and not sent: nothing is left to be done."""
    _end(command, "dropped", reason)


def unsent(command: Claimed, *, after: float, reason: str) -> None:
    """Want it again after `after` seconds: surely nothing happened at the channel."""
    _return(command, "wanted", after, reason, 0)


def unanswered(command: Claimed, *, after: float, reason: str, missed: int | None = None) -> None:
    """Look it up after `after` seconds: its outcome is unknown. `missed`: look-ups that found nothing."""
    _return(command, "sent", after, reason, command.missed if missed is None else missed)


def _end(command: Claimed, state: str, reason: str) -> None:
    execute(
        "UPDATE integrations_command SET state = %(state)s, reason = %(reason)s, finished_at = clock_timestamp()"
        " WHERE id = %(id)s AND state = 'sent' AND tries = %(tries)s",
        state=state, reason=reason[:500], id=command.id, tries=command.tries,
    )  # fmt: skip


def _return(command: Claimed, state: str, after: float, reason: str, missed: int) -> None:
    """Only while it is still ours: whoever claimed it since knows more."""
    execute(
        "UPDATE integrations_command SET state = %(state)s, reason = %(reason)s, missed = %(missed)s,"
        " due_at = clock_timestamp() + make_interval(secs => %(after)s)"
        " WHERE id = %(id)s AND state = 'sent' AND tries = %(tries)s",
        state=state, reason=reason[:500], missed=missed, after=after, id=command.id, tries=command.tries,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """Commands of one lane wait at one connection."""

    target_id: int
    lane: str


def want_again(command_ids: Sequence[int]) -> list[Due]:
    """Want refused commands once more, as a person's wish; returns where each of them goes."""
    return fetch_as(
        Due,
        "UPDATE integrations_command SET state = 'wanted', reason = '', finished_at = NULL, due_at = clock_timestamp()"
        " WHERE id = ANY(%(ids)s) AND state = 'refused' RETURNING target_id, lane",
        ids=list(command_ids),
    )


def due() -> list[Due]:
    """Return the active connections that commands are due for, by lane."""
    return fetch_as(
        Due,
        "SELECT DISTINCT c.target_id, c.lane FROM integrations_command c"
        " JOIN integrations_connection target ON target.id = c.target_id AND target.is_active"
        " WHERE c.state IN ('wanted', 'sent') AND c.due_at <= clock_timestamp() ORDER BY 1, 2",
    )
