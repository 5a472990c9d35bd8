"""How Tiki writes ids, money and times: Vietnam's own clock without a zone, whole dong, flags as numbers or text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]

VIETNAM = timezone(timedelta(hours=7))
# no price, quantity or id is larger; keeps a senseless exponent from becoming a huge integer
_LARGEST = Decimal(10) ** 15


def text(row: Any, key: str) -> str:
    """A text, or an id as text; "" where it was left out."""
    value = row.get(key) if isinstance(row, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return _storable(str(value)).strip()


def identity(row: Row, *keys: str) -> str:
    """An id that we can name again. Raises ValueError without one: 0 is no id."""
    found = next((value for key in keys if (value := text(row, key)) not in {"", "0"}), "")
    if not found:
        raise ValueError(f"no {keys[0]}")
    return found


def number(row: Row, key: str, default: Decimal | int = 0) -> Decimal:
    """A number without needless zeros. Raises ValueError when it is none."""
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
    """A whole number of units, 0 where it was left out. Raises ValueError when it is none."""
    found = number(row, key)
    if found != found.to_integral_value():
        raise ValueError(f"{key} is not a whole number")
    return int(found)


def moment(row: Any, key: str) -> datetime | None:
    """A local time in aware UTC; None where it was left out. Raises ValueError when it makes no sense."""
    found = text(row, key)
    if not found:
        return None
    try:
        at = datetime.fromisoformat(found)
        return (at if at.tzinfo else at.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{key} is not a time") from None


def local(at: datetime, *, up: bool = False) -> str:
    """A time as filters want it, in whole seconds, rounded down or `up`."""
    seconds = math.ceil(at.timestamp()) if up else math.floor(at.timestamp())
    return datetime.fromtimestamp(seconds, VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


def is_on(row: Row, key: str) -> bool:
    """A flag, which comes as true, 1 or "1"."""
    return row.get(key) is True or text(row, key) == "1"


def rows(envelope: Any, key: str) -> list[Row]:
    """The objects of a list; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def listed(answer: Any) -> list[Row]:
    """The objects of an answer that is a list, or holds one under `data`: not every page says which."""
    return rows({"data": answer} if isinstance(answer, list) else answer, "data")


def part(envelope: Any, key: str) -> Row:
    """An object inside an object; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return value if isinstance(value, Mapping) else {}


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
