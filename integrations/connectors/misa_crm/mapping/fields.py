"""How the service writes numbers, times and lists. Numbers may come as texts; anything may be left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.wire import answers
from integrations.wire.answers import Row

VIETNAM = timezone(timedelta(hours=7))
_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def number(row: Row, key: str) -> Decimal | None:
    """A number, or a text that is one; None when it was left out, which is not zero. Raises ValueError when it is none."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"{key} is not a number")
    try:
        found = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None
    return answers.trimmed(found, key)


def text(row: Row, key: str) -> str:
    """A text or an id as text, without stray spaces; "" where the field was left out."""
    value = row.get(key)
    return "" if value is None or isinstance(value, bool | Mapping | list) else answers.storable(str(value)).strip()


def moment(row: Row, key: str) -> datetime | None:
    """A time in aware UTC; Vietnam local when it carries no offset, None when left out. Raises ValueError when it is none."""
    value = text(row, key)
    if not value:
        return None
    if day_first := _DAY_FIRST.fullmatch(value):
        value = "-".join(reversed(day_first.groups()))
    found = datetime.fromisoformat(value)
    if found.year == 1:
        # .NET's DateTime.MinValue stands for no time
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value} is no time") from None


def version(row: Row) -> datetime | None:
    """When a record was changed last; None when it does not say, or nobody can read it."""
    try:
        return moment(row, "modified_date")
    except ValueError:
        return None


def rows(value: Any) -> list[Row]:
    """The objects of a list; one object instead of a list is a list of one."""
    if isinstance(value, Mapping):
        return [value]
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def folded(code: str) -> str:
    """A code as it is compared: tenants type stray spaces and other letter cases."""
    return code.strip().casefold()
