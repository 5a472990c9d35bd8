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
    `scope` names the smallest thing that every way of reading the channel settles whole (an order's escrow, a day of an order):
    lines of a statement file give way to the channel's own answer about the same scope; "" where there are no files.
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
    scope: str = ""
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


@dataclass(frozen=True, slots=True)
class PayoutSnapshot:
    """One transfer to the seller: to the bank (`kind` "bank"), or of an order's money into the channel's wallet ("wallet").

    `amount`: positive is money for the seller. `statement` or `order_number` say what it pays for, "" where the channel does not:
    then a statement that `reference`, the bank's text, names is taken. `closed_at`: when that statement was closed, where the
    channel names it in other words than its lines do: the newest one of before then is meant. `carried`: the part of `amount` that
    is the balance of an earlier statement. `external_id` is unique in the shop.
    """

    external_id: str
    amount: Decimal
    currency: str
    asked_at: datetime
    kind: str = "bank"
    statement: str = ""
    order_number: str = ""
    reference: str = ""
    closed_at: datetime | None = None
    carried: Decimal = Decimal(0)
    paid_at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict)
