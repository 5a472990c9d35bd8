"""Rate files: a spreadsheet or CSV with the columns category, title, rate (and parent), read whole or refused with all reasons."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import xlsxwriter
from django.utils.translation import gettext as _

from commissions.models import FeeCategory, RateTable
from commissions.rules import problems as p
from commissions.services.rate_tables import Row
from erpsync.admin.money.rule_fields import in_row, rate_of
from integrations.contract.statement_files import Cell, FileRefused
from integrations.wire.workbooks import open_workbook

# headings by column, as files spell them
COLUMNS = {
    "category": ("category", "category id", "mã ngành hàng", "ngành hàng"),
    "title": ("title", "category name", "tên ngành hàng", "tên"),
    "rate": ("rate", "rate (%)", "tỷ lệ", "tỷ lệ (%)", "phí cố định"),
    "parent": ("parent", "ngành hàng cha", "mã ngành hàng cha"),
}
NEEDED = ("category", "rate")
# the category of the row that is for all others
ALL_OTHERS = "*"
MOST_PROBLEMS, MOST_CHARACTERS = 20, 100


class RateFile(NamedTuple):
    """Content of a rate file; with problems, nothing of it is to be stored."""

    rows: list[Row]
    default: Decimal | None
    problems: list[str]
    warnings: list[str]


def read_rates(content: bytes) -> RateFile:
    """Read a rate file."""
    try:
        sheet = next(sheet for sheet in open_workbook(content).sheets if sheet.rows)
    except FileRefused as refused:
        return RateFile([], None, [str(refused.reason)], [])
    except StopIteration:
        return RateFile([], None, [_("The file is empty.")], [])
    places = _places(sheet.rows[0])
    if missing := [name for name in NEEDED if name not in places]:
        text = _("The first row names the columns: category, title, rate, and parent if you like. Missing: %(names)s.")
        return RateFile([], None, [text % {"names": ", ".join(missing)}], [])
    return _read(sheet.rows, places)


def _read(rows: Sequence[Sequence[Cell]], places: dict[str, int]) -> RateFile:
    found: dict[str, Row] = {}
    problems: list[str] = []
    for number, cells in enumerate(rows[1:], start=2):
        values = {name: _text(cells[place]) if place < len(cells) else "" for name, place in places.items()}
        if not any(values.values()):
            continue
        row = Row(values["category"], Decimal(0), values.get("title", ""), values.get("parent", ""))
        wrong = list(_wrong(values, found))
        if not wrong:
            found[row.category] = row._replace(rate=Decimal(values["rate"]))
        problems += [in_row(number, reason) for reason in wrong]
    default = found.pop(ALL_OTHERS, None)
    kept = list(found.values())
    if not problems and not kept and default is None:
        problems.append(str(p.TABLE_EMPTY()))
    warnings = []
    if kept and all(row.rate < 1 for row in kept):
        warnings.append(_("All rates are below 1 %. Excel stores 4 % as 0.04: type rates as numbers like 4 or 4.5."))
    return RateFile(kept, default.rate if default else None, problems[:MOST_PROBLEMS], warnings)


def _wrong(values: dict[str, str], found: dict[str, Row]) -> Iterator[str]:
    category, typed = values["category"], values["rate"]
    if not category:
        yield str(p.MISSING_KEY(key="category"))
    elif len(category) > MOST_CHARACTERS:
        yield str(p.TOO_LONG(most=MOST_CHARACTERS))
    values["rate"] = rate = rate_of(typed)
    try:
        number = Decimal(rate)
    except InvalidOperation:
        yield str(p.NOT_A_NUMBER(value=typed))
        return
    if "e" in rate.lower():
        yield str(p.EXPONENT(value=typed))
    elif not number.is_finite() or number > 100 or len(rate) > 21:
        yield str(p.NOT_A_RATE(value=typed))
    elif number < 0:
        yield str(p.NEGATIVE(value=typed))
    elif category in found:
        yield str(p.CATEGORY_TWICE(category=category, first=f"{found[category].rate} %", second=f"{rate} %"))


def _places(heading: Sequence[Cell]) -> dict[str, int]:
    names = [str(cell).casefold() for cell in heading]
    return {
        column: next(place for place, name in enumerate(names) if name in spellings)
        for column, spellings in COLUMNS.items()
        if any(name in spellings for name in names)
    }


def _text(cell: Cell) -> str:
    """Return a cell as text: a code that a workbook keeps as a number is whole."""
    if isinstance(cell, float | int):
        return str(int(cell)) if cell == int(cell) else format(Decimal(str(cell)), "f")
    return str(cell)


def rates_as_workbook(table: RateTable) -> bytes:
    """Return a version as a workbook that can be uploaded again."""
    categories = FeeCategory.objects.filter(channel=table.channel, code__in=table.rates)
    known = {code: (title, parent) for code, title, parent in categories.values_list("code", "title", "parent")}
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for place, name in enumerate(COLUMNS):
            sheet.write_string(0, place, name)
        rows: list[Any] = [(code, rate, *known.get(code, ("", ""))) for code, rate in sorted(table.rates.items())]
        if table.default is not None:
            rows.append((ALL_OTHERS, format(table.default.normalize(), "f"), "", ""))
        for number, (code, rate, title, parent) in enumerate(rows, start=1):
            for place, text in enumerate((code, title, rate, parent)):
                sheet.write_string(number, place, text)
        sheet.set_column(1, 1, 40)
    return out.getvalue()
