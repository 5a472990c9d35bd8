"""Sheet `Summary` of the income file: whose it is, of which days, and its own totals. Rows are found by their labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from integrations.contract.file_reasons import OTHER_CURRENCY
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Cell, Workbook
from integrations.wire.statements.rows import amount_of, time_of

SHEET = "Summary"
_DAY = ("%Y-%m-%d",)


@dataclass(frozen=True, slots=True)
class Said:
    """A total that the file says of itself."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the sheet; None and "" for what it does not."""

    sheet: str = SHEET
    shop_name: str = ""
    period: tuple[date, date] | None = None
    currency: str = ""
    currency_row: int = 0
    paid: Said | None = None
    adjusted: Said | None = None

    def other_currency(self, own: str) -> Cause:
        """Return the problem of a file in another currency than the shop's."""
        return OTHER_CURRENCY(sheet=self.sheet, row=self.currency_row, currency=self.currency, own=own)


def summary(workbook: Workbook) -> Summary:
    """Return what the summary says, an empty one where the sheet is missing."""
    rows = next((sheet.rows for sheet in workbook.sheets if sheet.name == SHEET), ())
    said: dict[str, tuple[int, Cell]] = {}
    for number, row in enumerate(rows, 1):
        if len(row) > 1 and isinstance(row[0], str) and row[0]:
            said.setdefault(row[0], (number, row[-1]))
    currency = said.get("Đơn vị tiền tệ", (0, ""))
    first, last = _day(said, "Từ"), _day(said, "Đến")
    return Summary(
        shop_name=str(said.get("Người Bán", (0, ""))[1]),
        period=(first, last) if first and last else None,
        currency=str(currency[1]),
        currency_row=currency[0],
        # the last words of this line differ between exports
        paid=_total(said, "3. "),
        adjusted=_total(said, "Tổng điều chỉnh"),
    )


def _day(said: dict[str, tuple[int, Cell]], label: str) -> date | None:
    value = said.get(label, (0, ""))[1]
    found = time_of(value, _DAY) if isinstance(value, str) else value
    return found.date() if isinstance(found, datetime) else found if isinstance(found, date) else None


def _total(said: dict[str, tuple[int, Cell]], label: str) -> Said | None:
    for text, (_number, value) in said.items():
        if text.startswith(label):
            amount = amount_of(value, dash_is_zero=True)
            return None if amount is None else Said(text, amount)
    return None
