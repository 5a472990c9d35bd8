"""JSON of items, models, stock and prices."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.book import Content
from integrations.connectors.shopee.simulator.request import Fields
from integrations.simulator.categories import leaf
from integrations.simulator.shops import DELETED, LIVE, UNLISTED, Item, Variation

STATUS = {LIVE: "NORMAL", UNLISTED: "UNLIST", DELETED: "SELLER_DELETE"}


def reserved(variation: Variation) -> int:
    """Return the pieces that the running campaign holds: never more than there are."""
    return min(variation.held, max(0, variation.stock))


def row(item: Item, updated: int) -> Fields:
    """A row of get_item_list."""
    return {
        "item_id": int(item.id),
        "item_status": STATUS[item.status],
        "update_time": updated,
        "tag": {"kit": False},
    }


def base(item: Item, created: int, updated: int, content: Content) -> Fields:
    """A row of get_item_base_info. There is no price where there are models."""
    first = item.variations[0]
    prices = {} if item.has_models else {"price_info": _prices(first)}
    return prices | {
        "item_id": int(item.id),
        "category_id": leaf(item).id,
        "item_name": content.name,
        "description": content.description,
        "item_sku": "" if item.has_models else first.seller_sku,
        "create_time": created,
        "update_time": updated,
        "attribute_list": [],
        "image": images(content),
        "weight": _kilograms(item),
        "dimension": {"package_length": 20, "package_width": 15, "package_height": 8},
        "logistic_info": [
            {
                "logistic_id": facts.LOGISTICS_CHANNEL,
                "logistic_name": facts.CARRIER,
                "enabled": True,
                "shipping_fee": 0,
                "size_id": 0,
                "is_free": False,
                "estimated_shipping_fee": 16_500,
            }
        ],
        "pre_order": {"is_pre_order": False, "days_to_ship": facts.DAYS_TO_SHIP},
        "condition": "NEW",
        "size_chart": "",
        "item_status": STATUS[item.status],
        "deboost": "FALSE",
        "has_model": item.has_models,
        "promotion_id": facts.promotion(item.id) if any(found.held for found in item.variations) else 0,
        "brand": {"brand_id": 0, "original_brand_name": "NoBrand"},
        "item_dangerous": 0,
        "description_type": "normal",
        "stock_info_v2": stock(item.variations),
    }


def content(item: Item) -> Content:
    """Return the initial content of an item's page."""
    return Content(item.name, f"{item.name}. Hàng có sẵn, giao nhanh.")


def images(found: Content) -> Fields:
    """Pictures by id, and where they are shown."""
    urls = [f"https://cf.shopee.vn/file/{image}" for image in found.images]
    return {"image_url_list": urls, "image_id_list": list(found.images)}


def models(item: Item) -> Fields:
    """The content of get_model_list; empty for an item without models."""
    if not item.has_models:
        return {"tier_variation": [], "model": [], "standardise_tier_variation": []}
    options = [{"option": variation.option} for variation in item.variations]
    return {
        "tier_variation": [{"name": item.axis, "option_list": options}],
        "model": [_model(item, variation, place) for place, variation in enumerate(item.variations)],
        "standardise_tier_variation": [],
    }


def stock(variations: Iterable[Variation]) -> Fields:
    """`stock_info_v2` of one model, or of an item with all its models."""
    variations = list(variations)
    total = sum(variation.stock for variation in variations)
    return {
        "summary_info": {
            "total_reserved_stock": sum(map(reserved, variations)),
            "total_available_stock": total,
        },
        "seller_stock": [{"location_id": facts.LOCATION, "stock": total, "if_saleable": True}],
        "shopee_stock": [],
    }


def _model(item: Item, variation: Variation, place: int) -> Fields:
    return {
        "price_info": _prices(variation),
        "model_sku": variation.seller_sku,
        "model_status": "MODEL_NORMAL",
        "pre_order": {"is_pre_order": False, "days_to_ship": facts.DAYS_TO_SHIP},
        "stock_info_v2": stock((variation,)),
        "gtin_code": "",
        "weight": _kilograms(item),
        "dimension": {"package_height": 8, "package_length": 20, "package_width": 15},
        "model_id": int(variation.id),
        "tier_index": [place],
        "model_name": variation.option,
        "promotion_id": facts.promotion(item.id) if variation.held else 0,
    }


def _prices(variation: Variation) -> list[Fields]:
    return [
        {
            "currency": facts.CURRENCY,
            "original_price": variation.price,
            "current_price": variation.price,
            "inflated_price_of_original_price": variation.price,
            "inflated_price_of_current_price": variation.price,
        }
    ]


def _kilograms(item: Item) -> str:
    return f"{item.grams / 1000:.2f}"
