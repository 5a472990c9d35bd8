"""How Lazada writes ids, money and times: numbers or texts, as it comes; `null` and "null" count as empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from integrations.wire import answers
from integrations.wire.answers import Row

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
    found = answers.storable(str(value)).strip()
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
    return answers.trimmed(found, key, largest=_LARGEST)


def count(row: Row, key: str) -> int:
    """A whole number, 0 where it was left out. Raises ValueError when it is none."""
    found = number(row, key)
    return answers.whole(found, key)


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


def words(envelope: Any, key: str) -> tuple[str, ...]:
    """A list of words; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def _in_words(key: str, value: str) -> Decimal:
    found = _AMOUNT.match(value.strip())
    try:
        return Decimal(found[0].replace(",", "")) if found else Decimal("NaN")
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None
