"""Reads and lists with answers that no simulator gives: each costs a retry or a clear word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.contract.errors import TryLater
from integrations.contract.reads import Answer
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import Asked, Sendo, bad, good, listed, order, product
from .reading import PRODUCTS, SEARCH, listed_ids, read
from .samples import content


def test_silence_about_a_thing_never_makes_it_gone(sendo: Sendo, account: Bound) -> None:
    results: list[Any] = [None, {}, [], True, "x"]
    for result in results:
        sendo.on("GET salesorder/16", good(result))
        sendo.on("GET product", good(result))
        assert read(account, "order", "16") == Answer()
        assert read(account, "listing", "5") == Answer()


def test_an_answer_about_something_else_is_not_taken(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("17")))
    sendo.on("GET product", good(product(6)))
    assert read(account, "order", "16") == Answer()
    assert read(account, "listing", "5") == Answer()


def test_a_clear_no_makes_it_gone_and_any_other_refusal_is_reported(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", bad("no", code=404))
    sendo.on("GET salesorder/17", bad("Không được phép"))
    sendo.on("GET product", bad("Sản phẩm không tồn tại"))
    answer = read(account, "order", "16", "17")
    assert answer.gone == ("16",)
    assert "Không được phép" in str(answer.unreadable["17"])
    assert read(account, "listing", "5").gone == ("5",)


def test_a_platform_that_left_loses_nothing(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", (404, "<html>nothing here</html>"))
    with pytest.raises(TryLater, match="moved or closed") as caught:
        read(account, "order", "16")
    assert caught.value.after == 600.0


def test_an_odd_field_costs_no_order(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("16")))
    sendo.on("GET salesorder/17", good(order("17", total_amount="x")))
    answer = read(account, "order", "16", "17")
    assert [(one.number, one.problems) for one in answer.of(OrderSnapshot)] == [
        ("16", ()),
        ("17", ("odd_field:total_amount",)),
    ]
    assert answer.unreadable == {}


def test_many_orders_are_looked_for_in_a_list_and_the_rest_one_by_one(sendo: Sendo, account: Bound) -> None:
    numbers = [str(number) for number in range(100, 110)]
    sendo.on(SEARCH, listed(*(order(number) for number in numbers[:9]), following=None))
    sendo.on("GET salesorder/109", good(order("109")))
    connector_since = datetime.now(UTC)
    answer = account.read("order", numbers, since=connector_since, asked_at=connector_since)
    assert sorted(one.number for one in answer.of(OrderSnapshot)) == numbers
    assert sendo.calls() == [SEARCH, "GET salesorder/109"]


def test_a_list_is_not_read_longer_than_asking_for_each_would_take(sendo: Sendo, account: Bound) -> None:
    numbers = [str(number) for number in range(100, 110)]
    pages = iter(range(1000))
    sendo.on(SEARCH, lambda asked: listed(order("1"), following=f"t{next(pages)}"))
    for number in numbers:
        sendo.on(f"GET salesorder/{number}", good(order(number)))
    now = datetime.now(UTC)
    assert len(account.read("order", numbers, since=now, asked_at=now).of(OrderSnapshot)) == 10
    assert sendo.calls().count(SEARCH) == 2


def windows(sendo: Sendo) -> list[tuple[str, str]]:
    bodies = [asked.body for asked in sendo.asked if "order_status_date_from" in asked.body]
    return [(body["order_status_date_from"], body["order_status_date_to"]) for body in bodies]


def test_lists_are_cut_in_three_days_of_vietnam_and_leave_none_out(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, listed())
    since, until = datetime(2026, 3, 1, 16, 59, tzinfo=UTC), datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    assert listed_ids(account, "order", since, until) == []
    assert windows(sendo) == [("2026/03/01", "2026/03/03"), ("2026/03/04", "2026/03/06"), ("2026/03/07", "2026/03/07")]
    assert all(asked.body["page_size"] == 50 for asked in sendo.asked)


def test_the_present_is_read_with_all_new_orders_of_seven_days(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, lambda asked: listed(order("9")) if "order_status" in asked.body else listed())
    now = datetime.now(UTC)
    assert listed_ids(account, "order", now, now) == ["9"]
    assert sendo.asked[-1].body == {"page_size": 50, "order_status": 2}


def test_rows_outside_the_span_are_left_to_others(sendo: Sendo, account: Bound) -> None:
    since, until = datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2026, 3, 1, 6, tzinfo=UTC)
    hour = {
        name: int((since + timedelta(hours=number)).timestamp()) for number, name in enumerate(("at0", "at1", "at2"))
    }
    rows = [
        order("1", 6, updated_date_time_stamp=hour["at0"] - 1),
        order("2", 6, updated_date_time_stamp=hour["at0"]),
        order("3", 6, updated_date_time_stamp=hour["at2"] + 9 * 3600, order_status_date_time_stamp=hour["at1"]),
        order("4", 6, updated_date_time_stamp=int(until.timestamp()) + 1, order_status_date_time_stamp=int(until.timestamp()) + 1),
        order("5", 6, updated_date_time_stamp="x"),
        {"sku_details": []},
    ]  # fmt: skip
    sendo.on(SEARCH, listed(*rows))
    assert listed_ids(account, "order", since, until) == ["2", "3", "5"]


def test_a_new_order_is_listed_with_its_word_and_any_other_with_its_time(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, listed(order("1", can_action=False), order("2", 3, updated_date_time_stamp=1607511400)))
    long_ago = datetime(2020, 12, 9, tzinfo=UTC)
    [page] = account.changed("order", since=long_ago, until=long_ago + timedelta(hours=12))
    assert [(one.external_id, one.state, one.version) for one in page.changes] == [
        ("1", "2 locked", None), ("2", "3", datetime.fromtimestamp(1607511400, UTC)),
    ]  # fmt: skip
    assert page.answer is not None
    assert [one.number for one in page.answer.of(OrderSnapshot)] == ["1", "2"]


OLD = (datetime(2020, 12, 9, tzinfo=UTC), datetime(2020, 12, 9, 12, tzinfo=UTC))


def by_token(pages: dict[str, Any]) -> Callable[[Asked], Any]:
    return lambda asked: pages[asked.body.get("token", "")]


def test_a_token_is_followed_to_the_end(sendo: Sendo, account: Bound) -> None:
    pages = {"": listed(order("1"), following="a"), "a": listed(order("2"), following=None)}
    sendo.on(SEARCH, by_token(pages))
    assert listed_ids(account, "order", *OLD) == ["1", "2"]
    assert [asked.body.get("token") for asked in sendo.asked] == [None, "a"]


def test_the_published_pages(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, (200, content("orders__page").decode()), (200, content("orders__last_page").decode()))
    sendo.on(PRODUCTS, (200, content("products__page").decode()))
    long_ago = datetime(2020, 12, 9, tzinfo=UTC)
    assert listed_ids(account, "order", long_ago, long_ago + timedelta(hours=20)) == ["1607511339", "1607511339"]
    assert sendo.asked[1].body["token"] == "FAKE_NEXT_PAGE_TOKEN"
    assert listed_ids(account, "listing", *OLD) == ["35858106"]


def test_an_empty_page_behind_a_token_is_believed_the_second_time(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, by_token({"": listed(order("1"), following="a"), "a": listed()}))
    assert listed_ids(account, "order", *OLD) == ["1", "1"]
    assert len(sendo.asked) == 4


def test_a_dead_token_that_shows_as_an_empty_page_hides_no_row(sendo: Sendo, account: Bound) -> None:
    first = listed(order("1"), following="a")
    sendo.on(SEARCH, first, listed(), first, listed(order("2"), following=None))
    assert set(listed_ids(account, "order", *OLD)) == {"1", "2"}


def test_tokens_that_always_die_are_no_end_of_the_list(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, by_token({"": listed(order("1"), following="a"), "a": bad("token")}))
    with pytest.raises(TryLater, match="die before the list is read"):
        listed_ids(account, "order", *OLD)


def test_a_token_that_leads_back_ends_nowhere_near_for_ever(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, by_token({"": listed(order("1"), following="a"), "a": listed(order("2"), following="a")}))
    assert set(listed_ids(account, "order", *OLD)) == {"1", "2"}
    assert len(sendo.asked) < 12


@pytest.mark.parametrize("result", [None, True, [], {"data": None}, {"data": {}}, {}])
def test_a_list_that_is_none_is_tried_later(result: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, good(result))
    sendo.on(PRODUCTS, good(result))
    for kind in ("order", "listing"):
        with pytest.raises(TryLater, match="makes no sense"):
            listed_ids(account, kind, *OLD)


def test_products_are_asked_for_by_day_or_all(sendo: Sendo, account: Bound) -> None:
    sendo.on(PRODUCTS, listed({"id": 5}, {"id": 0}, {}, {"id": 6, "updated_date_timestamp": 1607511400}))
    since, until = datetime(2020, 12, 9, 18, tzinfo=UTC), datetime(2020, 12, 10, 12, tzinfo=UTC)
    day_began, updated = datetime(2020, 12, 9, 17, tzinfo=UTC), datetime.fromtimestamp(1607511400, UTC)
    for asked_since, version in ((since, day_began), (None, None)):
        [page] = account.changed("listing", since=asked_since, until=until)
        assert [(one.external_id, one.version) for one in page.changes] == [("5", version), ("6", updated)]
    assert [asked.body for asked in sendo.asked] == [
        {"page_size": 50, "date_from": "2020-12-10", "date_to": "2020-12-10"}, {"page_size": 50},
    ]  # fmt: skip
