"""Published fee schedule of a platform, and what it charges by it.

The file is in the published format of rules (docs/commission-rules.schema.json), so a hub can enter it as it stands. It is read
here by code of its own, never by the hub's engine: percent and fixed rules with rounding and rate tables by category, no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from integrations.simulator.money_errors import NO_ERROR, MoneyError

FILE = "fees.json"
COMMISSION, PAYMENT, ORDER_FEE, TAX_VAT, TAX_PIT = "commission", "payment_fee", "order_fee", "tax_vat", "tax_pit"
# versions begin on a day in Vietnam
VIETNAM = timedelta(hours=7)


class Sold(NamedTuple):
    """Goods of a listing in one row of a settlement: their price after the seller's discounts in dong, and their categories from the
    leaf to the root.
    """

    item: str
    amount: int
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fee:
    """One version of a fee: a percent, or a fixed amount per order. `by_order`: rounded at the order's sum, not for each row.

    `rates`: percents by category; `rate` where neither the category nor one above it has one.
    """

    kind: str
    starts: date
    rate: Decimal
    rates: Mapping[str, Decimal]
    fixed: int
    shipping: bool
    by_order: bool

    def of(self, goods: Sequence[Sold], shipping: int, error: MoneyError) -> list[int]:
        """Return the fee of each of the goods. Of one rounded at the order's sum the last row takes the rest."""
        if self.fixed:
            return [0] * (len(goods) - 1) + [self.fixed] if goods else []
        exact = [sold.amount * self._charged(sold, error) / 100 for sold in goods]
        parts = [whole_dong(part) for part in exact]
        if self.by_order and parts:
            freight = shipping * self.rate / 100 if self.shipping else Decimal(0)
            parts[-1] += whole_dong(sum(exact, freight)) - sum(parts)
        return parts

    def _charged(self, sold: Sold, error: MoneyError) -> Decimal:
        published = next((self.rates[one] for one in sold.categories if one in self.rates), self.rate)
        if error.is_misfiled(sold.item, self.kind):
            return self._of_another_category(published)
        return error.rate(sold.item, self.kind, published)

    def _of_another_category(self, rate: Decimal) -> Decimal:
        """Return the next higher rate of the table, the highest lower one where there is none."""
        others = sorted({*self.rates.values(), self.rate} - {rate})
        return next((other for other in others if other > rate), others[-1] if others else rate)


class FeeSchedule:
    """The fees that a platform has published, by kind and day. `document`: as in its file."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def charge(
        self, kind: str, at: float, goods: Sequence[Sold], *, shipping: int = 0, error: MoneyError = NO_ERROR
    ) -> list[int]:
        """Return what a fee takes of each of these goods of an order created at this time; nothing before the fee began."""
        fee = self._version(kind, at)
        return fee.of(goods, shipping, error) if fee is not None else [0] * len(goods)

    def total(
        self, kind: str, at: float, goods: Sequence[Sold], *, shipping: int = 0, error: MoneyError = NO_ERROR
    ) -> int:
        """Return what a fee takes of a whole order."""
        return sum(self.charge(kind, at, goods, shipping=shipping, error=error))

    def _version(self, kind: str, at: float) -> Fee | None:
        day = (datetime.fromtimestamp(at, UTC) + VIETNAM).date()
        return next((fee for fee in self._fees.get(kind, ()) if fee.starts <= day), None)

    @cached_property
    def _fees(self) -> Mapping[str, Sequence[Fee]]:
        found: dict[str, list[Fee]] = {}
        tables = {table["name"]: table for table in self.document.get("tables", ())}
        for rule in self.document["rules"]:
            found.setdefault(rule["fee_kind"], []).append(_fee(rule, tables.get(rule["formula"].get("table"), {})))
        return {kind: sorted(fees, key=lambda fee: fee.starts, reverse=True) for kind, fees in found.items()}


def read_schedule(folder: Path) -> FeeSchedule:
    """Return the schedule in a platform's folder."""
    return FeeSchedule(json.loads((folder / FILE).read_text(encoding="utf-8")))


def whole_dong(amount: Decimal) -> int:
    """Round half up to a whole dong."""
    return int(amount.to_integral_value(ROUND_HALF_UP))


def _fee(rule: Mapping[str, Any], table: Mapping[str, Any]) -> Fee:
    formula = rule["formula"]
    return Fee(
        kind=rule["fee_kind"],
        starts=date.fromisoformat(rule["starts"]),
        rate=Decimal(table.get("default", formula.get("rate", 0))),
        rates={row["category"]: Decimal(row["rate"]) for row in table.get("rows", ())},
        fixed=int(formula.get("amount", 0)),
        shipping=formula.get("base", {}).get("shipping", False),
        by_order=rule["rounding"]["level"] == "order",
    )
