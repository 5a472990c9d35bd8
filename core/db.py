"""Set-based SQL: one statement over many rows. Services hand arrays in and read rows back, never a query per row.

Parameters are given by position (`%s`) or by name (`%(name)s`), not both in one statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Row = TypeVar("Row")
_encoder = msgspec.json.Encoder(enc_hook=str)


def fetch(statement: str, *params: Any, **named: Any) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, named or params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def fetch_as(row_class: type[Row], statement: str, **named: Any) -> list[Row]:
    """Run a statement and return its rows as instances of a class whose fields are named as the columns are."""
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        names = [column.name for column in cursor.description]
        return [row_class(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def execute(statement: str, *params: Any, **named: Any) -> int:
    """Run a statement and return the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, named or params)
        touched: int = cursor.rowcount
        return touched


def counts(rows: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """Count the rows of several querysets in one statement. A queryset that is sliced counts no further than its slice."""
    found = dict.fromkeys(rows, 0)
    parts: dict[str, str] = {}
    params: list[Any] = []
    for name, queryset in rows.items():
        bare = queryset if queryset.query.is_sliced else queryset.order_by()
        try:
            statement, values = bare.values("pk").query.sql_with_params()
        except EmptyResultSet:
            continue
        parts[name] = f"(SELECT count(*) FROM ({statement}) AS found)"  # noqa: S608
        params += values
    if parts:
        [numbers] = fetch(f"SELECT {', '.join(parts.values())}", *params)
        found |= dict(zip(parts, numbers, strict=True))
    return found


def database_time() -> datetime:
    """Return the time of the database's clock, which all processes share. It moves on within a transaction."""
    [(now,)] = fetch("SELECT clock_timestamp()")
    at: datetime = now
    return at


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Turn rows into `width` columns, the shape `unnest` takes; the width is kept when there are no rows."""
    if not rows:
        return [[] for _ in range(width)]
    return [list(column) for column in zip(*rows, strict=True)]


def named_columns(names: str, rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Turn rows into columns by name, for `unnest(%(ids)s, %(units)s)`: `named_columns("ids units", rows)`."""
    fields = names.split()
    return dict(zip(fields, columns(rows, len(fields)), strict=True))


def encode(value: Any) -> str:
    """Return JSON for a `jsonb` parameter: decimals and times as text that PostgreSQL reads back exactly."""
    return _encoder.encode(value).decode()


def decode(text: str) -> Any:
    """Return the value of a `jsonb` column, which cursors return as text."""
    return msgspec.json.decode(text)
