"""Running one statement over many rows. Services hand arrays in and read tuples back; never a query per row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection


def fetch(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement that returns rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(statement: str, *params: Any) -> int:
    """Run a statement; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        touched: int = cursor.rowcount
        return touched


def database_time() -> datetime:
    """The database's clock: the one that all processes share. Later in the same transaction it is later."""
    [(now,)] = fetch("SELECT clock_timestamp()")
    at: datetime = now
    return at


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into `width` columns, the shape `unnest` takes; keeps the width when there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
