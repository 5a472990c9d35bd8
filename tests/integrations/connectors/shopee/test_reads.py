"""Orders and items are read in batches, lists page by page, and what is missing is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from integrations.connectors.shopee.mapping import orders
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reads import Change
from integrations.wire.paging import windows
from inventory.snapshots import ListingSnapshot, WarehouseSnapshot
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import NOW, Asked, Shopee, Tokens, bad, good
from .samples import raw_text

ORDER = "order/get_order_detail"
PACKAGE = "order/get_package_detail"
LIST = "order/get_order_list"
ITEMS = "product/get_item_list"
BASE = "product/get_item_base_info"
MODELS = "product/get_model_list"
SINCE = datetime(2024, 11, 1, tzinfo=UTC)


def order(number: str, status: str = "READY_TO_SHIP", **changes: Any) -> dict[str, Any]:
    items = [{"item_id": 5, "model_id": 7, "model_quantity_purchased": 1, "model_original_price": 10}]
    packages = [{"package_number": f"P{number}", "logistics_status": "LOGISTICS_READY"}]
    row = {"order_sn": number, "order_status": status, "create_time": 1, "item_list": items, "package_list": packages}
    return row | changes


def item(item_id: int, **changes: Any) -> dict[str, Any]:
    return {"item_id": item_id, "item_status": "NORMAL", "has_model": False, "update_time": item_id} | changes


def read(ports: Bound, kind: str, *ids: str) -> Any:
    return ports.read(kind, ids, since=NOW, asked_at=NOW)


def test_orders_are_read_in_one_call_with_every_optional_field(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, good({"order_list": [order("A"), order("B", "NEW_WORD")]}))
    answer = read(ports, "order", "A", "B", "A")
    assert [(o.number, o.status, o.asked_at) for o in answer.of(OrderSnapshot)] == [
        ("A", "to_ship", NOW),
        ("B", "", NOW),
    ]
    assert shopee.asked[0].query == {
        "order_sn_list": "A,B",
        "response_optional_fields": orders.OPTIONAL_FIELDS,
        "request_order_status_pending": "true",
    }
    assert shopee.calls() == [f"GET {ORDER}"]


def test_labelled_orders_get_their_tracking_numbers_in_one_call_more(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, good({"order_list": [order("A", "PROCESSED"), order("B"), order("C", "SHIPPED")]}))
    shopee.on(PACKAGE, good({"package_list": [{"package_number": "PA", "tracking_number": "SPX1"}]}))
    answer = read(ports, "order", "A", "B", "C")
    assert [o.parcels[0].tracking_number for o in answer.of(OrderSnapshot)] == ["SPX1", "", ""]
    assert shopee.asked[1].query == {"package_number_list": "PA,PC"}


@pytest.mark.parametrize(
    "answer", [bad("error_not_found", status=404), bad("error_rate_limit", status=429), (200, "x")]
)
def test_without_tracking_numbers_the_orders_count_all_the_same(answer: Any, shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, good({"order_list": [order("A", "PROCESSED")]}))
    shopee.on(PACKAGE, answer)
    assert [o.number for o in read(ports, "order", "A").of(OrderSnapshot)] == ["A"]


def test_an_odd_field_costs_neither_the_order_nor_the_batch(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, good({"order_list": [order("A", create_time="x"), order("B"), {"order_sn": ""}]}))
    answer = read(ports, "order", "A", "B")
    assert ([o.number for o in answer.of(OrderSnapshot)], answer.unreadable) == (["A", "B"], {})


def test_an_order_that_is_left_out_is_not_gone(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, good({"order_list": [order("B")]}))
    answer = read(ports, "order", "A", "B")
    assert (answer.gone, [o.number for o in answer.of(OrderSnapshot)]) == ((), ["B"])


def test_an_unknown_order_is_gone_when_asked_alone_and_refuses_a_batch(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ORDER, bad("error_not_found", "Wrong parameters, detail: the order is not found."))
    assert read(ports, "order", "A").gone == ("A",)
    with pytest.raises(Rejected):
        read(ports, "order", "A", "B")


def test_line_prices_are_a_setting(shopee: Shopee, connect: Callable[..., Bound]) -> None:
    row = order("A")
    row["item_list"][0]["model_quantity_purchased"] = 2
    shopee.on(ORDER, good({"order_list": [row]}))
    assert read(connect(), "order", "A").of(OrderSnapshot)[0].lines[0].price == 10
    assert read(connect(item_prices="line"), "order", "A").of(OrderSnapshot)[0].lines[0].price == 5


def test_a_dead_token_is_renewed_once_and_the_call_repeated(shopee: Shopee, ports: Bound, tokens: Tokens) -> None:
    shopee.on(ORDER, bad("invalid_acceess_token", status=403), good({"order_list": [order("A")]}))
    assert [o.number for o in read(ports, "order", "A").of(OrderSnapshot)] == ["A"]
    assert tokens.renewals == ["token-1"]
    assert [dict(asked.pairs)["access_token"] for asked in shopee.asked] == ["token-1", "token-2"]


def test_a_token_that_stays_dead_is_not_tried_for_ever(shopee: Shopee, ports: Bound, tokens: Tokens) -> None:
    shopee.on(ORDER, bad("error_auth", "Invalid access_token.", status=403))
    with pytest.raises(NotAuthorised):
        read(ports, "order", "A")
    assert len(shopee.asked) == 2


def test_items_are_read_in_one_call_and_one_more_per_item_with_models(shopee: Shopee, ports: Bound) -> None:
    [base] = json.loads(raw_text("item__base_info"))["response"]["item_list"]
    shopee.on(BASE, good({"item_list": [base | {"item_id": 1}, item(2), item(3, price_info="x", has_model=True)]}))
    shopee.on(MODELS, good(json.loads(raw_text("item__models"))["response"]), good({"model": []}))
    answer = read(ports, "listing", "1", "2", "3", "4")
    assert [(x.item_id, x.variation_id) for x in answer.of(ListingSnapshot)] == [("1", "2001586745"), ("2", "")]
    assert (answer.gone, list(answer.unreadable)) == (("4",), ["3"])
    assert [asked.query for asked in shopee.asked] == [{"item_id_list": "1,2,3,4"}, {"item_id": "1"}, {"item_id": "3"}]


def test_an_item_deleted_between_two_calls_is_gone(shopee: Shopee, ports: Bound) -> None:
    shopee.on(BASE, good({"item_list": [item(1, has_model=True), item(2)]}))
    shopee.on(MODELS, bad("product.error_item_not_found", "Item not found."))
    answer = read(ports, "listing", "1", "2")
    assert (answer.gone, [x.item_id for x in answer.of(ListingSnapshot)]) == (("1",), ["2"])


def test_a_refused_model_list_is_that_items_trouble_only(shopee: Shopee, ports: Bound) -> None:
    shopee.on(BASE, good({"item_list": [item(1, has_model=True), item(2)]}))
    shopee.on(MODELS, bad("error_permission", "No."))
    answer = read(ports, "listing", "1", "2")
    assert (list(answer.unreadable), [x.item_id for x in answer.of(ListingSnapshot)]) == (["1"], ["2"])


def test_a_deleted_item_asked_alone_is_gone(shopee: Shopee, ports: Bound) -> None:
    shopee.on(BASE, bad("error_item_not_found", "Product not found."))
    assert read(ports, "listing", "1").gone == ("1",)
    shopee.on(BASE, good({"item_list": [item(1, item_status="SELLER_DELETE")]}))
    assert read(ports, "listing", "1").of(ListingSnapshot)[0].status == "deleted"


# --- lists ---


def test_changed_orders_come_window_by_window_and_page_by_page(shopee: Shopee, ports: Bound) -> None:
    def page(asked: Asked) -> Any:
        more = asked.query["cursor"] == ""
        number = f"{asked.query['time_from']}{asked.query['cursor']}"
        return good(
            {
                "more": more,
                "next_cursor": "c2" if more else "",
                "order_list": [{"order_sn": number, "order_status": "SHIPPED"}],
            }
        )

    shopee.on(LIST, page)
    pages = list(ports.changed("order", since=SINCE, until=SINCE + timedelta(days=20, microseconds=1)))
    first, second = 1730419200, 1730419200 + 15 * 86400
    assert [page.changes for page in pages] == [
        (Change(f"{first}", state="SHIPPED"),),
        (Change(f"{first}c2", state="SHIPPED"),),
        (Change(f"{second}", state="SHIPPED"),),
        (Change(f"{second}c2", state="SHIPPED"),),
    ]
    assert {asked.query["time_to"] for asked in shopee.asked} == {str(second), str(first + 20 * 86400 + 1)}
    assert shopee.asked[0].query | {"time_from": "", "time_to": ""} == {
        "time_range_field": "update_time",
        "time_from": "",
        "time_to": "",
        "page_size": "100",
        "cursor": "",
        "response_optional_fields": "order_status",
        "request_order_status_pending": "true",
    }


def test_near_the_present_the_end_is_open_by_what_clocks_may_differ(shopee: Shopee, ports: Bound) -> None:
    shopee.on(LIST, good({"more": False, "next_cursor": "", "order_list": []}))
    shopee.on(ITEMS, Items(1))
    now = datetime.now(UTC).replace(microsecond=0)
    for until, end in ((now, now + timedelta(minutes=5)), (NOW, NOW)):
        list(ports.changed("order", since=until - timedelta(hours=1), until=until))
        assert shopee.asked[-1].query["time_to"] == str(int(end.timestamp()))
        list(ports.changed("listing", since=until - timedelta(hours=1), until=until))
        assert shopee.asked[-1].query["update_time_to"] == str(int(end.timestamp()))


def test_a_cursor_that_stands_still_ends_the_list(shopee: Shopee, ports: Bound) -> None:
    shopee.on(LIST, good({"more": True, "next_cursor": "c", "order_list": []}))
    assert len(list(ports.changed("order", since=NOW, until=NOW))) == 2


def test_all_orders_are_those_of_a_year(shopee: Shopee, ports: Bound) -> None:
    shopee.on(LIST, good({"more": False, "next_cursor": "", "order_list": []}))
    list(ports.changed("order", since=None, until=NOW))
    spans = [(int(a.query["time_from"]), int(a.query["time_to"])) for a in shopee.asked]
    assert len(spans) == 25
    assert spans[0][0] == int((NOW - timedelta(days=365)).timestamp())
    assert spans[-1][1] == int(NOW.timestamp())
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(0 < end - start <= 15 * 86400 for start, end in spans)


class Items:
    """An item list by offset; `shift` is called with the number of the call and may move its rows."""

    def __init__(self, count: int, shift: Callable[[int, list[int]], None] | None = None) -> None:
        self.rows = list(range(1, count + 1))
        self.shift = shift
        self.count = 0

    def __call__(self, asked: Asked) -> Any:
        self.count += 1
        if self.shift:
            self.shift(self.count, self.rows)
        offset, size = int(asked.query["offset"]), int(asked.query["page_size"])
        part = self.rows[offset : offset + size]
        more = offset + size < len(self.rows)
        rows = [{"item_id": n, "item_status": "NORMAL", "update_time": n} for n in part]
        return good({"item": rows, "has_next_page": more, "next_offset": offset + len(part), "total_count": 0})


def listed(ports: Bound, since: datetime | None = None) -> list[str]:
    return [change.external_id for page in ports.changed("listing", since=since, until=NOW) for change in page.changes]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 350])
def test_every_item_is_listed_once_while_nothing_moves(count: int, shopee: Shopee, ports: Bound) -> None:
    shopee.on(ITEMS, Items(count))
    assert listed(ports) == [str(number) for number in range(1, count + 1)]


def test_items_of_every_state_are_listed_and_the_span_is_bounded(shopee: Shopee, ports: Bound) -> None:
    shopee.on(ITEMS, Items(1))
    [page] = ports.changed("listing", since=SINCE, until=NOW)
    assert page.changes == (Change("1", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),)
    statuses = [value for name, value in shopee.asked[0].pairs if name == "item_status"]
    assert statuses == ["NORMAL", "UNLIST", "REVIEWING", "BANNED", "SELLER_DELETE", "SHOPEE_DELETE"]
    assert shopee.asked[0].query["update_time_from"] == "1730419200"
    assert shopee.asked[0].query["update_time_to"] == str(int(NOW.timestamp()))


def test_no_item_is_missed_when_one_before_it_goes_away(shopee: Shopee, ports: Bound) -> None:
    def shift(call: int, rows: list[int]) -> None:
        if call == 2:
            del rows[10]

    shopee.on(ITEMS, Items(250, shift))
    assert set(listed(ports)) == {str(number) for number in range(1, 251)}


def test_a_list_that_never_stands_still_is_read_later(shopee: Shopee, ports: Bound) -> None:
    def shift(call: int, rows: list[int]) -> None:
        del rows[0]

    shopee.on(ITEMS, Items(250, shift))
    with pytest.raises(TryLater):
        listed(ports)


def test_windows_share_their_borders_and_an_instant_is_a_second() -> None:
    assert list(windows(NOW, NOW, timedelta(days=15))) == [(1732068000, 1732068001)]


def test_warehouses_and_shops_without_them(shopee: Shopee, ports: Bound) -> None:
    shopee.on("shop/get_warehouse_detail", good([{"location_id": "VNZ", "warehouse_name": "Kho 1"}]))
    assert ports.warehouses() == (WarehouseSnapshot("VNZ", "Kho 1"),)
    shopee.on("shop/get_warehouse_detail", bad("warehouse.error_not_in_whitelist", "Not in the whitelist."))
    assert ports.warehouses() == ()
