"""Items and models: lists, stock, price, on sale or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from integrations.connectors.shopee.simulator import facts, goods_views
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.book import Content
from integrations.connectors.shopee.simulator.delivery import announce
from integrations.connectors.shopee.simulator.request import (
    Call,
    Fields,
    Refusal,
    missing,
    optional,
    out_of_range,
    required,
    rows,
)
from integrations.connectors.shopee.simulator.wire import wrapped
from integrations.simulator.categories import tree
from integrations.simulator.shops import DELETED, LIVE, UNLISTED, Item, Variation

_STATUSES = frozenset({"NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE"})
# (model id, ...) as read from a row of a batch write
Entry = TypeVar("Entry", tuple[int, int, str], tuple[int, float])


class RowFailed(Exception):
    """Error of one row of a batch write."""


def get_item_list(backend: Backend, call: Call) -> Fields:
    """GET product/get_item_list."""
    offset, size = call.number("offset", low=0), call.number("page_size", low=1, high=facts.PAGE_MAX)
    wanted = set(call.texts("item_status"))
    if not wanted:
        raise missing("item_status")
    if not wanted <= _STATUSES:
        raise out_of_range("item_status")
    first, last = call.number("update_time_from", 0), call.number("update_time_to", 1 << 62)
    found = [
        goods_views.row(item, updated)
        for item in backend.shop(call).items.values()
        if goods_views.STATUS[item.status] in wanted and first <= (updated := _updated(backend, item)) <= last
    ]
    page = found[offset : offset + size]
    answer = {"item": page, "total_count": len(found), "has_next_page": len(found) > offset + size}
    return wrapped(answer | {"next_offset": offset + len(page)}, warning="")


def get_item_base_info(backend: Backend, call: Call) -> Fields:
    """GET product/get_item_base_info. Unknown ids among known ones are left out [inf]."""
    items = backend.shop(call).items
    found = [items[key] for item_id in dict.fromkeys(call.ids("item_id_list")) if (key := str(item_id)) in items]
    if not found:
        raise _no_item()
    shown = [
        goods_views.base(item, _created(backend, item), _updated(backend, item), _content(backend, item))
        for item in found
    ]
    return wrapped({"item_list": shown}, warning="")


def get_model_list(backend: Backend, call: Call) -> Fields:
    """GET product/get_model_list."""
    return wrapped(goods_views.models(_item(backend, call, call.number("item_id"))), warning="")


def search_item(backend: Backend, call: Call) -> Fields:
    """GET product/search_item: ids by part of a name or SKU. The cursor is a text."""
    size, cursor = call.number("page_size", low=1, high=facts.PAGE_MAX), call.text("offset", "")
    name, sku = call.text("item_name", "").lower(), call.text("item_sku", "").lower()
    if not name and not sku:
        raise missing("item_name")
    found = [
        int(item.id)
        for item in backend.shop(call).items.values()
        if item.status != DELETED
        and name in item.name.lower()
        and any(sku in variation.seller_sku.lower() for variation in item.variations)
    ]
    offset = int(cursor.removeprefix("c"), 16) if _is_cursor(cursor) else 0
    more = len(found) > offset + size
    page = {"item_id_list": found[offset : offset + size], "next_offset": f"c{offset + size:x}" if more else ""}
    return wrapped(page | {"total_count": len(found)}, warning="")


def get_category(backend: Backend, call: Call) -> Fields:
    """GET product/get_category: the tree, each with the one above it."""
    found = [
        {
            "category_id": one.id,
            "parent_category_id": one.parent,
            "original_category_name": one.name,
            "display_category_name": one.name,
            "has_children": not one.is_leaf,
        }
        for one in tree(backend.shop(call).items.values())
    ]
    return wrapped({"category_list": found}, warning="")


def update_stock(backend: Backend, call: Call) -> Fields:
    """POST product/update_stock: absolute numbers for models of one item."""
    item = _item(backend, call, required(call.body, "item_id", int))
    entries = [_stock_row(row) for row in rows(call.body, "stock_list")]

    def change(variation: Variation, entry: tuple[int, int, str]) -> Fields:
        stock, place = entry[1], entry[2]
        if place not in {"", facts.LOCATION}:
            raise RowFailed("location_id is invalid")
        if stock < goods_views.reserved(variation):
            raise RowFailed("error_busi_update_stock_failed: stock is less than the promotion reserved stock")
        backend.context.set_stock(variation, stock)
        return {"model_id": entry[0], "location_id": facts.LOCATION, "stock": stock}

    return _each(backend, item, entries, change)


def update_price(backend: Backend, call: Call) -> Fields:
    """POST product/update_price: whole dong for models of one item, none of them in a campaign."""
    item = _item(backend, call, required(call.body, "item_id", int))
    entries = [_price_row(row) for row in rows(call.body, "price_list")]

    def change(variation: Variation, entry: tuple[int, float]) -> Fields:
        price = entry[1]
        if price <= 0 or price != int(price):
            raise RowFailed("error_price: the price must be a positive whole number in VN")
        if variation.held:
            raise RowFailed("error_cannt_edit_price_in_promotion")
        before = variation.price
        backend.context.set_price(variation, int(price))
        if before != int(price):
            _push_price(backend, call, variation, before)
        return {"model_id": entry[0], "original_price": int(price)}

    return _each(backend, item, entries, change)


def update_item(backend: Backend, call: Call) -> Fields:
    """POST product/update_item: name, description and pictures; whatever is left out stays."""
    item = _item(backend, call, required(call.body, "item_id", int))
    name, description = optional(call.body, "item_name", str), optional(call.body, "description", str)
    image: Fields | None = optional(call.body, "image", dict)
    pictures = None if image is None else tuple(map(str, required(image, "image_id_list", list, "image.")))
    if name == "" or description == "" or pictures == ():
        raise out_of_range("item_name" if name == "" else "description" if description == "" else "image_id_list")
    before = _content(backend, item)
    found = Content(
        name=before.name if name is None else name,
        description=before.description if description is None else description,
        images=before.images if pictures is None else pictures,
        updated=call.now,
    )
    backend.book.contents[item.id] = found
    shown = {"item_id": int(item.id), "item_name": found.name, "description": found.description}
    return wrapped(shown | {"images": goods_views.images(found)}, warning="")


def unlist_item(backend: Backend, call: Call) -> Fields:
    """POST product/unlist_item."""
    done, failed = [], []
    for row in rows(call.body, "item_list"):
        item_id = required(row, "item_id", int, "item_list.")
        unlist = required(row, "unlist", bool, "item_list.")
        item = backend.shop(call).items.get(str(item_id))
        if item is None or item.status == DELETED:
            failed.append({"item_id": item_id, "failed_reason": "Item is not found"})
        elif unlist and any(variation.held for variation in item.variations):
            failed.append({"item_id": item_id, "failed_reason": "Can't unlist item when item is under promotion"})
        else:
            backend.context.set_listed(item, UNLISTED if unlist else LIVE)
            done.append({"item_id": item_id, "unlist": unlist})
    return wrapped({"failure_list": failed, "success_list": done}, warning="")


def _each(backend: Backend, item: Item, entries: list[Entry], change: Callable[[Variation, Entry], Fields]) -> Fields:
    """Change model by model; a row that fails leaves the others alone. When all of several fail, the call says so too [inf]."""
    done, failed = [], []
    for entry in entries:
        try:
            variation = _variation(item, entry[0])
            if backend.context.hits("partial_batch"):
                raise RowFailed("error_system_busy")
            done.append(change(variation, entry))
        except RowFailed as failure:
            failed.append({"model_id": entry[0], "failed_reason": str(failure)})
    answer = wrapped({"failure_list": failed, "success_list": done}, warning="")
    if len(failed) > 1 and not done:
        message = "Failed, please check failure_list for more details."
        answer |= {"error": "common.batch_api_all_failed", "message": message}
    return answer


def _stock_row(row: Fields) -> tuple[int, int, str]:
    """(model, stock, location): one location per model, as no shop has more."""
    (seller,) = rows(row, "seller_stock", 1)
    stock = required(seller, "stock", int, "seller_stock.")
    if stock < 0:
        raise out_of_range("stock")
    return _model_id(row), stock, optional(seller, "location_id", str, "seller_stock.") or ""


def _price_row(row: Fields) -> tuple[int, float]:
    return _model_id(row), required(row, "original_price", float)


def _model_id(row: Fields) -> int:
    return optional(row, "model_id", int) or 0


def _variation(item: Item, model_id: int) -> Variation:
    found = next((variation for variation in item.variations if int(variation.id) == model_id), None)
    if found is None:
        raise RowFailed("error_model_not_found")
    return found


def _item(backend: Backend, call: Call, item_id: int) -> Item:
    """An item that may still be changed."""
    found = backend.shop(call).items.get(str(item_id))
    if found is None or found.status == DELETED:
        raise _no_item()
    return found


def _no_item() -> Refusal:
    return Refusal("product.error_item_not_found", "Product not found.")


def _created(backend: Backend, item: Item) -> int:
    return int(backend.context.platform_time(item.created_at))


def _updated(backend: Backend, item: Item) -> int:
    """Return when the seller last changed it; sales do not count [inf]."""
    latest = max(item.updated_at, *(variation.updated_at for variation in item.variations))
    return max(int(backend.context.platform_time(latest)), _content(backend, item).updated)


def _content(backend: Backend, item: Item) -> Content:
    return backend.book.contents.get(item.id) or goods_views.content(item)


def _is_cursor(text: str) -> bool:
    if not text:
        return False
    if not re.fullmatch("c[0-9a-f]{1,8}", text):
        raise out_of_range("offset")
    return True


def _push_price(backend: Backend, call: Call, variation: Variation, before: int) -> None:
    data = {
        "item_id": int(variation.item_id),
        "model_id": int(variation.id),
        "old_value": before,
        "new_value": variation.price,
        "update_time": call.now,
        "update_field": "current_price",
    }
    announce(backend, 22, call.shop, data)
