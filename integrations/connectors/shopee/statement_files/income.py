"""Income file ("Thu nhập", released): one row per order, its parts and its total; adjustments in a sheet of their own.

Of the detail sheet only rows that say "Order" are money: "Sku" rows repeat the same amounts. `Phí Dịch Vụ` holds both fees of
the sheet `Service Fee Details`, which is not read: adding it would count them twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

# marked here, translated where it is shown
from django.utils.translation import gettext_lazy as _

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.shopee.mapping import income
from integrations.connectors.shopee.statement_files.adjustments import Adjustment, adjustment_lines, adjustments
from integrations.connectors.shopee.statement_files.columns import FILE_KINDS, INCOME_COLUMNS, PARTS, REFERENCE
from integrations.connectors.shopee.statement_files.summary import Summary, summary
from integrations.contract.file_reasons import ROW_REPEATED
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Contents, Forms, Profile, Reading
from integrations.wire.statements.rows import Problems, TableRow, moment, rows_of
from integrations.wire.statements.sums import (
    file_warnings,
    order_differs,
    total_differs,
    unknown_amounts,
)

ORDER_ROW = "Order"
FORMS = Forms(day=("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"), dash_is_zero=True)


class _Orders:
    """The order rows of a file, each once."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.problems = Problems()
        self.warnings: list[Cause] = []
        self.lines: list[StatementLineSnapshot] = []
        self.sums: dict[str, Decimal] = defaultdict(Decimal)
        self.days: set[date] = set()
        self.tax_codes: set[str] = set()
        self.unknown: dict[str, Decimal] = defaultdict(Decimal)
        self.rows = 0
        self._seen: dict[tuple[str, date, Decimal], int] = {}
        self._times: Counter[str] = Counter()

    def add(self, row: TableRow) -> None:
        """Read one row. Raises FileRefused."""
        self.rows += 1
        if row.text("view") != ORDER_ROW:
            return
        order = row.needed("order", row.identity("order"))
        day = row.needed("released", row.day("released"))
        total = row.amount("total")
        if first := self._seen.get((order, day, total)):
            self.warnings.append(ROW_REPEATED(sheet=row.part.sheet.name, row=row.number, first=first))
            return
        self._seen[order, day, total] = row.number
        parts = {name: amount for name in PARTS if (amount := row.amount(name))}
        strange = unknown_amounts(row, REFERENCE)
        known = sum(parts.values(), Decimal(0))
        # a new column counts where it explains the rest; else the order adds up without it, or is told not to
        if strange and known + sum(strange.values()) == total:
            parts, known = {**parts, **strange}, total
        for heading, amount in strange.items():
            self.unknown[heading] += amount
        if differs := order_differs(row, order, parts=known, said=total):
            self.problems.add(differs)
        self.sums[order] += total
        self.days.add(day)
        self.tax_codes |= {row.text("tax_code")} - {""}
        self.lines += self._lines(row, order, day, parts)

    def _lines(
        self, row: TableRow, order: str, day: date, parts: dict[str, Decimal]
    ) -> Iterator[StatementLineSnapshot]:
        """Yield the lines of an order, under the ids that the API's escrow gives them."""
        self._times[order] += 1
        again = f":{day.isoformat()}" if self._times[order] > 1 else ""
        paid_at = moment(day, self.reading.time_zone)
        for name, amount in parts.items():
            yield StatementLineSnapshot(
                external_id=f"{order}:{name}{again}",
                kind=FILE_KINDS.get(name) or income.PARTS.get(name, ("other", 0))[0],
                fee=row.part.headings.get(name, name) if name in FILE_KINDS else name,
                amount=amount,
                currency=self.reading.currency,
                asked_at=self.reading.asked_at,
                order_number=order,
                scope=income.scope(order),
                happened_at=paid_at,
                is_paid=True,
                paid_at=paid_at,
                raw={"sheet": row.part.sheet.name, "row": row.number, "heading": row.part.headings.get(name, name)},
            )


def read(reading: Reading) -> Contents:
    """Return the lines of the income file, checked by order and against its summary."""
    orders = _Orders(reading)
    for part in reading.parts:
        orders.problems.each(rows_of(part, FORMS), orders.add)
    found = summary(reading.workbook)
    moved = adjustments(reading.workbook, orders.problems)
    for problem in _against_summary(orders, found, moved):
        orders.problems.add(problem)
    if found.currency and found.currency != reading.currency:
        orders.problems.insert(0, found.other_currency(reading.currency))
    sums = dict(orders.sums)
    for adjustment in moved:
        sums[adjustment.order] = sums.get(adjustment.order, Decimal(0)) + adjustment.amount
    return Contents(
        lines=(*orders.lines, *adjustment_lines(moved, reading)),
        sums=sums,
        order_numbers=frozenset(sums) - {""},
        totals={"paid": sum(orders.sums.values(), Decimal(0)), "adjustments": sum((a.amount for a in moved), Decimal(0))},
        orders_paid=dict(orders.sums),
        shop_name=found.shop_name,
        tax_codes=tuple(sorted(orders.tax_codes)),
        period=found.period or ((min(orders.days), max(orders.days)) if orders.days else None),
        unknown_fees=dict(orders.unknown),
        problems=orders.problems.listed(),
        warnings=(
            *orders.warnings,
            *file_warnings(reading.parts, orders.unknown, found.paid, sheet=found.sheet, where="3. Tổng số tiền"),
        ),
        rows=orders.rows + len(moved),
    )  # fmt: skip


def _against_summary(orders: _Orders, found: Summary, moved: list[Adjustment]) -> Iterator[Cause]:
    paid = sum(orders.sums.values(), Decimal(0))
    sums = ((found.paid, paid), (found.adjusted, sum((a.amount for a in moved), Decimal(0))))
    for said, parts in sums:
        if said and (differs := total_differs(found.sheet, said.label, parts=parts, said=said.amount)):
            yield differs


INCOME = Profile(
    kind="income_released",
    title=_("Shopee: income, released"),
    sheets=("Doanh thu", "Income"),
    columns=INCOME_COLUMNS,
    forms=FORMS,
    read=read,
    cover=("Summary", ("Người Bán", "Từ", "Đến")),
)
