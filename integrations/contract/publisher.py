"""Publishing stock, prices and content to a channel's listings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from integrations.contract.access import Access
from integrations.contract.reasons import Cause


@dataclass(frozen=True, slots=True)
class StockPush:
    """Show `quantity` units of one listing (absolute). `open_units`: the channel's own open units, for a total basis.

    `others`: what the item's other listings show together, for a channel that wants a sum over all; None: not known for sure.
    """

    item_id: str
    variation_id: str
    quantity: int
    outlet_item_id: str = ""
    sku: str = ""
    warehouse: str = ""
    open_units: int = 0
    others: int | None = None


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


# (code, reason) of a row that was not taken
Problem = tuple[str, Cause]


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """Outcome of one pushed row. `floor`: the least number the channel will take now (a campaign holds so many)."""

    item_id: str
    variation_id: str
    warehouse: str = ""
    accepted: bool = True
    code: str = ""
    reason: Cause = ""
    floor: int | None = None


class PublishStock(Protocol):
    def __call__(self, access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """Make one call: at most `items_per_call` items and `rows_per_call` rows; one outcome per row. Threads may call it at once.

        Absolute numbers, so it may be repeated; TryLater.maybe_done says that the numbers may have been taken. Raises Rejected
        when a call of several rows is refused as a whole: the caller finds the row to blame.
        """


class PublishPrice(Protocol):
    def __call__(self, access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """As PublishStock, for prices."""


class PublishContent(Protocol):
    def __call__(self, access: Access, push: ContentPush) -> None:
        """Set title, description, images of one item. May be repeated. Raises Rejected with the channel's reason."""


def _never(code: str, reason: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """The number that one listing shows now. `held`: units of it that a campaign holds."""

    item_id: str
    variation_id: str
    sellable: int
    held: int = 0
    warehouse: str = ""


@dataclass(frozen=True, slots=True)
class ShownPage:
    """Numbers that one read returned. `following`: where the next page begins, "" after the last."""

    numbers: tuple[ShownNumber, ...]
    following: str = ""


class ShownList(Protocol):
    def __call__(self, access: Access, *, after: str) -> ShownPage:
        """Return one page of the numbers of all listings, with one call. `after`: the last page's `following`, "" for the first.

        Listings may move between pages while they are read: the next walk sees what this one missed.
        """


class ShownItems(Protocol):
    def __call__(self, access: Access, item_ids: Sequence[str]) -> ShownPage:
        """Return the numbers of up to `batch` items. One that the channel does not know is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Comparison of the stock that listings show with ours: by a list that carries it, else item by item.

    `items_per_call`: how many items one call tells of; with 1 each check asks for a share of the shop.
    """

    listed: ShownList | None = None
    items: ShownItems | None = None
    batch: int = 1
    items_per_call: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Stock, prices and content that a channel's listings take from us; None: cannot. `shown`: how numbers are read back.

    `stock_basis`: "sellable", or "total": then the units the channel holds for its open orders are added. `sums_items`: it
    wants the sum of all numbers of an item with each. `min_stock`: the
    least number it shows. `calls_at_once`: pushes of lower numbers that one account may have under way, so that a channel
    that takes long still hears of a rush in time. `settles_after`: how long an unanswered push may still be running there.
    `is_gone`: whether a refusal (code, the channel's words) of a push says that there is no such item or variation any more.
    """

    stock: PublishStock | None = None
    price: PublishPrice | None = None
    content: PublishContent | None = None
    shown: Shown | None = None
    items_per_call: int = 1
    rows_per_call: int = 50
    calls_at_once: int = 4
    stock_basis: str = "sellable"
    sums_items: bool = False
    min_stock: int = 0
    settles_after: timedelta = timedelta(seconds=30)
    is_gone: Callable[[str, str], bool] = _never
