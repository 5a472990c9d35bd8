"""Severity of a finding, by amount and by age."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

# (from this amount on, severity), largest first; in the book currency
AMOUNTS = ((Decimal(5_000_000), 3), (Decimal(500_000), 2))
LOW, URGENT = 1, 4
# open for so long past its deadline, or since it began where there is none, a finding is one step more severe
OLD = timedelta(days=30)


def severity(amount: Decimal, began: datetime, *, until: datetime) -> int:
    """Return 1 (low) to 4 (urgent). `until`: now, or when the clock was stopped by a dispute."""
    by_amount = next((level for least, level in AMOUNTS if abs(amount) >= least), LOW)
    return min(by_amount + (until - began > OLD), URGENT)
