"""Authentication at the simulated Shopee: partner, clock, signature, shop, token, limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.connectors.shopee.simulator.gate import sign
from tests.integrations.connectors.shopee.simulator.still_world import START, Client, Market

VECTORS = json.loads((Path(__file__).parents[4] / "vectors" / "shopee.json").read_text())
INFO = "shop/get_shop_info"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.get("name", vector["kind"]))
def test_signatures_are_those_of_the_public_clients(vector: dict[str, Any]) -> None:
    secrets = vector["secrets"]
    if vector["kind"] == "webhook":
        assert sign(secrets["push_partner_key"], f"{vector['url']}|{vector['body']}") == vector["expected_sign"]
        return
    parts = [secrets["partner_id"], vector["path"], vector["timestamp"]]
    parts += [secrets[name] for name in ("access_token", "shop_id") if name in secrets]
    assert sign(secrets["partner_key"], "".join(map(str, parts))) == vector["expected_sign"]


def test_shop_info_is_flat(shopee: Market, client: Client) -> None:
    status, body = client.call("GET", INFO)
    assert status == 200
    assert len(body.pop("request_id")) == 32
    assert body == {
        "error": "",
        "message": "",
        "auth_time": START,
        "expire_time": START + 365 * 86_400,
        "shop_name": "Tiệm Nhà Mình",
        "region": "VN",
        "status": "NORMAL",
        "shop_fulfillment_flag": "Others",
        "is_cb": False,
        "is_upgraded_cbsc": False,
        "merchant_id": None,
        "is_sip": False,
        "sip_affi_shops": [],
        "is_main_shop": False,
        "is_direct_shop": False,
        "linked_direct_shop_list": [],
        "linked_main_shop_id": 0,
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"partner_id": 1}, (403, "invalid_partner_id", "The partner_id is invalid, please have a check.")),
        ({"partner_id": None}, (200, "error_param", "There is no partner_id in query.")),
        ({"timestamp": None}, (200, "error_param", "There is no timestamp in query.")),
        ({"timestamp": "now"}, (200, "error_param", "Invalid timestamp.")),
        ({"timestamp": START - 301}, (200, "error_param", "Timestamp is expired.")),
        ({"timestamp": START - 299}, (403, "error_sign", "Wrong sign.")),
        ({"sign": None}, (200, "error_param", "There is no sign in query.")),
        ({"sign": "0" * 64}, (403, "error_sign", "Wrong sign.")),
        ({"sign": "é"}, (403, "error_sign", "Wrong sign.")),
        ({"shop_id": None}, (200, "error_param", "There is no shop_id in query.")),
        ({"access_token": None}, (200, "error_param", "There is no access_token in query.")),
        ({"access_token": "another"}, (403, "error_sign", "Wrong sign.")),
    ],
)
def test_a_wrong_common_parameter_is_refused(client: Client, changed: Any, expected: tuple[int, str, str]) -> None:
    assert client.refused("GET", INFO, **changed) == expected


def test_a_rightly_signed_call_with_a_dead_token_or_another_shop_is_refused(shopee: Market, client: Client) -> None:
    client.access_token = "dead"
    wrong_token = (403, "invalid_acceess_token", "Invalid access_token, please have a check.")
    assert client.refused("GET", INFO) == wrong_token
    client.access_token = shopee.other.access_token
    assert client.refused("GET", INFO) == wrong_token
    for unknown in (123, 4_294_967_296):
        client.shop_id = unknown
        assert client.refused("GET", INFO) == (403, "error_auth", "Invalid partner_id or shopid.")


def test_the_push_api_has_its_own_words_for_a_wrong_signature(client: Client) -> None:
    status, body = client.call("GET", "push/get_app_push_config", sign="0" * 64)
    assert (status, body["error"], body["message"], body["response"]) == (403, "common.error_auth", "Invalid sign", {})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "order/get_everything"), ("POST", INFO), ("GET", "auth/token/get")]
)
def test_unknown_paths(client: Client, method: str, path: str) -> None:
    words = "Wrong parameters, detail: the request path is incorrect."
    assert client.refused(method, path) == (404, "error_not_found", words)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The request body is not valid JSON."),
        (b"\xff", "The request body is not valid JSON."),
        ([], "body: Invalid type. Expected: object, given: array"),
        ({}, "Wrong parameters, detail: code is a required field."),
        ({"code": 5}, "code: Invalid type. Expected: string, given: integer"),
    ],
)
def test_bodies(client: Client, body: Any, message: str) -> None:
    assert client.refused("POST", "auth/token/get", body) == (200, "error_param", message)


def test_too_many_calls_in_a_second_are_refused(shopee: Market, client: Client) -> None:
    shopee.platform.backend.quota.per_second = 2
    client.get(INFO)
    client.get(INFO)
    assert client.refused("GET", INFO) == (429, "error_rate_limit", "Too many requests. Please try again later.")
    assert shopee.other.get(INFO)["region"] == "VN"
    shopee.context.pass_time(1.0)
    client.get(INFO)


def test_a_platform_in_trouble_says_so_in_its_own_words(shopee: Market) -> None:
    for failure, status, error in (("server_error", 500, "error_server"), ("rate_limited", 429, "error_rate_limit")):
        answer = shopee.platform.refuse(failure, "GET", "/api/v2/shop/get_shop_info")
        assert (answer[0], json.loads(answer[2])["error"]) == (status, error)


@pytest.mark.parametrize(
    ("target", "may"),
    [
        ("/api/v2/order/get_order_list?a=1", True),
        ("/api/v2/auth/token/get?a=1", False),
        ("/api/v2/auth/access_token/get", False),
        ("/auth?partner_id=1", False),
    ],
)
def test_which_answers_may_get_lost(shopee: Market, target: str, may: bool) -> None:
    assert shopee.platform.may_lose_answer("POST", target) is may


# tokens


def exchange(client: Client, code: str, **owner: int) -> tuple[int, Any]:
    return client.call("POST", "auth/token/get", {"code": code, "partner_id": client.partner_id, **owner})


def refresh(client: Client, token: str, **owner: int) -> tuple[int, Any]:
    body = {"refresh_token": token, "partner_id": client.partner_id, **(owner or {"shop_id": client.shop_id})}
    return client.call("POST", "auth/access_token/get", body)


def test_a_code_works_once(client: Client) -> None:
    status, body = exchange(client, client.code, shop_id=client.shop_id)
    assert (status, body["error"], body["shop_id_list"], body["expire_in"]) == (200, "", [client.shop_id], 14_400)
    assert set(body) == {
        "error", "message", "request_id", "shop_id_list", "access_token", "refresh_token", "expire_in", "merchant_id_list",
    }  # fmt: skip
    client.access_token = body["access_token"]
    client.get(INFO)
    status, body = exchange(client, client.code, shop_id=client.shop_id)
    assert (status, body["error"], body["message"]) == (403, "error_auth", "Invalid code")


def test_a_code_is_for_its_shop_and_ten_minutes(shopee: Market, client: Client) -> None:
    assert exchange(client, client.code, shop_id=shopee.other.shop_id)[1]["error"] == "invalid_shop_id"
    assert exchange(client, client.code, main_account_id=5)[1]["error"] == "invalid_main_acount_id"
    shopee.context.pass_time(599)
    assert exchange(client, client.code, shop_id=client.shop_id)[1]["error"] == ""
    shopee.context.pass_time(1)
    assert exchange(client, shopee.other.code, shop_id=shopee.other.shop_id)[1]["message"] == "Invalid code"


def test_a_refresh_token_works_once_and_the_old_access_token_five_minutes_more(shopee: Market, client: Client) -> None:
    status, body = refresh(client, client.refresh_token)
    assert (status, body["error"], body["partner_id"], body["shop_id"]) == (200, "", client.partner_id, client.shop_id)
    assert refresh(client, client.refresh_token)[1]["message"] == "Invalid refresh_token."
    shopee.context.pass_time(299)
    client.get(INFO)
    shopee.context.pass_time(1)
    assert client.refused("GET", INFO)[1] == "invalid_acceess_token"
    client.access_token = body["access_token"]
    client.get(INFO)
    assert refresh(client, body["refresh_token"])[1]["error"] == ""


def test_tokens_end(shopee: Market, client: Client) -> None:
    shopee.context.pass_time(14_399)
    client.get(INFO)
    shopee.context.pass_time(1)
    assert client.refused("GET", INFO)[1] == "invalid_acceess_token"
    shopee.context.pass_time(30 * 86_400)
    assert refresh(client, client.refresh_token)[1]["error"] == "refresh_token_expired"


def test_chaos_may_shorten_a_tokens_life_without_saying_so(shopee: Market, client: Client) -> None:
    shopee.context.life = 60.0
    body = refresh(client, client.refresh_token)[1]
    assert body["expire_in"] == 14_400
    client.access_token = body["access_token"]
    shopee.context.pass_time(60)
    assert client.refused("GET", INFO)[1] == "invalid_acceess_token"


def test_accounts_are_fresh_each_time_and_harm_none_that_went_before(shopee: Market, client: Client) -> None:
    again = shopee.platform.accounts()
    assert again["app"] == {
        "partner_id": client.partner_id,
        "partner_key": client.partner_key,
        "push_partner_key": shopee.app["push_partner_key"],
        "callback_url": "",
    }
    first = again["shops"][0]
    assert first["access_token"] != client.access_token
    client.get(INFO)
    assert exchange(client, client.code, shop_id=client.shop_id)[1]["error"] == ""
    client.access_token = first["access_token"]
    client.get(INFO)
    assert refresh(client, client.refresh_token)[1]["error"] == ""
    assert refresh(client, first["refresh_token"])[1]["error"] == ""


# the seller's consent


def consent_query(client: Client, form: str) -> dict[str, Any]:
    back = "https://hub.example/back?where=admin"
    if form == "A":
        return {
            "partner_id": client.partner_id,
            "auth_type": "seller",
            "redirect_uri": back,
            "response_type": "code",
            "state": "s 1",
        }
    stamp = int(client.context.now())
    path = "/api/v2/shop/auth_partner"
    return {"partner_id": client.partner_id, "timestamp": stamp, "sign": client.sign(path, stamp), "redirect": back}


@pytest.mark.parametrize(("form", "path"), [("A", "/auth"), ("B", "/api/v2/shop/auth_partner")])
def test_a_seller_agrees(shopee: Market, client: Client, form: str, path: str) -> None:
    shopee.listen()
    query = consent_query(client, form)
    page = requests.get(client.base + path, params=query, timeout=5)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'value="{client.shop_id}"' in page.text
    answer = requests.post(
        client.base + path, params=query, data={"seller": client.shop_id}, timeout=5, allow_redirects=False
    )
    assert answer.status_code == 302
    address = urlsplit(answer.headers["Location"])
    given = parse_qs(address.query)
    assert (address.scheme, address.netloc, address.path) == ("https", "hub.example", "/back")
    assert given["where"] == ["admin"]
    assert given["shop_id"] == [str(client.shop_id)]
    assert given.get("state") == (["s 1"] if form == "A" else None)
    assert exchange(client, given["code"][0], shop_id=client.shop_id)[1]["error"] == ""
    shopee.deliver()
    assert shopee.hub.take() == [
        (
            1,
            {
                "authorize_type": "shop authorization by user",
                "extra": f"shop id {client.shop_id} (VN) has been authorized successfully",
                "shop_id": client.shop_id,
                "success": 1,
            },
        )
    ]


def test_a_main_account_gives_one_code_for_all_its_shops(shopee: Market, client: Client) -> None:
    answer = requests.post(
        client.base + "/auth",
        params=consent_query(client, "A"),
        data={"seller": "main"},
        timeout=5,
        allow_redirects=False,
    )
    given = parse_qs(urlsplit(answer.headers["Location"]).query)
    account = int(given["main_account_id"][0])
    both = sorted((client.shop_id, shopee.other.shop_id))
    body = exchange(client, given["code"][0], main_account_id=account)[1]
    assert (body["error"], body["shop_id_list"]) == ("", both)
    assert [refresh(client, body["refresh_token"], shop_id=shop)[1]["error"] for shop in both] == ["", ""]
    assert refresh(client, body["refresh_token"], shop_id=both[0])[1]["error"] == "error_auth"


def test_a_seller_takes_it_back(shopee: Market, client: Client) -> None:
    shopee.listen()
    requests.post(
        client.base + "/cancel_auth", params=consent_query(client, "A"), data={"seller": client.shop_id}, timeout=5,
        allow_redirects=False,
    )  # fmt: skip
    assert client.refused("GET", INFO)[1] == "shop_no_linked"
    assert refresh(client, client.refresh_token)[1]["message"] == "Invalid refresh_token."
    shopee.other.get(INFO)
    rows = client.get("public/get_shops_by_partner")["authed_shop_list"]
    assert [row["shop_id"] for row in rows] == [shopee.other.shop_id]
    shopee.deliver()
    assert [code for code, _ in shopee.hub.take()] == [2]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"partner_id": 1}, "invalid_partner_id"),
        ({"response_type": "token"}, "error_param"),
        ({"redirect_uri": "javascript:alert(1)"}, "error_param"),
    ],
)
def test_a_bad_consent_link(client: Client, changed: Any, error: str) -> None:
    answer = requests.get(client.base + "/auth", params=consent_query(client, "A") | changed, timeout=5).json()
    assert set(answer) == {"code", "error", "msg"}
    assert (answer["code"], answer["error"]) == (1, error)


def test_a_signed_consent_link_is_good_for_five_minutes(shopee: Market, client: Client) -> None:
    query = consent_query(client, "B")
    shopee.context.pass_time(301)
    path = client.base + "/api/v2/shop/auth_partner"
    assert requests.get(path, params=query, timeout=5).json()["msg"] == "Timestamp is expired."
    query = consent_query(client, "B") | {"sign": "0" * 64}
    assert requests.get(path, params=query, timeout=5).json()["error"] == "error_sign"


def test_an_authorisation_that_ends_soon_is_announced_once(shopee: Market, client: Client) -> None:
    shopee.listen()
    shopee.context.pass_time(358 * 86_400)
    for _ in range(2):
        client.call("GET", "public/get_shops_by_partner")
    shopee.deliver()
    ((code, data),) = shopee.hub.take()
    assert code == 12
    assert data["shop_expire_soon"] == [client.shop_id, shopee.other.shop_id]
    shopee.context.pass_time(7 * 86_400)
    assert client.refused("GET", INFO)[1] == "shop_no_linked"


def test_no_shop_has_several_warehouses(client: Client) -> None:
    assert client.refused("GET", "shop/get_warehouse_detail")[1] == "warehouse.error_not_in_whitelist"


def test_what_public_clients_send_is_taken(shopee: Market, client: Client) -> None:
    codes = {"set_push_config_on": [1, 2, 3, 4, 5, 8, 9, 10]}
    assert client.post("push/set_app_push_config", codes) == {"result": "success"}
    order = shopee.buy(cod=True)
    shipped = {"order_sn": order.id, "pickup": [], "dropoff": {}, "non_integrated": []}
    assert client.call("POST", "logistics/ship_order", shipped)[1]["error"] == ""
