"""Readers of single fields: ids, money and times as Shopee writes them. Placeholders ("-", " ") of its documentation count as empty."""

from __future__ import annotations

from functools import partial

from integrations.wire import fields
from integrations.wire.answers import Row
from integrations.wire.fields import count, or_none, words

__all__ = ["count", "first_id", "model_id", "moment", "or_none", "text", "words"]

_BLANK = frozenset({"-"})

text = partial(fields.text, blank=_BLANK)
first_id = partial(fields.first_id, blank=_BLANK)
# some times are milliseconds although all others are seconds (push 28, prescriptions)
moment = fields.epoch


def model_id(row: Row) -> str:
    """Return the id of the model, "" for an item without models (which Shopee calls model 0)."""
    found = text(row, "model_id")
    return "" if found == "0" else found
