"""The simulator's report becomes the state that the books are compared with."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from erpsync.rehearsal.judge import HubKnowledge
from erpsync.rehearsal.latency import sale_to_stock
from erpsync.rehearsal.shapes import Order, Oversale
from erpsync.rehearsal.world_state import read_world_state

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC).timestamp()
SHOPS = [("kiotviet", "tiemnhaminh"), ("shopee", "900")]
CALLS = {"made": 31, "minimum": 9, "by_route": {"shopee GET /orders": 31}}


def order(number: str, status: str, shop: str = "900") -> dict[str, Any]:
    lines = [{"sku": "AO-01", "quantity": 2}]
    return {"channel": "shopee", "shop": shop, "id": number, "status": status, "ships_from": "Kho", "lines": lines}


def sale(number: str, units: int, available: int, after: float, channel: str = "shopee", shop: str = "900") -> Any:
    return {
        "channel": channel, "shop": shop, "order": number, "sku": "AO-01", "warehouse": "Kho", "units": units,
        "available": available, "sold_at": NOON + after,
    }  # fmt: skip


def listing(item: str, stock: int, status: str = "live", shop: str = "900") -> dict[str, Any]:
    return {
        "channel": "shopee", "shop": shop, "item": item, "variation": "0", "sku": "AO-01", "stock": stock, "status": status
    }  # fmt: skip


def told(**changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "orders": [order("A1", "shipped")],
        "stock": {"AO-01": {"Kho": 7, "Cửa hàng": 2}},
        "sales": [sale("A1", 2, 9, 0)],
        "order_times": [],
        "listings": [listing("1", 7), listing("2", 7, "unlisted")],
        "pos": {"kiotviet": {"drift": [], "hand_overs": {"A1": {"orders": 1, "invoices": 1}}}},
    }
    return usual | changed


def test_orders_stock_and_what_listings_show() -> None:
    state = read_world_state(told(), CALLS, SHOPS, HubKnowledge())
    assert state.orders == {("shopee", "900", "A1"): Order("shipped", {"AO-01": Decimal(2)})}
    assert state.stock == {("AO-01", "Kho"): Decimal(7), ("AO-01", "Cửa hàng"): Decimal(2)}
    assert state.shown == {("shopee", "900", "1", "0"): 7, ("shopee", "900", "1", ""): 7}
    assert (state.sold, state.oversales, state.doubled, state.calls, state.minimum_calls) == (2, (), (), 31, 9)


def test_calls_made_before_the_day_are_not_of_the_day() -> None:
    setup = {"made": 11, "by_route": {"shopee GET /orders": 11, "shopee GET /auth": 0}}
    state = read_world_state(told(), CALLS, SHOPS, HubKnowledge(), setup=setup)
    assert (state.calls, state.setup_calls, state.calls_by_route) == (20, 11, {"shopee GET /orders": 20})


def test_only_a_sole_variation_is_known_without_its_id() -> None:
    rows = [listing("1", 7), {**listing("1", 3), "variation": "88"}]
    shown = read_world_state(told(listings=rows), CALLS, SHOPS, HubKnowledge()).shown
    assert shown == {("shopee", "900", "1", "0"): 7, ("shopee", "900", "1", "88"): 3}


def test_a_till_sale_is_an_order_of_its_channels_only_shop() -> None:
    rows = [sale("HD1", 1, 7, 1, "kiotviet", ""), {**sale("HD1", 2, 9, 1, "kiotviet", ""), "sku": "MU-02"}]
    state = read_world_state(told(sales=[sale("A1", 2, 9, 0), *rows]), CALLS, SHOPS, HubKnowledge())
    assert state.orders["kiotviet", "tiemnhaminh", "HD1"] == Order(
        "completed", {"AO-01": Decimal(1), "MU-02": Decimal(2)}
    )
    assert len(state.orders) == 2


def test_shops_that_take_no_part_are_left_out() -> None:
    state = read_world_state(
        told(orders=[order("A1", "shipped"), order("B2", "shipped", "901")], listings=[listing("1", 7, shop="901")]),
        CALLS, SHOPS, HubKnowledge(),
    )  # fmt: skip
    assert set(state.orders) == {("shopee", "900", "A1")}
    assert state.shown == {}


def test_the_judge_is_told_when_the_hub_knew() -> None:
    rows = [sale("A1", 9, 9, 0), sale("B2", 1, 0, 60)]
    known = {("shopee", "900", "A1"): datetime.fromtimestamp(NOON + 1, UTC)}
    found = read_world_state(told(sales=rows), CALLS, SHOPS, HubKnowledge(known)).oversales
    when = datetime.fromtimestamp(NOON + 60, UTC)
    assert found == (Oversale(("shopee", "900", "B2"), "AO-01", "Kho", 1, when, unavoidable=False),)
    assert read_world_state(told(sales=rows), CALLS, SHOPS, HubKnowledge()).oversales[0].unavoidable


def test_the_judge_is_told_what_a_channel_put_back_by_itself() -> None:
    rows = [sale("A1", 1, 1, 0), sale("B2", 1, 0, 1), sale("C3", 1, 0, 61)]
    times = {"channel": "shopee", "shop": "900", "placed_at": NOON, "told_at": NOON}
    gone = [{**times, "id": "A1", "cancelled_at": NOON + 60}, {**times, "id": "B2", "cancelled_at": None}]
    world = told(sales=rows, order_times=gone)
    sold = {("shopee", "900", number): datetime.fromtimestamp(NOON + 1, UTC) for number in ("A1", "B2", "C3")}
    late, early = (
        HubKnowledge(sold, {("shopee", "900", "A1"): datetime.fromtimestamp(NOON + moment, UTC)})
        for moment in (60.5, 50)
    )
    assert [found.unavoidable for found in read_world_state(world, CALLS, SHOPS, late).oversales] == [True, True]
    assert [found.unavoidable for found in read_world_state(world, CALLS, SHOPS, early).oversales] == [True, False]


def test_doubled_documents_and_those_of_cancelled_orders_are_told() -> None:
    pos = {"kiotviet": {"drift": [], "hand_overs": {
        "A1": {"orders": 2, "invoices": 1}, "B2": {"orders": 1, "invoices": 0}, "C3": {"orders": 1, "invoices": 3},
    }}}  # fmt: skip
    orders = [order("A1", "to_ship"), order("B2", "cancelled"), order("C3", "completed")]
    assert read_world_state(told(orders=orders, pos=pos), CALLS, SHOPS, HubKnowledge()).doubled == (
        "2 living orders at kiotviet for A1",
        "1 living orders at kiotviet for cancelled B2",
        "3 living invoices at kiotviet for C3",
    )


def test_from_a_sale_to_the_number_in_the_other_shop() -> None:
    rows = told(listings=[listing("1", 7), listing("5", 7, shop="901")], sales=[sale("A1", 2, 9, 0)])
    log = [
        {"kind": "order", "sku": "AO-01", "wire": NOON},
        {"kind": "stock", "channel": "shopee", "item": "1", "id": "0", "sku": "AO-01", "wire": NOON + 0.25},
        {"kind": "stock", "channel": "shopee", "item": "5", "id": "0", "sku": "AO-01", "wire": NOON - 1},
        {"kind": "stock", "channel": "shopee", "item": "5", "id": "0", "sku": "AO-01", "wire": NOON + 1.5},
    ]
    assert sale_to_stock(rows, log) == [1.5]


def booked(copies: int, state: str, units: int) -> dict[str, Any]:
    return {"book": {"A1": {"copies": copies, "state": state, "units": units}}}


@pytest.mark.parametrize(
    ("status", "stands", "is_right"),
    [
        ("shipped", (1, "shipped", 2), True),
        ("delivered", (1, "shipped", 2), True),
        ("completed", (1, "completed", 2), True),
        ("completed", (1, "shipped", 2), False),
        ("shipped", (2, "shipped", 2), False),
        ("shipped", (0, "", 0), False),
        ("shipped", (1, "shipped", 3), False),
        ("cancelled", (0, "", 0), True),
        ("cancelled", (1, "cancelled", 2), True),
        ("cancelled", (1, "to_ship", 2), False),
        ("returning", (1, "completed", 2), True),
        ("returning", (2, "completed", 2), False),
    ],
)
def test_what_a_customer_book_says_of_an_order(status: str, stands: tuple[int, str, int], is_right: bool) -> None:
    world = told(orders=[order("A1", status)], books=booked(*stands))
    assert (read_world_state(world, CALLS, [*SHOPS, ("book", "x")], HubKnowledge()).misrecorded == ()) is is_right
    assert read_world_state(world, CALLS, SHOPS, HubKnowledge()).misrecorded == (), "a book that nobody connected"
