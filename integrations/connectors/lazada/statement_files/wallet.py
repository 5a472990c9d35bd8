"""Wallet file: transfers to the seller's bank, the only proof of a statement's total."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from integrations.contract.statement_files import Column, Contents, Forms, Movement, Name, Profile, Reading
from integrations.wire.statements.rows import Problems, TableRow, moment, rows_of
from integrations.wire.statements.sums import heading_warnings

FORMS = Forms(day=("%d %b %Y %H:%M:%S", "%d %b %Y"))
WITHDRAWAL = "Withdrawal"


def read(reading: Reading) -> Contents:
    """Return the movements of a wallet."""
    problems = Problems()
    found: list[Movement] = []
    days = []
    for part in reading.parts:
        for row, movement in problems.each(rows_of(part, FORMS), lambda row: (row, _movement(row, reading))):
            found.append(movement)
            days.append(row.needed("time", row.day("time")))
    withdrawn = sum((movement.amount for movement in found if movement.is_payout), Decimal(0))
    return Contents(
        movements=tuple(found),
        totals={"withdrawn": withdrawn},
        period=(min(days), max(days)) if days else None,
        problems=problems.listed(),
        warnings=heading_warnings(reading.parts),
        rows=len(found),
    )


def _movement(row: TableRow, reading: Reading) -> Movement:
    return Movement(
        reference=row.text("remarks"),
        kind=row.text("sub_type") or row.text("type"),
        amount=row.amount("amount"),
        happened_at=moment(row.needed("time", row.time("time")), reading.time_zone),
        is_payout=row.text("type") == WITHDRAWAL,
    )


WALLET = Profile(
    kind="wallet",
    title=_("Lazada: wallet"),
    columns=(
        Column("number", (Name("Transaction Number", "en"),), required=True),
        Column("time", (Name("Transaction Time", "en"),), proof=True),
        Column("type", (Name("Type", "en"),), required=True),
        Column("sub_type", (Name("Sub Type", "en"),), proof=True),
        Column("amount", (Name("Amount", "en"),), required=True),
        Column("remarks", (Name("Remarks", "en"),), proof=True),
    ),
    forms=FORMS,
    identity="number",
    read=read,
)
