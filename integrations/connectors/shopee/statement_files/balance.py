"""Balance file ("Số dư TK Shopee"): every movement of the seller's wallet, newest first, with the balance after it.

It holds the same money as the income file once more, so nothing of it is stored as a fee: it proves what the income file
says of each order, and is the only file with withdrawals.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _

from integrations.contract.file_reasons import BALANCE_BREAKS
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Column, Contents, Forms, Movement, Name, Profile, Reading
from integrations.wire.statements.rows import Problems, TableRow, amount_of, moment, rows_of
from integrations.wire.statements.sums import heading_warnings, labelled, plain, total_differs

FORMS = Forms(day=("%Y-%m-%d %H:%M:%S",), dash_is_zero=True)
REVENUE, WITHDRAWAL = "Doanh Thu Đơn Hàng", "Rút Tiền"
# (label of the summary, whether money came in)
_TOTALS = (("Tổng tiền vào", True), ("Tổng tiền ra", False))


def read(reading: Reading) -> Contents:
    """Return the movements, checked by their running balance and the file's totals."""
    problems = Problems()
    rows = [pair for part in reading.parts for pair in problems.each(rows_of(part, FORMS), partial(_moved, reading))]
    balances = problems.each(iter([row for row, _movement in rows]), lambda row: row.amount("balance"))
    for problem in _breaks(rows, balances):
        problems.add(problem)
    amounts = [movement.amount for _row, movement in rows]
    sums = {True: sum((a for a in amounts if a > 0), Decimal(0)), False: sum((a for a in amounts if a < 0), Decimal(0))}
    for problem in _against_totals(reading, sums):
        problems.add(problem)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for _row, movement in rows:
        if movement.kind == REVENUE and movement.order:
            paid[movement.order] += movement.amount
    days = [day for row, _movement in rows if (day := row.day("time"))]
    name = labelled(reading.parts[0].sheet, "Tên đăng nhập") if reading.parts else None
    return Contents(
        movements=tuple(movement for _row, movement in rows),
        order_numbers=frozenset(m.order for _row, m in rows) - {""},
        orders_paid=dict(paid),
        totals={"in": sums[True], "out": sums[False]} | _ends(rows, balances),
        shop_name=str(name[1]) if name else "",
        period=_period(days),
        problems=problems.listed(),
        warnings=heading_warnings(reading.parts),
        rows=len(rows),
    )


def _moved(reading: Reading, row: TableRow) -> tuple[TableRow, Movement]:
    return row, _movement(row, reading)


def _movement(row: TableRow, reading: Reading) -> Movement:
    kind = row.text("kind")
    return Movement(
        reference=row.text("detail"),
        kind=kind,
        amount=row.amount("amount"),
        happened_at=moment(row.needed("time", row.time("time")), reading.time_zone),
        order=row.identity("order"),
        is_payout=kind == WITHDRAWAL,
    )


def _breaks(rows: list[tuple[TableRow, Movement]], balances: list[Decimal]) -> list[Cause]:
    """Return a problem for each balance that is not the one before it and the amount. Rows run from new to old."""
    if len(balances) != len(rows) or not rows or "balance" not in rows[0][0].part.places:
        return []
    found: list[Cause] = []
    for (row, movement), balance, before in zip(rows, balances, balances[1:], strict=False):
        expected = before + movement.amount
        if balance != expected:
            found.append(
                BALANCE_BREAKS(
                    sheet=row.part.sheet.name, row=row.number, said=plain(balance), parts=plain(expected),
                    difference=plain(balance - expected),
                )
            )  # fmt: skip
    return found


def _against_totals(reading: Reading, sums: dict[bool, Decimal]) -> list[Cause]:
    found = []
    for part in reading.parts[:1]:
        for label, is_in in _TOTALS:
            said = labelled(part.sheet, label)
            amount = amount_of(said[1]) if said else None
            if amount is not None and (
                differs := total_differs(part.sheet.name, label, parts=sums[is_in], said=amount)
            ):
                found.append(differs)
    return found


def _ends(rows: list[tuple[TableRow, Movement]], balances: list[Decimal]) -> dict[str, Decimal]:
    if not rows or len(balances) != len(rows):
        return {}
    return {"opening": balances[-1] - rows[-1][1].amount, "closing": balances[0]}


def _period(days: list[date]) -> tuple[date, date] | None:
    return (min(days), max(days)) if days else None


BALANCE = Profile(
    kind="balance",
    title=_("Shopee: balance of the seller's wallet"),
    sheets=("Transaction Report",),
    columns=(
        Column("time", (Name("Ngày"),), proof=True),
        Column("kind", (Name("Loại giao dịch"),), proof=True),
        Column("detail", (Name("Chi tiết"), Name("Mô tả"))),
        Column("order", (Name("Mã đơn hàng"),), required=True),
        Column("direction", (Name("Dòng tiền"),)),
        Column("amount", (Name("Số tiền"),), proof=True),
        Column("state", (Name("Trạng thái"),)),
        Column("balance", (Name("Số dư Ví sau giao dịch"),)),
    ),
    forms=FORMS,
    read=read,
)
