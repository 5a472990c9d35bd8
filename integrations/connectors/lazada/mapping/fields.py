"""How Lazada writes ids, money and times: numbers or texts, as it comes; `null` and "null" count as empty."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]

# no price, quantity or time is larger; keeps a senseless exponent from becoming a huge integer
_LARGEST = Decimal(10) ** 18
# times beyond this are milliseconds
_MILLISECONDS = 10**11
_AMOUNT = re.compile(r"-?[\d,]+(?:\.\d+)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YES = frozenset({"true", "1"})


def text(row: Row, key: str) -> str:
    """A text, or an id as text; "" where it was left out."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    found = _storable(str(value)).strip()
    return "" if found == "null" else found


def identity(row: Row, *keys: str) -> str:
    """The first id of these that is told. Raises ValueError without one: 0 is no id."""
    found = next((value for key in keys if (value := text(row, key)) not in {"", "0"}), "")
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def flag(row: Row, key: str) -> bool:
    """true, "true", 1 and "1" all occur."""
    value = row.get(key)
    return str(value).lower() in _YES


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """A number, or the number in a text like "2,115.90 VND", without needless zeros. Raises ValueError when it is none."""
    value = row.get(key)
    if value is None or value == "":
        return Decimal(default)
    if isinstance(value, str):
        value = _in_words(key, value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{key} is not a number")
    found = Decimal(value)
    if not found.is_finite() or abs(found) >= _LARGEST:
        raise ValueError(f"{key} is out of range")
    return Decimal(int(found)) if found == found.to_integral_value() else found.normalize()


def count(row: Row, key: str) -> int:
    """A whole number, 0 where it was left out. Raises ValueError when it is none."""
    found = number(row, key)
    if found != found.to_integral_value():
        raise ValueError(f"{key} is not a whole number")
    return int(found)


def moment(row: Row, key: str) -> datetime | None:
    """A time with its offset, in aware UTC; None where it was left out. Raises ValueError when it makes no sense."""
    told = text(row, key)
    if not told:
        return None
    found = datetime.fromisoformat(told)
    if found.tzinfo is None:
        raise ValueError(f"{key} has no offset")
    return found.astimezone(UTC)


def epoch(row: Row, key: str) -> datetime | None:
    """An epoch time, seconds or milliseconds, number or text; None where it was left out or is 0."""
    found = count(row, key)
    if found <= 0:
        return None
    try:
        return datetime.fromtimestamp(found / 1000 if found >= _MILLISECONDS else found, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{key} is out of range") from None


def day(row: Row, key: str) -> date | None:
    """A day like "17 May 2016"; None where it was left out. Raises ValueError when it is none."""
    told = text(row, key).split()
    if not told:
        return None
    if len(told) != 3 or told[1][:3].title() not in _MONTHS or not (told[0].isdecimal() and told[2].isdecimal()):
        raise ValueError(f"{key} is no day")
    return date(int(told[2]), _MONTHS.index(told[1][:3].title()) + 1, int(told[0]))


def start_of(found: date, time_zone: str) -> datetime:
    """When a day of the shop begins, in UTC."""
    return datetime(found.year, found.month, found.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def rows(envelope: Any, key: str) -> list[Row]:
    """The objects of a list; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def part(envelope: Any, key: str) -> Row:
    """An object inside an object; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def words(envelope: Any, key: str) -> tuple[str, ...]:
    """A list of words; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


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


def _in_words(key: str, value: str) -> Decimal:
    found = _AMOUNT.match(value.strip())
    try:
        return Decimal(found[0].replace(",", "")) if found else Decimal("NaN")
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None


def _storable(value: str) -> str:
    """JSON may escape a NUL or half a surrogate pair; PostgreSQL stores neither."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
