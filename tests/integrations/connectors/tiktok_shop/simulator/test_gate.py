"""Authentication and its refusals; tokens and consent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from integrations.connectors.tiktok_shop.simulator import auth
from tests.integrations.connectors.tiktok_shop.simulator.still_world import Client, Market

SEARCH = "/order/202309/orders/search"
SHOPS = "/authorization/202309/shops"


def test_one_token_opens_both_shops_and_its_list_names_them(place: Market, client: Client) -> None:
    shops = client.good("GET", SHOPS, shop_cipher=None)["shops"]
    assert [(shop["id"], shop["cipher"]) for shop in shops] == [
        (one.shop_id, one.cipher) for one in (client, place.other)
    ]
    assert {shop["region"] for shop in shops} == {"VN"}
    assert client.good("POST", SEARCH, {"order_status": "UNPAID"}, shop_cipher=place.other.cipher)["orders"] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sign": ""}, (400, 36009004)),
        ({"sign": "0" * 64}, (401, 106001)),
        ({"app_key": "nobody"}, (400, 36009004)),
        ({"timestamp": 5}, (400, 36009004)),
        ({"shop_cipher": None}, (400, 106013)),
        ({"shop_cipher": "ROW_other"}, (401, 101000)),
        ({"token": "ROW_other"}, (401, 36009004)),
    ],
)
def test_each_fault_has_its_code(client: Client, change: dict[str, Any], expected: tuple[int, int]) -> None:
    assert client.refused("POST", SEARCH, {"order_status": "UNPAID"}, **change) == expected


def test_the_clock_may_be_five_minutes_behind_and_thirty_seconds_ahead(place: Market, client: Client) -> None:
    now = int(place.context.now())
    for shift, lets_in in ((-301, False), (-299, True), (30, True), (32, False)):
        status, answer = client.call("POST", SEARCH, {"order_status": "UNPAID"}, timestamp=now + shift)
        assert (status == 200) is lets_in, answer


def test_a_cipher_is_refused_where_none_is_wanted(client: Client) -> None:
    assert client.refused("GET", SHOPS) == (400, 36009004)


def test_the_body_is_signed_as_sent_even_two_braces(client: Client) -> None:
    assert client.call("POST", SEARCH, b"{}")[0] == 200
    assert client.call("POST", SEARCH)[0] == 200
    path, body = SEARCH, b'{"order_status": "UNPAID"}'
    query = {
        "app_key": client.app["app_key"],
        "timestamp": str(int(client.context.now())),
        "shop_cipher": client.cipher,
    }
    assert client.refused("POST", path, body, sign=client.sign(path, query, b"{}")) == (401, 106001)


def test_paths_methods_and_versions(client: Client) -> None:
    assert client.refused("GET", "/order/202309/nothing") == (404, 36009009)
    assert client.refused("PUT", SEARCH) == (405, 36009010)
    assert client.refused("POST", "/order/202212/orders/search", {"order_status": "UNPAID"}) == (400, 36009014)
    assert client.refused("POST", SEARCH, b"[1]") == (400, 36009022)


def test_an_expired_token_is_refused_and_a_refresh_gives_the_next_pair(place: Market, client: Client) -> None:
    place.context.life = 60.0
    first = _token(client, "refresh", refresh_token=client.refresh_token, grant_type="refresh_token")["data"]
    assert first["access_token_expire_in"] > place.context.now()
    assert client.call("GET", SHOPS, shop_cipher=None, token=first["access_token"])[0] == 200
    place.context.pass_time(61)
    assert client.refused("GET", SHOPS, shop_cipher=None, token=first["access_token"]) == (401, 105002)
    again = _token(client, "refresh", refresh_token=first["refresh_token"], grant_type="authorized_code")
    assert again["code"] == 0
    assert _token(client, "refresh", refresh_token=first["refresh_token"], grant_type="refresh_token")["code"] != 0


def test_a_code_works_once_and_half_an_hour(place: Market, client: Client) -> None:
    got = _token(client, "get", auth_code=client.code, grant_type="authorized_code")
    assert (got["code"], got["data"]["seller_base_region"], got["data"]["user_type"]) == (0, "VN", 0)
    assert _token(client, "get", auth_code=client.code, grant_type="authorized_code")["code"] == 36004004
    place.context.pass_time(1_801)
    assert _token(client, "get", auth_code=place.other.code, grant_type="authorized_code")["code"] == 36004004
    assert _token(client, "get", auth_code="x", grant_type="authorized_code", app_secret="wrong")["code"] == 36009004


@pytest.mark.parametrize("page", ["/open/authorize?service_id={service_id}", "/oauth/authorize?app_key={app_key}"])
def test_the_seller_agrees_once_for_all_shops(place: Market, client: Client, page: str) -> None:
    address = client.base + page.format(**client.app) + "&state=abc&redirect_uri=http%3A%2F%2Fhub.test%2Fback"
    shown = requests.get(address, timeout=5)
    assert "Nhà Mình Official, Nhà Mình Sống Xanh" in shown.content.decode()
    back = requests.post(address, data={"answer": "yes"}, timeout=5, allow_redirects=False)
    told = dict(parse_qsl(urlsplit(back.headers["Location"]).query))
    assert (back.status_code, told["state"], told["shop_region"]) == (302, "abc", "VN")
    got = _token(client, "get", auth_code=told["code"], grant_type="authorized_code")["data"]
    shops = client.good("GET", SHOPS, shop_cipher=None, token=got["access_token"])["shops"]
    assert len(shops) == 2
    assert "Đã từ chối" in requests.post(address, data={"answer": "no"}, timeout=5).content.decode()


def test_who_takes_the_consent_back_opens_nothing_more(place: Market, client: Client) -> None:
    place.platform.set_webhook_url(place.hub_url, None)
    auth.withdraw(place.platform.backend)
    assert [kind for kind, _ in place.deliver()] == [6, 6]
    assert client.refused("POST", SEARCH, {"order_status": "UNPAID"}) == (401, 101000)


def test_more_calls_than_a_second_allows_are_refused(place: Market, client: Client) -> None:
    place.platform.backend.quota.per_second = 2
    answers = [client.call("POST", SEARCH, {"order_status": "UNPAID"}) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 429]
    assert answers[2][1]["code"] == 36009002


def _token(client: Client, verb: str, **query: str) -> Any:
    common = {"app_key": client.app["app_key"], "app_secret": client.app["app_secret"]}
    return requests.get(f"{client.base}/api/v2/token/{verb}", params=common | query, timeout=5).json()
