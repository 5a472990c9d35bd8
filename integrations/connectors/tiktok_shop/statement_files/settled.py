"""Settled file (`income_*.xlsx`): one row per order or adjustment, every cell a text; totals in a report sheet.

`Tổng phí` holds freight and both withheld taxes. Signs stay as written: some fees are positive (an SFR refund).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

# marked here, translated where it is shown
from django.utils.translation import gettext_lazy as _

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.tiktok_shop.mapping import statements
from integrations.connectors.tiktok_shop.statement_files.columns import COLUMNS, DETAILS, FEES, FORMULA
from integrations.connectors.tiktok_shop.statement_files.report import report
from integrations.contract.file_reasons import OTHER_CURRENCY, ROW_REPEATED
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Contents, FileRefused, Forms, Profile, Reading
from integrations.wire.statements.rows import Problems, TableRow, moment, rows_of
from integrations.wire.statements.sums import (
    file_warnings,
    order_differs,
    total_differs,
    unknown_amounts,
)

FORMS = Forms(day=("%Y/%m/%d", "%Y/%m/%d %H:%M:%S"))
ORDER_TYPES = frozenset({"Đơn hàng", "Order"})
Amounts = dict[str, tuple[str, Decimal]]


class _Rows:
    """The rows of a file, each once: a weekly export once held the whole block of the week before again."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.problems = Problems()
        self.warnings: list[Cause] = []
        self.lines: list[StatementLineSnapshot] = []
        self.sums: dict[str, Decimal] = defaultdict(Decimal)
        self.orders: set[str] = set()
        self.days: set[date] = set()
        self.unknown: dict[str, Decimal] = defaultdict(Decimal)
        self.fees = Decimal(0)
        self.repeated = Decimal(0)
        self.rows = 0
        self._seen: dict[tuple[str, date, Decimal], int] = {}
        self._times: dict[tuple[str, date], int] = defaultdict(int)

    def add(self, row: TableRow) -> None:
        """Read one row. Raises FileRefused."""
        self.rows += 1
        number = row.needed("id", row.identity("id"))
        day = row.needed("settled", row.day("settled"))
        if row.text("currency") != self.reading.currency:
            raise FileRefused(
                OTHER_CURRENCY(
                    sheet=row.part.sheet.name, row=row.number, currency=row.text("currency") or "–", own=self.reading.currency
                )
            )  # fmt: skip
        settled = row.amount("settlement")
        if (first := self._seen.get((number, day, settled))) and settled:
            self.repeated += settled
            self.warnings.append(ROW_REPEATED(sheet=row.part.sheet.name, row=row.number, first=first))
            return
        self._seen[number, day, settled] = row.number
        is_order = row.text("type") in ORDER_TYPES
        amounts = self._order(row, number, settled) if is_order else self._adjustment(row, number, settled)
        order = number if is_order else row.identity("related")
        self.orders |= {order} - {""}
        self.sums[number] += settled
        self.days.add(day)
        self.fees += row.amount("fees")
        self.lines += self._lines(row, number, order, day, settled, amounts)

    def _order(self, row: TableRow, number: str, settled: Decimal) -> Amounts:
        """Return the parts of an order by name, under the names of the API."""
        parts = sum((row.amount(meaning) for meaning in FORMULA), Decimal(0))
        if differs := order_differs(row, number, parts=parts, said=settled):
            self.problems.add(differs)
        revenue, adjusted = row.amount("revenue"), row.amount("adjustment")
        found: Amounts = {"revenue_amount": ("refund" if revenue < 0 else "sale", revenue)}
        found |= {fee: (kind, row.amount(fee)) for fee, (kind, _vi, _en) in FEES.items()}
        rest = row.amount("fees") - sum((found[fee][1] for fee in FEES), Decimal(0))
        strange = unknown_amounts(row, DETAILS)
        for heading, amount in strange.items():
            self.unknown[heading] += amount
        if rest and sum(strange.values()) == rest:
            found |= {heading: ("other", amount) for heading, amount in strange.items()}
        else:
            found["fee_tax_amount"] = ("other", rest)
        found["adjustment_amount"] = (
            "adjustment",
            adjusted if adjusted and parts + adjusted == settled else Decimal(0),
        )
        closed = sum((amount for _kind, amount in found.values()), Decimal(0))
        found["difference"] = ("other", settled - closed)
        return found

    def _adjustment(self, row: TableRow, number: str, settled: Decimal) -> Amounts:
        if "adjustment" in row.part.places and (
            differs := order_differs(row, number, parts=row.amount("adjustment"), said=settled)
        ):
            self.problems.add(differs)
        return {row.text("type") or "adjustment_amount": ("adjustment", settled)}

    def _lines(
        self, row: TableRow, number: str, order: str, day: date, settled: Decimal, amounts: Amounts
    ) -> Iterator[StatementLineSnapshot]:
        """Yield the lines of a row. The API's transaction id is not in the file: the scope says that both are the same."""
        self._times[number, day] += 1
        again = f":{self._times[number, day]}" if self._times[number, day] > 1 else ""
        for fee, (kind, amount) in amounts.items():
            if amount:
                yield StatementLineSnapshot(
                    external_id=f"file:{number}:{day.isoformat()}:{fee}{again}",
                    kind=kind,
                    fee=fee,
                    amount=amount,
                    currency=self.reading.currency,
                    asked_at=self.reading.asked_at,
                    order_number=order,
                    scope=statements.scope(number, settled),
                    happened_at=moment(day, self.reading.time_zone),
                    raw={"sheet": row.part.sheet.name, "row": row.number, "heading": row.part.headings.get(fee, fee)},
                )


def read(reading: Reading) -> Contents:
    """Return the lines of the settled file, checked by order and against its report."""
    rows = _Rows(reading)
    for part in reading.parts:
        rows.problems.each(rows_of(part, FORMS), rows.add)
    said = report(reading.workbook)
    settled = sum(rows.sums.values(), Decimal(0))
    if said.currency and said.currency != reading.currency:
        rows.problems.insert(
            0, OTHER_CURRENCY(sheet=said.sheet, row=said.currency_row, currency=said.currency, own=reading.currency)
        )
    if said.settlement is not None and said.settlement != settled + rows.repeated:
        differs = total_differs(said.sheet, said.label, parts=settled, said=said.settlement)
        rows.problems.extend([differs] if differs else [])
    return Contents(
        lines=tuple(rows.lines),
        sums=dict(rows.sums),
        order_numbers=frozenset(rows.orders),
        totals={"settlement": settled, "fees": rows.fees},
        period=said.period or ((min(rows.days), max(rows.days)) if rows.days else None),
        unknown_fees=dict(rows.unknown),
        problems=rows.problems.listed(),
        warnings=(
            *rows.warnings,
            *file_warnings(
                reading.parts, rows.unknown, said.settlement, sheet=said.sheet, where="Tổng số tiền quyết toán"
            ),
        ),
        rows=rows.rows,
    )


SETTLED = Profile(
    kind="income_settled",
    title=_("TikTok Shop: settled orders"),
    sheets=("Chi tiết đơn hàng", "Order details"),
    columns=COLUMNS,
    forms=FORMS,
    identity="id",
    read=read,
)
