"""How TikTok Shop writes: ids and money as text, times as whole epoch seconds, a few numbers as either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.wire import answers
from integrations.wire.answers import Row

# currencies whose money has nothing behind the point
_WHOLE_MONEY = frozenset({"VND"})


def text(row: Row, key: str) -> str:
    """A text, or an id that came as a number, as text; "" where it was left out."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return answers.storable(str(value)).strip()


def ident(row: Row, *keys: str) -> str:
    """An id under the first of these names that has one. Raises ValueError without: 0 is no id."""
    found = next((value for key in keys if (value := text(row, key)) not in {"", "0"}), "")
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def money(row: Row, key: str) -> Decimal | None:
    """An amount, without needless zeros; None where it was left out or is empty. Raises ValueError when it is none."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{key} is not an amount")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{key} is not an amount") from None
    return answers.trimmed(found, key)


def count(row: Row, key: str) -> int:
    """A whole number, 0 where it was left out; it may come as text. Raises ValueError when it is none."""
    found = money(row, key) or Decimal(0)
    return answers.whole(found, key)


def moment(row: Row, key: str) -> datetime | None:
    """An epoch time in aware UTC; None where it was left out or is 0. Raises ValueError when it makes no sense."""
    found = count(row, key)
    try:
        return datetime.fromtimestamp(found, UTC) if found > 0 else None
    except (OverflowError, OSError):
        raise ValueError(f"{key} is out of range") from None


def flag(row: Row, key: str) -> bool:
    """A boolean, false where it was left out."""
    return row.get(key) is True


def words(envelope: Any, key: str) -> tuple[str, ...]:
    """A list of words; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return tuple(str(word) for word in value if isinstance(word, str | int)) if isinstance(value, list) else ()


def is_payable(value: Decimal, currency: str) -> bool:
    """Can such an amount be paid in this currency?"""
    return currency not in _WHOLE_MONEY or answers.is_whole(value)
