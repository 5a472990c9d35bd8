"""Field readers for Lazada's ids, money and times: numbers or texts, as it comes; `null` and "null" count as empty."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from integrations.wire import answers, fields
from integrations.wire.answers import Row
from integrations.wire.fields import flag, or_none, words

__all__ = [
    "amount", "count", "day", "first_id", "flag", "id_or_none", "moment", "number", "or_none", "start_of", "text",
    "words",
]  # fmt: skip

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BLANK = frozenset({"null"})

text = partial(fields.text, blank=_BLANK)
first_id = partial(fields.first_id, blank=_BLANK)
id_or_none = partial(fields.id_or_none, blank=_BLANK)


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """Return a number as `fields.number`; "null" is none."""
    return fields.number(_bare(row, key), key, default)


def amount(row: Row, key: str) -> Decimal | None:
    """Return a number, None where it was left out. Raises ValueError when it is none."""
    return fields.amount(_bare(row, key), key)


def count(row: Row, key: str) -> int:
    """Return a whole number, 0 where it was left out. Raises ValueError when it is none."""
    return answers.whole(number(row, key), key)


def moment(row: Row, key: str) -> datetime | None:
    """Return a time in aware UTC; None where it was left out. Raises ValueError when it is malformed."""
    return fields.moment(_bare(row, key), key)


def day(row: Row, key: str) -> date | None:
    """Return a day like "17 May 2016"; None where it was left out. Raises ValueError when it is none."""
    parts = text(row, key).split()
    if not parts:
        return None
    if len(parts) != 3 or parts[1][:3].title() not in _MONTHS or not (parts[0].isdecimal() and parts[2].isdecimal()):
        raise ValueError(f"{key} is no day")
    return date(int(parts[2]), _MONTHS.index(parts[1][:3].title()) + 1, int(parts[0]))


def start_of(found: date, time_zone: str) -> datetime:
    """Return the beginning of a day of the shop, in UTC."""
    return datetime(found.year, found.month, found.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def _bare(row: Row, key: str) -> Row:
    """Return the field alone, left out where it is "null"."""
    value = row.get(key)
    return {key: None if isinstance(value, str) and value in _BLANK else value}
