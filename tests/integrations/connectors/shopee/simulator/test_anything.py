"""The simulated Shopee answers any input in its own envelope, and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.connectors.shopee.simulator.routes import ROUTES
from tests.integrations.connectors.shopee.simulator.still_world import Client, Market, market

NAMES = (
    "order_sn order_sn_list time_range_field time_from time_to page_size cursor page_no offset item_id item_id_list item_status "
    "response_optional_fields package_number package_number_list return_sn status release_time_from release_time_to order_status"
).split()
BODY_NAMES = (
    "order_sn cancel_reason item_list operation item_id stock_list price_list model_id seller_stock stock unlist package_list "
    "package_number pickup dropoff address_id pickup_time_id pagination page_size filter package_status cursor sort order_list "
    "last_message_id callback_url set_push_config_on blocked_shop_id_list code partner_id shop_id refresh_token return_sn email"
).split()
SHARED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Market]:
    with market() as found:
        found.platform.backend.quota.per_second = 1_000_000
        found.buy(cod=True)
        yield found


def words(shopee: Market) -> st.SearchStrategy[Any]:
    """Values, some of them meaningful to Shopee."""
    order = next(iter(shopee.context.orders))
    item = next(iter(shopee.shop.items))
    known = [
        order,
        item,
        "update_time",
        "create_time",
        "ACCEPT",
        "OUT_OF_STOCK",
        "NORMAL",
        "",
        "0",
        "-1",
        "9" * 5000,
        "[1]",
    ]
    return st.sampled_from(known) | st.integers(-(2**70), 2**70) | st.text(max_size=8) | st.floats()


def bodies(shopee: Market) -> st.SearchStrategy[Any]:
    """JSON trees with names that Shopee knows."""
    leaf = words(shopee) | st.booleans() | st.none()
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(BODY_NAMES), inner, max_size=4),
        max_leaves=12,
    )


def answered(shopee: Market, client: Client, method: str, path: str, query: dict[str, Any], body: bytes) -> Any:
    """The answer to a call that passes the gate; it is in Shopee's envelope."""
    merged = query | client.common(path)
    status, headers, raw = shopee.platform.answer(method, f"{path}?{urlencode(merged, doseq=True)}", {}, body)
    assert status in {200, 403, 404}
    assert headers["Content-Type"] == "application/json"
    answer = json.loads(raw)
    assert {"request_id", "error", "message"} <= set(answer)
    return answer


@SHARED
@given(data=st.data())
def test_any_query(shared: Market, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path, route in ROUTES.items() if "GET" in route.methods]))
    query = data.draw(st.dictionaries(st.sampled_from(NAMES), words(shared) | st.lists(words(shared), max_size=3)))
    answered(shared, shared.client, "GET", f"/api/v2{path}", query, b"")


@SHARED
@given(data=st.data())
def test_any_body(shared: Market, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path, route in ROUTES.items() if "POST" in route.methods]))
    body = data.draw(bodies(shared))
    stock = [(one.id, one.stock >= 0) for item in shared.shop.items.values() for one in item.variations]
    answered(shared, shared.client, "POST", f"/api/v2{path}", {}, json.dumps(body).encode())
    assert stock == [(one.id, one.stock >= 0) for item in shared.shop.items.values() for one in item.variations]


@SHARED
@given(target=st.text(max_size=40), body=st.binary(max_size=40), method=st.sampled_from(["GET", "POST", "PUT"]))
def test_any_target(shared: Market, target: str, body: bytes, method: str) -> None:
    for path in (target, f"/auth?{target}", f"/api/v2/{target}", f"/api/v2/auth/token/get?{target}"):
        status, _, raw = shared.platform.answer(method, path, {}, body)
        assert (status, bool(raw)) in {(200, True), (403, True), (404, True)}


def test_a_deeply_nested_body(shopee: Market, client: Client) -> None:
    answer = answered(shopee, client, "POST", "/api/v2/order/cancel_order", {}, b'{"a":' * 100_000)
    assert answer["error"] == "error_param"


@SHARED
@given(
    changes=st.lists(st.integers(0, 11), max_size=12),
    size=st.integers(1, 5),
    first=st.integers(0, 12),
    last=st.integers(0, 24),
)
def test_pages_of_a_still_list_hold_each_order_of_the_window_once(
    changes: list[int], size: int, first: int, last: int
) -> None:
    with market() as shopee:
        begin = int(shopee.context.now())
        orders = []
        for _ in range(12):
            orders.append(shopee.buy(cod=True))
            shopee.context.pass_time(1)
        for number in changes:
            if orders[number].status == "to_ship":
                shopee.context.step(orders[number], "asked_cancel")
                shopee.context.pass_time(1)
        window = {"time_range_field": "update_time", "time_from": begin + first, "time_to": begin + max(first, last)}
        seen: list[str] = []
        cursor, more = "", True
        while more:
            page = shopee.client.get("order/get_order_list", **window, page_size=size, cursor=cursor)
            assert len(page["order_list"]) <= size
            seen += [row["order_sn"] for row in page["order_list"]]
            cursor, more = page["next_cursor"], page["more"]
        book = shopee.platform.backend.book
        wanted = {
            key for key, order in book.orders.items() if begin + first <= order.update_time <= begin + max(first, last)
        }
        assert sorted(seen) == sorted(wanted)
