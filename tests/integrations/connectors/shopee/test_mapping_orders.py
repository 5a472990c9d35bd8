"""Raw orders -> snapshots, by hand-written expectations; every status and every oddity."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.connectors.shopee.mapping import fields, orders
from orders.snapshots import OrderSnapshot

from .samples import expected, raw, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ITEM = {"item_id": 25, "model_id": 7, "model_quantity_purchased": 2, "model_original_price": 100_000}
ORDER = {"order_sn": "A1", "currency": "VND", "order_status": "UNPAID", "create_time": 1, "item_list": [ITEM]}


def made(**changes: Any) -> OrderSnapshot:
    return orders.order(ORDER | changes, NOW)


def item(**changes: Any) -> dict[str, Any]:
    return ITEM | changes


@pytest.mark.parametrize(
    ("name", "tracking"),
    [
        ("order__completed_flash_sale", {}),
        ("order__default_fields", {}),
        ("order__asked_to_cancel_two_parcels", {"OFG000000000000010": "SPXVN000000000010", "other": "X"}),
    ],
)
def test_an_order(name: str, tracking: dict[str, str]) -> None:
    [row] = raw(name)["response"]["order_list"]
    assert short(orders.order(row, NOW, tracking=tracking)) == expected(name)


def test_the_raw_answer_is_kept_with_every_digit() -> None:
    found = made(total_amount=Decimal("32119.10"), item_list=[item(promotion_id=77922220775853712)])
    assert found.raw["total_amount"] == "32119.10"
    assert found.raw["item_list"][0]["promotion_id"] == 77922220775853712


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("UNPAID", "unpaid"),
        ("PENDING", "on_hold"),
        ("INVOICE_PENDING", "on_hold"),
        ("READY_TO_SHIP", "to_ship"),
        ("PROCESSED", "packed"),
        ("RETRY_SHIP", "packed"),
        ("SHIPPED", "shipped"),
        ("TO_CONFIRM_RECEIVE", "delivered"),
        ("COMPLETED", "completed"),
        ("IN_CANCEL", "cancelling"),
        ("CANCELLED", "cancelled"),
        ("TO_RETURN", "returning"),
        ("SOMETHING_NEW", ""),
        (None, ""),
    ],
)
def test_status(word: str | None, ours: str) -> None:
    found = made(order_status=word)
    assert (found.status, found.channel_status) == (ours, word or "")


def test_the_table_has_no_row_that_is_not_tested_here() -> None:
    marks: Any = test_status.pytestmark  # type: ignore[attr-defined]
    assert set(orders.STATUS) == {word for word, ours in marks[0].args[1] if ours}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"item_list": []}, ("no_lines",)),
        ({"item_list": [item(model_quantity_purchased=0)]}, ("zero_quantity",)),
        ({"item_list": [item(model_quantity_purchased=-1)]}, ("negative_quantity",)),
        ({"item_list": [item(model_original_price=Decimal("99.5"))]}, ("fractional_money",)),
        ({"item_list": [item(model_discounted_price=Decimal("99.5"))]}, ("fractional_money",)),
        ({"total_amount": Decimal("0.01")}, ("fractional_money",)),
        ({"total_amount": Decimal("0.01"), "currency": "SGD"}, ()),
        ({}, ()),
    ],
)
def test_what_is_odd_is_shown_and_not_fatal(changes: dict[str, Any], problems: tuple[str, ...]) -> None:
    found = made(**changes)
    assert found.problems == problems
    assert all(line.quantity >= 0 for line in found.lines)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"create_time": None}, "odd_field:create_time"),
        ({"create_time": "yesterday"}, "odd_field:create_time"),
        ({"create_time": 10**18}, "odd_field:create_time"),
        ({"ship_by_date": "N/A"}, "odd_field:ship_by_date"),
        ({"item_list": [item(item_id=0)]}, "line_without_product"),
        ({"item_list": [item(model_quantity_purchased=Decimal("1.5"))]}, "fractional_quantity"),
        ({"item_list": [item(model_quantity_purchased="two")]}, "odd_field:model_quantity_purchased"),
        ({"item_list": [item(model_original_price="dear")]}, "odd_field:model_original_price"),
        ({"total_amount": Decimal("1E+400")}, "odd_field:total_amount"),
        ({"fulfillment_flag": "fulfilled_by_martians"}, "unknown_fulfilment"),
    ],
)
def test_an_odd_field_is_named_and_costs_nothing_else(changes: dict[str, Any], problem: str) -> None:
    found = made(**changes)
    assert found.problems == (problem,)
    assert [line.quantity > 0 for line in found.lines] == [True]


def test_without_a_number_it_is_no_order() -> None:
    with pytest.raises(ValueError, match="no order_sn"):
        made(order_sn=" ")


@pytest.mark.parametrize(
    ("flag", "who"),
    [
        ("fulfilled_by_shopee", "platform"),
        ("fulfilled_by_local_seller", "seller"),
        ("fulfilled_by_cb_seller", "seller"),
        ("", "seller"),
        ("fulfilled_by_martians", "seller"),
    ],
)
def test_who_fulfils_an_order(flag: str, who: str) -> None:
    assert {line.fulfilled_by for line in made(fulfillment_flag=flag).lines} == {who}


def test_item_prices_may_be_those_of_the_line() -> None:
    row = ORDER | {"item_list": [item(model_discounted_price=90_000)]}
    [unit] = orders.order(row, NOW).lines
    [line] = orders.order(row, NOW, line_prices=True).lines
    assert (unit.price, unit.paid_price) == (100_000, 90_000)
    assert (line.price, line.paid_price) == (50_000, 45_000)


def test_what_has_no_discounted_price_was_paid_in_full() -> None:
    assert made().lines[0].paid_price == 100_000
    assert made(item_list=[item(model_discounted_price=0)]).lines[0].paid_price == 0


def test_lines_that_change_places_move_no_units_of_a_variation() -> None:
    items = [item(model_quantity_purchased=1), item(model_quantity_purchased=3), item(model_id=8)]
    there, back = made(item_list=items).lines, made(item_list=items[::-1]).lines

    def units(lines: Any) -> dict[tuple[str, str], int]:
        return {
            (x.item_id, x.variation_id): sum(y.quantity for y in lines if y.variation_id == x.variation_id)
            for x in lines
        }

    assert {line.key for line in there} == {line.key for line in back} == {"25:7:1", "25:7:2", "25:8:1"}
    assert units(there) == units(back)


_VALUE = st.sampled_from(
    [None, True, -1, 0, 7, 10**18, Decimal("0.5"), Decimal("1E+400"), "", "-", "7", "x\x00", [], [None]]
)
_ROW = st.dictionaries(st.sampled_from([*ITEM, "package_number", "name"]), _VALUE, max_size=4)
_CHANGED = st.sampled_from([*ORDER, "update_time", "total_amount", "package_list", "recipient_address", "cod", "note"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_CHANGED, _VALUE | _ROW | st.lists(_ROW, max_size=3), max_size=4))
def test_any_json_is_an_order_or_a_value_error(changes: dict[str, Any]) -> None:
    try:
        found = orders.order(ORDER | changes, NOW)
    except ValueError:
        return
    assert isinstance(found, OrderSnapshot)
    assert len({line.key for line in found.lines}) == len(found.lines)


@pytest.mark.parametrize("value", ["-", " ", "", None, True, [], {}])
def test_placeholders_are_no_text(value: Any) -> None:
    assert fields.text({"a": value}, "a") == ""
