"""Sums of a file against what it says itself. A difference of one dong counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from core.reasons import Cause
from integrations.contract.file_reasons import (
    COLUMN_TWICE,
    COLUMN_UNKNOWN,
    ORDER_DIFFERS,
    TOTAL_DIFFERS,
    TOTAL_NOT_FOUND,
)
from integrations.contract.statement_files import Cell, Part, Sheet
from integrations.wire.statements.rows import TableRow, amount_of


def plain(amount: Decimal) -> str:
    """Return an amount as digits without needless zeros, for keys and messages."""
    return f"{amount.normalize():f}" if amount else "0"


def order_differs(row: TableRow, order: str, *, parts: Decimal, said: Decimal) -> Cause | None:
    """Return the problem of an order whose parts do not come to what the file says, None when they do."""
    if parts == said:
        return None
    return ORDER_DIFFERS(
        sheet=row.part.sheet.name or "–", row=row.number, order=order, parts=plain(parts), said=plain(said),
        difference=plain(said - parts),
    )  # fmt: skip


def total_differs(sheet: str, where: str, *, parts: Decimal, said: Decimal) -> Cause | None:
    """Return the problem of a file whose rows do not come to its own total, None when they do."""
    if parts == said:
        return None
    return TOTAL_DIFFERS(sheet=sheet, where=where, parts=plain(parts), said=plain(said), difference=plain(parts - said))


def heading_warnings(parts: Iterable[Part]) -> tuple[Cause, ...]:
    """Return a warning for each heading that is there twice."""
    return tuple(
        COLUMN_TWICE(sheet=part.sheet.name or "–", row=part.header_row, column=heading)
        for part in parts
        for heading in part.twice
    )


def unknown_amounts(row: TableRow, ignored: Iterable[str] = ()) -> Mapping[str, Decimal]:
    """Return the amounts other than 0 of a row in columns that are not known, by heading."""
    left_out = frozenset(ignored)
    found: dict[str, Decimal] = {}
    for heading, place in row.part.unknown.items():
        value: Cell = row.cells[place] if place < len(row.cells) else ""
        if heading not in left_out and (amount := amount_of(value, dash_is_zero=True)):
            found[heading] = amount
    return found


def unknown_columns(part: Part, sums: Mapping[str, Decimal]) -> tuple[Cause, ...]:
    """Return a warning for each unknown column with amounts in it."""
    return tuple(
        COLUMN_UNKNOWN(sheet=part.sheet.name or "–", column=heading, sum=plain(amount))
        for heading, amount in sums.items()
    )


def file_warnings(
    parts: Sequence[Part], unknown: Mapping[str, Decimal], total: object, *, sheet: str, where: str
) -> tuple[Cause, ...]:
    """Return the warnings of a file of orders: headings twice, unknown columns with amounts, no total where it should be."""
    if not parts:
        return ()
    missing = (TOTAL_NOT_FOUND(sheet=sheet, where=where),) if total is None else ()
    return (*heading_warnings(parts), *unknown_columns(parts[0], unknown), *missing)


def labelled(sheet: Sheet, label: str) -> tuple[str, Cell] | None:
    """Return (whole label, value) of the first row with a text that begins so; the value is the row's last cell."""
    for row in sheet.rows:
        for place, cell in enumerate(row):
            if isinstance(cell, str) and cell.startswith(label) and place + 1 < len(row):
                return cell, row[-1]
    return None
