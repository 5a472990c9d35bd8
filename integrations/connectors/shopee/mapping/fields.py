"""How Shopee writes ids, money and times. Placeholders ("-", " ") of its documentation count as empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]

# no price, quantity or time is larger; keeps a senseless exponent from becoming a huge integer
_LARGEST = Decimal(10) ** 15
# some times are milliseconds although all others are seconds (push 28, prescriptions)
_MILLISECONDS = 10**11


def text(row: Row, key: str) -> str:
    """A text, or an id as text; "" where it was left out or is a placeholder."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    found = _storable(str(value)).strip()
    return "" if found == "-" else found


def item_id(row: Row, *keys: str) -> str:
    """An id that we can name again. Raises ValueError without one: 0 is no id."""
    found = next((value for key in keys if (value := text(row, key)) not in {"", "0"}), "")
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def model_id(row: Row) -> str:
    """The id of the model, "" for an item without models (which Shopee calls model 0)."""
    found = text(row, "model_id")
    return "" if found == "0" else found


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """A number without needless zeros (48000.0 -> 48000). Raises ValueError when it is none."""
    value = row.get(key)
    if value is None:
        return Decimal(default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{key} is not a number")
    found = Decimal(value)
    if not found.is_finite() or abs(found) >= _LARGEST:
        raise ValueError(f"{key} is out of range")
    return Decimal(int(found)) if found == found.to_integral_value() else found.normalize()


def count(row: Row, key: str) -> int:
    """A whole number of units, 0 where it was left out; it may come as text. Raises ValueError when it is none."""
    value = row.get(key)
    if isinstance(value, str):
        row = {key: int(value) if value.strip() else None}
    found = number(row, key)
    if found != found.to_integral_value():
        raise ValueError(f"{key} is not a whole number")
    return int(found)


def moment(row: Row, key: str) -> datetime | None:
    """An epoch time in aware UTC; None where it was left out or is 0. Raises ValueError when it makes no sense."""
    found = count(row, key)
    if found <= 0:
        return None
    return datetime.fromtimestamp(found / 1000 if found >= _MILLISECONDS else found, UTC)


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


def _storable(value: str) -> str:
    """JSON may escape a NUL or half a surrogate pair; PostgreSQL stores neither."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
