"""Rows of a found table, their cells read strictly: a cell that makes no sense is a problem with sheet, row and column, never 0."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from core.reasons import Cause
from integrations.contract.file_reasons import ID_LOST, MORE_PROBLEMS, NO_AMOUNT, NO_DAY, NO_VALUE
from integrations.contract.statement_files import Cell, FileRefused, Forms, Part, Row

# problems of one file that are listed
MOST_LISTED = 20
# a double holds 15 digits; beyond, Excel puts zeros
_EXACT_DIGITS = 15
_AMOUNT = re.compile(
    r"(?P<sign>-?)(?:(?P<plain>\d{1,15})|(?P<grouped>\d{1,3}(?P<mark>[.,])\d{3}(?:(?P=mark)\d{3})*))(?:(?P<point>[.,])(?P<cents>\d{1,2}))?"
)
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-"})
_SCIENCE = re.compile(r"\d[.,]?\d*E\+?\d+", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = re.compile(r"\b([A-Z][a-z]{2})\b")

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table. `number`: its number in the sheet, from 1."""

    part: Part
    number: int
    cells: Row
    forms: Forms

    def cell(self, meaning: str) -> Cell:
        """Return a cell as it is, "" where the column is not there or the row ends before it."""
        place = self.part.places.get(meaning)
        return "" if place is None or place >= len(self.cells) else self.cells[place]

    def text(self, meaning: str) -> str:
        """Return a text; the placeholder "-" counts as empty, a whole number as its digits."""
        value = self.cell(meaning)
        if isinstance(value, float | int):
            return str(int(value)) if value == int(value) else str(value)
        return "" if value in {"-", "/"} else str(value)

    def identity(self, meaning: str) -> str:
        """Return an id, "" for none. Raises FileRefused for one whose digits Excel has lost."""
        value = self.cell(meaning)
        is_lost = isinstance(value, float | int) and (value != int(value) or abs(value) >= 10**_EXACT_DIGITS)
        if is_lost or (isinstance(value, str) and _SCIENCE.fullmatch(value)):
            raise FileRefused(self.problem(ID_LOST, meaning))
        return self.text(meaning)

    def amount(self, meaning: str) -> Decimal:
        """Return a signed amount, 0 where the column is not there or empty. Raises FileRefused for what is none."""
        value = self.cell(meaning)
        found = amount_of(value, dash_is_zero=self.forms.dash_is_zero)
        if found is None:
            raise FileRefused(self.problem(NO_AMOUNT, meaning))
        return found

    def day(self, meaning: str) -> date | None:
        """Return a day, None for an empty cell. Raises FileRefused for what is none."""
        found = self.time(meaning)
        return found.date() if found else None

    def time(self, meaning: str) -> datetime | None:
        """Return a local time without zone, midnight for a day. Raises FileRefused for what is none."""
        value = self.cell(meaning)
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001 (a day of the shop)
        if value in {"", "-"}:
            return None
        found = time_of(value, self.forms.day) if isinstance(value, str) else None
        if found is None:
            raise FileRefused(self.problem(NO_DAY, meaning))
        return found

    def needed(self, meaning: str, value: Found | None) -> Found:
        """Return a value that must be there. Raises FileRefused."""
        if not value:
            raise FileRefused(self.problem(NO_VALUE, meaning))
        return value

    def problem(self, text: Callable[..., Cause], meaning: str) -> Cause:
        """Return a reason about one cell of this row."""
        return text(
            sheet=self.part.sheet.name or "–", row=self.number, column=self.part.headings.get(meaning, meaning),
            value=str(self.cell(meaning))[:60],
        )  # fmt: skip


class Problems(list[Cause]):
    """Problems of one file. At most `MOST_LISTED` of a kind are listed, then their number."""

    def __init__(self) -> None:
        super().__init__()
        self.left_out = 0

    def add(self, cause: Cause) -> None:
        """Note a problem."""
        if len(self) < MOST_LISTED:
            self.append(cause)
        else:
            self.left_out += 1

    def each(self, rows: Iterator[TableRow], read: Callable[[TableRow], Found | None]) -> list[Found]:
        """Return what `read` makes of each row; a row that it refuses is a problem, the others are read all the same."""
        found: list[Found] = []
        for row in rows:
            try:
                value = read(row)
            except FileRefused as refused:
                self.add(refused.reason)
            else:
                if value is not None:
                    found.append(value)
        return found

    def listed(self) -> tuple[Cause, ...]:
        """Return the problems."""
        return (*self, MORE_PROBLEMS(n=self.left_out)) if self.left_out else tuple(self)


def rows_of(part: Part, forms: Forms) -> Iterator[TableRow]:
    """Yield the rows below the headings that are not empty."""
    for place in range(part.header_row, len(part.sheet.rows)):
        if any(cell != "" for cell in part.sheet.rows[place]):
            yield TableRow(part, place + 1, part.sheet.rows[place], forms)


def amount_of(value: Cell, *, dash_is_zero: bool = False) -> Decimal | None:
    """Return the signed amount in a cell, 0 for an empty one, None for what is no amount.

    The last of "," and "." is the decimal mark only if one or two digits follow: 250.000 is not 250. A minus may be any dash.
    """
    if isinstance(value, float | int) and not isinstance(value, bool):
        found = Decimal(repr(value))
        return found if found.is_finite() else None
    if not isinstance(value, str):
        return None
    bare = value.translate(_MINUS).replace(" ", "")
    if bare == "" or (dash_is_zero and bare == "-"):
        return Decimal(0)
    match = _AMOUNT.fullmatch(bare)
    if match is None or (match["mark"] and match["mark"] == match["point"]):
        return None
    digits = re.sub(r"[.,]", "", match["plain"] or match["grouped"])
    return Decimal(f"{match['sign']}{digits}.{match['cents'] or 0}")


def time_of(text: str, forms: tuple[str, ...]) -> datetime | None:
    """Return a time by one of the forms, None where none fits. %b is an English month, whatever the locale."""
    for form in forms:
        pattern, bare = form, text
        if "%b" in form:
            month = _MONTH.search(text)
            if month is None or month[1] not in _MONTHS:
                continue
            bare = f"{text[: month.start()]}{_MONTHS.index(month[1]) + 1:02}{text[month.end() :]}"
            pattern = form.replace("%b", "%m")
        try:
            return datetime.strptime(bare, pattern)  # noqa: DTZ007 (a time of the shop)
        except ValueError:
            continue
    return None


def moment(local: datetime | date | None, time_zone: str) -> datetime | None:
    """Return a local time or day of the shop in UTC."""
    if local is None:
        return None
    at = local if isinstance(local, datetime) else datetime(local.year, local.month, local.day)  # noqa: DTZ001
    return at.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
