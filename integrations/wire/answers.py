"""Reading what a channel answered: JSON of which nothing is certain, field by field. Pure.

How a platform spells its ids, flags and times is its own folder's business; what is the same for all of them is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]

# no price, quantity or time is larger; keeps a senseless exponent from becoming a huge integer
LARGEST = Decimal(10) ** 15


def rows(envelope: Any, key: str) -> list[Row]:
    """The objects of a list; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def part(envelope: Any, key: str) -> Row:
    """An object inside an object; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """A JSON number without needless zeros (48000.0 -> 48000). Raises ValueError when it is none."""
    value = row.get(key)
    if value is None:
        return Decimal(default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{key} is not a number")
    return trimmed(Decimal(value), key)


def trimmed(value: Decimal, key: str, *, largest: Decimal = LARGEST) -> Decimal:
    """The number without needless zeros. Raises ValueError for one that nothing can be."""
    if not value.is_finite() or abs(value) >= largest:
        raise ValueError(f"{key} is out of range")
    return Decimal(int(value)) if is_whole(value) else value.normalize()


def whole(value: Decimal, key: str) -> int:
    """A count. Raises ValueError where there is a part behind the point."""
    if not is_whole(value):
        raise ValueError(f"{key} is not a whole number")
    return int(value)


def is_whole(value: Decimal) -> bool:
    """Has it no part behind the point?"""
    return value == value.to_integral_value()


def plain(value: Any) -> Any:
    """The same value for a JSON column: decimals as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, Sequence) else value


def storable(value: str) -> str:
    """JSON may escape a NUL or half a surrogate pair; PostgreSQL stores neither."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
