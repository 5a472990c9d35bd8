"""Readers of single fields: ids, money and times as Shopee writes them. Placeholders ("-", " ") of its documentation count as empty."""

from __future__ import annotations

from functools import partial

from integrations.wire import fields
from integrations.wire.answers import Row
from integrations.wire.fields import amount, count, moment, number, or_none, words

__all__ = [
    "amount", "count", "first_id", "id_or_none", "model_id", "moment", "number", "or_none", "text", "words",
]  # fmt: skip

_BLANK = frozenset({"-"})

text = partial(fields.text, blank=_BLANK)
first_id = partial(fields.first_id, blank=_BLANK)
id_or_none = partial(fields.id_or_none, blank=_BLANK)


def model_id(row: Row) -> str:
    """Return the id of the model, "" for an item without models (which Shopee calls model 0)."""
    found = text(row, "model_id")
    return "" if found == "0" else found
