"""Read one workbook from standard input and write its rows as lines of JSON. Run as a script, with limits of its own.

    python -I child.py MEMORY_BYTES SECONDS < workbook.xlsx

A sheet is one line {"sheet": name, "rows": n} and n lines, each a row: texts, numbers, ["day", ISO] or ["time", ISO].
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum

PROTECTED = "protected"


def plain(value: Any) -> Any:
    """Return a cell as JSON has it."""
    if isinstance(value, datetime):
        return ["time", value.isoformat()]
    if isinstance(value, date):
        return ["day", value.isoformat()]
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str | int | float) else str(value)


def trimmed(row: list[Any]) -> list[Any]:
    """Return a row without the empty cells at its end."""
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return row[:end]


def rows_of(sheet: Any) -> Iterator[list[Any]]:
    """Yield the rows of a sheet from its first on. The reader leaves out columns before the first that holds something, but no rows."""
    padding = [""] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():
        found = trimmed(row)
        yield padding + [plain(cell) for cell in found] if found else []


def main() -> None:
    """Write all sheets of the workbook; exit with a line on standard error where it cannot be read."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for data in book.sheets_metadata:
            if data.typ == SheetTypeEnum.WorkSheet:
                write(data.name, list(rows_of(book.get_sheet_by_name(data.name))))
    except PasswordError:
        sys.exit(PROTECTED)
    # a panic of the reader is a BaseException of its own
    except BaseException as error:
        sys.exit(f"{type(error).__name__}: {error}".replace("\n", " "))


def write(name: str, rows: list[list[Any]]) -> None:
    """Write one sheet."""
    while rows and not rows[-1]:
        rows.pop()
    lines = [{"sheet": name, "rows": len(rows)}, *rows]
    sys.stdout.write("".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines))


if __name__ == "__main__":
    main()
