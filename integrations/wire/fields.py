"""Reading one field of a channel's JSON: texts, ids, numbers, flags and times. Nothing of an answer is certain. Pure.

Numbers and times are read in every form that a platform was seen to use. A left-out field has a default; one that makes no
sense raises ValueError with the field's name: `wire/oddities.py` turns it into "unknown" and a named problem. What is
peculiar to a platform (placeholders, units) stays in its `mapping/fields.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

# connectors compare keys as the hub does
from core.text import normal_key as normal_key  # noqa: PLC0414 (an explicit re-export)
from integrations.wire import answers
from integrations.wire.answers import Row

# the clock of platforms that write times without an offset
VIETNAM = timezone(timedelta(hours=7))
# epoch times from here on are milliseconds: as seconds they would lie beyond the year 5000
MILLISECONDS_FROM = 10**11
_YES = frozenset({"true", "1"})
# digits in groups of three ("2,115.90", "1.250.000"), with the words of a currency around them
_GROUPED = (re.compile(r"(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?)"), re.compile(r"(-?\d{1,3}(?:\.\d{3}){2,})"))
_IN_WORDS = re.compile(r"(?:[^\d\s.,-]{1,4}\s*)?(-?[\d.,]+)(?:\s*[^\d\s.,-]{1,4})?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(.*)", re.DOTALL)
# digits, unless they are a day written together: 20261129
_EPOCH = re.compile(r"(?!(?:19|20)\d{6}$)\d+(?:\.\d+)?")

Value = TypeVar("Value")


def text(row: Any, key: str, *, blank: frozenset[str] = frozenset()) -> str:
    """Return a text, or a number (an id) as text, stripped; "" where it was left out or is one of `blank` (placeholders).

    1000.0 is the id 1000; true, lists and objects are no text.
    """
    value = row.get(key) if isinstance(row, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < answers.LARGEST and answers.is_whole(value):
        value = int(value)
    found = answers.storable(str(value)).strip()
    return "" if found in blank else found


def id_or_none(row: Any, *keys: str, blank: frozenset[str] = frozenset()) -> str:
    """Return the first id among these fields, "" without one: 0 is no id."""
    return next((value for key in keys if (value := text(row, key, blank=blank)) not in {"", "0"}), "")


def first_id(row: Row, *keys: str, blank: frozenset[str] = frozenset()) -> str:
    """Return the first id among these fields. Raises ValueError without one: 0 is no id."""
    found = id_or_none(row, *keys, blank=blank)
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """Return a number without needless zeros. Raises ValueError when it is none.

    It may come as text, with its thousands grouped and its currency beside it: "198000.00", "2,115.90 VND", "1.250.000 đ".
    """
    value = row.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return Decimal(default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"{key} is not a number")
    return answers.trimmed(_in_text(value, key) if isinstance(value, str) else Decimal(value), key)


def amount(row: Row, key: str) -> Decimal | None:
    """Return a number as `number`; None where it was left out, which is not zero."""
    value = row.get(key)
    return None if value is None or (isinstance(value, str) and not value.strip()) else number(row, key)


def count(row: Row, key: str) -> int:
    """Return a whole number, 0 where it was left out; it may come as text. Raises ValueError when it is none."""
    return answers.whole(number(row, key), key)


def flag(row: Row, key: str) -> bool:
    """Return whether a field is true, "true", 1 or "1"."""
    return str(row.get(key)).strip().lower() in _YES


def words(row: Any, key: str) -> tuple[str, ...]:
    """Return a list of texts and ids; empty where it was left out."""
    value = row.get(key) if isinstance(row, Mapping) else None
    items = value if isinstance(value, list) else ()
    return tuple(found for item in items if (found := text({key: item}, key)))


def epoch(row: Row, key: str) -> datetime | None:
    """Return an epoch time in aware UTC, from seconds or milliseconds; None where it was left out or is 0.

    Raises ValueError when it is no time.
    """
    found = number(row, key)
    if found <= 0:
        return None
    seconds = found / 1000 if found >= MILLISECONDS_FROM else found
    if seconds >= MILLISECONDS_FROM:
        raise ValueError(f"{key} is no time")
    return datetime.fromtimestamp(float(seconds), UTC)


def moment(row: Row, key: str, *, zone: tzinfo | None = VIETNAM) -> datetime | None:
    """Return a time in aware UTC; None where it was left out, or is .NET's year 1.

    From ISO ("2026-11-29T09:00:00Z"), day first ("29/11/2026 09:00"), or an epoch in seconds or milliseconds, also as text.
    `zone`: of times without an offset; None: they are refused. Raises ValueError when it is no time.
    """
    value = text(row, key)
    if not isinstance(row.get(key), str) or _EPOCH.fullmatch(value):
        return epoch(row, key)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(_iso(value))
    except ValueError:
        raise ValueError(f"{key} is no time: {value}") from None
    if found.year == 1:
        return None
    if found.tzinfo is None and zone is None:
        raise ValueError(f"{key} has no offset")
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{key} is no time: {value}") from None


def or_none(read: Callable[[Row, str], Value], row: Row, key: str) -> Value | None:
    """Return a field that may be done without (a malformed time is no version): None where it makes no sense."""
    try:
        return read(row, key)
    except ValueError:
        return None


def _in_text(value: str, key: str) -> Decimal:
    bare = _IN_WORDS.fullmatch(value.strip())
    digits = bare[1] if bare else value.strip()
    for grouped, sign in zip(_GROUPED, ",.", strict=True):
        if grouped.fullmatch(digits):
            digits = digits.replace(sign, "")
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None


def _iso(value: str) -> str:
    """Return a time as ISO writes it: the year first, the offset next to the time ("09:00:00 +0700")."""
    if day_first := _DAY_FIRST.fullmatch(value):
        day, month, year, rest = day_first.groups()
        value = f"{year}-{month:0>2}-{day:0>2}{rest}"
    return re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", value)
