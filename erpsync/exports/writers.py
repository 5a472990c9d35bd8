"""Writers of tables: CSV line by line, a workbook row by row into a temporary file. Text that looks like a formula is made harmless."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils import timezone

from core import tunables

Cell = str | int | Decimal | datetime | None
Row = Sequence[Cell]

# text that begins so is a formula to a spreadsheet
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# most rows of one file: a sheet of a workbook ends at 1,048,576
MOST_ROWS = tunables.EXPORT_ROWS
_MOST_CHARACTERS = 32_767
_BUFFER_BYTES = 64 * 1024
_PIECE_BYTES = 1024 * 1024


class _Echo:
    """File that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def as_csv(headings: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield CSV in UTF-8, with a byte order mark so that spreadsheets read it as such, in pieces of some 64 KB."""
    writer: Any = csv.writer(_Echo())
    held = [BYTE_ORDER_MARK, writer.writerow([harmless(title) for title in headings])]
    size = 0
    for row in rows:
        line = writer.writerow([_text(cell) for cell in row])
        held.append(line)
        size += len(line)
        if size > _BUFFER_BYTES:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()


def as_file(file_format: str, headings: Sequence[str], rows: Iterable[Row]) -> IO[bytes]:
    """Return a file at its beginning, written row by row into a temporary one."""
    if file_format == "xlsx":
        return as_workbook(headings, rows)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the reader closes it
    file.writelines(as_csv(headings, rows))
    file.seek(0)
    return file


def as_workbook(headings: Sequence[str], rows: Iterable[Row]) -> IO[bytes]:
    """Return a workbook at its beginning, written row by row into a temporary file: memory does not grow with the rows."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the reader closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        formats = {
            Decimal: book.add_format({"num_format": "#,##0.##"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, 18)
        bold = book.add_format({"bold": True})
        for column, title in enumerate(headings):
            sheet.write_string(0, column, title, bold)
        for place, row in enumerate(rows, start=1):
            _write_row(sheet, place, row, formats)
    file.seek(0)
    return file


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces of 1 MB and close it."""
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def harmless(text: str) -> str:
    """Return text that no spreadsheet reads as a formula: with an apostrophe before it where it looks like one."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return format(cell.normalize(), "f")
        case datetime():
            return timezone.localtime(cell).strftime("%Y-%m-%d %H:%M")
        case str():
            return harmless(cell)
    return str(cell)


def _write_row(sheet: Any, place: int, row: Row, formats: dict[type, Any]) -> None:
    for column, cell in enumerate(row):
        match cell:
            case None | "":
                pass
            case int():
                sheet.write_number(place, column, cell)
            case Decimal():
                sheet.write_number(place, column, float(cell), formats[Decimal])
            case datetime():
                local = timezone.localtime(cell).replace(tzinfo=None)
                sheet.write_datetime(place, column, local, formats[datetime])
            case _:
                # a string cell is no formula, but becomes one when the sheet is saved as CSV and opened again
                sheet.write_string(place, column, harmless(cell)[:_MOST_CHARACTERS])
