"""How TikTok Shop writes: ids and money as text, times as whole epoch seconds, a few numbers as either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Row = Mapping[str, Any]

# no price, quantity or time is larger; keeps a senseless exponent from becoming a huge integer
_LARGEST = Decimal(10) ** 15
# currencies whose money has nothing behind the point
_WHOLE_MONEY = frozenset({"VND"})


def text(row: Row, key: str) -> str:
    """A text, or an id that came as a number, as text; "" where it was left out."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return _storable(str(value)).strip()


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
    if not found.is_finite() or abs(found) >= _LARGEST:
        raise ValueError(f"{key} is out of range")
    return Decimal(int(found)) if is_whole(found) else found.normalize()


def count(row: Row, key: str) -> int:
    """A whole number, 0 where it was left out; it may come as text. Raises ValueError when it is none."""
    found = money(row, key) or Decimal(0)
    if not is_whole(found):
        raise ValueError(f"{key} is not a whole number")
    return int(found)


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
    return tuple(str(word) for word in value if isinstance(word, str | int)) if isinstance(value, list) else ()


def is_whole(value: Decimal) -> bool:
    """Has it no part behind the point?"""
    return value == value.to_integral_value()


def is_payable(value: Decimal, currency: str) -> bool:
    """Can such an amount be paid in this currency?"""
    return currency not in _WHOLE_MONEY or is_whole(value)


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
