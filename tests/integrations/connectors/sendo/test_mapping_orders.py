"""Raw orders -> snapshots, by hand-written expectations; every status and every oddity."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.connectors.sendo.mapping import fields, orders
from orders.snapshots import STATUSES, OrderSnapshot

from .samples import expected, raw, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LINE = {"product_variant_id": "25_7", "quantity": 2, "price": 100_000, "attribute_hash": "7"}
ORDER = {"order_number": "16", "order_status": 2, "order_date_time_stamp": 1}


def made(*, lines: list[Any] | None = None, **changes: Any) -> OrderSnapshot:
    return orders.order({"sales_order": ORDER | changes, "sku_details": [LINE] if lines is None else lines}, NOW)


def test_an_order() -> None:
    assert short(orders.order(raw("order__detail")["result"], NOW)) == expected("order__detail")


def test_a_detail_may_be_flat() -> None:
    result = raw("order__detail")["result"]
    flat = result["sales_order"] | {"sku_details": result["sku_details"]}
    assert short(orders.order(flat, NOW)) == expected("order__detail")


def test_a_list_tells_the_same_and_what_was_cancelled() -> None:
    first, second = (orders.order(row, NOW) for row in raw("orders__page")["result"]["data"])
    assert short(first) == expected("order__detail")
    assert (second.number, second.status, second.cancel_reason) == ("142873645429", "cancelled", "Hết hàng")


def test_the_raw_answer_is_kept_with_every_digit() -> None:
    found = made(senpay_fee=Decimal("1.10"), unknown={"x": [1]})
    assert found.raw["sales_order"]["senpay_fee"] == "1.10"
    assert found.raw["sales_order"]["unknown"] == {"x": [1]}


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        (2, "to_ship"),
        (3, "packed"),
        (6, "shipped"),
        (7, "delivered"),
        (8, "completed"),
        (10, "failed"),
        (11, "on_hold"),
        (12, "on_hold"),
        (13, "cancelled"),
        (14, "on_hold"),
        (15, "on_hold"),
        (19, "on_hold"),
        (21, "returning"),
        (22, "returned"),
        (23, "on_hold"),
    ],
)
def test_every_status(status: int, ours: str) -> None:
    for value in (status, str(status), Decimal(f"{status}.0")):
        found = made(order_status=value)
        assert (found.status, found.channel_status) == (ours, str(status))


@pytest.mark.parametrize("status", [99, 0, None, "", [], "x"])
def test_an_unknown_status_is_kept_and_not_guessed(status: Any) -> None:
    assert made(order_status=status).status == ""


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"can_action": False}, ("on_hold", "2 locked")),
        ({"can_action": None}, ("to_ship", "2")),
        ({"can_action": False, "order_status": 3}, ("packed", "3")),
        ({"can_action": False, "order_status": 13}, ("cancelled", "13")),
        ({"payment_method": 2, "payment_status": 1}, ("unpaid", "2 unpaid")),
        ({"payment_method": 2, "payment_status": 6}, ("unpaid", "2 unpaid")),
        ({"payment_method": 2, "payment_status": 3}, ("to_ship", "2")),
        ({"payment_method": 1, "payment_status": 1}, ("to_ship", "2")),
        ({"payment_method": 5, "payment_status": 1}, ("to_ship", "2")),
        ({"payment_method": 2, "payment_status": 1, "can_action": False}, ("on_hold", "2 locked")),
        ({"payment_method": 2, "payment_status": 1, "order_status": 3}, ("packed", "3")),
    ],
)
def test_a_new_order_may_be_checked_or_wait_for_money(changes: dict[str, Any], state: tuple[str, str]) -> None:
    found = made(**changes)
    assert (found.status, found.channel_status) == state


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({}, None),
        ({"updated_date_time_stamp": 10, "order_status_date_time_stamp": 20}, 20),
        ({"updated_date_time_stamp": 10, "delay_date_time_stamp": None}, 10),
        ({"updated_date_time_stamp": Decimal("10.0"), "payment_status_date_time_stamp": "30"}, 30),
    ],
)
def test_the_version_is_the_latest_time(changes: dict[str, Any], version: int | None) -> None:
    assert made(**changes).version == (None if version is None else datetime.fromtimestamp(version, UTC))


def test_money_that_came_has_a_time() -> None:
    assert made(payment_status=3, payment_status_date_time_stamp=5).paid_at == datetime.fromtimestamp(5, UTC)
    assert made(payment_status=1, payment_status_date_time_stamp=5).paid_at is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"product_variant_id": "25_7", "attribute_hash": "7"}, ("25", "7")),
        ({"product_variant_id": "25_602_25304", "attribute_hash": "602_25304"}, ("25", "602_25304")),
        ({"product_variant_id": "25_602_25304", "attribute_hash": None}, ("25", "602_25304")),
        ({"product_variant_id": "25", "attribute_hash": None}, ("25", "")),
        ({"product_variant_id": 25, "attribute_hash": ""}, ("25", "")),
    ],
)
def test_a_line_names_product_and_variant(changes: dict[str, Any], found: tuple[str, str]) -> None:
    [line] = made(lines=[LINE | changes]).lines
    assert (line.item_id, line.variation_id) == found


def test_lines_of_one_variant_are_distinguished_by_their_place() -> None:
    found = made(lines=[LINE, LINE, LINE | {"product_variant_id": "26_7"}])
    assert [line.key for line in found.lines] == ["25:7:1", "25:7:2", "26:7:1"]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"lines": []}, ("no_lines",)),
        ({"lines": [LINE | {"quantity": 0}]}, ("zero_quantity",)),
        ({"lines": [LINE | {"quantity": -1}]}, ("negative_quantity",)),
        ({"lines": [LINE | {"price": Decimal("1.5")}]}, ("fractional_money",)),
        ({"total_amount": Decimal("1.5")}, ("fractional_money",)),
    ],
)
def test_oddities_are_reported(changes: dict[str, Any], problems: tuple[str, ...]) -> None:
    assert made(**changes).problems == problems


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"order_date_time_stamp": 0, "created_date_time_stamp": None}, "odd_field:order_date_time_stamp"),
        ({"order_date_time_stamp": "x"}, "odd_field:order_date_time_stamp"),
        ({"order_date_time_stamp": 10**15}, "odd_field:order_date_time_stamp"),
        ({"lines": [LINE | {"product_variant_id": None, "attribute_hash": None}]}, "line_without_product"),
        ({"lines": [LINE | {"quantity": Decimal("1.5")}]}, "fractional_quantity"),
        ({"lines": [LINE | {"price": []}]}, "odd_field:price"),
        ({"total_amount": {}}, "odd_field:total_amount"),
    ],
)
def test_what_makes_no_sense_is_named(changes: dict[str, Any], problem: str) -> None:
    found = made(**changes)
    assert (problem in found.problems, len(found.lines)) == (True, 1)


def test_without_a_number_it_is_no_order() -> None:
    with pytest.raises(ValueError, match="no order_number"):
        made(order_number=None)


def test_every_status_is_one_of_ours() -> None:
    assert set(orders.STATUS.values()) <= set(STATUSES) - {""}


JUNK: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=6) | st.just([]) | st.just({})
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_junk_in_any_field_is_an_order_or_a_value_error(data: st.DataObject) -> None:
    result = raw("order__detail")["result"]
    part = data.draw(st.sampled_from(["sales_order", "line"]))
    row = result["sales_order"] if part == "sales_order" else result["sku_details"][0]
    changed = row | {data.draw(st.sampled_from(sorted(row))): data.draw(JUNK)}
    whole = result | ({"sales_order": changed} if part == "sales_order" else {"sku_details": [changed]})
    try:
        found = orders.order(whole, NOW)
    except ValueError:
        return
    assert found.number
    assert all(line.quantity >= 0 for line in found.lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (Decimal("5.0"), "5"),
        (Decimal("5.5"), ""),
        (True, ""),
        (None, ""),
        ([], ""),
        (" a\x00 ", "a"),
        (Decimal("NaN"), ""),
    ],
)
def test_text(value: Any, text: str) -> None:
    assert fields.text({"x": value}, "x") == text


@pytest.mark.parametrize("value", [True, [], {}, "x", "1e30", Decimal("Infinity"), Decimal("1e20")])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="x is"):
        fields.number({"x": value}, "x")
