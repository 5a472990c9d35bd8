"""How KiotViet writes numbers, times and lists. Null fields are left out, so everything is read with a default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from integrations.wire import answers
from integrations.wire.answers import Row

VIETNAM = timezone(timedelta(hours=7))
# one list, four names: the resources disagree, and the official plug-in reads another one than the page prints
_DELETED = ("removedIds", "removeIds", "removeId", "removedId", "RemoveId")


def text(row: Row, key: str) -> str:
    """A text or an id as text; "" where the field was left out."""
    value = row.get(key)
    return "" if value is None or isinstance(value, bool | Mapping | list) else answers.storable(str(value)).strip()


def moment(row: Row, key: str) -> datetime | None:
    """A time in aware UTC; Vietnam local time when it carries no offset (bodies), None when absent or empty."""
    value = text(row, key)
    if not value:
        return None
    found = datetime.fromisoformat(value)
    if found.year == 1:
        # .NET's DateTime.MinValue stands for no time
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value} is no time") from None


def local(when: datetime, *, up: bool = False) -> str:
    """A time as `lastModifiedFrom` wants it: Vietnam local, whole seconds, no offset; rounded down, or `up`."""
    whole = when.astimezone(VIETNAM).replace(microsecond=0)
    if up and when.microsecond:
        whole += timedelta(seconds=1)
    return f"{whole:%Y-%m-%dT%H:%M:%S}"


def rows(envelope: Any, key: str = "data") -> list[Row]:
    """The objects of a list. An empty page has no `data` at all; one object instead of a list is a list of one."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    if isinstance(value, Mapping):
        return [value]
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def deleted(envelope: Row) -> tuple[str, ...]:
    """The ids of what was deleted, under whichever of its names the list came."""
    found = [str(value) for name in _DELETED if isinstance(envelope.get(name), list) for value in envelope[name]]
    return tuple(dict.fromkeys(found))


def whole_units(value: Decimal) -> int:
    """Units as a count. A part of a unit is a unit: a shelf that must give 1.5 m is two short, never one."""
    return max(0, math.ceil(value))
