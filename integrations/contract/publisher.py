"""Publishing stock, prices and content to a channel's listings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from integrations.contract.access import Access


@dataclass(frozen=True, slots=True)
class StockPush:
    """Show `quantity` units of one listing (absolute). `open_units`: the channel's own open units, for a total basis."""

    item_id: str
    variation_id: str
    quantity: int
    outlet_item_id: str = ""
    sku: str = ""
    warehouse: str = ""
    open_units: int = 0


@dataclass(frozen=True, slots=True)
class PricePush:
    """Sell one listing at `price`."""

    item_id: str
    variation_id: str
    price: Decimal
    sku: str = ""


@dataclass(frozen=True, slots=True)
class ContentPush:
    """Describe one item as here; None leaves a part as it is. `images` are addresses the channel can fetch, main one first."""

    item_id: str
    title: str | None = None
    description: str | None = None
    images: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """Outcome of one pushed row. `floor`: the least number the channel will take now (a campaign holds so many)."""

    item_id: str
    variation_id: str
    warehouse: str = ""
    accepted: bool = True
    code: str = ""
    reason: str = ""
    floor: int | None = None


class PublishStock(Protocol):
    def __call__(self, access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """Make one call: at most `items_per_call` items and `rows_per_call` rows; one outcome per row. Threads may call it at once.

        Absolute numbers, so it may be repeated; TryLater.maybe_done says that the numbers may have been taken.
        """


class PublishPrice(Protocol):
    def __call__(self, access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """As PublishStock, for prices."""


class PublishContent(Protocol):
    def __call__(self, access: Access, push: ContentPush) -> None:
        """Set title, description, images of one item. May be repeated. Raises Rejected with the channel's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Stock, prices and content that a channel's listings take from us; None: cannot.

    `stock_basis`: "sellable", or "total": then the units the channel holds for its open orders are added. `min_stock`: the
    least number it shows. `calls_at_once`: pushes of lower numbers that one account may have under way, so that a channel
    that takes long still hears of a rush in time. `settles_after`: how long an unanswered push may still be running there.
    """

    stock: PublishStock | None = None
    price: PublishPrice | None = None
    content: PublishContent | None = None
    items_per_call: int = 1
    rows_per_call: int = 50
    calls_at_once: int = 4
    stock_basis: str = "sellable"
    min_stock: int = 0
    settles_after: timedelta = timedelta(seconds=30)
