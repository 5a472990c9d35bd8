"""Products and their SKUs -> listings; rows of a push -> the XML that carries them; its answer -> failures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import units
from inventory.snapshots import ChannelStock, ListingSnapshot, WarehouseSnapshot

# of a product and of a SKU, in small letters; one that is not here is not on sale
STATUS = {
    "active": "active",
    "live": "active",
    "inactive": "inactive",
    "pending": "inactive",
    "rejected": "banned",
    "lock": "banned",
    "suspended": "banned",
    "deleted": "deleted",
}


def listings(
    row: Row, asked_at: datetime, *, warehouse: str = "", currency: str = "VND"
) -> tuple[ListingSnapshot, ...]:
    """Map a product to one listing per SKU. `warehouse`: the only one that counts, "" for all.

    Raises ValueError without an id, or without SKUs.
    """
    skus = answers.rows(row, "skus")
    if not skus:
        raise ValueError("a product without skus")
    return tuple(_listing(row, sku, asked_at, warehouse, currency) for sku in skus)


def is_deleted(row: Row) -> bool:
    """Return whether a product was deleted: it may be told without its SKUs."""
    return STATUS.get(fields.text(row, "status").lower()) == "deleted"


def sellable(sku: Row, warehouse: str = "") -> int | None:
    """Return the units of a SKU that buyers can order, None where they are unknown; of one of the shop's warehouses when that is named."""
    places = [
        place
        for place in answers.rows(sku, "multiWarehouseInventories")
        if warehouse and fields.text(place, "warehouseCode") == warehouse
    ]
    if places:
        return units(places, "sellableQuantity")
    return units([sku], "quantity" if sku.get("quantity") is not None else "Available")


def warehouses(rows: Iterable[Row]) -> tuple[WarehouseSnapshot, ...]:
    """Map the seller's warehouses at Lazada."""
    return tuple(
        WarehouseSnapshot(code, fields.text(row, "name") or code, fields.text(row, "status") in ("", "ACTIVE"))
        for row in rows
        if (code := fields.text(row, "code"))
    )


def _listing(row: Row, sku: Row, asked_at: datetime, warehouse: str, currency: str) -> ListingSnapshot:
    words = answers.part(row, "attributes")
    images = fields.words(row, "images") or fields.words(sku, "Images")
    return ListingSnapshot(
        item_id=fields.first_id(row, "item_id"),
        variation_id=fields.first_id(sku, "SkuId"),
        sku=fields.text(sku, "SellerSku"),
        title=fields.text(words, "name"),
        status=_status(fields.text(row, "status"), fields.text(sku, "Status")),
        asked_at=asked_at,
        version=fields.or_none(fields.moment, row, "updated_time"),
        variation_name=", ".join(
            value
            for name in answers.part(sku, "saleProp")
            if (value := fields.text(answers.part(sku, "saleProp"), name))
        ),
        description=fields.text(words, "description"),
        images=tuple(images),
        price=fields.or_none(fields.amount, sku, "price"),
        currency=currency,
        category_id=fields.id_or_none(row, "primary_category"),
        stock=() if (shown := sellable(sku, warehouse)) is None else (ChannelStock(shown),),
        raw=answers.plain({**sku, "attributes": words}),
    )


def _status(product: str, sku: str) -> str:
    found = STATUS.get(product.lower(), "inactive")
    return STATUS.get(sku.lower(), "inactive") if found == "active" and sku else found


# --- what is pushed ---


def request(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the payload for some SKUs, each the texts by element name."""
    skus = "".join(f"<Sku>{_elements(row)}</Sku>" for row in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?><Request><Product><Skus>{skus}</Skus></Product></Request>'


def in_warehouse(code: str, quantity: str) -> str:
    """Return the element for the sellable stock of one of several warehouses; shops with a single one must not send this form."""
    inner = f"<WarehouseCode>{escape(code)}</WarehouseCode><SellableQuantity>{quantity}</SellableQuantity>"
    return f"<MultiWarehouseInventory>{inner}</MultiWarehouseInventory>"


def content_request(item_id: str, sku_ids: Iterable[str], attributes: Mapping[str, str], images: Iterable[str]) -> str:
    """Return the payload that describes a product anew. Every SKU must be named."""
    shown = "".join(f"<Image>{escape(image)}</Image>" for image in images)
    skus = "".join(f"<Sku><SkuId>{escape(sku)}</SkuId></Sku>" for sku in sku_ids)
    inner = f"<ItemId>{escape(item_id)}</ItemId><Attributes>{_elements(attributes)}</Attributes>"
    inner += f"<Images>{shown}</Images>" if shown else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Request><Product>{inner}<Skus>{skus}</Skus></Product></Request>'


def _elements(texts: Mapping[str, str]) -> str:
    """Return texts as elements; `MultiWarehouseInventories` is XML already."""
    return "".join(
        f"<{name}>{value if name == 'MultiWarehouseInventories' else escape(value)}</{name}>"
        for name, value in texts.items()
    )


def failures(body: Row) -> dict[str, tuple[str, str]]:
    """Return (code, words) by SkuId of the rows that were not taken; the answer's own code may be "0" all the same."""
    return {
        fields.text(row, "sku_id"): (fields.text(row, "code"), fields.text(row, "message"))
        for row in answers.rows(body, "detail")
    }
