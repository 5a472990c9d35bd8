"""The simulated Lazada over real HTTP: authentication, responses, refusals."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.connectors.lazada.simulator import delivery, facts
from integrations.connectors.lazada.simulator.gate import push_sign
from tests.integrations.connectors.lazada.still_world import Client, Market, market, sign
from tests.integrations.connectors.played import Hub
from tests.waiting import wait_until

from .simulated_shop import order_ids, sku_xml


def test_parameters_may_travel_in_four_ways(place: Market, client: Client) -> None:
    payload = f"<Request><Product><Skus>{sku_xml(place, 3)}</Skus></Product></Request>"
    path = "/product/stock/sellable/update"
    pool = client.pool(path, {"payload": payload, "partner_id": "lazop-sdk-python-20181207"})
    business = {name: pool.pop(name) for name in ("payload", "partner_id")}
    ways: list[dict[str, Any]] = [
        {"data": pool | business},
        {"params": pool, "data": business},
        {"params": pool, "json": business},
        {"params": pool | business},
    ]
    assert [client.sent("POST", path, **way)["code"] for way in ways] == ["0"] * 4


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"app_key": "1"}, "InvalidAppKey"),
        ({"app_key": None}, "MissingParameter"),
        ({"timestamp": "1767225600000"}, "IllegalTimestamp"),
        ({"timestamp": "yesterday"}, "IllegalTimestamp"),
        ({"sign_method": "md5"}, "InvalidSignMethod"),
        ({"access_token": "50000x"}, "IllegalAccessToken"),
        ({"access_token": None}, "MissingParameter"),
    ],
)
def test_who_is_not_let_in(changed: dict[str, str | None], code: str, client: Client) -> None:
    assert client.sent("GET", "/seller/get", params=client.pool("/seller/get", {}, **changed))["code"] == code


def test_a_signature_covers_all_that_was_sent(client: Client) -> None:
    pool = client.pool("/seller/get", {})
    assert client.sent("GET", "/seller/get", params=pool)["code"] == "0"
    assert client.sent("GET", "/seller/get", params=pool | {"extra": "1"})["code"] == "IncompleteSignature"
    assert (
        client.sent("GET", "/seller/get", params=pool | {"sign": pool["sign"].lower()})["code"] == "IncompleteSignature"
    )
    without = {name: value for name, value in pool.items() if name != "sign"}
    assert client.sent("GET", "/seller/get", params=without)["code"] == "MissingParameter"
    iso = client.pool("/seller/get", {}, timestamp=datetime.now(UTC).isoformat(timespec="seconds"))
    assert client.sent("GET", "/seller/get", params=iso)["code"] == "0"


def test_paths_and_methods(client: Client) -> None:
    assert client.refused("GET", "/no/such/api") == "InvalidApiPath"
    assert client.refused("GET", "/product/update") == "UnsupportedHTTPMethod"


def test_too_many_calls_within_a_second(place: Market, client: Client) -> None:
    place.backend.quota.per_second = 3
    codes = [client.call("GET", "/seller/get")["code"] for _ in range(5)]
    assert codes[:3] == ["0", "0", "0"]
    assert codes[-1] == "ApiCallLimit"
    assert place.clients[1].call("GET", "/seller/get")["code"] == "0"


def test_a_seller_agrees_and_the_code_works_once(place: Market, client: Client) -> None:
    query = {
        "response_type": "code",
        "client_id": client.key,
        "redirect_uri": "https://hub.example/back",
        "state": "s1",
    }
    page = requests.get(f"{client.base}/oauth/authorize", params=query, timeout=5)
    assert place.shops[1].name in page.text
    pressed = requests.post(
        f"{client.base}/oauth/authorize",
        params=query,
        data={"seller": place.shops[1].id},
        timeout=5,
        allow_redirects=False,
    )
    back = parse_qs(urlsplit(pressed.headers["Location"]).query)
    assert back["state"] == ["s1"]
    told = client.call("POST", "/auth/token/create", code=back["code"][0])
    assert told["country_user_info"][0]["seller_id"] == place.shops[1].id
    assert (told["expires_in"], told["refresh_expires_in"]) == (facts.ACCESS_LIFE, facts.REFRESH_LIFE)
    assert client.refused("POST", "/auth/token/create", code=back["code"][0]) == "InvalidCode"
    assert Client(client.base, client.key, client.secret, told["access_token"]).good("GET", "/seller/get")[
        "seller_id"
    ] == int(place.shops[1].id)
    wrong = requests.get(f"{client.base}/oauth/authorize", params=query | {"client_id": "1"}, timeout=5)
    assert wrong.json()["code"] == "InvalidAppKey"


def test_the_life_of_a_refresh_token_never_restarts(place: Market, client: Client) -> None:
    told = client.call("POST", "/auth/token/create", code=place.account["shops"][0]["code"])
    place.simulation.world.book.timeline.advance(864_000)
    assert Client(client.base, client.key, client.secret, told["access_token"]).refused("GET", "/seller/get") == (
        "IllegalAccessToken"
    )
    second = client.call("GET", "/auth/token/refresh", refresh_token=told["refresh_token"])
    assert second["refresh_expires_in"] in (facts.REFRESH_LIFE - 864_000, facts.REFRESH_LIFE - 864_001)
    assert second["refresh_token"] != told["refresh_token"]
    place.simulation.world.book.timeline.advance(facts.REFRESH_LIFE - 864_000)
    assert client.refused("GET", "/auth/token/refresh", refresh_token=second["refresh_token"]) == "IllegalRefreshToken"


def test_a_push_per_order_line_signed_over_key_and_raw_body(place: Market, client: Client) -> None:
    hub = Hub()
    place.platform.set_webhook_url(hub.url, None)
    order = place.buy((place.sold(), 2), pay=False)
    wait_until(lambda: len(hub.got) >= 2)
    hub.stop()
    told = [json.loads(push.body) for push in hub.got[:2]]
    lines = {push["data"]["trade_order_line_id"] for push in told}
    assert lines == {str(unit.id) for unit in place.record(order).units}
    assert {push["message_type"] for push in told} == {0}
    assert {push["seller_id"] for push in told} == {order.shop}
    for push in hub.got:
        assert push.headers["authorization"] == push_sign(place.backend.app, push.body)


def test_what_is_not_taken_comes_again_twelve_times_after_half_an_hour(place: Market) -> None:
    place.platform.set_webhook_url("http://127.0.0.1:9/hook", None)
    place.buy(pay=False)
    wait_until(lambda: bool(place.backend.state.retrying))
    [retry] = [found for found in place.backend.state.schedule.pending.values() if found.action == delivery.RETRY]
    assert retry.number == 2
    assert 1_799 < retry.due - place.platform.context.logical_time() <= 1_800
    found = place.backend.state.retrying[retry.subject]
    with place.simulation.world.lock:
        place.backend.state.schedule.pending.clear()
        place.backend.state.retrying.clear()
        delivery._answered(place.backend, found, 12, 500)
        assert [found.number for found in place.backend.state.schedule.pending.values()] == [13]
        place.backend.state.schedule.pending.clear()
        delivery._answered(place.backend, found, 13, 500)
        delivery._answered(place.backend, found, 1, 200)
        assert place.backend.state.schedule.pending == {}


def test_a_consent_that_ends_is_told_of_once_a_day(place: Market) -> None:
    hub = Hub()
    place.platform.set_webhook_url(hub.url, None)
    timeline = place.simulation.world.book.timeline
    timeline.advance(facts.REFRESH_LIFE - 47 * 3_600)
    for _ in range(3):
        requests.get(f"{place.clients[0].base}/rest/seller/get", timeout=5)
    wait_until(lambda: len(hub.got) >= 2)
    time.sleep(0.2)
    hub.stop()
    told = [json.loads(push.body) for push in hub.got]
    assert [(push["seller_id"], push["message_type"]) for push in told] == [("null", 8)] * 2
    assert {push["data"]["seller_id"] for push in told} == {shop.id for shop in place.shops}


def test_signing_by_the_documented_example() -> None:
    params = {
        "access_token": "test", "app_key": "123456", "order_id": "1234", "sign_method": "sha256", "timestamp": "1517820392000",
    }  # fmt: skip
    assert (
        sign("helloworld", "/order/get", params) == "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
    )


def test_a_restart_keeps_orders_and_tokens(tmp_path: Any) -> None:
    file = tmp_path / "state"
    with market(state_file=file) as first:
        order, token, key = first.buy(), first.clients[0].token, first.clients[0].key
    with market(state_file=file) as second:
        assert second.clients[0].key == key
        old = Client(second.clients[0].base, key, second.clients[0].secret, token)
        assert order_ids(old) == [order.id]


def test_what_public_clients_send_is_taken(place: Market, client: Client) -> None:
    item = next(iter(place.shops[0].items.values()))
    skus = [{"SkuId": one.id} for one in item.variations]
    content = {"ItemId": item.id, "Attributes": {"name": "Tên mới"}, "Skus": {"Sku": skus}}
    answer = client.call("POST", "/product/update", payload=json.dumps({"Request": {"Product": content}}))
    assert (answer["code"], item.name) == ("0", "Tên mới")
    for odd in ("{", "{}", '{"Request": []}', '{"Request": {"Product": 1}}'):
        assert client.refused("POST", "/product/update", payload=odd) == "201", odd
    variation = place.sold()
    payload = f"<Request><Product><Skus>{sku_xml(place, 3)}</Skus></Product></Request>"
    assert client.call("GET", "/product/stock/sellable/update", payload=payload)["code"] == "0"
    assert variation.stock == 3
