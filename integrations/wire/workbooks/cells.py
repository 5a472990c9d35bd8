"""Clean cells: text in NFC with single blanks, trimmed; rows that end at their last cell that is not empty."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from integrations.contract.file_reasons import TOO_MANY_CELLS
from integrations.contract.statement_files import Cell, FileRefused
from integrations.wire.workbooks import limits


class RowCleaner:
    """Cleans the rows of one file and counts its cells. Equal texts are kept once: most of a statement is "0" and names of fees."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._cells = 0

    def rows(self, sheet: str, rows: Iterable[Iterable[Cell]]) -> Iterator[tuple[Cell, ...]]:
        """Yield clean rows. Raises FileRefused beyond the limits."""
        for number, row in enumerate(rows, 1):
            cleaned = [self._text(cell) if isinstance(cell, str) else cell for cell in row]
            while cleaned and cleaned[-1] == "":
                cleaned.pop()
            self._cells += len(cleaned)
            if number > limits.ROWS:
                raise FileRefused(TOO_MANY_CELLS(sheet=sheet or "–", most=limits.ROWS, what="rows"))
            if len(cleaned) > limits.COLUMNS:
                raise FileRefused(TOO_MANY_CELLS(sheet=sheet or "–", most=limits.COLUMNS, what="columns"))
            if self._cells > limits.CELLS:
                raise FileRefused(TOO_MANY_CELLS(sheet=sheet or "–", most=limits.CELLS, what="cells"))
            yield tuple(cleaned)

    def _text(self, text: str) -> str:
        known = self._known.get(text)
        if known is None:
            known = clean(text)
            if len(text) < 100:
                self._known[text] = known
        return known


def clean(text: str) -> str:
    """Return a text in NFC with runs of white space (also the unbreakable) as one blank, trimmed."""
    return " ".join(unicodedata.normalize("NFC", text).split())
