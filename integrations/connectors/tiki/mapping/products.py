"""Products of list and detail -> listings. Every option is a product of its own."""

from __future__ import annotations

from datetime import datetime

from integrations.connectors.tiki.mapping import fields
from integrations.connectors.tiki.mapping.orders import CURRENCY
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import units
from inventory.snapshots import ChannelStock, ListingSnapshot, WarehouseSnapshot

# only these are sold; the others (`master_*`) hold them together
SOLD = frozenset({"seller_simple", ""})


def is_sold(row: Row) -> bool:
    """Return whether buyers can order a product: containers hold products together."""
    return fields.text(row, "entity_type") in SOLD


def product_id(row: Row) -> str:
    """Return the product's id. Raises ValueError when there is none."""
    return fields.first_id(row, "product_id", "id")


def listing(row: Row, asked_at: datetime, *, warehouse: str = "") -> ListingSnapshot:
    """Map one product. `warehouse`: the only one that counts, "" for the first. Raises ValueError without an id."""
    images = (fields.text(image, "url") for image in answers.rows(row, "images"))
    shown = tuple(filter(None, images)) or tuple(filter(None, [fields.text(row, "thumbnail")]))
    category = _category(row)
    return ListingSnapshot(
        item_id=product_id(row),
        variation_id="",
        sku=fields.text(row, "original_sku"),
        title=fields.text(row, "name"),
        status="active" if fields.flag(row, "active") and row.get("is_hidden") is not True else "inactive",
        asked_at=asked_at,
        version=fields.or_none(fields.moment, row, "updated_at"),
        description=fields.text(row, "description"),
        images=shown,
        price=fields.or_none(fields.amount, row, "price"),
        currency=CURRENCY,
        category_id=fields.id_or_none(category, "id"),
        category_name=fields.text(category, "name"),
        stock=_stock(row, warehouse),
        raw=answers.plain(row),
    )


def _category(row: Row) -> Row:
    """Return the product's own category: the one that is marked as primary, else the last, since the list goes down the tree.

    Lists leave the part out. Its shape is not verified: one object is read as well.
    """
    found = answers.rows(row, "categories") or [answers.part(row, "categories")]
    return next((one for one in found if fields.flag(one, "is_primary")), found[-1])


def reserved(row: Row, warehouse: str) -> int:
    """Return the units of a product that buyers have ordered and the courier has not taken, at one warehouse."""
    return sum(
        max(0, fields.count(stock, "quantity_reserved"))
        for stock in _stocks(row)
        if fields.text(stock, "warehouse_id") == warehouse
    )


def home(row: Row) -> str:
    """Return the first warehouse that holds the product, "" when none does."""
    return next((fields.text(stock, "warehouse_id") for stock in _stocks(row)), "")


def _stock(row: Row, warehouse: str) -> tuple[ChannelStock, ...]:
    """Return one number per listing: of the chosen warehouse, or of the first. Without the inventory part nothing is known."""
    if "inventory" not in row:
        return ()
    place = warehouse or home(row)
    sellable = units(
        [stock for stock in _stocks(row) if fields.text(stock, "warehouse_id") == place], "quantity_sellable"
    )
    return () if sellable is None else (ChannelStock(sellable=sellable, warehouse=place),)


def _stocks(row: Row) -> list[Row]:
    return answers.rows(answers.part(row, "inventory"), "warehouse_stocks")


def warehouses(rows: list[Row]) -> tuple[WarehouseSnapshot, ...]:
    """Map the places Tiki collects from; those it brings returns to hold nothing for sale."""
    return tuple(
        WarehouseSnapshot(fields.first_id(row, "id"), fields.text(row, "name"), fields.text(row, "status") != "0")
        for row in rows
        if fields.text(row, "type") != "withdrawal" and fields.text(row, "id")
    )
