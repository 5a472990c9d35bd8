"""Readers of single fields as TikTok Shop writes them: ids and money as text, times as whole epoch seconds, a few numbers as either."""

from __future__ import annotations

from integrations.wire.fields import (
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
    "amount", "count", "first_id", "flag", "id_or_none", "moment", "number", "or_none", "text", "words",
]  # fmt: skip
