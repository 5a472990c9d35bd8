"""Statement files, daily and weekly: a ledger with one row per fee and unit. Tax is inside the amounts.

The same fee twice in an order is normal (two units), and the daily schema has no id of a row: a row is known by order, day, fee
and place among equals. It has no total of its own: only the transfer in the wallet file proves it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from functools import partial
from typing import NamedTuple

# marked here, translated where it is shown
from django.utils.translation import gettext_lazy as _

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.lazada.mapping import statements
from integrations.connectors.lazada.statement_files.columns import DAILY_COLUMNS, FEE_NAMES, WEEKLY_COLUMNS
from integrations.contract.file_reasons import FEE_UNKNOWN, NO_TOTAL
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Contents, Forms, Profile, Reading
from integrations.wire.statements.rows import Problems, TableRow, moment, rows_of
from integrations.wire.statements.sums import heading_warnings, plain

DAILY_FORMS = Forms(day=("%d %b %Y",))
WEEKLY_FORMS = Forms(day=("%d-%b-%Y", "%d %b %Y"))
_PAID = frozenset({"đã thanh toán", "released", "paid"})
_FEE = 80


class Entry(NamedTuple):
    """One row of the ledger. `fee`: Lazada's name in the API; `shown`: the file's."""

    order: str
    day: date
    fee: str
    amount: Decimal
    number: int
    unit: str
    shown: str
    statement: str
    is_paid: bool
    paid_on: date | None
    sheet: str


def read(reading: Reading, *, forms: Forms) -> Contents:
    """Return the lines of a ledger."""
    problems = Problems()
    entries = [
        entry for part in reading.parts for entry in problems.each(rows_of(part, forms), _entry)
    ]  # fmt: skip
    by_order: dict[str, Decimal] = defaultdict(Decimal)
    by_statement: dict[str, Decimal] = defaultdict(Decimal)
    unknown: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        by_order[entry.order] += entry.amount
        by_statement[entry.statement] += entry.amount
        if entry.fee not in statements.FEES:
            unknown[entry.shown] += entry.amount
    days = [entry.day for entry in entries]
    return Contents(
        lines=_lines(reading, entries),
        sums=dict(by_order),
        order_numbers=frozenset(by_order) - {""},
        totals={"total": sum(by_order.values(), Decimal(0))},
        statements=dict(by_statement),
        period=(min(days), max(days)) if days else None,
        unknown_fees=dict(unknown),
        problems=problems.listed(),
        warnings=(*heading_warnings(reading.parts), *_unknown(unknown), NO_TOTAL),
        rows=len(entries),
    )


def _entry(row: TableRow) -> Entry:
    shown = row.text("fee") or row.text("type")
    return Entry(
        order=row.identity("order"),
        day=row.needed("day", row.day("day")),
        fee=FEE_NAMES.get(shown, row.needed("fee", shown)),
        amount=row.amount("amount"),
        number=row.number,
        unit=row.identity("unit"),
        shown=shown,
        statement=row.text("statement"),
        is_paid=row.text("paid").casefold() in _PAID,
        paid_on=row.day("paid_on"),
        sheet=row.part.sheet.name,
    )


def _unknown(fees: dict[str, Decimal]) -> tuple[Cause, ...]:
    return tuple(FEE_UNKNOWN(fee=fee, sum=plain(amount)) for fee, amount in fees.items())


def _lines(reading: Reading, entries: list[Entry]) -> tuple[StatementLineSnapshot, ...]:
    """Return a line per entry other than 0. Equals are numbered by amount, so that row order and schema do not matter."""
    places: Counter[str] = Counter()
    found = []
    for entry in sorted(entries):
        if not entry.amount:
            continue
        key = f"file:{entry.order}:{entry.day.isoformat()}:{entry.fee[:_FEE]}"
        places[key] += 1
        found.append(
            StatementLineSnapshot(
                external_id=f"{key}:{places[key]}",
                kind=statements.FEES.get(entry.fee, "other"),
                fee=entry.fee,
                amount=entry.amount,
                currency=reading.currency,
                asked_at=reading.asked_at,
                order_number=entry.order,
                line_key=entry.unit,
                scope=statements.scope(entry.order, entry.day),
                statement=entry.statement,
                happened_at=moment(entry.day, reading.time_zone),
                is_paid=entry.is_paid,
                paid_at=moment(entry.paid_on, reading.time_zone) if entry.is_paid else None,
                raw={"sheet": entry.sheet, "row": entry.number, "heading": entry.shown},
            )
        )
    return tuple(found)


DAILY = Profile(
    kind="statement_daily",
    title=_("Lazada: daily statement"),
    sheets=("Income Overview",),
    columns=DAILY_COLUMNS,
    forms=DAILY_FORMS,
    read=partial(read, forms=DAILY_FORMS),
)
WEEKLY = Profile(
    kind="statement_weekly",
    title=_("Lazada: weekly statement"),
    sheets=("Transaction Overview",),
    columns=WEEKLY_COLUMNS,
    forms=WEEKLY_FORMS,
    read=partial(read, forms=WEEKLY_FORMS),
)
