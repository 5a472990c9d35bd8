"""Commands that are wanted: by people, by `engine`, or once more; kept as done where somebody made the document; dropped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import tracing
from core.db import columns, execute, fetch_as
from core.reasons import Cause, stored
from core.transactions import in_transaction
from core.widths import shortened_id
from integrations.documents.commands.refusals import flag_orders, lock_orders_of, supersede
from integrations.documents.commands.store import Due


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
INSERT INTO integrations_command (target_id, kind, reference, order_id, warehouse_id, subject, lane, options, actor_id,
    traceparent)
SELECT n.*, %s FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[],
    %s::int[]) AS n
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
        execute(_WANT, tracing.traceparent(), *columns(rows, 9))


_MADE = """
WITH made AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
        AS n(target_id, kind, order_id, warehouse_id, reference, external_id, code)
), waiting AS (
    SELECT c.id FROM integrations_command c JOIN made USING (order_id, kind, warehouse_id) WHERE c.state = 'wanted'
    ORDER BY c.id FOR NO KEY UPDATE OF c
), superseded AS (
    UPDATE integrations_command c SET state = 'dropped', reason = %s::jsonb, finished_at = clock_timestamp()
    FROM waiting WHERE c.id = waiting.id AND c.state = 'wanted'
)
INSERT INTO integrations_command (target_id, kind, order_id, warehouse_id, reference, external_id, code, state, options,
    reason, finished_at)
SELECT made.*, 'done', '{}', %s::jsonb, clock_timestamp() FROM made
ON CONFLICT (reference) DO NOTHING
"""


def made_elsewhere(documents: Sequence[MadeElsewhere], *, reason: Cause) -> None:
    """Keep documents that people made at the target, and drop our own wish for them. May be repeated.

    The orders are locked by the caller.
    """
    rows = [
        (
            d.target_id,
            d.kind,
            d.order_id,
            d.warehouse_id,
            d.reference,
            shortened_id(d.external_id),
            shortened_id(d.code),
        )
        for d in documents
    ]
    if rows:
        execute(_MADE, *columns(rows, 7), stored(reason), stored(reason))
        supersede([d.reference for d in documents])


def drop(command_ids: Sequence[int], *, reason: Cause) -> None:
    """Drop commands that are no longer needed. Only those that were never sent; the others stay."""
    if command_ids:
        execute(
            "UPDATE integrations_command SET state = 'dropped', reason = %s::jsonb, finished_at = clock_timestamp()"
            " WHERE id = ANY(%s) AND state = 'wanted'",
            stored(reason), list(command_ids),
        )  # fmt: skip


@in_transaction
def want_again(command_ids: Sequence[int]) -> list[Due]:
    """Want open refused commands once more, as a person's wish; returns where each of them goes."""
    orders = lock_orders_of(command_ids)
    again = fetch_as(
        Due,
        "WITH refused AS (SELECT id FROM integrations_command WHERE id = ANY(%(ids)s) AND state = 'refused'"
        " AND closed_at IS NULL"
        " ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE integrations_command SET state = 'wanted', reason = '{}', finished_at = NULL, due_at = clock_timestamp()"
        " WHERE id IN (SELECT id FROM refused) RETURNING target_id, lane",
        ids=list(command_ids),
    )
    flag_orders(orders)
    return again
