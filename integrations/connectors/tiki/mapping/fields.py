"""Field readers for Tiki's ids, money and times: Vietnam's own clock without a zone, whole dong, flags as numbers or text."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.fields import (
    VIETNAM,
    amount,
    count,
    first_id,
    flag,
    id_or_none,
    moment,
    number,
    or_none,
    text,
    words,
)

__all__ = [
    "amount", "count", "first_id", "flag", "id_or_none", "listed", "local", "moment", "number", "or_none", "text", "words",
]  # fmt: skip


def local(at: datetime, *, up: bool = False) -> str:
    """Return a time as filters want it, in whole seconds, rounded down or `up`."""
    seconds = math.ceil(at.timestamp()) if up else math.floor(at.timestamp())
    return datetime.fromtimestamp(seconds, VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


def listed(answer: Any) -> list[Row]:
    """Return the objects of an answer that is a list, or holds one under `data`: which is not always documented."""
    return answers.rows({"data": answer} if isinstance(answer, list) else answer, "data")
