"""Snapshots of money as connectors hand them in: typed, frozen, free of any channel's field names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

# our words for what a statement line is about; each channel's own fee names map to them in its `mapping`
FEE_KINDS = (
    "sale", "commission", "payment_fee", "service_fee", "shipping", "voucher", "tax", "affiliate", "refund", "penalty",
    "adjustment", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatementLineSnapshot:
    """One amount of a settlement: signed, positive is money for the seller.

    `external_id` is unique in the shop and the same whenever the line is read again; where the channel gives none it is
    made of order, fee name and ordinal. `statement` is the payout or statement it belongs to, "" until the channel says.
    `fee` is the channel's own name, `kind` ours (FEE_KINDS), "other" when it is not in the table.
    """

    external_id: str
    kind: str
    fee: str
    amount: Decimal
    currency: str
    asked_at: datetime
    order_number: str = ""
    line_key: str = ""
    statement: str = ""
    happened_at: datetime | None = None
    is_paid: bool = False
    paid_at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SettlementSnapshot:
    """The statement lines of one settlement event (an order's escrow, a statement, a day), by the channel's id of the event."""

    external_id: str
    lines: tuple[StatementLineSnapshot, ...]
