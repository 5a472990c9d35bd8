"""Rows of the list of payouts -> transfers. A statement that is not paid out yet, or comes to nothing, has none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from commissions.snapshots import PayoutSnapshot
from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row

_PAID = "1"


def number(row: Row) -> str:
    """Return the number of the statement that a row is about, "" without one."""
    return fields.text(row, "statement_number")


def is_paid(row: Row) -> bool:
    """Return whether the statement was paid out."""
    return fields.text(row, "paid") == _PAID


def moved_at(row: Row) -> datetime | None:
    """Return when the row last changed, None where it does not say so readably."""
    return fields.or_none(fields.moment, row, "updated_at")


def payout(row: Row, asked_at: datetime, *, time_zone: str, currency: str) -> PayoutSnapshot | None:
    """Return the transfer of a statement; None where there is none, or none yet.

    Transactions name the statement by its days, this list by a number: which one it is follows from `created_at`, a time on the day
    after its last one. Transactions have days without a time, so that the statement was closed with the beginning of that day. The
    balance that was taken over from the statement before is part of the transfer. Raises ValueError for a malformed row.
    """
    name, created_at = number(row), fields.moment(row, "created_at")
    if created_at is None:
        raise ValueError("no created_at")
    closed_at = fields.start_of(created_at.astimezone(ZoneInfo(time_zone)).date(), time_zone)
    amount = fields.number(row, "payout")
    if not is_paid(row) or amount <= 0:
        return None
    return PayoutSnapshot(
        name, amount, currency, asked_at, carried=fields.number(row, "opening_balance"), reference=name, closed_at=closed_at,
        paid_at=moved_at(row) or created_at, raw=answers.plain(row),
    )  # fmt: skip
