"""Field readers for Sendo's ids, money and times. Ids come as numbers or texts, times as epoch seconds with or without a fraction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from integrations.wire import fields
from integrations.wire.answers import Row
from integrations.wire.fields import VIETNAM, amount, count, flag, id_or_none, number, or_none, words

__all__ = [
    "VIETNAM", "amount", "count", "day", "flag", "id_or_none", "moment", "number", "or_none", "text", "words",
]  # fmt: skip


def text(row: Row, key: str) -> str:
    """Return a text, or an id as text (1000.0 -> 1000); "" where it was left out, or is a fraction."""
    found, is_number = fields.text(row, key), isinstance(row.get(key), Decimal)
    return "" if is_number and not found.removeprefix("-").isdecimal() else found


def moment(row: Row, key: str) -> datetime | None:
    """Return an epoch time in aware UTC, whole seconds; None where it was left out or is 0. Raises ValueError when it is malformed."""
    found = fields.moment(row, key)
    return found.replace(microsecond=0) if found else None


def day(when: datetime) -> date:
    """Return the day in Vietnam."""
    return when.astimezone(VIETNAM).date()
