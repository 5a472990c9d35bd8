"""What a rehearsal compares: the world's truth and the hub's books, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

OrderKey = tuple[str, str, str]  # channel, shop id at the channel, order id
Place = tuple[str, str]  # sku, warehouse
EVENT_ENDS = ("processed", "duplicate", "ignored", "pending", "dead_letter")


@dataclass(frozen=True, slots=True)
class Order:
    """`lines`: pieces by SKU; None where the hub cannot know the SKU (a line that nobody mapped)."""

    status: str
    lines: Mapping[str, Decimal] | None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Oversale:
    """Units of one SKU that were sold and not there. `available_before`: by the world's book, five seconds earlier."""

    order: OrderKey
    sku: str
    warehouse: str
    units: int
    sold_at: datetime
    unavoidable: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened."""

    orders: Mapping[OrderKey, Order]
    stock: Mapping[Place, Decimal]
    sold: int = 0
    oversales: tuple[Oversale, ...] = ()
    # marketplace orders with more than one living document of a kind at the POS, in words
    doubled: tuple[str, ...] = ()
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """What the hub believes. `unsound`: invariants of its own tables that do not hold, in words; `waiting`: work left."""

    orders: Mapping[OrderKey, Order]
    stock: Mapping[Place, Decimal]
    events: Mapping[str, int]
    waiting: Mapping[str, int] = field(default_factory=dict)
    doubled: tuple[str, ...] = ()
    unsound: tuple[str, ...] = ()
    minimum_calls: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The report of design section 7, and whether it is good."""

    breaches: tuple[str, ...]
    figures: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Nothing that must hold was broken."""
        return not self.breaches
