"""Commands about orders as rows: wanted, claimed as `sent` before the call, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.sql import columns, execute, fetch


@dataclass(frozen=True, slots=True)
class WantedCommand:
    """A command to be carried out once. `reference` is unique: wanting it twice is wanting it once."""

    order_id: int
    kind: str
    target_id: int
    reference: str
    warehouse_id: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimedCommand:
    """A command that is ours until its lease ends. `was_sent`: an earlier call got no answer, so look before you act."""

    id: int
    kind: str
    order_id: int
    order_shop_id: int
    order_number: str
    warehouse_id: int | None
    reference: str
    options: Mapping[str, Any]
    sent_at: datetime
    was_sent: bool
    missed: int
    tries: int


def want(commands: Sequence[WantedCommand]) -> None:
    """Store commands, inside the caller's transaction. May be repeated: a known reference is left as it is."""
    if commands:
        execute(
            "INSERT INTO orders_fulfilment (order_id, kind, target_id, warehouse_id, reference, state, options, external_id,"
            " code, reason, tries, missed, actor_id)"
            " SELECT order_id, kind, target_id, warehouse_id, reference, 'wanted', options, '', '', '', 0, 0, actor_id"
            " FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::jsonb[], %s::int[])"
            " AS n(order_id, kind, target_id, warehouse_id, reference, options, actor_id) ON CONFLICT (reference) DO NOTHING",
            *columns(
                [
                    (c.order_id, c.kind, c.target_id, c.warehouse_id, c.reference, json.dumps(c.options), c.actor_id)
                    for c in commands
                ],
                7,
            ),
        )


@dataclass(frozen=True, slots=True)
class MadeElsewhere:
    """Somebody at the target made a document that we would have asked for."""

    order_id: int
    kind: str
    target_id: int
    warehouse_id: int
    reference: str
    external_id: str
    code: str


_MADE = """
WITH made AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
        AS n(order_id, kind, target_id, warehouse_id, reference, external_id, code)
), superseded AS (
    UPDATE orders_fulfilment f SET state = 'dropped', reason = 'made at the POS by hand', finished_at = clock_timestamp()
    FROM made WHERE f.order_id = made.order_id AND f.kind = made.kind AND f.warehouse_id = made.warehouse_id
        AND f.state = 'wanted'
)
INSERT INTO orders_fulfilment (order_id, kind, target_id, warehouse_id, reference, state, options, external_id, code,
    reason, tries, missed, finished_at)
SELECT order_id, kind, target_id, warehouse_id, reference, 'done', '{}', external_id, code, 'made at the POS by hand', 0, 0,
    clock_timestamp()
FROM made ON CONFLICT (reference) DO NOTHING
"""


def made_elsewhere(documents: Sequence[MadeElsewhere]) -> None:
    """Keep documents that people made at the target, and drop our own wish for them. May be repeated."""
    if documents:
        rows = [
            (d.order_id, d.kind, d.target_id, d.warehouse_id, d.reference[:80], d.external_id, d.code[:64])
            for d in documents
        ]
        execute(_MADE, *columns(rows, 7))


def drop(command_ids: Sequence[int], *, reason: str) -> None:
    """These are no longer needed. Only such as were never sent; the others stay."""
    execute(
        "UPDATE orders_fulfilment SET state = 'dropped', reason = %s, finished_at = clock_timestamp()"
        " WHERE id = ANY(%s) AND state = 'wanted'",
        reason, list(command_ids),
    )  # fmt: skip


