"""Products: lists, stock, price, content, on sale or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.lazada.simulator import facts, goods_views, payload, push
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.delivery import announce
from integrations.connectors.lazada.simulator.payload import SkuRow
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole
from integrations.connectors.lazada.simulator.wire import data, top
from integrations.simulator.shops import DELETED, LIVE, UNLISTED, Item, Variation


class RowFailed(Exception):
    """Error of one SKU of a batch write: code, field, message."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


Change = Callable[[Backend, Variation, SkuRow], None]

_FILTERS: dict[str, Callable[[Item], bool]] = {
    "all": lambda item: item.status != DELETED,
    "live": lambda item: item.status == LIVE and any(sold.stock for sold in item.variations),
    "sold-out": lambda item: item.status == LIVE and not any(sold.stock for sold in item.variations),
    "inactive": lambda item: item.status == UNLISTED,
    "deleted": lambda item: item.status == DELETED,
    "pending": lambda item: False,
    "rejected": lambda item: False,
}


def get_products(backend: Backend, call: Call) -> Fields:
    """/products/get: a page of products by filter and times."""
    word = call.text("filter", "all")
    if word not in _FILTERS:
        raise Refusal("36", f"E036: Invalid filter, must be one of [{', '.join(_FILTERS)}]")
    limit = call.number("limit", 20, low=1, high=facts.PRODUCTS_PAGE, code="19", word="Limit")
    offset = call.number("offset", 0, high=facts.PRODUCTS_OFFSET, code="14", word="Offset")
    created = call.time("create_after") or 0.0, call.time("create_before") or float(1 << 40)
    updated = call.time("update_after") or 0.0, call.time("update_before") or float(1 << 40)
    skus = call.array("sku_seller_list", Refusal("4", "E004: Invalid sku_seller_list"), "[]")
    if len(skus) > facts.SELLER_SKUS:
        raise Refusal("4", f"E004: at most {facts.SELLER_SKUS} seller SKUs")
    found = [
        item
        for item in backend.shop(call).items.values()
        if _FILTERS[word](item)
        and created[0] <= int(backend.context.platform_time(item.created_at)) <= created[1]
        and updated[0] <= int(goods_views.updated(backend, item)) <= updated[1]
        and (not skus or any(sold.seller_sku in skus for sold in item.variations))
    ]
    shown = [goods_views.product(backend, item) for item in found[offset : offset + limit]]
    return data({"total_products": len(found), "products": shown})


def get_item(backend: Backend, call: Call) -> Fields:
    """/product/item/get. The code for an unknown one is not verified."""
    return data(goods_views.product(backend, _item(backend, call, call.text("item_id"))))


def update_sellable(backend: Backend, call: Call) -> Fields:
    """/product/stock/sellable/update: what a buyer can order, absolute."""
    return _each(backend, call, _set_sellable)


def adjust_sellable(backend: Backend, call: Call) -> Fields:
    """/product/stock/sellable/adjust: by so many more or fewer."""
    return _each(backend, call, _adjust_sellable)


def update_price_quantity(backend: Backend, call: Call) -> Fields:
    """/product/price_quantity/update: price, and the total stock with what open orders hold."""
    return _each(backend, call, _set_price_quantity)


def update_product(backend: Backend, call: Call) -> Fields:
    """/product/update: words and images. SkuId is mandatory in every row."""
    found = payload.product(call)
    item = _item(backend, call, payload.text_of(found, "ItemId"))
    rows = payload.sku_rows(found)
    for row in rows:
        if not row.text("SkuId"):
            raise Refusal("4193", "E4193: SkuId is mandatory")
        if not any(sold.id == row.text("SkuId") for sold in item.variations):
            raise Refusal("4216", "E4216: SkuId is not of this product")
    words = backend.state.contents.setdefault(item.id, {})
    for name in ("name", "description", "short_description"):
        if text := payload.text_of(found, f"Attributes/{name}"):
            words[name] = text
    item.name = words.get("name", item.name)
    if images := [part.text or "" for part in found.findall("Images/Image")]:
        words["images"] = "\n".join(images)
    backend.context.set_listed(item, item.status)
    _push(backend, call.seller, item, "EDITED_UPDATED")
    sku_list = [
        {"shop_sku": goods_views.shop_sku(sold), "seller_sku": sold.seller_sku, "sku_id": int(sold.id)}
        for sold in item.variations
    ]
    return data({"item_id": int(item.id), "sku_list": sku_list})


