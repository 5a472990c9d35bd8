"""Rows that wait for a person: closed for a reason, and opened again. Their table has closed_at, closed_by and close_note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.db import execute
from core.transactions import in_transaction

# closing takes those that are open, opening those that are closed; locked in id order
_SET = """
WITH chosen AS (
    SELECT id FROM {table} WHERE id = ANY(%(ids)s) AND state = %(state)s AND (closed_at IS NULL) = %(closing)s
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE {table} r
SET closed_at = CASE WHEN %(closing)s THEN clock_timestamp() END, closed_by_id = %(actor)s, close_note = %(note)s
FROM chosen WHERE r.id = chosen.id
"""


@dataclass(frozen=True, slots=True)
class ClosableRows:
    """The rows of a table that wait for a person in this state."""

    table: str
    state: str

    @in_transaction
    def close(self, ids: Sequence[int], *, note: str, actor_id: int | None) -> int:
        """Close open rows for a reason; returns how many. Others stay as they are."""
        return self._set(ids, closing=True, note=note, actor=actor_id)

    @in_transaction
    def reopen(self, ids: Sequence[int]) -> int:
        """Open closed rows again; returns how many. Others stay as they are."""
        return self._set(ids, closing=False, note="", actor=None)

    def _set(self, ids: Sequence[int], *, closing: bool, note: str, actor: int | None) -> int:
        statement = _SET.format(table=self.table)
        return execute(statement, ids=list(ids), state=self.state, closing=closing, note=note, actor=actor)
