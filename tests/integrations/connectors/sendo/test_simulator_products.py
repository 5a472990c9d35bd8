"""Products of the simulated Sendo: as strict as published, in the harsher form where nothing is published. Time stands still."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from integrations.connectors.sendo.simulator import facts

from .still_world import SendoWorld
from .still_world import sendo as sendo  # noqa: PLC0414


def test_a_product_with_and_without_variants(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=True)
    row = sendo.good("GET", f"product?id={item.id}&sku=nothing")
    assert [found["variant_attribute_hash"] for found in row["variants"]] == [v.id for v in item.variations]
    assert row["stock_quantity"] == sum(v.stock for v in item.variations)
    plain, single = sendo.variation(with_models=False)
    row = sendo.good("GET", f"product?sku={single.seller_sku}")
    assert (row["id"], row["variants"], row["stock_quantity"]) == (int(plain.id), [], single.stock)
    assert sendo.refused("GET", "product?id=1") == (404, "Sản phẩm không tồn tại")
    assert variation.id.startswith("602_")


def test_products_are_searched_by_name_status_and_day(sendo: SendoWorld) -> None:
    item, _ = sendo.variation(with_models=False)
    every = sendo.good("POST", "product/search", {"page_size": 50})
    assert len(every["data"]) == min(50, len(sendo.shop.items))
    assert len(sendo.good("POST", "product/search", {})["data"]) == 10
    today = f"{datetime.now(facts.VIETNAM):%Y-%m-%d}"
    by_name = {"product_name": item.name.upper(), "date_from": today, "date_to": today, "status": 2}
    assert int(item.id) in [row["id"] for row in sendo.good("POST", "product/search", by_name)["data"]]
    assert sendo.good("POST", "product/search", {"status": 5}) == {
        "data": [],
        "next_token": None,
        "previous_token": None,
    }
    assert sendo.refused("POST", "product/search", {"date_from": "01/01/2026", "date_to": "02/01/2026"})[0] == 400


def mask(sendo: SendoWorld, *rows: Any) -> Any:
    return sendo.call("POST", "product/update-by-field-mask", list(rows))


def test_only_what_the_mask_names_changes(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=False)
    price = variation.price
    row = {
        "id": int(item.id),
        "stock_quantity": 3,
        "stock_availability": True,
        "price": 5000,
        "Field_Mask": ["quantity"],
    }
    assert mask(sendo, row)["result"] is True
    assert (variation.stock, variation.price) == (3, price)
    assert mask(sendo, {"id": int(item.id), "status": 5, "field_mask": ["status"]})["success"] is True
    assert item.status == "deleted"
    assert mask(sendo, row)["success"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"stock_quantity": 0},
        {"stock_quantity": -1},
        {"stock_quantity": "3"},
        {"stock_availability": None},
        {"field_mask": []},
        {"field_mask": ["name"]},
        {"field_mask": "quantity"},
        {"id": 5},
        {"id": "x"},
        {"field_mask": ["price"], "price": 5},
    ],
)
def test_a_row_that_is_refused_changes_nothing_and_the_others_are_done(changes: Any, sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=False)
    other = next(found for found in sendo.shop.items.values() if not found.has_models and found is not item)
    good = {"stock_quantity": 3, "stock_availability": True, "field_mask": ["quantity"]}
    before = (variation.stock, variation.price)
    answer = mask(sendo, {"id": int(item.id)} | good | changes, {"id": int(other.id)} | good)
    assert answer["success"] is False
    assert [row["property_name"] for row in answer["error"]["error_details"]] == ["[0].id"]
    assert ((variation.stock, variation.price), other.variations[0].stock) == (before, 3)


def test_variants_are_named_by_their_hash(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=True)
    row = {"id": int(item.id), "stock_quantity": 9, "stock_availability": True, "field_mask": ["quantity"]}
    assert mask(sendo, row)["success"] is False
    wrong = [{"variant_attribute_hash": "602_1", "variant_quantity": 9}]
    assert mask(sendo, row | {"variants": wrong})["success"] is False
    right = [{"variant_attribute_hash": variation.id, "variant_quantity": 9}]
    assert mask(sendo, row | {"variants": right})["success"] is True
    assert variation.stock == 9


def test_rows_fail_for_no_good_reason_when_chaos_says_so(sendo: SendoWorld) -> None:
    item, variation = sendo.variation(with_models=False)
    sendo.world.book.faults.set({"partial_batch": 1.0})
    before = variation.stock
    row = {"id": int(item.id), "stock_quantity": 3, "stock_availability": True, "field_mask": ["quantity"]}
    assert mask(sendo, row)["error"]["error_details"][0]["value"] == item.id
    assert variation.stock == before
