"""Value types of a rehearsal: the world's state, the hub's books, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

OrderKey = tuple[str, str, str]  # channel, shop id at the channel, order id
Place = tuple[str, str]  # sku, warehouse
ListingKey = tuple[str, str, str, str]  # channel, shop, item, variation
EVENT_ENDS = ("processed", "duplicate", "ignored", "pending", "dead_letter")


@dataclass(frozen=True, slots=True)
class Order:
    """Order. `lines`: pieces by SKU; None where the hub cannot know the SKU (an unmapped line)."""

    status: str
    lines: Mapping[str, Decimal] | None
    known_at: datetime | None = None
    # when the hub knew of its cancellation
    off_known_at: datetime | None = None
    # the numbers of its parcels by now; none where the platform does not say
    parcels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Oversale:
    """Units of one SKU that were sold without being on the shelf."""

    order: OrderKey
    sku: str
    warehouse: str
    units: int
    sold_at: datetime
    unavoidable: bool


@dataclass(frozen=True, slots=True)
class WorldState:
    """State of the simulated world. `shown`: the number each live listing shows; `calls_by_route`: of the day, by channel,
    method and path; `setup_calls`: those before it.
    """

    orders: Mapping[OrderKey, Order]
    stock: Mapping[Place, Decimal]
    sold: int = 0
    oversales: tuple[Oversale, ...] = ()
    # marketplace orders with more open documents at the POS than they should have, in words
    doubled: tuple[str, ...] = ()
    # marketplace orders that a customer book shows otherwise, in words
    misrecorded: tuple[str, ...] = ()
    shown: Mapping[ListingKey, int] = field(default_factory=dict)
    # oddity of the trade -> how many things it happened to
    oddities: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    minimum_calls: int = 0
    setup_calls: int = 0
    calls_by_route: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Books:
    """The hub's books. `unsound`: broken invariants of its own tables, in words; `waiting`: pending work.

    `shown`: what it believes mapped listings show (None: it does not know). `order_waits`: seconds from an order's webhook to
    its stored row. `changed`: when changes of an order were stored, oldest first.
    """

    orders: Mapping[OrderKey, Order]
    stock: Mapping[Place, Decimal]
    events: Mapping[str, int]
    waiting: Mapping[str, int] = field(default_factory=dict)
    doubled: tuple[str, ...] = ()
    unsound: tuple[str, ...] = ()
    shown: Mapping[ListingKey, int | None] = field(default_factory=dict)
    order_waits: Sequence[float] = ()
    changed: Mapping[OrderKey, Sequence[datetime]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Report of design section 7."""

    breaches: tuple[str, ...]
    figures: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Return whether nothing that must hold was broken."""
        return not self.breaches
