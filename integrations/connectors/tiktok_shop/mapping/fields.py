"""Readers of single fields as TikTok Shop writes them: ids and money as text, times as whole epoch seconds, a few numbers as either."""

from __future__ import annotations

from decimal import Decimal

from integrations.wire import answers, fields
from integrations.wire.answers import Row
from integrations.wire.fields import count, first_id, flag, or_none, text, words

__all__ = ["count", "first_id", "flag", "is_payable", "moment", "money", "or_none", "text", "words"]

# currencies without minor units
_WHOLE_MONEY = frozenset({"VND"})

moment = fields.epoch


def money(row: Row, key: str) -> Decimal | None:
    """Return an amount, without needless zeros; None where it was left out or is empty. Raises ValueError when it is none."""
    return None if row.get(key) in (None, "") else fields.number(row, key)


def is_payable(value: Decimal, currency: str) -> bool:
    """Return whether such an amount can be paid in this currency."""
    return currency not in _WHOLE_MONEY or answers.is_whole(value)
