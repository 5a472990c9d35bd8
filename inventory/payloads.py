"""Payloads of events of stock, listings and prices: the published types and their schemas."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from core.event_types import Channel, Money, Payload, Text, When, publish

Units = Annotated[int | float, Meta(description="Up to three decimals: cloth is sold by the metre.")]


class Level(Payload):
    """The stock of a product in one warehouse."""

    warehouse_id: Text
    warehouse: str
    on_hand: Units
    reserved: Units
    available: Units


class StockChanged(Payload):
    """Change of a product's available stock: sums over the active warehouses, and each of them. At most once a second.

    `previous`: `available` of the event before. `cause` is that of the last movement in between (sale, return, pos, manual,
    import), or of what was reserved (sale, cancel), else "other"; the list is open.
    """

    product_id: Text
    sku: str
    on_hand: Units
    reserved: Units
    available: Units
    previous: Units | None
    changed_at: When
    cause: str
    levels: list[Level]


class ListingRef(Payload):
    """A listing. `shop_id` and `listing_id` are the hub's ids, the others are the channel's."""

    channel: Channel
    shop_id: Text
    listing_id: Text
    item_id: str
    variation_id: str
    sku: str = ""


class ProductRef(Payload):
    """A product of the hub."""

    product_id: Text
    sku: str


class ListingMapped(Payload):
    """A listing sells another product, or none any more. `units`: of the product, in one piece of the listing."""

    listing: ListingRef
    product: ProductRef | None
    units: Annotated[int, Meta(ge=1)]
    changed_at: When


class PriceChanged(Payload):
    """The channel shows another price for a listing."""

    listing: ListingRef
    price: Money
    previous: Money | None
    changed_at: When


class DriftFound(Payload):
    """A listing shows another number than it should. `decision`: what the hub does about it (waiting, put_right, left)."""

    drift_id: Text
    listing: ListingRef
    expected: int
    observed: int
    cause: str
    decision: str
    found_at: When


STOCK_CHANGED = publish("stock.changed", StockChanged)
LISTING_MAPPED = publish("listing.mapped", ListingMapped)
PRICE_CHANGED = publish("price.changed", PriceChanged)
DRIFT_FOUND = publish("drift.found", DriftFound)
