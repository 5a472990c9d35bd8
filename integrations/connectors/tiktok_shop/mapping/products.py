"""Products and their SKUs -> listings; rows of inventory -> what is shown; outcomes of a push."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
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
    """One listing per SKU. `inventory`: rows of the inventory search by SKU. `warehouse`: the only one that counts, "" for all.

    Raises ValueError when a field makes no sense.
    """
    skus = answers.rows(row, "skus")
    if not skus:
        raise ValueError("a product without SKUs")
    return tuple(_listing(row, sku, inventory.get(fields.text(sku, "id")), asked_at, warehouse) for sku in skus)


def _listing(row: Row, sku: Row, told: Row | None, asked_at: datetime, warehouse: str) -> ListingSnapshot:
    price, currency = _price(sku)
    return ListingSnapshot(
        item_id=fields.ident(row, "id", "product_id"),
        variation_id=fields.ident(sku, "id"),
        sku=fields.text(sku, "seller_sku"),
        title=fields.text(row, "title"),
        status=STATUS.get(fields.text(row, "status"), "inactive"),
        asked_at=asked_at,
        version=fields.moment(row, "update_time"),
        barcode=fields.text(answers.part(sku, "identifier_code"), "code"),
        variation_name=", ".join(_options(sku)),
        description=fields.text(row, "description"),
        images=tuple(_images(row)),
        price=price,
        currency=currency,
        stock=(stock(sku, warehouse) if told is None else inventory_stock(told, warehouse),),
        raw=answers.plain(sku),
    )


def stock(sku: Row, warehouse: str = "") -> ChannelStock:
    """What a product's SKU shows. One number per listing: only one of several warehouses is kept from here."""
    places = [row for row in answers.rows(sku, "inventory") if warehouse in ("", fields.text(row, "warehouse_id"))]
    return ChannelStock(sellable=max(0, sum(fields.count(row, "quantity") for row in places)))


def inventory_stock(row: Row, warehouse: str = "") -> ChannelStock:
    """What the inventory search tells of a SKU, and how much of it a campaign holds."""
    places = [
        place
        for place in answers.rows(row, "warehouse_inventory")
        if warehouse in ("", fields.text(place, "warehouse_id"))
    ]
    units = sum(fields.count(place, "available_quantity") for place in places)
    if not places and not warehouse:
        units = fields.count(row, "total_available_quantity")
    parts = answers.part(row, "total_available_inventory_distribution")
    held = sum(fields.count(one, "quantity") for name in _HELD for one in answers.rows(parts, name))
    return ChannelStock(sellable=max(0, units), promotion_reserved=max(0, held))


def by_sku(answer: Row) -> dict[str, Row]:
    """The rows of an inventory search by SKU."""
    return {
        fields.text(sku, "id"): sku
        for product in answers.rows(answer, "inventory")
        for sku in answers.rows(product, "skus")
    }


def failures(answer: Row) -> dict[str, Row]:
    """SKU -> the row that tells why its number was not taken, of an answer at code 0."""
    found = {}
    for row in answers.rows(answer, "errors"):
        found[fields.text(answers.part(row, "detail"), "sku_id")] = row
    return found


def warehouses(rows: Iterable[Row]) -> tuple[WarehouseSnapshot, ...]:
    """Where the seller sells from; return addresses are told as warehouses of another type."""
    return tuple(
        WarehouseSnapshot(
            fields.ident(row, "id"), fields.text(row, "name"), fields.text(row, "effect_status") in ("", "ENABLED")
        )
        for row in rows
        if fields.text(row, "type") in ("", SALES_WAREHOUSE)
    )


def _price(sku: Row) -> tuple[Decimal | None, str]:
    told = answers.part(sku, "price")
    price = next((found for name in _PRICES if (found := fields.money(told, name)) is not None), None)
    return price, fields.text(told, "currency") or "VND"


def _options(sku: Row) -> Iterable[str]:
    return filter(None, (fields.text(one, "value_name") for one in answers.rows(sku, "sales_attributes")))


def _images(row: Row) -> Iterable[str]:
    """One address of each; the others show the same."""
    return (urls[0] for image in answers.rows(row, "main_images") if (urls := fields.words(image, "urls")))
