"""Withdrawals -> payouts: what was settled into the seller's balance, and what left it for the bank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from commissions.snapshots import PayoutSnapshot
from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row

DONE = "SUCCESS"
WITHDRAW, SETTLE, TRANSFER, REVERSE = TYPES = ("WITHDRAW", "SETTLE", "TRANSFER", "REVERSE")
# type -> (our kind, sign: None where the amount keeps its own). A reversed withdrawal did not arrive.
_KINDS: Mapping[str, tuple[str, int | None]] = {
    WITHDRAW: ("bank", 1), SETTLE: ("wallet", None), TRANSFER: ("wallet", None), REVERSE: ("bank", -1),
}  # fmt: skip


def payout(row: Row, asked_at: datetime) -> PayoutSnapshot | None:
    """Return the payout of a withdrawal; None while it is under way, or where it failed. Raises ValueError for a malformed row.

    Signs are not documented: withdrawals count as money for the seller, reversals against it, whatever sign they come with.
    """
    number, word = fields.first_id(row, "id"), fields.text(row, "type")
    if word not in _KINDS:
        raise ValueError(f"type {word!r} is not known")
    kind, sign = _KINDS[word]
    amount = fields.amount(row, "amount")
    if amount is None:
        raise ValueError("no amount")
    if fields.text(row, "status") != DONE:
        return None
    return PayoutSnapshot(
        number, _signed(amount, sign), fields.text(row, "currency") or "VND", asked_at, kind=kind, reference=word,
        paid_at=fields.moment(row, "create_time"), raw=answers.plain(row),
    )  # fmt: skip


def _signed(amount: Decimal, sign: int | None) -> Decimal:
    return amount if sign is None else sign * abs(amount)
