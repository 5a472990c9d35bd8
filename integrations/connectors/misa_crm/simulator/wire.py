"""MISA's wire format: envelopes, times with +07:00, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

VIETNAM = timezone(timedelta(hours=7))
JSON: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}
Row = dict[str, Any]


class Refusal(Exception):
    """Error response that refuses the whole call."""

    def __init__(self, status: int, dev: str, user: str = "") -> None:
        super().__init__(dev)
        self.status = status
        self.body: Row = {
            "success": False, "code": status, "data": None, "user_msg": user or dev, "dev_msg": dev, "error_message": dev,
        }  # fmt: skip


def encode(body: object) -> bytes:
    """Encode as JSON in UTF-8."""
    return msgspec.json.encode(body)


def stamp(seconds: float) -> str:
    """`2026-08-12T10:57:26.073+07:00`."""
    return datetime.fromtimestamp(seconds, VIETNAM).isoformat(timespec="milliseconds")


def listed(rows: Sequence[Row], *, total: int, page: int, size: int) -> Row:
    """Return a page of a list; `page` counts from 0."""
    pages = -(-total // size)
    return {
        "success": True, "code": 200, "data": list(rows), "total_records": total, "total_pages": pages, "page_size": size,
        "next_page": page + 1 < pages, "previous_page": page > 0,
    }  # fmt: skip


def looked_up(rows: Sequence[Row]) -> Row:
    """Return the response of a look-up by id or code; empty when nothing is found."""
    return {"success": True, "code": 200, "data": list(rows)}


def written(results: Sequence[Row]) -> Row:
    """Return the outcome of each posted row, by position. A refused one does not make the call fail."""
    return {"success": True, "code": 200, "results": list(results)}


def taken(number: object) -> Row:
    """Return the outcome of an accepted row: its id."""
    return {"success": True, "data": number}


def turned_down(field: str, text: str) -> Row:
    """Return the outcome of a row refused for one field."""
    return {
        "success": False,
        "validate_infos": [{"field_name": field, "error_message": text.format(field=field)}],
    }
