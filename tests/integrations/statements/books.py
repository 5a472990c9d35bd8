"""Samples that a person worked on: sheets as lists of rows, changed and written again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import xlsxwriter

from integrations.statements.examining import Upload
from integrations.wire.workbooks import open_workbook

from .samples import content

Rows = list[list[Any]]


class Book(dict[str, Rows]):
    """Sheets by name. Cells and rows are named as in the program: "A1", row 1."""

    def put(self, sheet: str, cell: str, value: object) -> None:
        match = re.fullmatch(r"([A-Z]+)(\d+)", cell)
        assert match
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        row = self[sheet][int(match[2]) - 1]
        row += [""] * (column - len(row))
        row[column - 1] = value

    def delete_row(self, sheet: str, row: int) -> None:
        del self[sheet][row - 1]

    def insert_column(self, sheet: str, column: int) -> None:
        for row in self[sheet]:
            if len(row) >= column:
                row.insert(column - 1, "")

    def written(self) -> bytes:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
            for name, rows in self.items():
                sheet = book.add_worksheet(name)
                for number, row in enumerate(rows):
                    for place, value in enumerate(row):
                        _write(sheet, number, place, value)
        return out.getvalue()


def _write(sheet: Any, row: int, column: int, value: object) -> None:
    if isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif str(value).startswith("="):
        sheet.write_formula(row, column, str(value), value=1)
    elif value not in {"", None}:
        sheet.write_string(row, column, str(value))


def changed(name: str, change: Callable[[Book], None]) -> Upload:
    """A sample that a person changed."""
    book = Book({sheet.name: [list(row) for row in sheet.rows] for sheet in open_workbook(content(name)).sheets})
    change(book)
    return Upload(name, book.written())
