"""Money arithmetic shared by every app."""

from __future__ import annotations

from decimal import Decimal

# currencies without a minor unit; all others have hundredths
_WITHOUT_MINOR_UNIT = frozenset({"VND", "JPY", "KRW"})


def smallest_step(currency: str) -> Decimal:
    """Return the smallest step of a currency's prices: 1 for VND, 0.01 where there are hundredths."""
    return Decimal(1) if currency in _WITHOUT_MINOR_UNIT else Decimal("0.01")
