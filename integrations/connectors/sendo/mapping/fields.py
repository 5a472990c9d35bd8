"""How Sendo writes ids, money and times. Ids come as numbers or texts, times as epoch seconds with or without a fraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

Row = Mapping[str, Any]

VIETNAM = timezone(timedelta(hours=7))
# no price, quantity or time is larger; keeps a senseless exponent from becoming a huge integer
_LARGEST = Decimal(10) ** 15
# no time of Sendo's is a millisecond; should one be, it is read as one
_MILLISECONDS = 10**11


def text(row: Row, key: str) -> str:
    """A text, or an id as text (1000.0 -> 1000); "" where it was left out."""
    value = row.get(key)
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and abs(value) < _LARGEST and value == int(value) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return _storable(str(value)).strip()


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """A number without needless zeros (124200.0 -> 124200); it may come as text. Raises ValueError when it is none."""
    value = row.get(key)
    if value is None or value == "":
        return Decimal(default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"{key} is not a number")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None
    if not found.is_finite() or abs(found) >= _LARGEST:
        raise ValueError(f"{key} is out of range")
    return Decimal(int(found)) if is_whole(found) else found.normalize()


def count(row: Row, key: str) -> int:
    """A whole number of units, 0 where it was left out. Raises ValueError when it is none."""
    found = number(row, key)
    if not is_whole(found):
        raise ValueError(f"{key} is not a whole number")
    return int(found)


def moment(row: Row, key: str) -> datetime | None:
    """An epoch time in aware UTC, whole seconds; None where it was left out or is 0. Raises ValueError when it makes no sense."""
    found = int(number(row, key))
    if found <= 0:
        return None
    try:
        return datetime.fromtimestamp(found // 1000 if found >= _MILLISECONDS else found, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{key} is no time") from None


def rows(envelope: Any, key: str) -> list[Row]:
    """The objects of a list; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def part(envelope: Any, key: str) -> Row:
    """An object inside an object; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def day(when: datetime) -> date:
    """Vietnam's day."""
    return when.astimezone(VIETNAM).date()


def is_whole(value: Decimal) -> bool:
    """Has it no part behind the point?"""
    return value == value.to_integral_value()


def plain(value: Any) -> Any:
    """The same value for a JSON column: decimals as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, Mapping):
        return {_storable(str(key)): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, Sequence) else value


def _storable(value: str) -> str:
    """JSON may escape a NUL or half a surrogate pair; PostgreSQL stores neither."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