def deactivate(backend: Backend, call: Call) -> Fields:
    """/product/deactivate: the whole product [the world knows no single models off sale]."""
    found = payload.product(call, "apiRequestBody")
    item = _item(backend, call, payload.text_of(found, "ItemId"))
    backend.context.set_listed(item, UNLISTED)
    _push(backend, call.seller, item, "EDITED_INACTIVE")
    return top()


def _set_sellable(backend: Backend, sold: Variation, row: SkuRow) -> None:
    _put(backend, sold, _whole(row, "SellableQuantity"))


def _adjust_sellable(backend: Backend, sold: Variation, row: SkuRow) -> None:
    _put(backend, sold, sold.stock + _whole(row, "SellableQuantity"))


def _put(backend: Backend, sold: Variation, sellable: int) -> None:
    if sellable < 0:
        raise RowFailed("212", "quantity", "negative sellable")
    if sellable < min(sold.held, sold.stock):
        raise RowFailed("4170", "quantity", "the SKU is in a campaign, its stock can not be decreased")
    backend.context.set_stock(sold, sellable)


def _set_price_quantity(backend: Backend, sold: Variation, row: SkuRow) -> None:
    price, quantity = row.text("Price"), row.text("Quantity")
    if not price and not quantity:
        raise RowFailed("4216", "Price", "nothing to update")
    if price and (not _is_amount(price) or float(price) <= 0):
        raise RowFailed("501", "Price", "illegal parameter:price")
    if quantity:
        total = _whole(row, "Quantity")
        held_back = backend.book.withheld[sold.id] + backend.book.occupied[sold.id]
        if total < 0:
            raise RowFailed("4152", "quantity", "THD_INVENTORY_ERR_INV_PARAM_ILLEGAL:illegal parameter:quantity")
        if total < held_back:
            raise RowFailed("501", "quantity", "negative sellable on channel inventory")
        _put(backend, sold, total - held_back)
    if price:
        backend.context.set_price(sold, int(float(price)))


def _is_amount(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _whole(row: SkuRow, name: str) -> int:
    text = row.text(name)
    if not is_whole(text.removeprefix("-")):
        raise RowFailed("4152", "quantity", f"illegal parameter:{name}")
    return int(text)


def _each(backend: Backend, call: Call, change: Change) -> Fields:
    """Write SKU by SKU; failures are listed under code "0", unless all of them fail."""
    rows = payload.sku_rows(payload.product(call))
    detail: list[Fields] = []
    for row in rows:
        try:
            change(backend, _variation(backend, call, row), row)
        except RowFailed as failure:
            detail.append(_failed(row, failure))
    if len(detail) == len(rows):
        raise Refusal("501", "E501: Update product failed", detail=detail)
    return top(**({"detail": detail} if detail else {}))


def _variation(backend: Backend, call: Call, row: SkuRow) -> Variation:
    if row.is_multi:
        raise RowFailed("501", "MultiWarehouseInventories", "the seller has a single warehouse")
    if not row.text("SkuId"):
        raise RowFailed("4193", "SkuId", "SkuId is mandatory")
    sold = backend.shop(call).variation(row.text("ItemId"), row.text("SkuId"))
    if sold is None or backend.shop(call).items[sold.item_id].status == DELETED:
        raise RowFailed("4216", "SkuId", "SkuId is not found")
    if backend.context.hits("partial_batch"):
        raise RowFailed("1000", "quantity", "internal application error, please try again")
    return sold


def _failed(row: SkuRow, failure: RowFailed) -> Fields:
    def number(name: str) -> Any:
        text = row.text(name)
        return int(text) if is_whole(text) else text

    return {
        "item_id": number("ItemId"),
        "seller_sku": row.text("SellerSku"),
        "message": str(failure),
        "sku_id": number("SkuId"),
        "field": failure.field,
        "code": failure.code,
    }


def _item(backend: Backend, call: Call, item_id: str) -> Item:
    found = backend.shop(call).items.get(item_id)
    if found is None:
        raise Refusal("ITEM_NOT_FOUND", "E208: Item not found")
    return found


def _push(backend: Backend, seller: str, item: Item, action: str) -> None:
    skus = [
        {"shop_sku": goods_views.shop_sku(sold), "seller_sku": sold.seller_sku, "sku_id": int(sold.id)}
        for sold in item.variations
    ]
    now = int(backend.now * 1000)
    message = {"item_id": int(item.id), "sku_list": skus, "action": action, "status_update_time": now}
    announce(backend, push.PRODUCT_EDITED, seller, message)
