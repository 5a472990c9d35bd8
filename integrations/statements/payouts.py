"""Payouts that a statement file tells of: transfers to the bank, and what a wallet received for each order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from django.utils import timezone

from commissions.snapshots import PayoutSnapshot
from integrations.contract.statement_files import Contents


def payouts_of(contents: Contents, currency: str) -> Iterator[PayoutSnapshot]:
    """Yield the payouts of a file. Files have no ids: one is known by time, text and amount, an order's by its number."""
    now = timezone.now()
    for movement in contents.movements:
        if movement.is_payout:
            when = movement.happened_at.isoformat() if movement.happened_at else ""
            yield PayoutSnapshot(
                f"file:{when}:{movement.reference}:{movement.amount.normalize():f}", -movement.amount, currency, now,
                statement=movement.statement, reference=movement.reference, paid_at=movement.happened_at,
            )  # fmt: skip
    if contents.lines:
        return
    ends = datetime.combine(contents.period[1], time(), UTC) if contents.period else None
    for order, amount in contents.orders_paid.items():
        yield PayoutSnapshot(
            f"file:order:{order}", amount, currency, now, kind="wallet", order_number=order, paid_at=ends
        )  # fmt: skip
