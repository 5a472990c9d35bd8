"""Field readers: numbers, times and lists as the service writes them. Numbers may come as texts; anything may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.wire.answers import Row
from integrations.wire.fields import VIETNAM, amount, moment, normal_key, or_none, text

__all__ = ["VIETNAM", "amount", "folded", "moment", "or_none", "rows", "text", "version"]


def version(row: Row) -> datetime | None:
    """Return the time of a record's last change; None when it is left out or malformed."""
    return or_none(moment, row, "modified_date")


def rows(value: Any) -> list[Row]:
    """Return the objects of a list; one object instead of a list is a list of one."""
    if isinstance(value, Mapping):
        return [value]
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def folded(code: str) -> str:
    """Return a code as it is compared: tenants type stray spaces and other letter cases."""
    return normal_key(code).casefold()
