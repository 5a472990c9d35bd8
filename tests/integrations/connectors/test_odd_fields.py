"""One odd field costs nothing but itself: at every channel, for every field of its samples and every odd value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.kiotviet.mapping import documents
from integrations.connectors.kiotviet.mapping import products as kiotviet_products
from integrations.connectors.lazada.mapping import orders as lazada_orders
from integrations.connectors.lazada.mapping import products as lazada_products
from integrations.connectors.lazada.mapping import returns as lazada_returns
from integrations.connectors.misa_crm.mapping import goods, people, sales
from integrations.connectors.sendo.mapping import orders as sendo_orders
from integrations.connectors.sendo.mapping import products as sendo_products
from integrations.connectors.shopee.mapping import items as shopee_items
from integrations.connectors.shopee.mapping import orders as shopee_orders
from integrations.connectors.shopee.mapping import returns as shopee_returns
from integrations.connectors.tiki.mapping import orders as tiki_orders
from integrations.connectors.tiki.mapping import products as tiki_products
from integrations.connectors.tiktok_shop.mapping import orders as tiktok_orders
from integrations.connectors.tiktok_shop.mapping import products as tiktok_products
from integrations.connectors.tiktok_shop.mapping import returns as tiktok_returns
from integrations.wire import answers
from inventory.snapshots import ListingSnapshot
from orders import schema
from orders.services.fitting import fitted_order
from orders.snapshots import OrderSnapshot, ReturnSnapshot
from tests.integrations.connectors.samples import Samples

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ODD: tuple[Any, ...] = (
    "N/A", "", "0000-00-00 00:00:00", "29/11/2026", "1,234,567 đ", -1, 0, 1765688839000, 10**18, Decimal("0.5"), Decimal("1e30"),
    True, None, [None], {}, "Á" * 300 + "\x00",
)  # fmt: skip


def raw(channel: str, name: str, *path: Any) -> Any:
    found = Samples(channel).raw(name)
    for step in path:
        found = found[step]
    return found


def _lazada_order(row: Mapping[str, Any]) -> OrderSnapshot:
    return lazada_orders.order(row["header"], answers.rows(row, "items"), NOW)


LAZADA = {
    "header": {
        "order_id": 288480920119609, "created_at": "2026-11-29 09:00:00 +0700", "updated_at": "2026-11-29 09:00:00 +0700",
        "price": "198000.00", "voucher": 0, "shipping_fee": 0, "payment_method": "COD", "customer_first_name": "B",
        "address_shipping": {"phone": "84", "first_name": "B", "address1": "1 Lê Lợi"}, "is_cancel_pending": "false",
    },
    "items": [{
        "order_item_id": 1, "product_id": "111", "sku_id": "222", "sku": "AO-01", "name": "Áo", "status": "packed",
        "item_price": 99000, "paid_price": 99000, "currency": "VND", "package_id": "FP-A", "tracking_code": "LEXA", "is_fbl": 0,
        "sla_time_stamp": "2026-11-30T09:00:00+07:00", "shipment_provider": "LEX", "return_status": "", "shop_sku": "1_VNAMZ-2",
    }],
}  # fmt: skip

Mapped = Callable[[Any], Any]
# (sample, its mapping, the fields without which it is nothing: dotted, places as #)
ORDERS: dict[str, tuple[Any, Mapped, set[str]]] = {
    "shopee": (
        raw("shopee", "order__completed_flash_sale", "response", "order_list", 0),
        lambda row: shopee_orders.order(row, NOW),
        {"order_sn"},
    ),
    "tiktok_shop": (
        raw("tiktok_shop", "order__vn_two_pieces", "data", "orders", 0),
        lambda row: tiktok_orders.order(row, NOW),
        {"id"},
    ),
    "lazada": (LAZADA, _lazada_order, {"header", "header.order_id"}),
    "tiki": (raw("tiki", "order__waiting_dropship"), lambda row: tiki_orders.order(row, NOW), {"code"}),
    "sendo": (
        raw("sendo", "order__detail", "result"),
        lambda row: sendo_orders.order(row, NOW),
        {"sales_order", "sales_order.order_number"},
    ),
    "kiotviet order": (
        raw("kiotviet", "order__taken_at_pos"), lambda row: documents.order(row, NOW), {"code"},
    ),
    "kiotviet invoice": (
        raw("kiotviet", "invoice__till_sale"), lambda row: documents.invoice(row, NOW), {"code"},
    ),
    "misa_crm": (
        raw("misa_crm", "sale_orders__list", "data", 0),
        lambda row: sales.order(row, {}, NOW),
        {"sale_order_no"},
    ),
}  # fmt: skip
RETURNS: dict[str, tuple[Any, Mapped, set[str]]] = {
    "shopee": (
        raw("shopee", "return__refund_without_goods", "response"),
        lambda row: shopee_returns.snapshot(row, NOW),
        {"return_sn"},
    ),
    "tiktok_shop": (
        raw("tiktok_shop", "return__refund_pending", "data", "return_orders", 0),
        lambda row: tiktok_returns.returned(row, NOW),
        {"return_id"},
    ),
    "lazada": (
        raw("lazada", "return__detail", "data"), lambda row: lazada_returns.returned(row, NOW), {"reverse_order_id"},
    ),
    "tiki": (
        raw("tiki", "order__is_rma"), lambda row: tiki_orders.returned(row, NOW, comes_back=True), {"code"},
    ),
}  # fmt: skip
PRODUCTS: dict[str, tuple[Any, Mapped, set[str]]] = {
    "shopee": (
        raw("shopee", "item__without_models", "response", "item_list", 0),
        lambda row: shopee_items.listings(row, (), (), NOW),
        {"item_id", "has_model"},
    ),
    "tiktok_shop": (
        raw("tiktok_shop", "product__documented", "data"),
        lambda row: tiktok_products.listings(row, {}, NOW),
        {"id", "skus", "skus.#.id", "skus.#"},
    ),
    "lazada": (
        raw("lazada", "product__two_skus", "data"),
        lambda row: lazada_products.listings(row, NOW),
        {"item_id", "skus", "skus.#.SkuId", "skus.#"},
    ),
    "tiki": (raw("tiki", "product__documented"), lambda row: [tiki_products.listing(row, NOW)], {"product_id", "id"}),
    "sendo": (
        raw("sendo", "product__with_variant", "result"),
        lambda row: sendo_products.listings(row, NOW),
        {"id", "variants", "variants.#", "variants.#.variant_attribute_hash", "is_config_variant"},
    ),
    "kiotviet": (
        raw("kiotviet", "products__with_inventory", "data", 0),
        lambda row: [kiotviet_products.listing(row, NOW), *kiotviet_products.readings(row, NOW)],
        # what a unit of measure is made of: guessed, another number would be sold
        {"id", "conversionValue"},
    ),
    "misa_crm": (
        raw("misa_crm", "products__list", "data", 0), lambda row: [goods.listing(row, NOW)], {"product_code"},
    ),
}  # fmt: skip


def odd_ones(thing: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield (path, the thing with one odd field) for every field at any depth and every odd value."""
    inner = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in inner:
        where = (*path, "#" if isinstance(thing, list) else str(key))
        for odd in ODD:
            yield ".".join(where), _with(thing, key, odd)
        for name, changed in odd_ones(value, where):
            yield name, _with(thing, key, changed)


