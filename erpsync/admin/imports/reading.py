"""Reading of uploaded tables: headings in either language, cells as text, rows by their number in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _

from core import tunables
from integrations.contract.statement_files import Cell, FileRefused, Row
from integrations.wire.workbooks import open_workbook

MOST_ROWS = tunables.IMPORT_ROWS


class Line(NamedTuple):
    """A row: its number in the file, from 1, and its texts by column; a column that is not there is "" everywhere."""

    number: int
    values: dict[str, str]


class NotATable(ValueError):
    """A file that cannot be read, with what to do."""


def read_lines(content: bytes, columns: Mapping[str, object], needed: Sequence[str]) -> list[Line]:
    """Return the rows of a file's first sheet that have any. `columns`: titles by name; `needed`: names. Raises NotATable."""
    try:
        sheet = next((sheet for sheet in open_workbook(content).sheets if sheet.rows), None)
    except FileRefused as refused:
        raise NotATable(str(refused.reason)) from refused
    if sheet is None:
        raise NotATable(_("The file is empty."))
    places = _places(sheet.rows[0], columns)
    if missing := [str(columns[name]) for name in needed if name not in places]:
        text = _("The first row has no column %(names)s. Download the template, or write the names as it has them.")
        raise NotATable(text % {"names": ", ".join(missing)})
    lines = [Line(number, _values(row, columns, places)) for number, row in enumerate(sheet.rows[1:], start=2)]
    found = [line for line in lines if any(line.values.values())]
    if not found:
        raise NotATable(_("The file has no rows below the names of its columns."))
    if len(found) > MOST_ROWS:
        raise NotATable(_("At most %(most)s rows at a time: split the file.") % {"most": MOST_ROWS})
    return found


def _places(heading: Row, columns: Mapping[str, object]) -> dict[str, int]:
    names = [str(cell).strip().casefold() for cell in heading]
    found: dict[str, int] = {}
    for column, title in columns.items():
        for language in ("vi", "en"):
            with translation.override(language):
                spelling = str(title).casefold()
            if spelling in names:
                found.setdefault(column, names.index(spelling))
    return found


def _values(row: Row, columns: Mapping[str, object], places: Mapping[str, int]) -> dict[str, str]:
    return {name: text_of(row[places[name]]) if places.get(name, len(row)) < len(row) else "" for name in columns}


def text_of(cell: Cell) -> str:
    """Return a cell as text. A number is written without groups, so that no reader takes its point for one."""
    match cell:
        case int() | float():
            return str(int(cell)) if cell == int(cell) else format(Decimal(str(cell)), "f")
        case date():
            return cell.isoformat()
    text = cell.strip()
    # our own files have an apostrophe before what looks like a formula
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@") else text
