"""How Shopee writes ids, money and times. Placeholders ("-", " ") of its documentation count as empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.wire import answers
from integrations.wire.answers import Row

# some times are milliseconds although all others are seconds (push 28, prescriptions)
_MILLISECONDS = 10**11


def text(row: Row, key: str) -> str:
    """A text, or an id as text; "" where it was left out or is a placeholder."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    found = answers.storable(str(value)).strip()
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


def count(row: Row, key: str) -> int:
    """A whole number of units, 0 where it was left out; it may come as text. Raises ValueError when it is none."""
    value = row.get(key)
    if isinstance(value, str):
        row = {key: int(value) if value.strip() else None}
    found = answers.number(row, key)
    return answers.whole(found, key)


def moment(row: Row, key: str) -> datetime | None:
    """An epoch time in aware UTC; None where it was left out or is 0. Raises ValueError when it makes no sense."""
    found = count(row, key)
    if found <= 0:
        return None
    return datetime.fromtimestamp(found / 1000 if found >= _MILLISECONDS else found, UTC)


def words(envelope: Any, key: str) -> tuple[str, ...]:
    """A list of words; empty where it was left out."""
    value = envelope.get(key) if isinstance(envelope, Mapping) else None
    return tuple(str(word) for word in value) if isinstance(value, list) else ()
