"""Rows of commands that are carried out: claimed as `sent` before the call, and their outcomes. See `wanted` for how they come to be."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from core.db import execute, fetch, fetch_as
from core.reasons import Cause, stored
from core.transactions import in_transaction
from core.widths import shortened_id
from integrations.documents.commands.refusals import SAME, flag_orders, supersede
from integrations.models import IS_HELD
from orders.services.attention import lock_orders


@dataclass(frozen=True, slots=True)
class Claimed:
    """A command that is ours until its lease ends. `was_sent`: an earlier call got no answer, so look it up before acting.

    `follows_refusal`: one that asked for the same was refused, and is open.
    """

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
    follows_refusal: bool = False
    traceparent: str = ""


# In one pass and without a join: a fresh backlog has no statistics, and asked row by row each claim took a quarter of a
# second with three hundred waiting. What is in flight comes first in its sequence, then the order of wanting. 64 more than
# asked for: other workers and the transactions that want documents may hold some of them. Of those that are to be alone, one
# that waits for its next try holds up none. `tries` begins anew at the end of its column: a command waits, tried every
# minute, for as long as its shop is not connected again.
# Of a long backlog the first rows in the order of their sequences are enough: whatever holds one of them up is before it, hence among
# them too. Only where none of them may go are all looked at.
# Looking up is no sending: a restored hub does it while it holds all else back.
FIRST_ROWS = 256
_MAY_GO = f"(state = 'sent' OR NOT {IS_HELD})"
_CLAIM = f"""
WITH open AS (
    SELECT id, due_at, lane, state, kind, due_at <= clock_timestamp() AS is_due, kind = ANY(%(alone)s) AS is_alone,
        row_number() OVER (PARTITION BY order_id, warehouse_id, CASE WHEN order_id IS NULL THEN id END
            ORDER BY state = 'sent' DESC, id) AS in_order,
        row_number() OVER (PARTITION BY subject, warehouse_id, CASE WHEN subject = '' THEN id END
            ORDER BY state = 'sent' DESC, id) AS in_subject
    FROM (
        SELECT id, due_at, lane, state, kind, order_id, warehouse_id, subject FROM integrations_command
        WHERE target_id = %(target)s AND state IN ('wanted', 'sent') ORDER BY state = 'sent' DESC, id LIMIT %(rows)s
    ) first
), ready AS (
    SELECT id, due_at, lane, is_due,
        state, %(kind)s IN ('', kind) AND (%(kind)s = '' OR state = 'wanted') AS is_asked_for,
        row_number() OVER (PARTITION BY CASE WHEN is_alone THEN 0 ELSE id END
            ORDER BY state = 'sent' DESC, id) AS in_turn
    FROM open WHERE in_order = 1 AND in_subject = 1 AND (is_due OR is_alone AND state = 'sent')
), next AS (
    SELECT c.id, c.order_id, c.state = 'sent' AS was_sent FROM integrations_command c
    WHERE c.state IN ('wanted', 'sent') AND c.due_at <= clock_timestamp() AND c.id = ANY(ARRAY(
        SELECT id FROM ready WHERE in_turn = 1 AND lane = %(lane)s AND is_due AND is_asked_for AND {_MAY_GO}
        ORDER BY due_at, id LIMIT 64 + %(limit)s))
    ORDER BY c.due_at, c.id LIMIT %(limit)s FOR NO KEY UPDATE OF c SKIP LOCKED
)
UPDATE integrations_command c
SET state = 'sent', due_at = clock_timestamp() + make_interval(secs => %(seconds)s), tries = c.tries %% 32767 + 1,
    sent_at = CASE WHEN next.was_sent THEN c.sent_at ELSE clock_timestamp() END,
    missed = CASE WHEN next.was_sent THEN c.missed ELSE 0 END
FROM next LEFT JOIN orders_order o ON o.id = next.order_id WHERE c.id = next.id
RETURNING c.id, c.kind, c.order_id, o.shop_id AS order_shop_id, coalesce(o.number, '') AS order_number, c.warehouse_id,
    c.subject, c.reference, c.options, c.sent_at, next.was_sent, c.missed, c.tries,
    EXISTS (SELECT FROM integrations_command refused, (SELECT c.*) done WHERE {SAME}) AS follows_refusal, c.traceparent
