"""Field readers: numbers, times and lists as KiotViet writes them. Null fields are left out, so all have a default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from integrations.wire.answers import Row
from integrations.wire.fields import VIETNAM, amount, id_or_none, moment, normal_key, number, or_none, text

__all__ = [
    "amount", "deleted", "id_or_none", "local", "moment", "normal_key", "number", "or_none", "rows", "text",
]  # fmt: skip

# one list, four names: the resources disagree, and the official plug-in reads another one than the page prints
_DELETED = ("removedIds", "removeIds", "removeId", "removedId", "RemoveId")


def local(when: datetime, *, up: bool = False) -> str:
    """Format a time as `lastModifiedFrom` wants it: Vietnam local, whole seconds, no offset; rounded down, or `up`."""
    whole = when.astimezone(VIETNAM).replace(microsecond=0)
    if up and when.microsecond:
        whole += timedelta(seconds=1)
    return f"{whole:%Y-%m-%dT%H:%M:%S}"


def rows(envelope: Any, key: str = "data") -> list[Row]:
    """Return the objects of a list. An empty page has no `data` at all; one object instead of a list is a list of one."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    if isinstance(value, Mapping):
        return [value]
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def deleted(envelope: Row) -> tuple[str, ...]:
    """Return the ids of what was deleted, under whichever of its names the list came."""
    found = [str(value) for name in _DELETED if isinstance(envelope.get(name), list) for value in envelope[name]]
    return tuple(dict.fromkeys(found))
