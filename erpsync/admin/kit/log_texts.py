"""Texts of the admin's log: stored in English with their values, put into the language of whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.paginator import Page, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from erpsync.readable import money

LogMessage = str | list[dict[str, Any]]
_KEY = "said"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as text: written in the language of whoever reads it."""

    amount: Decimal | None
    currency: str

    def __str__(self) -> str:
        return money(self.amount, self.currency)


LogValue = str | Money | Sequence[Promise | str]


def english(text: Promise | str) -> str:
    """Return the English of a text, which is its key in every other language."""
    with override("en"):
        return str(text)


def said(text: Promise | str, **values: LogValue) -> LogMessage:
    """Return what the log stores of a text. A value that is a list holds texts to be translated, too."""
    if not values:
        return english(text)
    return [{_KEY: english(text), "values": {name: _kept(value) for name, value in values.items()}}]


def _kept(value: LogValue) -> Any:
    match value:
        case str():
            return value
        case Money():
            return {"amount": None if value.amount is None else str(value.amount), "currency": value.currency}
    return [english(part) for part in value]


def _shown(kept: Any) -> str:
    match kept:
        case str():
            return kept
        case {"amount": amount, "currency": currency}:
            return str(Money(None if amount is None else Decimal(amount), currency))
    return ", ".join(map(gettext, kept))


def text_of(entry: LogEntry) -> str:
    """Return what an entry says, in the language of the reader."""
    stored = _said_in(entry.change_message)
    if stored is None:
        text: str = entry.__class__.get_change_message(entry)
        return gettext(text) if text else ""
    return gettext(stored[_KEY]) % {name: _shown(kept) for name, kept in stored["values"].items()}


def _said_in(message: str) -> dict[str, Any] | None:
    if not message.startswith(f'[{{"{_KEY}"'):
        return None
    stored: list[dict[str, Any]] = json.loads(message)
    return stored[0]


class LogPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of log entries that say in the reader's language what was done."""

    def page(self, number: int | str) -> Page[LogEntry]:
        found: Page[LogEntry] = super().page(number)
        entries = list(found.object_list)
        for entry in entries:
            text = text_of(entry)
            entry.__dict__["get_change_message"] = lambda text=text: text
        found.object_list = entries
        return found
