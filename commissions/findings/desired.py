"""A finding as it should be, before it meets those that are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from commissions.findings.kinds import Kind

# columns of an item that say what it is of
FEE_MATCH, PAYOUT_MATCH, MONTH_MATCH, ORDER = "fee_match_id", "payout_match_id", "month_match_id", "order_id"
Subject = tuple[str, int]


class Item(NamedTuple):
    """Part of a finding. `open_amount`: what of `amount` is still to be put right; positive where the seller has too little."""

    subject: Subject
    amount: Decimal
    open_amount: Decimal
    since: datetime


@dataclass(frozen=True, slots=True)
class Desired:
    """A finding with its items, at least one. `family`: which stored ones it may go on; `is_single`: there is one of a family."""

    kind: Kind
    family: str
    items: Sequence[Item]
    currency: str
    is_single: bool = False
    rule_id: int | None = None
    fee_kind: str = ""
    until: date | None = None
    due_at: datetime | None = None
    proposal: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        return min(item.since for item in self.items)
