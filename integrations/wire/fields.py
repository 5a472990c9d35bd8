"""Reading one field of a channel's JSON: texts, ids, numbers, flags and times. Nothing of an answer is certain. Pure.

A left-out field has a default; one that makes no sense raises ValueError with the field's name, which ends as a reason for
people. What is peculiar to a platform (placeholders, units, day formats) stays in its `mapping/fields.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from integrations.wire import answers
from integrations.wire.answers import Row

# the clock of platforms that write times without an offset
VIETNAM = timezone(timedelta(hours=7))
# epoch times from here on are milliseconds: as seconds they would lie beyond the year 5000
MILLISECONDS_FROM = 10**11
_YES = frozenset({"true", "1"})

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


def first_id(row: Row, *keys: str, blank: frozenset[str] = frozenset()) -> str:
    """Return the first id among these fields. Raises ValueError without one: 0 is no id."""
    found = next((value for key in keys if (value := text(row, key, blank=blank)) not in {"", "0"}), "")
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """Return a number without needless zeros; it may come as text. Raises ValueError when it is none."""
    value = row.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return Decimal(default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"{key} is not a number")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{key} is not a number") from None
    return answers.trimmed(found, key)


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


def moment(row: Row, key: str, *, zone: tzinfo | None = None) -> datetime | None:
    """Return an ISO time in aware UTC; None where it was left out, or is .NET's year 1.

    `zone`: of times without an offset; None: they are refused. Raises ValueError when it is no time.
    """
    value = text(row, key)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
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
