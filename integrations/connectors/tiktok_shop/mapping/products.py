"""Products and their SKUs -> listings; rows of inventory -> stock; the answer to a push -> refused rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import units
from inventory.snapshots import ChannelStock, ListingSnapshot, WarehouseSnapshot

# every product status; one that is not here is not on sale
STATUS = {
    "DRAFT": "inactive",
    "PENDING": "inactive",
    "FAILED": "inactive",
    "ACTIVATE": "active",
    "SELLER_DEACTIVATED": "inactive",
    "PLATFORM_DEACTIVATED": "banned",
    "FREEZE": "banned",
    "DELETED": "deleted",
}
SALES_WAREHOUSE = "SALES_WAREHOUSE"
# parts of a SKU's units that a campaign or a creator holds: no push may go below
_HELD = ("campaign_inventory", "creator_inventory")
# the price a push sets stands under different names in different regions
_PRICES = ("sale_price", "tax_exclusive_price", "amount")


def listings(
    row: Row, inventory: Mapping[str, Row], asked_at: datetime, *, warehouse: str = ""
) -> tuple[ListingSnapshot, ...]:
    """Return one listing per SKU. `inventory`: rows of the inventory search by SKU. `warehouse`: the only one that counts, "" for all.

    Raises ValueError without an id, or without SKUs.
    """
    skus = answers.rows(row, "skus")
    if not skus:
        raise ValueError("a product without SKUs")
    return tuple(_listing(row, sku, inventory.get(fields.text(sku, "id")), asked_at, warehouse) for sku in skus)


def is_deleted(row: Row) -> bool:
    """Return whether a product was deleted: it may be told without its SKUs."""
    return STATUS.get(fields.text(row, "status")) == "deleted"


def _listing(row: Row, sku: Row, inventory_row: Row | None, asked_at: datetime, warehouse: str) -> ListingSnapshot:
    price, currency = _price(sku)
    category = _leaf(answers.rows(row, "category_chains"))
    return ListingSnapshot(
        item_id=fields.first_id(row, "id", "product_id"),
        variation_id=fields.first_id(sku, "id"),
        sku=fields.text(sku, "seller_sku"),
        title=fields.text(row, "title"),
        status=STATUS.get(fields.text(row, "status"), "inactive"),
        asked_at=asked_at,
        version=fields.or_none(fields.moment, row, "update_time"),
        barcode=fields.text(answers.part(sku, "identifier_code"), "code"),
        variation_name=", ".join(_options(sku)),
        description=fields.text(row, "description"),
        images=tuple(_images(row)),
        price=price,
        currency=currency,
        category_id=fields.id_or_none(category, "id"),
        category_name=fields.text(category, "local_name"),
        stock=stock(sku, warehouse) if inventory_row is None else inventory_stock(inventory_row, warehouse),
        raw=answers.plain(sku),
    )


def stock(sku: Row, warehouse: str = "") -> tuple[ChannelStock, ...]:
    """Return the stock that a product's SKU shows, none where it is unknown.

    One number per listing: only one of several warehouses is kept from here.
    """
    places = [row for row in answers.rows(sku, "inventory") if warehouse in ("", fields.text(row, "warehouse_id"))]
    sellable = units(places, "quantity")
    return () if sellable is None else (ChannelStock(sellable=sellable),)


def inventory_stock(row: Row, warehouse: str = "") -> tuple[ChannelStock, ...]:
    """Return the stock of a SKU by the inventory search, and the units of it that a campaign holds; none where it is unknown."""
    places = [
        place
        for place in answers.rows(row, "warehouse_inventory")
        if warehouse in ("", fields.text(place, "warehouse_id"))
    ]
    sellable = units(places, "available_quantity")
    if not places and not warehouse:
        sellable = units([row], "total_available_quantity")
    parts = answers.part(row, "total_available_inventory_distribution")
    held = units([one for name in _HELD for one in answers.rows(parts, name)], "quantity")
    return () if sellable is None else (ChannelStock(sellable=sellable, promotion_reserved=held or 0),)


def by_sku(answer: Row) -> dict[str, Row]:
    """Return the rows of an inventory search by SKU."""
    return {
        fields.text(sku, "id"): sku
        for product in answers.rows(answer, "inventory")
        for sku in answers.rows(product, "skus")
    }


def failures(answer: Row) -> dict[str, Row]:
    """Return SKU -> the row with the reason why its number was not taken, of an answer at code 0."""
    found = {}
    for row in answers.rows(answer, "errors"):
        found[fields.text(answers.part(row, "detail"), "sku_id")] = row
    return found


def warehouses(rows: Iterable[Row]) -> tuple[WarehouseSnapshot, ...]:
    """Return the warehouses that the seller sells from; return addresses are listed as warehouses of another type."""
    return tuple(
        WarehouseSnapshot(
            fields.first_id(row, "id"), fields.text(row, "name"), fields.text(row, "effect_status") in ("", "ENABLED")
        )
        for row in rows
        if fields.text(row, "type") in ("", SALES_WAREHOUSE)
    )


def _leaf(chain: Sequence[Row]) -> Row:
    """Return the leaf of a product's categories: the one that is marked, else the last."""
    return next((row for row in chain if fields.flag(row, "is_leaf")), chain[-1] if chain else {})


def _price(sku: Row) -> tuple[Decimal | None, str]:
    row = answers.part(sku, "price")
    price = next((found for name in _PRICES if (found := fields.or_none(fields.amount, row, name)) is not None), None)
    return price, fields.text(row, "currency") or "VND"


def _options(sku: Row) -> Iterable[str]:
    return filter(None, (fields.text(one, "value_name") for one in answers.rows(sku, "sales_attributes")))


def _images(row: Row) -> Iterable[str]:
    """Yield one address of each; the others show the same."""
    return (urls[0] for image in answers.rows(row, "main_images") if (urls := fields.words(image, "urls")))
