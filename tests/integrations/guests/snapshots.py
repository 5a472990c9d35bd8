"""Snapshots of things that no domain app keeps yet: what the owning app's `snapshots.py` would hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PaymentSnapshot:
    """A payment of an order, as the provider notified of it."""

    transaction: str
    order_number: str
    amount: Decimal
    version: datetime


@dataclass(frozen=True, slots=True)
class ParcelSnapshot:
    """Where a carrier has a parcel."""

    number: str
    state: str
    version: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class PromotionSnapshot:
    """A promotion of a marketplace and its items, with their prices by item id."""

    code: str
    title: str
    prices: dict[str, str]
    version: datetime
    asked_at: datetime
