"""Exact decimals: rounding to the currency's step, and shares of an amount that lose nothing, in any decimal context."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Context, Decimal

ZERO = Decimal(0)
# Products of a few numbers of 20 digits are exact. A quotient is only ever rounded to a step: one that is no tie
# differs from a tie by far more than its last digit.
EXACT = Context(prec=150)


def shares(whole: Decimal, weights: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """Split an amount by weight into multiples of a step that add up to it; no share is negative when the amount is not.

    Each is the difference of two running totals rounded down. The last one with a weight takes what is not a multiple.
    Without any weight the parts are equal.
    """
    if len(weights) == 1:
        return [whole]
    if not whole:
        return [ZERO] * len(weights)
    weights = [max(weight, ZERO) for weight in weights]
    total = sum(weights, ZERO)
    if not total:
        weights, total = [Decimal(1)] * len(weights), Decimal(len(weights))
    found, running, given = [], ZERO, ZERO
    for weight in weights:
        running += weight
        until = whole if running == total else proportion(whole, running, total, step, ROUND_DOWN)
        found.append(until - given)
        given = until
    return found


def proportion(amount: Decimal, part: Decimal, whole: Decimal, step: Decimal, mode: str) -> Decimal:
    """Return part/whole of an amount, rounded to a step."""
    return EXACT.divide(EXACT.multiply(amount, part), whole).quantize(step, mode, EXACT)