# The first open command of each order and place, in one pass and without a join: a fresh backlog has no statistics, and
# asked row by row each claim took a quarter of a second with three hundred waiting. 64: more than workers may hold.
_CLAIM = """
WITH next AS (
    SELECT f.id, f.state AS was FROM orders_fulfilment f
    WHERE f.state IN ('wanted', 'sent') AND f.due_at <= clock_timestamp() AND f.id = ANY(ARRAY(
        SELECT id FROM (
            SELECT id, due_at, row_number() OVER (PARTITION BY order_id, warehouse_id ORDER BY id) AS place
            FROM orders_fulfilment WHERE target_id = %s AND state IN ('wanted', 'sent')) open
        WHERE place = 1 AND due_at <= clock_timestamp() ORDER BY due_at, id LIMIT 64))
    ORDER BY f.due_at, f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED
)
UPDATE orders_fulfilment f
SET state = 'sent', due_at = clock_timestamp() + make_interval(secs => %s), tries = f.tries + 1,
    sent_at = CASE WHEN next.was = 'wanted' THEN clock_timestamp() ELSE f.sent_at END,
    missed = CASE WHEN next.was = 'wanted' THEN 0 ELSE f.missed END
FROM next, orders_order o WHERE f.id = next.id AND o.id = f.order_id
RETURNING f.id, f.kind, f.order_id, o.shop_id, o.number, f.warehouse_id, f.reference, f.options, f.sent_at,
          next.was = 'sent', f.missed, f.tries
"""


def claim(target_id: int, *, seconds: float) -> ClaimedCommand | None:
    """Take one due command of a shop and write down that it is being sent; None when there is none.

    Commands of one order to one place go in the order they were wanted. Commit before the call; when nothing is heard
    of it for `seconds`, it is due again as one whose answer was lost.
    """
    rows = fetch(_CLAIM, target_id, seconds)
    if not rows:
        return None
    [(command_id, kind, order_id, shop_id, number, warehouse_id, reference, options, *rest)] = rows
    sent_at, was_sent, missed, tries = rest
    return ClaimedCommand(
        command_id, kind, order_id, shop_id, number, warehouse_id, reference, json.loads(options), sent_at, was_sent, missed,
        tries,
    )  # fmt: skip


def done(command_id: int, *, external_id: str, code: str) -> None:
    """It was carried out; `external_id` and `code` name what the channel made of it. May be repeated."""
    execute(
        "UPDATE orders_fulfilment SET state = 'done', external_id = %s, code = %s, reason = '', finished_at = clock_timestamp()"
        " WHERE id = %s AND state = 'sent'",
        external_id, code[:64], command_id,
    )  # fmt: skip


def refused(command: ClaimedCommand, *, reason: str) -> None:
    """The channel will never do it; a person may want it again."""
    _end(command, "refused", reason)


def not_needed(command: ClaimedCommand, *, reason: str) -> None:
    """It was claimed, never sent, and nothing is left to be done."""
    _end(command, "dropped", reason)


def _end(command: ClaimedCommand, state: str, reason: str) -> None:
    execute(
        "UPDATE orders_fulfilment SET state = %s, reason = %s, finished_at = clock_timestamp()"
        " WHERE id = %s AND state = 'sent' AND tries = %s",
        state, reason[:500], command.id, command.tries,
    )  # fmt: skip


def unsent(command: ClaimedCommand, *, after: float, reason: str) -> None:
    """Surely nothing happened at the channel: wanted again after `after` seconds."""
    _back(command, "wanted", after, reason, 0)


def unanswered(command: ClaimedCommand, *, after: float, reason: str, missed: int | None = None) -> None:
    """Nobody knows what became of it: to be looked up after `after` seconds. `missed`: look-ups that found nothing."""
    _back(command, "sent", after, reason, command.missed if missed is None else missed)


def _back(command: ClaimedCommand, state: str, after: float, reason: str, missed: int) -> None:
    """Only while it is still ours: somebody who claimed it since knows more."""
    execute(
        "UPDATE orders_fulfilment SET state = %s, reason = %s, missed = %s,"
        " due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND state = 'sent' AND tries = %s",
        state, reason[:500], missed, after, command.id, command.tries,
    )  # fmt: skip


def want_again(command_ids: Sequence[int]) -> list[int]:
    """A person wants refused commands tried once more; returns the shop that each of them goes to."""
    rows = fetch(
        "UPDATE orders_fulfilment SET state = 'wanted', reason = '', finished_at = NULL, due_at = clock_timestamp()"
        " WHERE id = ANY(%s) AND state = 'refused' RETURNING target_id",
        list(command_ids),
    )
    return [row[0] for row in rows]


def due_targets() -> list[int]:
    """Shops that commands are due for."""
    return [
        row[0]
        for row in fetch(
            "SELECT DISTINCT target_id FROM orders_fulfilment WHERE state IN ('wanted', 'sent') AND due_at <= clock_timestamp()"
        )
    ]
