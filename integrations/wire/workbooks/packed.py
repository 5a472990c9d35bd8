"""Workbooks (.xlsx): looked through as a zip first, then unpacked in a process of its own.

A few kilobytes can name a cell in column 16,384 of row 1,048,576, for which the reader would want 500 GB, or panic; the child
process then dies of its own limits, and the web process goes on.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from integrations.contract.file_reasons import (
    DAMAGED,
    HAS_FORMULAS,
    HAS_MACROS,
    PROTECTED_OR_OLD,
    TOO_LARGE_UNPACKED,
)
from integrations.contract.statement_files import Cell, FileRefused, Sheet, Workbook
from integrations.wire.workbooks import child, limits
from integrations.wire.workbooks.cells import RowCleaner

_ENCRYPTED = 0x1
_MACROS = ("vbaproject.bin", "macrosheets/")
_SHEETS = "xl/worksheets/"
_FORMULA = (b"<f>", b"<f ")
_CHUNK = 1 << 20


def open_packed(content: bytes) -> Workbook:
    """Return the sheets of a workbook. Raises FileRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _look_through(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused(DAMAGED(error=error)) from error
    cleaner = RowCleaner()
    return Workbook(tuple(Sheet(name, tuple(cleaner.rows(name, rows))) for name, rows in _unpacked(content)))


def _look_through(archive: zipfile.ZipFile) -> None:
    """Raise FileRefused for what is too large, protected, or no plain export."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    if size > limits.UNPACKED_MB * limits.MB or len(parts) > limits.PARTS:
        raise FileRefused(TOO_LARGE_UNPACKED(size=-(-size // limits.MB), most=limits.UNPACKED_MB))
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise FileRefused(PROTECTED_OR_OLD)
    if any(word in part.filename.lower() for part in parts for word in _MACROS):
        raise FileRefused(HAS_MACROS)
    for part in parts:
        if part.filename.startswith(_SHEETS) and _has_formula(archive, part):
            raise FileRefused(HAS_FORMULAS(sheet=Path(part.filename).stem))


def _has_formula(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if any(mark in tail + chunk for mark in _FORMULA):
                return True
            tail = chunk[-2:]
    return False


def _unpacked(content: bytes) -> Iterator[tuple[str, Iterator[list[Cell]]]]:
    """Yield (name, rows) of each sheet as the child process reads them. Each sheet's rows must be used up before the next."""
    # nothing of this process' environment is the child's business
    command = [sys.executable, "-I", str(Path(child.__file__)), str(limits.MEMORY_MB * limits.MB), str(limits.SECONDS)]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=2 * limits.SECONDS, env={}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused(DAMAGED(error="time")) from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        if words[-1:] == [child.PROTECTED]:
            raise FileRefused(PROTECTED_OR_OLD)
        raise FileRefused(DAMAGED(error=words[-1][:150] if words else "memory"))
    lines = iter(io.BytesIO(done.stdout))
    for line in lines:
        head = json.loads(line)
        yield head["sheet"], (_cells(json.loads(next(lines))) for _ in range(head["rows"]))


def _cells(row: list[Any]) -> list[Cell]:
    return [_cell(value) if isinstance(value, list) else value for value in row]


def _cell(tagged: list[str]) -> Cell:
    kind, text = tagged
    return datetime.fromisoformat(text) if kind == "time" else date.fromisoformat(text)
