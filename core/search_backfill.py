"""Filling the search columns of rows that were stored before there were any, in short transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.db import columns, execute, fetch
from core.search import searched

ROWS = 2_000


def fill(table: str, select: str, words: Callable[..., Sequence[str]]) -> None:
    """Fill `search_text` and `search_grams` of a table, a batch of rows at a time, by id.

    `select` gives (id, ...) of rows with an id above %s, by id, up to %s rows; `words` takes the rest of a row. May be repeated.
    """
    last = 0
    while rows := fetch(select, last, ROWS):
        found: list[tuple[Any, ...]] = []
        for row_id, *facts in rows:
            text, grams = searched(words(*facts))
            found.append((row_id, text, " ".join(grams)))
        execute(
            f"UPDATE {table} t SET search_text = n.search_text, search_grams = string_to_array(n.search_grams, ' ')"  # noqa: S608
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, search_text, search_grams) WHERE t.id = n.id",
            *columns(found, 3),
        )
        last = rows[-1][0]
