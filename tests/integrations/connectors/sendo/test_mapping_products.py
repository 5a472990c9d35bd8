"""Products -> listings, and numbers -> the rows of a masked update."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.sendo.mapping import products

from .conftest import product
from .samples import expected, raw, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
PLAIN = {"id": 5, "sku": "A", "name": "Trà", "price": Decimal("1000.0"), "stock_quantity": 7, "status": 2}


def test_a_product_with_a_variant() -> None:
    assert short(products.listings(raw("product__with_variant")["result"], NOW)) == expected("product__with_variant")


def test_a_product_without_variants() -> None:
    [found] = products.listings(PLAIN, NOW)
    assert (found.item_id, found.variation_id, found.sku, found.price) == ("5", "", "A", Decimal(1000))
    assert found.stock[0].sellable == 7


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": 0}, "inactive"),
        ({"status": 1}, "inactive"),
        ({"status": 2}, "active"),
        ({"status": 3}, "banned"),
        ({"status": 4}, "inactive"),
        ({"status": 5}, "deleted"),
        ({"status": 6}, "deleted"),
        ({"status": 77}, "inactive"),
        ({"stock_availability": False}, "inactive"),
        ({"stock_availability": False, "stock_quantity": 0}, "active"),
    ],
)
def test_every_status(changes: dict[str, Any], status: str) -> None:
    assert products.listings(PLAIN | changes, NOW)[0].status == status


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 0},
        {"is_config_variant": True},
        {"variants": [{"variant_price": 5}]},
    ],
)
def test_what_makes_no_sense_is_no_listing(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        products.listings(PLAIN | changes, NOW)


def test_the_published_row_of_a_mask() -> None:
    [row] = raw("mask__out_of_stock")
    sold_out = products.stock_row(35858106, raw("product__with_variant")["result"], {"22750405": 0})
    assert sold_out == {
        "id": row["id"],
        "stock_quantity": row["stock_quantity"],
        "stock_availability": row["stock_availability"],
        "variants": [{"variant_attribute_hash": "22750405", "variant_quantity": 0}],
        "field_mask": ["quantity"],
    }


def test_the_total_covers_the_variants_that_are_not_pushed() -> None:
    row = products.stock_row(5, product(), {"1_1": 0})
    assert (row["stock_quantity"], row["stock_availability"]) == (4, True)
    assert row["variants"] == [{"variant_attribute_hash": "1_1", "variant_quantity": 0}]
    row = products.stock_row(5, product(), {"1_1": 0, "1_2": 0})
    assert (row["stock_quantity"], row["stock_availability"]) == (0, False)


def test_prices() -> None:
    assert products.price_row(5, {}, {"": 900}) == {"id": 5, "price": 900, "field_mask": ["price"]}
    assert products.price_row(5, product(price=Decimal("1000.0")), {"1_2": 900}) == {
        "id": 5,
        "price": 1000,
        "variants": [{"variant_attribute_hash": "1_2", "variant_price": 900}],
        "field_mask": ["price"],
    }


@pytest.mark.parametrize(
    ("result", "refused"),
    [
        (True, {}),
        (None, {}),
        ([5, "x", {}], {}),
        ([{"id": 5, "success": True}, {"id": 6, "success": False, "message": "no"}], {"6": "no"}),
        ([{"id": 6, "success": False, "error": {"message": "never"}}, {"id": 9, "success": False}], {"6": "never"}),
    ],
)
def test_rows_that_are_refused_inside_a_success(result: Any, refused: dict[str, str]) -> None:
    assert products.row_refusals(result, ["5", "6"]) == refused
