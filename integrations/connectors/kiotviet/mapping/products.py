"""Branches, products and their stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.kiotviet.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from inventory.snapshots import ComponentSnapshot, ListingSnapshot, StockReading, WarehouseSnapshot

COMBO = 1
SERVICE = 3


def warehouse(row: Row) -> WarehouseSnapshot:
    """Return a branch."""
    return WarehouseSnapshot(
        external_id=fields.text(row, "id"),
        name=fields.text(row, "branchName"),
        is_active=row.get("isActive", True) is not False,
    )


def listing(row: Row, asked_at: datetime, *, sells_inactive: bool = False) -> ListingSnapshot:
    """Return a product as a listing. Raises ValueError without an id, or when its unit or formula makes no sense.

    One that is not active (no longer traded) is not for sale anywhere, unless the shop goes on selling such. One that is only
    not sold on its own at the till is: combos and marketplaces may.

    A combo's components are its formula; a unit of measure (a carton of 24) is so many of its master unit, since both
    are one stock. `cost` is that of the dearest branch: profit is then never shown higher than it is.
    """
    shelves = fields.rows(row, "inventories")
    costs = [cost for shelf in shelves if (cost := fields.or_none(fields.amount, shelf, "cost")) is not None]
    return ListingSnapshot(
        item_id=_id(row),
        variation_id="",
        sku=fields.text(row, "code"),
        title=fields.text(row, "fullName") or fields.text(row, "name"),
        status="active" if sells_inactive or _flag(row, "isActive") else "inactive",
        asked_at=asked_at,
        version=fields.or_none(fields.moment, row, "modifiedDate"),
        barcode=fields.text(row, "barCode") or fields.text(row, "barcode"),
        variation_name=", ".join(
            fields.text(attribute, "attributeValue") for attribute in fields.rows(row, "attributes")
        ),
        description=fields.text(row, "description"),
        images=_images(row.get("images")),
        price=fields.or_none(fields.amount, row, "basePrice"),
        category_id=fields.id_or_none(row, "categoryId"),
        category_name=fields.text(row, "categoryName"),
        cost=max(costs, default=None),
        components=_components(row),
        raw=answers.plain(row),
    )


def readings(row: Row, asked_at: datetime) -> tuple[StockReading, ...]:
    """Return the stock of a product in each branch; none for services, combos and derived units: that stock is not their own.

    `/productOnHands` has no type, so its rows of combos bring readings too. Raises ValueError without an id.
    """
    if row.get("type") in (COMBO, SERVICE) or _components(row):
        return ()
    shelves = [shelf for shelf in fields.rows(row, "inventories") if fields.text(shelf, "branchId")]
    return tuple(
        StockReading(
            item_id=_id(row),
            warehouse=fields.text(shelf, "branchId"),
            on_hand=on_hand,
            reserved=reserved,
            asked_at=asked_at,
        )
        for shelf in shelves
        # a number that makes no sense is unknown: the last reading stands
        if (on_hand := _quantity(shelf, "onHand", "onhand")) is not None
        and (reserved := _quantity(shelf, "reserved")) is not None
    )


def _id(row: Row) -> str:
    found = fields.text(row, "id")
    if not found:
        raise ValueError("a product without id")
    return found


def _flag(row: Row, key: str) -> bool:
    # left out means null, and a product is on sale unless it says otherwise
    return row.get(key) is not False


def _quantity(row: Row, *keys: str) -> Decimal | None:
    # the page prints `onhand`, its sample and live captures `onHand`
    return next((fields.or_none(fields.number, row, key) for key in keys if key in row), Decimal(0))


def _components(row: Row) -> tuple[ComponentSnapshot, ...]:
    formula = tuple(
        ComponentSnapshot(fields.text(material, "materialId"), fields.number(material, "quantity"))
        for material in fields.rows(row, "productFormulas")
        if fields.text(material, "materialId")
    )
    if formula and row.get("type") == COMBO:
        return formula
    master, units = fields.text(row, "masterUnitId"), fields.number(row, "conversionValue", 1)
    if master and master != fields.text(row, "id") and units > 0:
        return (ComponentSnapshot(master, units),)
    return ()


def _images(images: object) -> tuple[str, ...]:
    """Return a list of addresses from texts (live) or of `{Image}` objects (documentation, webhooks)."""
    if not isinstance(images, Sequence) or isinstance(images, str):
        return ()
    found = (one.get("Image") or one.get("image") if isinstance(one, Mapping) else one for one in images)
    return tuple(str(address) for address in found if address)
