"""How Tiki writes ids, money and times: Vietnam's own clock without a zone, whole dong, flags as numbers or text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from integrations.wire import answers
from integrations.wire.answers import Row

VIETNAM = timezone(timedelta(hours=7))


def text(row: Any, key: str) -> str:
    """A text, or an id as text; "" where it was left out."""
    value = row.get(key) if isinstance(row, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return answers.storable(str(value)).strip()


def identity(row: Row, *keys: str) -> str:
    """An id that we can name again. Raises ValueError without one: 0 is no id."""
    found = next((value for key in keys if (value := text(row, key)) not in {"", "0"}), "")
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def count(row: Row, key: str) -> int:
    """A whole number of units, 0 where it was left out. Raises ValueError when it is none."""
    found = answers.number(row, key)
    return answers.whole(found, key)


def moment(row: Any, key: str) -> datetime | None:
    """A local time in aware UTC; None where it was left out. Raises ValueError when it makes no sense."""
    found = text(row, key)
    if not found:
        return None
    try:
        at = datetime.fromisoformat(found)
        return (at if at.tzinfo else at.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{key} is not a time") from None


def local(at: datetime, *, up: bool = False) -> str:
    """A time as filters want it, in whole seconds, rounded down or `up`."""
    seconds = math.ceil(at.timestamp()) if up else math.floor(at.timestamp())
    return datetime.fromtimestamp(seconds, VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


def is_on(row: Row, key: str) -> bool:
    """A flag, which comes as true, 1 or "1"."""
    return row.get(key) is True or text(row, key) == "1"


def listed(answer: Any) -> list[Row]:
    """The objects of an answer that is a list, or holds one under `data`: not every page says which."""
    return answers.rows({"data": answer} if isinstance(answer, list) else answer, "data")
