"""Field readers: numbers, times and lists as the service writes them. Numbers may come as texts; anything may be left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.wire import fields
from integrations.wire.answers import Row
from integrations.wire.fields import VIETNAM, or_none, text

__all__ = ["VIETNAM", "folded", "moment", "number", "rows", "text", "version"]

_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def number(row: Row, key: str) -> Decimal | None:
    """Return a number, also from a text; None when it was left out, which is not zero. Raises ValueError for anything else."""
    return None if row.get(key) in (None, "") else fields.number(row, key)


def moment(row: Row, key: str) -> datetime | None:
    """Return a time in aware UTC; Vietnam local when it carries no offset, None when left out. Raises ValueError if malformed."""
    value = text(row, key)
    if day_first := _DAY_FIRST.fullmatch(value):
        value = "-".join(reversed(day_first.groups()))
    return fields.moment({key: value}, key, zone=VIETNAM)


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
    return code.strip().casefold()
