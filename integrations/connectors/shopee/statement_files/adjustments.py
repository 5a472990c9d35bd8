"""Sheet `Adjustment` of the income file: corrections after an order was paid, each with a sum of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.shopee.mapping import income
from integrations.connectors.shopee.statement_files.columns import ADJUSTMENT_COLUMNS
from integrations.contract.file_reasons import COLUMN_MISSING
from integrations.contract.statement_files import Forms, Profile, Reading, Workbook
from integrations.wire.statements import finding
from integrations.wire.statements.rows import Problems, TableRow, amount_of, moment, rows_of
from integrations.wire.statements.sums import plain, total_differs

FORMS = Forms(day=("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"), dash_is_zero=True)
LIST, TOTAL = "Chi tiết danh sách giao dịch điều chỉnh", "Tổng cộng"
_SHEETS = "Adjustment"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One correction."""

    order: str
    day: date
    paid: date | None
    reason: str
    remark: str
    amount: Decimal
    sheet: str
    row: int


def adjustments(workbook: Workbook, problems: Problems) -> list[Adjustment]:
    """Return the corrections of all sheets that list some; problems are noted."""
    profile = Profile(kind="adjustments", title="", sheets=(_SHEETS,), columns=ADJUSTMENT_COLUMNS, forms=FORMS)
    sheets = tuple(sheet for sheet in workbook.sheets if sheet.name.startswith(_SHEETS))
    found: list[Adjustment] = []
    for sheet in sheets:
        parts = finding.parts(Workbook((sheet,)), profile)
        listed_at = next((n for n, row in enumerate(sheet.rows, 1) if row and row[0] == LIST), 0)
        if not parts and listed_at:
            problems.add(
                COLUMN_MISSING(
                    sheet=sheet.name, row=listed_at + 1, column=ADJUSTMENT_COLUMNS[1].names[0].text, seen="–"
                )
            )
        for part in parts:
            rows = list(rows_of(part, FORMS))
            ends = next((place for place, row in enumerate(rows) if TOTAL in row.cells[:2]), len(rows))
            here = problems.each(iter(rows[:ends]), _adjustment)
            found += here
            _check(problems, rows[ends:][:1], sum((one.amount for one in here), Decimal(0)))
    return found


def _adjustment(row: TableRow) -> Adjustment:
    day = row.needed("day", row.day("day"))
    return Adjustment(
        row.identity("order"), day, row.day("released"), row.text("reason"), row.text("remark"), row.amount("amount"),
        row.part.sheet.name, row.number,
    )  # fmt: skip


def _check(problems: Problems, last: list[TableRow], parts: Decimal) -> None:
    for row in last:
        said = amount_of(row.cells[row.part.places["amount"]] if len(row.cells) > row.part.places["amount"] else "")
        if said is not None and (differs := total_differs(row.part.sheet.name, TOTAL, parts=parts, said=said)):
            problems.add(differs)


def adjustment_lines(moved: list[Adjustment], reading: Reading) -> Iterator[StatementLineSnapshot]:
    """Yield a line for each correction. The API knows them only by their place in an order, so their scope is their amount."""
    places: Counter[str] = Counter()
    for one in moved:
        if not one.amount:
            continue
        key = f"{one.order}:adjustment:{one.day.isoformat()}:{one.reason[:80]}:{plain(one.amount)}"
        places[key] += 1
        paid_at = moment(one.paid or one.day, reading.time_zone)
        yield StatementLineSnapshot(
            external_id=key if places[key] == 1 else f"{key}:{places[key]}",
            kind="adjustment",
            fee=one.reason or income.ADJUSTMENT,
            amount=one.amount,
            currency=reading.currency,
            asked_at=reading.asked_at,
            order_number=one.order,
            scope=income.adjustment_scope(one.order, one.amount),
            happened_at=moment(one.day, reading.time_zone),
            is_paid=True,
            paid_at=paid_at,
            raw={"sheet": one.sheet, "row": one.row, "remark": one.remark},
        )
