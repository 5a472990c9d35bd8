"""Headings and rows of the files of the commissions report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commissions.queries.report import Question, Sum
from erpsync.admin.kit.words import channel_title
from erpsync.admin.money.report_form import DIMENSION_TITLES
from erpsync.admin.money.rule_words import fee_of, payee_text
from erpsync.exports.writers import Row


def headings(question: Question) -> list[str]:
    """Return the titles of a row's columns."""
    amounts = (_("currency"), _("orders"), _("Accrued"), _("Given back"), _("Net"))
    return [capfirst(title) for title in (*(str(DIMENSION_TITLES[name]) for name in question.by), *amounts)]


def texts(question: Question, row: Sum) -> list[str]:
    """Return the values of a row's dimensions in words."""
    return [_TEXTS[name](*value) for name, value in zip(question.by, row.values, strict=True)]


def as_rows(question: Question, found: Iterable[Sum]) -> Iterator[Row]:
    """Yield the file's rows."""
    for row in found:
        yield [*texts(question, row), row.currency, row.orders, row.accrued, row.given_back, row.net]


_TEXTS: dict[str, Any] = {
    "month": str,
    "channel": channel_title,
    "shop": lambda _id, name: name,
    "payee": payee_text,
    "fee_kind": lambda kind: str(fee_of(kind)),
    "sku": str,
}
