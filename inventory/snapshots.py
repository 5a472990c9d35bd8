"""Snapshots of goods as connectors hand them in: typed, frozen, free of any channel's field names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class ChannelStock:
    """Stock of a listing as the channel shows it, per channel warehouse ("" where it has none).

    sellable: units a buyer can order now. promotion_reserved: units a campaign holds, below which a push is refused.
    """

    sellable: int
    promotion_reserved: int = 0
    warehouse: str = ""


@dataclass(frozen=True, slots=True)
class ComponentSnapshot:
    """One part of a bundle as the stock master describes it; `item_id` is that shop's own id of the part."""

    item_id: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class ListingSnapshot:
    """One item (and variation) of a shop as the channel describes it. `status` is active, inactive, banned or deleted.

    An answer about an item is whole: it has a snapshot of each variation, and those it does not name have ended.

    `version` is the channel's own update time, None where it tells none; `asked_at` is the database time taken before
    the question. `images` are addresses, the main one first. `category_id`: the channel's leaf category, "" where the answer
    does not say; `category_name`: as the channel names it. `components` and `cost` come only from a shop that keeps the
    product book (a POS).
    """

    item_id: str
    variation_id: str
    sku: str
    title: str
    status: str
    asked_at: datetime
    version: datetime | None = None
    outlet_item_id: str = ""
    barcode: str = ""
    variation_name: str = ""
    description: str = ""
    images: tuple[str, ...] = ()
    price: Decimal | None = None
    currency: str = "VND"
    category_id: str = ""
    category_name: str = ""
    cost: Decimal | None = None
    components: tuple[ComponentSnapshot, ...] = ()
    stock: tuple[ChannelStock, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockReading:
    """On-hand and reserved units of one product in one warehouse, as the POS that manages it answered.

    `item_id` is the POS' id of the product, `warehouse` its id of the branch; `reserved` includes the orders we wrote.
    """

    item_id: str
    warehouse: str
    on_hand: Decimal
    reserved: Decimal
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class WarehouseSnapshot:
    """A branch of a POS, or a warehouse of a channel."""

    external_id: str
    name: str
    is_active: bool = True
