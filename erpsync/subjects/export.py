"""Export of a person's data: a page that a person can read, and the same as JSON, in one ZIP file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from core.db import database_time, decode, fetch
from erpsync.subjects import statements
from erpsync.subjects.find import Found
from erpsync.subjects.registry import HOLDS, TABLES, WHY_KEPT

FORMAT = "erpsync.person/1"


def rows_by_table(found: Found, *, shops: Collection[int] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return the rows about a person by table, with their personal columns and those that are kept.

    `shops`: only rows of these; None: all. What only names the person (logs, answers of receivers) is erased, but not handed out: it
    may name others.
    """
    parameters = found.parameters() | {"shop_ids": sorted(shops or ())}
    # a row that two declarations of its table hold is handed out once, with the columns of both
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for spec in TABLES:
        if not spec.is_searched:
            for pk, text in fetch(statements.read(spec, shops=shops is not None), **parameters):
                rows.setdefault(spec.table, {}).setdefault(pk, {}).update(decode(text))
    return {table: list(by_id.values()) for table, by_id in rows.items()}


def archive(rows: Mapping[str, list[dict[str, Any]]]) -> bytes:
    """Return a ZIP file with `data.html` and `data.json`."""
    at = database_time()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.html", _page(rows, at))
        whole = {"format": FORMAT, "exported_at": at.isoformat(), "tables": rows}
        file.writestr("data.json", json.dumps(whole, ensure_ascii=False, indent=2))
    return packed.getvalue()


def _page(rows: Mapping[str, list[dict[str, Any]]], at: datetime) -> str:
    tables = [
        {"holds": HOLDS[table], "why_kept": WHY_KEPT.get(table, ""), "rows": [_named(table, row) for row in found]}
        for table, found in rows.items()
    ]
    return render_to_string("subjects/export.html", {"tables": tables, "at": at})


def _named(table: str, row: Mapping[str, Any]) -> list[tuple[object, str]]:
    """Return what a row says, by the names that its columns have for people; nothing that is empty."""
    return [
        (statements.field_of(table, column).verbose_name, _text(value))
        for column, value in row.items()
        if value not in ("", None, {}, [])
    ]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict | list) else str(value)
