"""Items and models of the product API -> listings; the answer to a push -> rows refused and taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.shopee.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import units
from inventory.snapshots import ChannelStock, ListingSnapshot, WarehouseSnapshot

# `item_status`; one that is not here is not on sale
STATUS = {
    "NORMAL": "active",
    "UNLIST": "inactive",
    "REVIEWING": "inactive",
    "BANNED": "banned",
    "SELLER_DELETE": "deleted",
    "SHOPEE_DELETE": "deleted",
}
# `model_status` of a model that cannot be bought although its item can
_MODEL_OFF = frozenset({"MODEL_UNAVAILABLE"})


def has_models(row: Row) -> bool:
    """Return whether the buyer chooses a model. Then prices and stock are the models'."""
    return row.get("has_model") is True


def listings(
    row: Row, models: Sequence[Row], tiers: Sequence[Row], asked_at: datetime, *, location: str = ""
) -> tuple[ListingSnapshot, ...]:
    """Return one listing per model, or one for an item without. `location`: the only warehouse that counts, "" for all.

    Raises ValueError without an id, or when the models are missing.
    """
    if not has_models(row):
        return (_listing(row, row, "", asked_at, location),)
    if not models:
        raise ValueError("an item with models, and no models")
    return tuple(_listing(row, model, _variation_name(model, tiers), asked_at, location) for model in models)


def _listing(item: Row, sold: Row, variation_name: str, asked_at: datetime, location: str) -> ListingSnapshot:
    """Map one listing. `sold` is the model, or the item itself."""
    status = STATUS.get(fields.text(item, "item_status"), "inactive")
    if status == "active" and fields.text(sold, "model_status") in _MODEL_OFF:
        status = "inactive"
    price, currency = _price(sold)
    return ListingSnapshot(
        item_id=fields.first_id(item, "item_id"),
        variation_id="" if sold is item else fields.first_id(sold, "model_id"),
        sku=fields.text(sold, "model_sku") or fields.text(item, "item_sku"),
        title=fields.text(item, "item_name"),
        status=status,
        asked_at=asked_at,
        version=fields.or_none(fields.moment, item, "update_time"),
        barcode=_barcode(sold),
        variation_name=variation_name,
        description=fields.text(item, "description"),
        images=tuple(filter(None, fields.words(answers.part(item, "image"), "image_url_list"))),
        price=price,
        currency=currency,
        category_id=fields.id_or_none(item, "category_id"),
        stock=stock(sold, location),
        raw=answers.plain(sold),
    )


def stock(sold: Row, location: str = "") -> tuple[ChannelStock, ...]:
    """Return the units that a buyer can order, and those of them that a promotion holds: no push may go below that.

    The seller's own stock only: what lies in Shopee's warehouse is not ours to set. One number per listing: a shop without
    warehouses of its own at Shopee still sees a location in the answer and may not send one. A number that makes no sense is
    unknown: then none is returned.
    """
    info = answers.part(sold, "stock_info_v2")
    rows = [
        row
        for row in answers.rows(info, "seller_stock")
        if row.get("if_saleable") is not False and location in ("", fields.text(row, "location_id"))
    ]
    sellable, held = units(rows, "stock"), units([answers.part(info, "summary_info")], "total_reserved_stock")
    return () if sellable is None else (ChannelStock(sellable=sellable, promotion_reserved=held or 0),)


def _price(sold: Row) -> tuple[Decimal | None, str]:
    """Return the original price, which is the one that a push sets, not what a promotion makes of it."""
    info = next(iter(answers.rows(sold, "price_info")), {})
    price = fields.or_none(fields.amount, info, "original_price")
    return price, fields.text(info, "currency") or "VND"


def _barcode(sold: Row) -> str:
    # "00" is how Shopee writes "this product has no GTIN"
    found = fields.text(sold, "gtin_code")
    return "" if found == "00" else found


def _variation_name(model: Row, tiers: Sequence[Row]) -> str:
    """Return the options that make the model ("Trắng,M"), as orders write them."""
    places = model.get("tier_index")
    chosen = zip(tiers, places if isinstance(places, list) else (), strict=False)
    names = (_option(tier, place) for tier, place in chosen)
    return ",".join(filter(None, names)) or fields.text(model, "model_name")


def _option(tier: Row, place: object) -> str:
    options = answers.rows(tier, "option_list")
    return fields.text(options[place], "option") if isinstance(place, int) and 0 <= place < len(options) else ""


def failures(answer: Row) -> dict[str, str]:
    """Return model ("" for none) -> why Shopee did not take its row."""
    rows = answers.rows(answer, "failure_list")
    return {
        fields.model_id(row): fields.text(row, "failed_reason") or fields.text(row, "failed_message") for row in rows
    }


def successes(answer: Row) -> frozenset[str]:
    """Return the models ("" for none) whose rows were taken."""
    return frozenset(fields.model_id(row) for row in answers.rows(answer, "success_list"))


def warehouses(rows: Iterable[Row]) -> tuple[WarehouseSnapshot, ...]:
    """Return the seller's warehouses at Shopee by location; a return address is listed as a warehouse of another type too."""
    found = {location: row for row in rows if (location := fields.text(row, "location_id"))}
    return tuple(WarehouseSnapshot(location, fields.text(row, "warehouse_name")) for location, row in found.items())