"""


@in_transaction
def claim(
    target_id: int, *, seconds: float, lane: str = "orders", limit: int = 1, alone: Collection[str] = (), kind: str = ""
) -> list[Claimed]:
    """Mark up to `limit` due commands of a connection as sent and return them, the first wanted first. `kind`: only those of
    it that were not sent yet.

    Of one order, or one subject, and one warehouse, only one is in flight, in the order they were wanted; of the kinds in
    `alone` one at all. Commit before the calls; a command that is not settled within `seconds` is due again as one whose
    answer was lost.
    """
    # claims of one target take turns: a command that a late commit slips in front of another one is seen, or not yet there
    fetch("SELECT pg_advisory_xact_lock(hashtextextended('command:' || %s, 0))", str(target_id))
    wanted = {"target": target_id, "lane": lane, "limit": limit, "seconds": seconds, "alone": list(alone), "kind": kind}
    rows = fetch_as(Claimed, _CLAIM, rows=FIRST_ROWS, **wanted) or fetch_as(Claimed, _CLAIM, rows=None, **wanted)
    return [replace(row, options=json.loads(str(row.options))) for row in sorted(rows, key=attrgetter("id"))]


@in_transaction
def done(command_id: int, *, external_id: str, code: str, follows_refusal: bool = False) -> None:
    """Store that it was carried out; `external_id` and `code` name what the channel made of it. May be repeated.

    `follows_refusal`: as claimed; then its order is locked by the caller.
    """
    rows = fetch(
        "UPDATE integrations_command SET state = 'done', external_id = %s, code = %s, reason = '{}',"
        " finished_at = clock_timestamp() WHERE id = %s AND state = 'sent' RETURNING reference",
        shortened_id(external_id), shortened_id(code), command_id,
    )  # fmt: skip
    if follows_refusal:
        supersede([row[0] for row in rows])


@in_transaction
def refused(command: Claimed, *, reason: Cause) -> None:
    """Store that the channel will never do it, a problem of its order; a person may want it again, or close it."""
    orders = [] if command.order_id is None else [command.order_id]
    lock_orders(orders)
    _end(command, "refused", reason)
    flag_orders(orders)


def not_needed(command: Claimed, *, reason: Cause) -> None:
    """Drop a command that was claimed and not sent: nothing is left to be done."""
    _end(command, "dropped", reason)


def unsent(command: Claimed, *, after: float, reason: Cause) -> None:
    """Want it again after `after` seconds: surely nothing happened at the channel."""
    _return(command, "wanted", after, reason, 0)


def unanswered(command: Claimed, *, after: float, reason: Cause, missed: int | None = None) -> None:
    """Look it up after `after` seconds: its outcome is unknown. `missed`: look-ups that found nothing."""
    _return(command, "sent", after, reason, command.missed if missed is None else missed)


@in_transaction
def _end(command: Claimed, state: str, reason: Cause) -> None:
    execute(
        "UPDATE integrations_command SET state = %(state)s, reason = %(reason)s::jsonb, finished_at = clock_timestamp()"
        " WHERE id = %(id)s AND state = 'sent' AND tries = %(tries)s",
        state=state, reason=stored(reason), id=command.id, tries=command.tries,
    )  # fmt: skip


@in_transaction
def _return(command: Claimed, state: str, after: float, reason: Cause, missed: int) -> None:
    """Only while it is still ours: whoever claimed it since knows more."""
    execute(
        "UPDATE integrations_command SET state = %(state)s, reason = %(reason)s::jsonb, missed = %(missed)s,"
        " due_at = clock_timestamp() + make_interval(secs => %(after)s)"
        " WHERE id = %(id)s AND state = 'sent' AND tries = %(tries)s",
        state=state, reason=stored(reason), missed=missed, after=after, id=command.id, tries=command.tries,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """Commands of one lane wait at one connection."""

    target_id: int
    lane: str


def due() -> list[Due]:
    """Return the active connections that commands are due for, by lane."""
    return fetch_as(
        Due,
        "SELECT DISTINCT c.target_id, c.lane FROM integrations_command c"
        " JOIN integrations_connection target ON target.id = c.target_id AND target.is_active"
        f" WHERE c.state IN ('wanted', 'sent') AND c.due_at <= clock_timestamp() AND {_MAY_GO} ORDER BY 1, 2",
    )
