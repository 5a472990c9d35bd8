"""How Sendo writes ids, money and times. Ids come as numbers or texts, times as epoch seconds with or without a fraction."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from integrations.wire import answers
from integrations.wire.answers import Row

VIETNAM = timezone(timedelta(hours=7))
# no time of Sendo's is a millisecond; should one be, it is read as one
_MILLISECONDS = 10**11


def text(row: Row, key: str) -> str:
    """A text, or an id as text (1000.0 -> 1000); "" where it was left out."""
    value = row.get(key)
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and abs(value) < answers.LARGEST and value == int(value) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return answers.storable(str(value)).strip()


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
    return answers.trimmed(found, key)


def count(row: Row, key: str) -> int:
    """A whole number of units, 0 where it was left out. Raises ValueError when it is none."""
    found = number(row, key)
    return answers.whole(found, key)


def moment(row: Row, key: str) -> datetime | None:
    """An epoch time in aware UTC, whole seconds; None where it was left out or is 0. Raises ValueError when it makes no sense."""
    found = int(number(row, key))
    if found <= 0:
        return None
    try:
        return datetime.fromtimestamp(found // 1000 if found >= _MILLISECONDS else found, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{key} is no time") from None


def day(when: datetime) -> date:
    """Vietnam's day."""
    return when.astimezone(VIETNAM).date()
