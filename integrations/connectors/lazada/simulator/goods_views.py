"""JSON of products: letter cases mixed, as recorded."""

from __future__ import annotations

from typing import Any

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.wire import money
from integrations.simulator.categories import leaf
from integrations.simulator.shops import DELETED, LIVE, UNLISTED, Item, Variation

Fields = dict[str, Any]
_STATUS = {LIVE: "Active", UNLISTED: "InActive", DELETED: "Deleted"}


def updated(backend: Backend, item: Item) -> float:
    """Return when the seller last changed it; sales do not count [inf]."""
    return backend.context.platform_time(max(item.updated_at, *(sold.updated_at for sold in item.variations)))


def shop_sku(sold: Variation) -> str:
    """`<item>_VNAMZ-<sku>`."""
    return f"{sold.item_id}_VNAMZ-{sold.id}"


def product(backend: Backend, item: Item) -> Fields:
    """One product with its SKUs."""
    words = backend.state.contents.get(item.id, {})
    images = words.get("images", "https://vn-live.slatic.net/p/masked-1.jpg").split("\n")
    return {
        "created_time": str(int(backend.context.platform_time(item.created_at) * 1000)),
        "updated_time": str(int(updated(backend, item) * 1000)),
        "images": images,
        "skus": [_sku(backend, item, sold) for sold in item.variations],
        "item_id": int(item.id),
        "variation": _axes(item),
        "trialProduct": False,
        "primary_category": leaf(item).id,
        "marketImages": [],
        "attributes": {
            "name": item.name,
            "short_description": words.get("short_description", ""),
            "description": words.get("description", f"<p>{item.name}</p>"),
            "brand": "No Brand",
            "warranty_type": "No Warranty",
            "source": "asc",
            "delivery_option_sof": "0",
        },
        "status": _STATUS[item.status],
    }


def _axes(item: Item) -> Fields:
    if not item.has_models:
        return {}
    options = [sold.option for sold in item.variations]
    axis = {"name": item.axis, "options": options, "hasImage": False, "label": item.axis, "customize": False}
    return {"Variation1": axis}


def _sku(backend: Backend, item: Item, sold: Variation) -> Fields:
    withheld, occupied = backend.book.withheld[sold.id], backend.book.occupied[sold.id]
    return {
        "Status": "active" if item.status == LIVE else "inactive",
        "quantity": sold.stock,
        "Images": [],
        "SellerSku": sold.seller_sku,
        "ShopSku": shop_sku(sold),
        "special_time_format": "yyyy-MM-dd HH:mm:ss",
        "Url": f"https://www.lazada.vn/-i{item.id}-s{sold.id}.html",
        "multiWarehouseInventories": [
            {
                "occupyQuantity": occupied,
                "quantity": sold.stock,
                "totalQuantity": sold.stock + withheld + occupied,
                "withholdQuantity": withheld,
                "warehouseCode": facts.WAREHOUSE,
                "sellableQuantity": sold.stock,
            }
        ],
        "package_width": "20.00",
        "package_height": "3.00",
        "package_length": "25.00",
        "package_weight": f"{item.grams / 1000:.2f}",
        "fblWarehouseInventories": [],
        "channelInventories": [],
        "special_price": money(0),
        "price": money(sold.price),
        "Available": sold.stock,
        "saleProp": {item.axis: sold.option} if item.has_models else {},
        "SkuId": int(sold.id),
    }
