"""Product calls: /api/partner/product and below."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.backend import Backend
from integrations.connectors.sendo.simulator.request import Call, day_of, span, text, whole
from integrations.connectors.sendo.simulator.wire import Refusal, Row
from integrations.simulator.categories import leaf, tree
from integrations.simulator.shops import Item, Variation

ATTRIBUTE = 602


def search(backend: Backend, call: Call) -> Row:
    """POST /product/search: by name, status and date (of the last change [nv]); newest first."""
    body = call.fields()
    pages = backend.page("product", text(body, "token", ""), lambda: _filters(body))
    found = [item for item in backend.shop.items.values() if _fits(backend, item, pages.filters)]
    found.sort(key=lambda item: (_changed(item), item.id), reverse=True)
    rows, tokens = backend.cut(pages, found)
    return {"data": [_short(backend, item) for item in rows]} | tokens


def _filters(body: Row) -> tuple[Mapping[str, Any], int]:
    size = whole(body, "page_size", facts.PRODUCT_PAGE, low=1, high=facts.PAGE_MAX)
    name, days = text(body, "product_name", ""), span(body, "date")
    status = body.get("status")
    if status is not None:
        whole(body, "status", high=max(facts.PRODUCT_STATUSES))
    return {"name": name, "days": days, "status": status}, size


def _fits(backend: Backend, item: Item, filters: Mapping[str, Any]) -> bool:
    days: tuple[date, date] | None = filters["days"]
    return (
        filters["name"].lower() in item.name.lower()
        and filters["status"] in (None, facts.PRODUCT_STATUS[item.status])
        and (days is None or days[0] <= day_of(backend.context.platform_time(_changed(item))) <= days[1])
    )


def _changed(item: Item) -> float:
    return max(item.updated_at, *(variation.updated_at for variation in item.variations))


def detail(backend: Backend, call: Call) -> Row:
    """GET /product?id= or ?sku=: the id wins when both are given."""
    items = backend.shop.items
    if "id" in call.query:
        item = items.get(call.query["id"])
    else:
        sku = call.query.get("sku") or None
        item = next((found for found in items.values() if sku in {v.seller_sku for v in found.variations}), None)
    if item is None:
        raise Refusal("Sản phẩm không tồn tại", code=404)
    return _whole(backend, item)


def categories(backend: Backend, call: Call) -> list[Row]:
    """GET /category/0: the tree of what this shop sells."""
    found = tree(backend.shop.items.values())
    return [{"id": one.id, "name": one.name, "parent_id": one.parent} for one in found]


def _short(backend: Backend, item: Item) -> Row:
    first, stock = item.variations[0], sum(variation.stock for variation in item.variations)
    return {
        "id": int(item.id),
        "name": item.name,
        "image": _image(backend, item),
        "sku": first.seller_sku,
        "special_price": float(first.price),
        "price": float(first.price),
        "stock_quantity": stock,
        "link": f"https://www.sendo.vn/san-pham-{item.id}.html",
        "stock": stock > 0,
        "final_price_min": float(min(variation.price for variation in item.variations)),
        "store_name": backend.shop.name,
        "status": facts.PRODUCT_STATUS[item.status],
    }


def _whole(backend: Backend, item: Item) -> Row:
    first, stock, wire = item.variations[0], sum(v.stock for v in item.variations), backend.context.platform_time
    return {
        "id": int(item.id),
        "name": item.name,
        # with variants each has a SKU of its own; this one is the product's
        "sku": f"SP{item.id}" if item.has_models else first.seller_sku,
        "price": float(first.price),
        "special_price": None,
        "weight": float(item.grams),
        "stock_availability": stock > 0,
        "stock_quantity": stock,
        "description": f"<p>{item.name}</p>",
        "cat_4_id": leaf(item).id,
        "category_4_name": leaf(item).name,
        "status": facts.PRODUCT_STATUS[item.status],
        "updated_date_timestamp": float(int(wire(_changed(item)))),
        "created_date_timestamp": float(int(wire(item.created_at))),
        "link": f"https://www.sendo.vn/san-pham-{item.id}.html",
        "image": _image(backend, item),
        "avatar": {"picture_url": _image(backend, item)},
        "pictures": [{"picture_url": _image(backend, item)}],
        "unit_id": 1,
        "attributes": [_attribute(item)] if item.has_models else [],
        "variants": [_variant(variation) for variation in item.variations] if item.has_models else [],
        "is_config_variant": item.has_models,
        "is_invalid_variant": False,
        "can_edit": True,
    }


def _image(backend: Backend, item: Item) -> str:
    return f"{backend.context.base_url}/image/{item.id}.jpg"


def _attribute(item: Item) -> Row:
    values = [{"id": _option(found), "value": found.option, "is_selected": True} for found in item.variations]
    return {
        "attribute_id": ATTRIBUTE,
        "attribute_name": item.axis,
        "attribute_code": "lua_chon",
        "attribute_is_checkout": True,
        "attribute_values": values,
    }


def _option(variation: Variation) -> int:
    return int(variation.id.partition("_")[2])


def _variant(variation: Variation) -> Row:
    return {
        "variant_attributes": [
            {"attribute_id": ATTRIBUTE, "attribute_code": "lua_chon", "option_id": _option(variation)}
        ],
        "variant_attribute_hash": variation.id,
        "variant_sku": variation.seller_sku,
        "variant_price": float(variation.price),
        "variant_special_price": None,
        "variant_quantity": variation.stock,
        "variant_is_promotion": 0,
        "message": None,
    }
