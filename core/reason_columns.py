"""Migration operations that turn columns of text into columns of reasons."""

from __future__ import annotations

from django.db.migrations import AlterField, RunSQL, SeparateDatabaseAndState

from core.reasons import ReasonField

# a text of an older version is kept as words: its code cannot be recovered
_FORWARD = """
ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT, ALTER COLUMN {column} TYPE jsonb
    USING CASE WHEN {column} = '' THEN '{{}}'::jsonb ELSE jsonb_build_object('words', {column}) END,
    ALTER COLUMN {column} SET DEFAULT '{{}}'::jsonb
"""
_BACK = """
ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT, ALTER COLUMN {column} TYPE varchar({length})
    USING left(coalesce({column}->>'words', {column}->>'code', ''), {length}), ALTER COLUMN {column} SET DEFAULT ''
"""


def text_to_reason(app: str, model: str, column: str, field: ReasonField, *, length: int) -> SeparateDatabaseAndState:
    """Return the operation that makes a text column of up to `length` characters one of reasons. The table is rewritten."""
    names = {"table": f"{app}_{model}", "column": column, "length": length}
    return SeparateDatabaseAndState(
        database_operations=[RunSQL(_FORWARD.format(**names), _BACK.format(**names))],
        state_operations=[AlterField(model, column, field)],
    )
