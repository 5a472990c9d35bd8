"""Report sheet of the settled file. Its rows move whenever a fee is added: they are found by their labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from integrations.contract.statement_files import Workbook
from integrations.wire.statements.rows import amount_of, time_of

_SHEETS = ("Báo cáo", "Reports")
_TOTAL = ("Tổng số tiền quyết toán", "Total settlement amount")
_PERIOD = ("Khoảng thời gian:", "Time period:")
_CURRENCY = ("Đơn vị tiền tệ:", "Currency:")
_DAY = ("%Y/%m/%d",)


@dataclass(frozen=True, slots=True)
class Report:
    """Values of a report; None and "" for those that are absent."""

    sheet: str = _SHEETS[0]
    label: str = _TOTAL[0]
    settlement: Decimal | None = None
    period: tuple[date, date] | None = None
    currency: str = ""
    currency_row: int = 0


def report(workbook: Workbook) -> Report:
    """Return what the report says, an empty one where the sheet is missing."""
    sheet = next((sheet for sheet in workbook.sheets if sheet.name in _SHEETS), None)
    if sheet is None:
        return Report()
    said: dict[str, tuple[int, object]] = {}
    for number, row in enumerate(sheet.rows, 1):
        label = next((cell for cell in row[:-1] if isinstance(cell, str) and cell), "")
        if label:
            said.setdefault(label, (number, row[-1]))
    label = next((text for text in _TOTAL if text in said), _TOTAL[0])
    total = said.get(label, (0, ""))[1]
    currency = next((said[text] for text in _CURRENCY if text in said), (0, ""))
    return Report(
        sheet=sheet.name,
        label=label,
        settlement=amount_of(total) if isinstance(total, str | float | int) and total != "" else None,
        period=next((_period(str(said[text][1])) for text in _PERIOD if text in said), None),
        currency=str(currency[1]),
        currency_row=currency[0],
    )


def _period(text: str) -> tuple[date, date] | None:
    first, _dash, last = text.partition("-")
    days = [time_of(part.strip(), _DAY) for part in (first, last)]
    return (days[0].date(), days[1].date()) if days[0] and days[1] else None