def _with(thing: Any, key: Any, value: Any) -> Any:
    if isinstance(thing, dict):
        return thing | {key: value}
    return [value if place == key else kept for place, kept in enumerate(thing)]


def each(samples: dict[str, tuple[Any, Mapped, set[str]]]) -> Any:
    return pytest.mark.parametrize(("row", "mapped", "needed"), samples.values(), ids=samples.keys())


@each(ORDERS)
def test_no_odd_field_costs_an_order_or_a_line(row: Any, mapped: Mapped, needed: set[str]) -> None:
    sound = mapped(row)
    assert sound.lines
    assert not schema.breach(sound)
    for path, odd in odd_ones(row):
        if path in needed:
            continue
        found = fitted_order(mapped(odd))
        assert found.number == sound.number, path
        assert not schema.breach(found) or "currency" in path, path
        # only what was no object any more is no line any more
        if not path.endswith("#") and not {"line_items", "item_list", "items", "sku_details"} & {
            path.rpartition(".")[2]
        }:
            assert len(found.lines) == len(sound.lines) or path in _LISTS, path


# the list of lines itself: an answer without lines, which leaves what is stored as it is
_LISTS = {
    "item_list", "line_items", "items", "sku_details", "orderDetails", "invoiceDetails", "sale_order_product_mappings",
    "sale_order_product_mappings.#.is_note_row",
}  # fmt: skip


@each(RETURNS)
def test_no_odd_field_costs_a_return(row: Any, mapped: Mapped, needed: set[str]) -> None:
    sound: ReturnSnapshot = mapped(row)
    assert sound.lines
    for path, odd in odd_ones(row):
        if path not in needed:
            assert mapped(odd).number == sound.number, path


@each(PRODUCTS)
def test_no_odd_field_costs_a_product(row: Any, mapped: Mapped, needed: set[str]) -> None:
    sound = mapped(row)
    for path, odd in odd_ones(row):
        if path not in needed:
            found = [one for one in mapped(odd) if isinstance(one, ListingSnapshot)]
            assert len(found) == len([one for one in sound if isinstance(one, ListingSnapshot)]), path


def test_people_of_the_pos_and_the_crm_are_stored_whatever_else_is_odd() -> None:
    for name, mapped in (("customers__list", people.customer), ("contacts__list", people.contact)):
        row = raw("misa_crm", name, "data", 0)
        for path, odd in odd_ones(row):
            assert path == "id" or mapped(odd, NOW).external_id == mapped(row, NOW).external_id


@each(ORDERS)
def test_a_line_without_product_is_kept_and_flagged(row: Any, mapped: Mapped, needed: set[str]) -> None:
    sound = mapped(row)
    names = {"item_id", "product_id", "sku_id", "productId", "product_code", "product_variant_id", "shop_sku"}
    for none in (0, "", None):
        found = mapped(_without(row, names, none))
        assert len(found.lines) == len(sound.lines)
        assert {line.item_id for line in found.lines} == {""}
        assert "line_without_product" in found.problems


def _without(thing: Any, names: set[str], none: Any) -> Any:
    if isinstance(thing, list):
        return [_without(inner, names, none) for inner in thing]
    if not isinstance(thing, dict):
        return thing
    bare = {key: none if key in names else _without(value, names, none) for key, value in thing.items()}
    # Tiki's products are objects with an id
    return bare | {"product": bare["product"] | {"id": none}} if isinstance(bare.get("product"), dict) else bare
