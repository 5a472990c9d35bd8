"""The structure of a channel's JSON, of which nothing is certain: lists, objects, numbers. Pure.

Single fields (texts, ids, times) are read by `wire/fields.py`; what is peculiar to a platform stays in its folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.repeats import last_of_each as last_of_each  # noqa: PLC0414 (an explicit re-export)

Row = Mapping[str, Any]

# no price, quantity or time is larger; what our money columns take, and no malformed exponent becomes a huge integer
LARGEST = Decimal(10) ** 14


def rows(envelope: Any, key: str) -> list[Row]:
    """Return the objects of a list; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def part(envelope: Any, key: str) -> Row:
    """Return an object inside an object; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def trimmed(value: Decimal, key: str, *, largest: Decimal = LARGEST) -> Decimal:
    """Return the number without needless zeros. Raises ValueError for an impossible one."""
    if not value.is_finite() or abs(value) >= largest:
        raise ValueError(f"{key} is out of range")
    return Decimal(int(value)) if is_whole(value) else value.normalize()


def whole(value: Decimal, key: str) -> int:
    """Return the number as an int. Raises ValueError for a fraction."""
    if not is_whole(value):
        raise ValueError(f"{key} is not a whole number")
    return int(value)


def is_whole(value: Decimal) -> bool:
    """Return whether the number has no fraction."""
    return value == value.to_integral_value()


def plain(value: Any) -> Any:
    """Return the same value for a JSON column: decimals as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, Sequence) else value


def storable(value: str) -> str:
    """Return the text without NUL and lone surrogates: JSON may escape them, PostgreSQL stores neither."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
