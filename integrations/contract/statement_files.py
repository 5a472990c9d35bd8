"""Statement files: what managers download from a seller centre where the hub has no API, or only the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.functional import Promise

from commissions.snapshots import StatementLineSnapshot
from core.reasons import Cause, Text, as_reason

# a cell as it was read: trimmed text in NFC ("" for an empty one), a number, a day or a time
Cell = str | float | date | datetime
Row = Sequence[Cell]


class FileRefused(ValueError):
    """A file that is not read, with the reason for people."""

    def __init__(self, reason: Cause) -> None:
        self.reason = as_reason(reason)
        super().__init__(str(self.reason))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, or the whole of a text file under the name "". Row n of the file is `rows[n - 1]`; rows end at their last cell."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened file. `encoding` and `delimiter` are those of a text file."""

    sheets: tuple[Sheet, ...]
    encoding: str = ""
    delimiter: str = ""
    warnings: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """A heading as a file spelled it. Old spellings stay for ever: people import May again in September.

    `until`: the last month in which it was seen, `since`: the first ("2026-05"), "" where nobody said.
    """

    text: str
    language: str = "vi"
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A meaning with all headings it had. `proof`: it tells the kind of the file; proof columns are required, too."""

    meaning: str
    names: tuple[Name, ...]
    required: bool = False
    proof: bool = False

    @property
    def needed(self) -> bool:
        return self.required or self.proof


@dataclass(frozen=True, slots=True)
class Forms:
    """Formats of dates and numbers in a kind of file. `day`: a strptime pattern, %b being an English month. `dash_is_zero`: "-" is 0."""

    day: tuple[str, ...]
    dash_is_zero: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A found table of a file: its sheet, the row of its headings (from 1), the place of each meaning, and headings not known."""

    sheet: Sheet
    header_row: int
    places: Mapping[str, int]
    headings: Mapping[str, str]
    unknown: Mapping[str, int]
    twice: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Input of a profile: the file, its tables (cut ones are several), and what the shop's books say."""

    workbook: Workbook
    parts: tuple[Part, ...]
    asked_at: datetime
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of the seller's wallet. `statement`: named by the file, "" where it names none; `order`: likewise."""

    reference: str
    kind: str
    amount: Decimal
    happened_at: datetime | None = None
    statement: str = ""
    order: str = ""
    is_payout: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Content of a file. A file with `problems` is refused whole.

    `lines`: those that are stored. `sums`: what each order, or row with an id of its own, comes to; "" for what has no order.
    `order_numbers`: the orders it names. `totals`: its sums by name. `statements`: the sum of each statement of the channel.
    `orders_paid`: what a wallet file says each order brought.
    """

    lines: tuple[StatementLineSnapshot, ...] = ()
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    order_numbers: frozenset[str] = frozenset()
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    statements: Mapping[str, Decimal] = field(default_factory=dict)
    movements: tuple[Movement, ...] = ()
    orders_paid: Mapping[str, Decimal] = field(default_factory=dict)
    shop_name: str = ""
    tax_codes: tuple[str, ...] = ()
    period: tuple[date, date] | None = None
    unknown_fees: Mapping[str, Decimal] = field(default_factory=dict)
    problems: tuple[Cause, ...] = ()
    warnings: tuple[Cause, ...] = ()
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of file. `sheets`: how its sheets' names begin. `read` None: known, and refused with `refusal`(kind=title).

    `cover`: the sheet, and texts in its first column, of a part that came without rows.
    `explained`: whether a row below the headings explains the columns; it is known by its id, which is none.
    """

    kind: str
    title: Promise | str
    columns: tuple[Column, ...]
    forms: Forms
    sheets: tuple[str, ...] = ()
    identity: str = "order"
    read: Callable[[Reading], Contents] | None = None
    refusal: Text | None = None
    cover: tuple[str, tuple[str, ...]] | None = None
    explained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFiles:
    """The files of one channel's seller centre, those that are imported and those that are only known by sight."""

    profiles: tuple[Profile, ...]
