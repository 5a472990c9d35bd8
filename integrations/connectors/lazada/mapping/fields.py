"""Field readers for Lazada's ids, money and times: numbers or texts, as it comes; `null` and "null" count as empty."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from zoneinfo import ZoneInfo

from integrations.wire import answers, fields
from integrations.wire.answers import Row
from integrations.wire.fields import epoch, flag, or_none, words

__all__ = [
    "count", "day", "epoch", "first_id", "flag", "moment", "number", "or_none", "start_of", "text", "words",
]  # fmt: skip

# no price, quantity or time is larger; keeps a huge exponent from becoming a huge integer
_LARGEST = Decimal(10) ** 18
_AMOUNT = re.compile(r"-?[\d,]+(?:\.\d+)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BLANK = frozenset({"null"})

text = partial(fields.text, blank=_BLANK)
first_id = partial(fields.first_id, blank=_BLANK)


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """Return a number, or the number in a text like "2,115.90 VND", without needless zeros. Raises ValueError when it is none."""
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
    """Return a whole number, 0 where it was left out. Raises ValueError when it is none."""
    found = number(row, key)
    return answers.whole(found, key)


def moment(row: Row, key: str) -> datetime | None:
    """Return a time with its offset in aware UTC; None where it was left out. Raises ValueError when it is malformed."""
    return fields.moment({key: text(row, key)}, key)


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


def _in_words(key: str, value: str) -> Decimal:
    found = _AMOUNT.match(value.strip())
    try:
        return Decimal(found[0].replace(",", "")) if found else Decimal("NaN")
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None
