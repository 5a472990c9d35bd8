"""Raw items and models -> listings; the outcome of each pushed row."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.shopee.mapping import items
from inventory.snapshots import ChannelStock, WarehouseSnapshot

from .samples import expected, raw, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ITEM = {"item_id": 5, "item_status": "NORMAL", "has_model": True, "update_time": 1765689439}
MODEL = {"model_id": 7, "tier_index": [1, 0], "stock_info_v2": {"seller_stock": [{"stock": 3}]}}
TIERS = [{"option_list": [{"option": "Trắng"}, {"option": "Đen"}]}, {"option_list": [{"option": "M"}]}]


def test_an_item_with_models() -> None:
    [row], answer = raw("item__base_info")["response"]["item_list"], raw("item__models")["response"]
    found = items.listings(row, answer["model"], answer["tier_variation"], NOW)
    assert short(found) == expected("item__base_info")
    assert found[0].raw["model_id"] == 2001586745


def test_an_item_without_models() -> None:
    [row] = raw("item__without_models")["response"]["item_list"]
    assert short(items.listings(row, (), (), NOW)) == expected("item__without_models")


@pytest.mark.parametrize(("location", "units"), [("", 19), ("VNZ", 12), ("VNY", 7), ("VNX", 0), ("none", 0)])
def test_a_location_counts_alone_when_it_is_chosen(location: str, units: int) -> None:
    [row] = raw("item__without_models")["response"]["item_list"]
    assert items.stock(row, location) == (ChannelStock(units, promotion_reserved=4),)


@pytest.mark.parametrize(
    ("item_status", "model_status", "ours"),
    [
        ("NORMAL", "MODEL_NORMAL", "active"),
        ("NORMAL", "", "active"),
        ("NORMAL", "MODEL_UNAVAILABLE", "inactive"),
        ("UNLIST", "MODEL_NORMAL", "inactive"),
        ("REVIEWING", "MODEL_NORMAL", "inactive"),
        ("BANNED", "MODEL_UNAVAILABLE", "banned"),
        ("SELLER_DELETE", "MODEL_NORMAL", "deleted"),
        ("SHOPEE_DELETE", "MODEL_NORMAL", "deleted"),
        ("SOMETHING_NEW", "MODEL_NORMAL", "inactive"),
    ],
)
def test_status(item_status: str, model_status: str, ours: str) -> None:
    [found] = items.listings(ITEM | {"item_status": item_status}, [MODEL | {"model_status": model_status}], TIERS, NOW)
    assert found.status == ours


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (MODEL, "Đen,M"),
        (MODEL | {"tier_index": [5, 0]}, "M"),
        (MODEL | {"tier_index": None, "model_name": "Đen"}, "Đen"),
        (MODEL | {"tier_index": [True, None]}, "Đen"),
    ],
)
def test_a_models_name_is_its_options(model: dict[str, Any], name: str) -> None:
    [found] = items.listings(ITEM, [model], TIERS, NOW)
    assert found.variation_name == name


def test_an_unknown_number_or_price_is_none() -> None:
    [found] = items.listings(ITEM, [MODEL | {"stock_info_v2": {"seller_stock": [{"stock": "many"}]}}], TIERS, NOW)
    assert found.stock == ()
    [found] = items.listings(ITEM | {"has_model": False, "price_info": [{"original_price": "x"}]}, [], TIERS, NOW)
    assert found.price is None


@pytest.mark.parametrize(
    ("row", "models"),
    [
        (ITEM, []),
        (ITEM | {"item_id": 0}, [MODEL]),
        (ITEM, [MODEL | {"model_id": 0}]),
    ],
)
def test_a_malformed_field_is_a_value_error(row: dict[str, Any], models: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"."):
        items.listings(row, models, TIERS, NOW)


def test_no_gtin_is_no_barcode_and_prices_keep_their_digits() -> None:
    row = ITEM | {"has_model": False, "gtin_code": "00", "price_info": [{"original_price": Decimal("122.02")}]}
    [found] = items.listings(row, (), (), NOW)
    assert (found.barcode, found.price) == ("", Decimal("122.02"))


def test_rows_of_a_push() -> None:
    answer = {
        "failure_list": [{"model_id": 7, "failed_reason": "no"}, {"model_id": 0, "failed_reason": ""}],
        "success_list": [{"model_id": 8, "stock": 1}],
    }
    assert items.failures(answer) == {"7": "no", "": ""}
    assert items.successes(answer) == {"8"}


def test_warehouses_are_known_by_location() -> None:
    rows = [
        {"location_id": "VNZ", "warehouse_name": "Kho 1", "warehouse_type": 1},
        {"location_id": "VNZ", "warehouse_name": "Kho 1", "warehouse_type": 2},
        {"location_id": "", "warehouse_name": "?"},
    ]
    assert items.warehouses(rows) == (WarehouseSnapshot("VNZ", "Kho 1"),)
