"""Amounts of documents: prices in whole steps of the currency, and a discount, that add up to what was paid. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from core.money import smallest_step

ZERO = Decimal(0)
# a share of a price is known to so many places; what lies behind them is noise of the division
_NOISE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Amounts:
    """The price of one unit of each row, and what is taken off their sum: a few steps of the currency at most."""

    prices: tuple[Decimal, ...]
    discount: Decimal = ZERO


def whole_amounts(rows: Sequence[tuple[int, Decimal]], currency: str) -> Amounts:
    """Return the amounts of rows of (units, what was paid for one), which may be a fraction of the smallest step.

    Prices are rounded up; the discount brings the sum back to what was paid, rounded once.
    """
    step = smallest_step(currency)
    paid = sum((units * price for units, price in rows), ZERO)
    prices = tuple(_rounded_up(price, step) for _, price in rows)
    total = sum((units * price for (units, _), price in zip(rows, prices, strict=True)), ZERO)
    return Amounts(prices, total - paid.quantize(step, ROUND_HALF_UP))


def _rounded_up(price: Decimal, step: Decimal) -> Decimal:
    return price.quantize(_NOISE, ROUND_HALF_UP).quantize(step, ROUND_CEILING)
