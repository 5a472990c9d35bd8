"""Files of the commissions report: CSV as it is read, and a workbook."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commissions.queries.report import Question, Sum
from erpsync.admin.kit.words import channel_title
from erpsync.admin.money.report_form import DIMENSION_TITLES
from erpsync.admin.money.rule_words import fee_of, payee_text

# a cell that begins so is a formula to a spreadsheet
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARK = "\ufeff"


class _Echo:
    """File that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def headings(question: Question) -> list[str]:
    """Return the titles of a row's columns."""
    amounts = (_("currency"), _("orders"), _("Accrued"), _("Given back"), _("Net"))
    return [capfirst(title) for title in (*(str(DIMENSION_TITLES[name]) for name in question.by), *amounts)]


def texts(question: Question, row: Sum) -> list[str]:
    """Return the values of a row's dimensions in words."""
    return [_TEXTS[name](*value) for name, value in zip(question.by, row.values, strict=True)]


def as_csv(question: Question, rows: Iterable[Sum]) -> Iterator[str]:
    """Yield lines of CSV, UTF-8 with a mark so that spreadsheets read it as such."""
    writer: Any = csv.writer(_Echo())
    yield _MARK + writer.writerow(headings(question))
    for row in rows:
        named = [f"'{text}" if text.startswith(_FORMULA) else text for text in texts(question, row)]
        yield writer.writerow([*named, row.currency, row.orders, *map(_number, row[3:])])


def as_workbook(question: Question, rows: Iterable[Sum]) -> IO[bytes]:
    """Return a workbook at its beginning, written row by row into a temporary file."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        amount = book.add_format({"num_format": "#,##0.##"})
        sheet.write_row(0, 0, headings(question), book.add_format({"bold": True}))
        for place, row in enumerate(rows, start=1):
            _write(sheet, place, texts(question, row), row, amount)
    file.seek(0)
    return file


def _write(sheet: Any, place: int, named: Sequence[str], row: Sum, amount: Any) -> None:
    for column, text in enumerate([*named, row.currency]):
        sheet.write_string(place, column, text)
    first = len(named) + 1
    sheet.write_number(place, first, row.orders)
    for column, value in enumerate(row[3:], start=first + 1):
        sheet.write_number(place, column, float(value), amount)


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")


_TEXTS: dict[str, Any] = {
    "month": str,
    "channel": channel_title,
    "shop": lambda _id, name: name,
    "payee": payee_text,
    "fee_kind": lambda kind: str(fee_of(kind)),
    "sku": str,
}
