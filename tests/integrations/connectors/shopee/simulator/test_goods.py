"""Items of the simulated Shopee: lists, models, and writes that fail row by row."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.simulator.shops import Item, Variation
from tests.integrations.connectors.shopee.simulator.still_world import (
    DELETED,
    START,
    Client,
    Market,
)


def free(item: Item) -> bool:
    """In no campaign, with models."""
    return item.has_models and not any(found.held for found in item.variations)


def promoted(shopee: Market) -> tuple[Item, Variation]:
    """A model of which the running campaign holds 4."""
    item = shopee.item(free)
    item.variations[0].held = 4
    return item, item.variations[0]


def shown(client: Client, item: Item) -> list[tuple[int, int, int]]:
    """(seller stock, reserved, available) of each model."""
    models = client.get("product/get_model_list", item_id=item.id)["model"]
    stocks = [model["stock_info_v2"] for model in models]
    return [
        (
            stock["seller_stock"][0]["stock"],
            stock["summary_info"]["total_reserved_stock"],
            stock["summary_info"]["total_available_stock"],
        )
        for stock in stocks
    ]


def test_items_in_pages(shopee: Market, client: Client) -> None:
    items = list(shopee.shop.items.values())
    page = client.get("product/get_item_list", offset=0, page_size=3, item_status="NORMAL")
    assert page == {
        "item": [
            {"item_id": int(item.id), "item_status": "NORMAL", "update_time": START, "tag": {"kit": False}}
            for item in items[:3]
        ],
        "total_count": len(items),
        "has_next_page": True,
        "next_offset": 3,
    }
    page = client.get("product/get_item_list", offset=len(items) - 1, page_size=3, item_status="NORMAL")
    assert [row["item_id"] for row in page["item"]] == [int(items[-1].id)]
    assert page["has_next_page"] is False


def test_items_by_status_in_every_spelling_and_by_time(shopee: Market, client: Client) -> None:
    first, second, third = list(shopee.shop.items.values())[:3]
    shopee.context.pass_time(10)
    shopee.context.set_listed(second, DELETED)
    for variation in (*first.variations, *third.variations):
        variation.held = 0
    client.post("product/unlist_item", {"item_list": [{"item_id": int(first.id), "unlist": True}]})
    client.post(
        "product/update_stock",
        {"item_id": int(third.id), "stock_list": [row(third.variations[0], 5)]},
    )

    def ids(**query: Any) -> list[str]:
        found = client.get("product/get_item_list", offset=0, page_size=100, **query)
        return [str(row["item_id"]) for row in found["item"]]

    assert ids(item_status="UNLIST") == [first.id]
    for both in (["UNLIST", "SELLER_DELETE"], "UNLIST,SELLER_DELETE", "[UNLIST,SELLER_DELETE]"):
        assert ids(item_status=both) == [first.id, second.id]
    changed = {"update_time_from": START + 10, "update_time_to": START + 10}
    assert ids(item_status=["NORMAL", "UNLIST", "SELLER_DELETE"], **changed) == [first.id, second.id, third.id]
    assert ids(item_status="NORMAL", **changed) == [third.id]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"item_status": None}, "Wrong parameters, detail: item_status is a required field."),
        ({"item_status": "SOLD"}, "Wrong parameters, detail: item_status is invalid."),
        ({"page_size": 101}, "Wrong parameters, detail: page_size is invalid."),
        ({"offset": -1}, "Wrong parameters, detail: offset is invalid."),
    ],
)
def test_a_bad_item_list_call(client: Client, changed: Any, message: str) -> None:
    query = {"offset": 0, "page_size": 10, "item_status": "NORMAL"} | changed
    assert client.refused("GET", "product/get_item_list", **query) == (200, "error_param", message)


def test_an_item_with_models_has_no_price_of_its_own(shopee: Market, client: Client) -> None:
    item = shopee.item(free)
    (base,) = client.get("product/get_item_base_info", item_id_list=item.id)["item_list"]
    assert "price_info" not in base
    assert (base["item_name"], base["item_sku"], base["has_model"], base["item_status"]) == (
        item.name,
        "",
        True,
        "NORMAL",
    )
    assert base["weight"] == f"{item.grams / 1000:.2f}"
    assert base["stock_info_v2"]["summary_info"] == {
        "total_reserved_stock": 0,
        "total_available_stock": 40 * len(item.variations),
    }
    models = client.get("product/get_model_list", item_id=item.id)
    assert models["tier_variation"] == [
        {"name": item.axis, "option_list": [{"option": found.option} for found in item.variations]}
    ]
    assert [
        (model["model_id"], model["tier_index"], model["model_sku"], model["price_info"][0]["current_price"])
        for model in models["model"]
    ] == [(int(found.id), [place], found.seller_sku, found.price) for place, found in enumerate(item.variations)]
    assert models["model"][0]["model_id"] > 2**32
    assert shown(client, item) == [(40, 0, 40)] * len(item.variations)


def test_an_item_without_models_has_all_on_itself(shopee: Market, client: Client) -> None:
    item = shopee.item(lambda item: not item.has_models and not item.variations[0].held)
    (base,) = client.get("product/get_item_base_info", item_id_list=[item.id])["item_list"]
    assert (base["has_model"], base["item_sku"]) == (False, item.variations[0].seller_sku)
    assert base["price_info"][0]["original_price"] == item.variations[0].price
    assert base["stock_info_v2"]["seller_stock"] == [{"location_id": "VNZ", "stock": 40, "if_saleable": True}]
    assert client.get("product/get_model_list", item_id=item.id)["model"] == []


def test_base_info_of_many(shopee: Market, client: Client) -> None:
    ids = list(shopee.shop.items)[:4]
    for given in (f"[{','.join(ids)}]", ids, ",".join([*ids, "1"])):
        found = client.get("product/get_item_base_info", item_id_list=given)["item_list"]
        assert [str(row["item_id"]) for row in found] == ids
    assert client.refused("GET", "product/get_item_base_info", item_id_list="1")[1] == "product.error_item_not_found"
    assert client.refused("GET", "product/get_item_base_info", item_id_list="x")[1] == "error_param"
    assert client.refused("GET", "product/get_model_list", item_id=1)[1] == "product.error_item_not_found"
    own = client.get("product/get_item_base_info", item_id_list=",".join([ids[0], *list(shopee.context.shops[
        str(shopee.other.shop_id)].items)[:1]]))["item_list"]  # fmt: skip
    assert [str(row["item_id"]) for row in own] == ids[:1]


# stock


def row(variation: Variation | int, stock: Any, **more: Any) -> dict[str, Any]:
    model = variation if isinstance(variation, int) else int(variation.id)
    return {"model_id": model, "seller_stock": [{"stock": stock, **more}]}


def test_stock_is_set_model_by_model(shopee: Market, client: Client) -> None:
    item = shopee.item(free)
    first, second = item.variations[:2]
    body = {"item_id": int(item.id), "stock_list": [row(first, 7), row(second, 0, location_id="VNZ"), row(5, 1)]}
    assert client.post("product/update_stock", body) == {
        "failure_list": [{"model_id": 5, "failed_reason": "error_model_not_found"}],
        "success_list": [
            {"model_id": int(first.id), "location_id": "VNZ", "stock": 7},
            {"model_id": int(second.id), "location_id": "VNZ", "stock": 0},
        ],
    }
    assert shown(client, item)[:2] == [(7, 0, 7), (0, 0, 0)]


def test_stock_never_goes_below_what_a_campaign_holds(shopee: Market, client: Client) -> None:
    item, variation = promoted(shopee)
    body = {"item_id": int(item.id), "stock_list": [row(variation, 3)]}
    assert client.post("product/update_stock", body) == {
        "failure_list": [
            {
                "model_id": int(variation.id),
                "failed_reason": "error_busi_update_stock_failed: stock is less than the promotion reserved stock",
            }
        ],
        "success_list": [],
    }
    assert shown(client, item)[0] == (40, 4, 40)
    body["stock_list"] = [row(variation, 4)]
    assert client.post("product/update_stock", body)["failure_list"] == []
    variation.stock = 2
    assert shown(client, item)[0] == (2, 2, 2)


def test_when_all_of_several_rows_fail_the_call_says_so(shopee: Market, client: Client) -> None:
    item, variation = promoted(shopee)
    body = {"item_id": int(item.id), "stock_list": [row(variation, 3), row(item.variations[1], 9, location_id="HN1")]}
    status, answer = client.call("POST", "product/update_stock", body)
    assert (status, answer["error"]) == (200, "common.batch_api_all_failed")
    assert [failure["failed_reason"].partition(":")[0] for failure in answer["response"]["failure_list"]] == [
        "error_busi_update_stock_failed",
        "location_id is invalid",
    ]
    assert shown(client, item)[:2] == [(40, 4, 40), (40, 0, 40)]


def test_chaos_refuses_single_rows(shopee: Market, client: Client) -> None:
    item = shopee.item(free)
    shopee.context.faults = {"partial_batch"}
    answer = client.post("product/update_stock", {"item_id": int(item.id), "stock_list": [row(item.variations[0], 1)]})
    assert answer["failure_list"] == [{"model_id": int(item.variations[0].id), "failed_reason": "error_system_busy"}]
    assert shown(client, item)[0] == (40, 0, 40)


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([], "error_param"),
        ([row(0, 1)] * 51, "error_param"),
        ([row(0, -1)], "error_param"),
        ([row(0, "1")], "error_param"),
        ([row(0, 1.5)], "error_param"),
        ([{"model_id": 0, "seller_stock": []}], "error_param"),
        ([{"model_id": 0}], "error_param"),
        ("x", "error_param"),
    ],
)
def test_stock_that_makes_no_sense_changes_nothing(shopee: Market, client: Client, rows: Any, error: str) -> None:
    item = shopee.item(lambda item: not item.has_models)
    body = {"item_id": int(item.id), "stock_list": rows}
    assert client.refused("POST", "product/update_stock", body)[1] == error
    assert item.variations[0].stock == 40


def test_a_deleted_item_takes_no_stock(shopee: Market, client: Client) -> None:
    item = shopee.item()
    shopee.context.set_listed(item, DELETED)
    body = {"item_id": int(item.id), "stock_list": [row(item.variations[0], 1)]}
    assert client.refused("POST", "product/update_stock", body) == (
        200,
        "product.error_item_not_found",
        "Product not found.",
    )


# price and listing


def test_prices_and_their_push(shopee: Market, client: Client) -> None:
    item, variation = promoted(shopee)
    other = item.variations[1]
    before = other.price
    shopee.listen()
    body = {
        "item_id": int(item.id),
        "price_list": [
            {"model_id": int(variation.id), "original_price": 1000},
            {"model_id": int(other.id), "original_price": 99_000},
        ],
    }
    assert client.post("product/update_price", body) == {
        "failure_list": [{"model_id": int(variation.id), "failed_reason": "error_cannt_edit_price_in_promotion"}],
        "success_list": [{"model_id": int(other.id), "original_price": 99_000}],
    }
    assert other.price == 99_000
    shopee.deliver()
    ((code, data),) = shopee.hub.take()
    assert (code, data) == (
        22,
        {
            "item_id": int(item.id),
            "model_id": int(other.id),
            "old_value": before,
            "new_value": 99_000,
            "update_time": START,
            "update_field": "current_price",
        },
    )
    body["price_list"] = [{"model_id": int(other.id), "original_price": 99_000.5}]
    assert len(client.post("product/update_price", body)["failure_list"]) == 1
    assert other.price == 99_000


def test_items_are_taken_off_sale_and_put_back(shopee: Market, client: Client) -> None:
    in_campaign, _ = promoted(shopee)
    item = shopee.item(lambda item: item is not in_campaign and not any(found.held for found in item.variations))
    rows = [{"item_id": int(found), "unlist": True} for found in (item.id, in_campaign.id, "1")]
    assert client.post("product/unlist_item", {"item_list": rows}) == {
        "failure_list": [
            {"item_id": int(in_campaign.id), "failed_reason": "Can't unlist item when item is under promotion"},
            {"item_id": 1, "failed_reason": "Item is not found"},
        ],
        "success_list": [{"item_id": int(item.id), "unlist": True}],
    }
    assert item.status == "unlisted"
    client.post("product/unlist_item", {"item_list": [{"item_id": int(item.id), "unlist": False}]})
    assert item.status == "live"


def test_search_and_categories(shopee: Market, client: Client) -> None:
    item = shopee.item(lambda item: bool(item.variations[0].seller_sku))
    found = client.get("product/search_item", page_size=10, item_name=item.name.upper())["item_id_list"]
    assert int(item.id) in found
    pages, cursor = [], ""
    while True:
        page = client.get("product/search_item", page_size=2, item_name="o", offset=cursor)
        pages += page["item_id_list"]
        cursor = page["next_offset"]
        if not cursor:
            break
    assert len(pages) == len(set(pages)) == page["total_count"]
    assert client.refused("GET", "product/search_item", page_size=2, item_name="o", offset="7")[1] == "error_param"
    assert client.refused("GET", "product/search_item", page_size=2)[1] == "error_param"
    rows = client.get("product/get_category")["category_list"]
    roots = {row["display_category_name"] for row in rows if not row["parent_category_id"]}
    assert roots == {item.category for item in shopee.shop.items.values()}
    leaves = {row["category_id"] for row in rows if not row["has_children"]}
    assert client.get("product/get_item_base_info", item_id_list=item.id)["item_list"][0]["category_id"] in leaves


def test_an_items_page_is_changed_in_part(shopee: Market, client: Client) -> None:
    item = shopee.item()
    shopee.context.pass_time(60)
    answer = client.post("product/update_item", {"item_id": int(item.id), "item_name": "Tên mới"})
    assert (answer["item_name"], answer["images"]["image_id_list"]) == ("Tên mới", [])
    client.post("product/update_item", {"item_id": int(item.id), "image": {"image_id_list": ["vn-1"]}})
    (row,) = client.get("product/get_item_base_info", item_id_list=item.id)["item_list"]
    assert row["item_name"] == "Tên mới"
    assert row["description"].startswith(item.name)
    assert row["image"] == {"image_url_list": ["https://cf.shopee.vn/file/vn-1"], "image_id_list": ["vn-1"]}
    assert row["update_time"] >= row["create_time"] + 60
    for wrong in ({"item_name": ""}, {"image": {}}, {"image": {"image_id_list": []}}, {"description": 5}):
        assert client.refused("POST", "product/update_item", {"item_id": int(item.id)} | wrong)[1] == "error_param"
    assert client.refused("POST", "product/update_item", {"item_id": 1})[1] == "product.error_item_not_found"
