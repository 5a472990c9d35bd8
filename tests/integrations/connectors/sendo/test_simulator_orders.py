"""Orders of the simulated Sendo: as strict as published, in the harsher form where nothing is published. Time stands still."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.sendo.simulator import facts

from .still_world import SendoWorld, days, numbers, read_order, search
from .still_world import sendo as sendo  # noqa: PLC0414


def test_pages_follow_their_token_whatever_else_is_asked(sendo: SendoWorld) -> None:
    placed = [sendo.order().id for _ in range(5)]
    first = search(sendo, page_size=2)
    second = search(sendo, token=first["next_token"], page_size=50, order_status=13)
    third = search(sendo, token=second["next_token"])
    assert numbers(first) + numbers(second) + numbers(third) == placed[::-1]
    assert (first["previous_token"], third["next_token"]) == (None, None)
    assert numbers(search(sendo, token=second["previous_token"])) == numbers(first)
    sendo.world.book.timeline.advance(facts.PAGE_LIFE + 1)
    assert sendo.refused("POST", "salesorder/search", {"token": first["next_token"]})[0] == 400
    assert sendo.refused("POST", "product/search", {"token": search(sendo, page_size=2)["next_token"]})[0] == 400


def test_windows_of_days(sendo: SendoWorld) -> None:
    number = sendo.order().id
    for body in (days("order_status_date", -2, 0), days("order_date", -300, 0), {"order_status": 2}, {}):
        assert numbers(search(sendo, **body)) == [number]
    for body in (days("order_status_date", 1, 2), days("order_date", -9, -1), {"order_status": 13}):
        assert numbers(search(sendo, **body)) == []
    assert sendo.refused("POST", "salesorder/search", days("order_status_date", -3, 0)) == (
        400, "Khoảng thời gian tối đa 3 ngày",
    )  # fmt: skip


def test_without_a_date_old_orders_are_not_read_order(sendo: SendoWorld) -> None:
    order = sendo.order()
    order.placed_at -= 8 * 86_400
    assert numbers(search(sendo)) == []
    assert numbers(search(sendo, **days("order_status_date", 0, 0))) == [order.id]


@pytest.mark.parametrize(
    "body",
    [
        {"page_size": 51},
        {"page_size": 0},
        {"page_size": "50"},
        {"order_status": 99},
        {"order_date_from": "01-01-2026", "order_date_to": "02-01-2026"},
        {"order_date_from": "2026/01/02", "order_date_to": "2026/01/01"},
        {"order_date_from": "2026/01/01"},
        {"token": 5},
        [],
        None,
    ],
)
def test_a_search_that_is_refused(body: Any, sendo: SendoWorld) -> None:
    assert sendo.refused("POST", "salesorder/search", body)[0] == 400


def test_an_order_through_its_life(sendo: SendoWorld) -> None:
    order = sendo.order()
    row = read_order(sendo, order)
    assert (row["order_status"], row["payment_method"]) == (2, 1 if order.cod else 2)
    assert row["payment_status"] == 1
    sendo.let(20)
    assert read_order(sendo, order)["payment_status"] == (1 if order.cod else 3)
    assert sendo.good("PUT", "salesorder", {"order_number": order.id, "order_status": 3, "allow_check": 1}) is True
    row = read_order(sendo, order)
    assert (row["order_status"], row["tracking_number"], row["can_action"]) == (3, f"SE{order.id}", True)
    seen = set()
    for _ in range(300):
        sendo.let(2)
        seen.add(read_order(sendo, order)["order_status"])
    assert {3, 6, 7} <= seen
    assert read_order(sendo, order)["order_status"] in (8, 21)
    assert sendo.refused("GET", "salesorder/999") == (404, "Đơn hàng không tồn tại")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"order_status": 6}, "Trạng thái không hợp lệ"),
        ({"order_status": 7}, "Shop không tự vận chuyển"),
        ({"order_status": 3, "allow_check": 2}, "allow_check phải là 0 hoặc 1"),
        ({"order_status": 13}, "cancel_order_reason là bắt buộc"),
        ({"order_status": 13, "cancel_order_reason": "X"}, "Lý do hủy không hợp lệ"),
        ({"order_status": "3"}, "order_status phải là số nguyên từ 0 đến 9007199254740992"),
        ({"order_status": 3, "order_number": "999"}, "Đơn hàng không tồn tại"),
    ],
)
def test_an_update_that_is_refused_changes_nothing(body: Any, words: str, sendo: SendoWorld) -> None:
    order = sendo.order()
    before = order.status
    assert sendo.refused("PUT", "salesorder", {"order_number": order.id} | body)[1] == words
    assert order.status == before


def test_what_is_done_cannot_be_done_again(sendo: SendoWorld) -> None:
    order = sendo.order()
    sendo.let(20)
    accept = {"order_number": order.id, "order_status": 3}
    assert sendo.good("PUT", "salesorder", accept) is True
    assert sendo.refused("PUT", "salesorder", accept)[1] == "Trạng thái đơn hàng không cho phép"
    assert sendo.good("PUT", "salesorder", accept | {"order_status": 13, "cancel_order_reason": "CBS100"}) is True
    row = read_order(sendo, order)
    assert (row["order_status"], row["reason_cancel_code"], row["canceled_by"]) == (13, "CBS100", "seller")
    assert row["can_action"] is False
