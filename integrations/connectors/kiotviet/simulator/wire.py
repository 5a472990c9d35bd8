"""KiotViet's wire format: Vietnam time without offset, decimals as JSON numbers, no null fields, two letter cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec

VIETNAM = timezone(timedelta(hours=7))
_ENCODER = msgspec.json.Encoder(decimal_format="number")

# keys that break the PascalCase of webhooks
_ODD_KEYS = {"isActive": "isActive", "masterProductId": "masterProductId"}


def local_time(moment: datetime) -> str:
    """Format a time as `2026-08-12T10:57:26.0730000`: milliseconds, padded to seven digits."""
    moment = moment.astimezone(VIETNAM)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}0000"


def stamp(moment: datetime) -> str:
    """Format the envelope's `timestamp`: `2026-10-07T14:39:09.4969690+07:00`."""
    moment = moment.astimezone(VIETNAM)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0+07:00"


def read_time(text: str) -> datetime:
    """Parse a time as clients send it, Vietnam local unless it carries an offset, as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).astimezone(UTC)


def fixed(value: Decimal, digits: int) -> Decimal:
    """The same number with fixed decimals: 850000 -> 850000.0000."""
    return value.quantize(Decimal(1).scaleb(-digits))


def bare(value: Any) -> Any:
    """The value without null fields, and without keys that only we use (they start with an underscore)."""
    if isinstance(value, Mapping):
        return {key: bare(part) for key, part in value.items() if part is not None and not key.startswith("_")}
    if isinstance(value, list | tuple):
        return [bare(part) for part in value]
    if isinstance(value, datetime):
        return local_time(value)
    return value


def pascal(value: Any) -> Any:
    """The value with the keys of a webhook."""
    if isinstance(value, Mapping):
        return {_ODD_KEYS.get(key, key[:1].upper() + key[1:]): pascal(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [pascal(part) for part in value]
    return value


def encode(value: Any) -> bytes:
    """Encode as compact JSON in UTF-8; decimals keep their trailing zeros."""
    return _ENCODER.encode(bare(value))
