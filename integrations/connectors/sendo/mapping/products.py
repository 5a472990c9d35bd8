"""Products of the detail -> listings, and numbers of a push -> a row of the field-mask call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.sendo.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import units
from inventory.snapshots import ChannelStock, ListingSnapshot

# product `status`; one that is not here is not on sale. 6 is one client's word for deleted.
STATUS = {
    "0": "inactive",  # draft
    "1": "inactive",  # waits for Sendo
    "2": "active",
    "3": "banned",  # rejected by Sendo
    "4": "inactive",  # cancelled
    "5": "deleted",
    "6": "deleted",
}
UNCHANGEABLE = frozenset({"1", "4", "5", "6"})
DELETED = frozenset({"5", "6"})
CURRENCY = "VND"


def product_id(row: Row) -> str:
    """Return the product's id, "" when there is none: 0 is no id."""
    found = fields.text(row, "id")
    return "" if found == "0" else found


def variants(row: Row) -> list[Row]:
    """Return the variants a buyer chooses from. Raises ValueError when it should have some and has none."""
    found = answers.rows(row, "variants")
    if row.get("is_config_variant") is True and not found:
        raise ValueError("a product with variants, and no variants")
    return found


def listings(row: Row, asked_at: datetime) -> tuple[ListingSnapshot, ...]:
    """Map a product to one listing per variant, or one for a product without. Raises ValueError without an id."""
    found = variants(row)
    if not found:
        price, shown = fields.or_none(fields.amount, row, "price"), units([row], "stock_quantity")
        return (_listing(row, row, "", fields.text(row, "sku"), "", price, shown, asked_at),)
    names = _option_names(row)
    return tuple(
        _listing(
            row, variant, hash_of(variant), fields.text(variant, "variant_sku"), _variation_name(variant, names),
            fields.or_none(fields.amount, variant, "variant_price"), units([variant], "variant_quantity"), asked_at,
        )
        for variant in found
    )  # fmt: skip


def hash_of(variant: Row) -> str:
    """Return the hash by which a variant is known. Raises ValueError without it."""
    found = fields.text(variant, "variant_attribute_hash")
    if not found:
        raise ValueError("a variant without variant_attribute_hash")
    return found


def _listing(
    row: Row,
    sold: Row,
    variation: str,
    sku: str,
    name: str,
    price: Decimal | None,
    shown: int | None,
    asked_at: datetime,
) -> ListingSnapshot:
    """Map one variant. `price` is the regular one, which a push sets; a promotion's price is not ours to compare."""
    item_id = product_id(row)
    if not item_id:
        raise ValueError("no id")
    image = fields.text(row, "image") or fields.text(answers.part(row, "avatar"), "picture_url")
    return ListingSnapshot(
        item_id=item_id,
        variation_id=variation,
        sku=sku,
        title=fields.text(row, "name"),
        status=_status(row),
        asked_at=asked_at,
        version=fields.or_none(fields.moment, row, "updated_date_timestamp"),
        variation_name=name,
        description=fields.text(row, "description"),
        images=(image,) if image else (),
        price=price,
        currency=CURRENCY,
        category_id=fields.id_or_none(row, "cat_4_id"),
        category_name=fields.text(row, "category_4_name"),
        stock=() if shown is None else (ChannelStock(sellable=shown),),
        raw=answers.plain(sold),
    )


def _status(row: Row) -> str:
    """Return the status. A product whose availability was switched off although it has stock is not on sale."""
    found = STATUS.get(fields.text(row, "status"), "inactive")
    off = row.get("stock_availability") is False and (units([row], "stock_quantity") or 0) > 0
    return "inactive" if found == "active" and off else found


def _option_names(row: Row) -> Mapping[str, str]:
    """Return the name of each option ("Đỏ") by its id."""
    values = (value for one in answers.rows(row, "attributes") for value in answers.rows(one, "attribute_values"))
    return {fields.text(value, "id"): fields.text(value, "value") for value in values}


def _variation_name(variant: Row, names: Mapping[str, str]) -> str:
    chosen = (names.get(fields.text(row, "option_id"), "") for row in answers.rows(variant, "variant_attributes"))
    return ", ".join(filter(None, chosen))


def stock_row(item_id: int, product: Row, numbers: Mapping[str, int]) -> dict[str, Any]:
    """Return the field-mask row that shows these numbers (by variant hash, "" for a product without variants).

    The product's own number is the sum, and says whether it can be bought at all; of variants that are not pushed, `product` holds
    the numbers.
    """
    known = {hash_of(variant): max(0, fields.count(variant, "variant_quantity")) for variant in variants(product)}
    return total_row(item_id, numbers, sum((known | dict(numbers)).values()))


def total_row(item_id: int, numbers: Mapping[str, int], total: int) -> dict[str, Any]:
    """Return the field-mask row that shows these numbers, and `total` over all variants."""
    row: dict[str, Any] = {"id": item_id, "stock_quantity": total, "stock_availability": total > 0}
    return row | _variant_rows("variant_quantity", numbers) | {"field_mask": ["quantity"]}


def price_row(item_id: int, product: Row, prices: Mapping[str, int]) -> dict[str, Any]:
    """Return the field-mask row that sets these prices. With variants the product's own price stays what it is."""
    own = {"price": prices[""]} if "" in prices else {"price": int(fields.number(product, "price"))}
    return {"id": item_id} | own | _variant_rows("variant_price", prices) | {"field_mask": ["price"]}


def _variant_rows(name: str, numbers: Mapping[str, int]) -> dict[str, Any]:
    rows = [{"variant_attribute_hash": key, name: value} for key, value in numbers.items() if key]
    return {"variants": rows} if rows else {}


def row_refusals(result: Any, items: Sequence[str]) -> dict[str, str]:
    """Return the reasons by product of rows that were not taken, should a success say so of single rows."""
    found = {}
    for row in result if isinstance(result, list) else []:
        if isinstance(row, Mapping) and row.get("success") is False and product_id(row) in items:
            found[product_id(row)] = fields.text(row, "message") or fields.text(answers.part(row, "error"), "message")
    return found
