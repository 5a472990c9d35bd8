"""The simulated Lazada over real HTTP: authentication, responses, refusals."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.connectors.lazada.simulator import delivery, facts, steps
from integrations.connectors.lazada.simulator.gate import push_sign
from integrations.simulator.order import Order
from tests.integrations.connectors.lazada.still_world import (
    Client,
    Market,
    market,
    sign,
)
from tests.integrations.connectors.played import Hub
from tests.waiting import wait_until

AGO = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")


def order_ids(client: Client, **params: str) -> list[str]:
    return [str(row["order_id"]) for row in client.good("GET", "/orders/get", update_after=AGO, **params)["orders"]]


def items(client: Client, order: Order) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.good("GET", "/order/items/get", order_id=order.id)
    return found


# --- getting in ---


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


# --- tokens ---


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


# --- orders ---


def test_one_item_per_unit_and_no_status_but_theirs(place: Market, client: Client) -> None:
    order = place.buy((place.sold(), 2))
    header = client.good("GET", "/order/get", order_id=order.id)
    assert (header["items_count"], header["statuses"], header["order_id"]) == (2, ["pending"], int(order.id))
    assert header["price"] == f"{order.total}.00"
    units = items(client, order)
    assert len({unit["order_item_id"] for unit in units}) == 2
    assert {unit["status"] for unit in units} == {"pending"}
    assert datetime.strptime(header["created_at"], "%Y-%m-%d %H:%M:%S %z").utcoffset() == timedelta(hours=7)
    assert "*" in header["address_shipping"]["phone"]


def test_an_order_belongs_to_its_store_only(place: Market) -> None:
    order = place.buy(shop=1)
    assert place.clients[0].refused("GET", "/order/get", order_id=order.id) == "16"
    assert place.clients[1].good("GET", "/order/get", order_id=order.id)["order_id"] == int(order.id)
    assert order_ids(place.clients[0]) == []


def test_the_order_list_is_as_strict_as_documented(place: Market, client: Client) -> None:
    orders = [place.buy() for _ in range(3)]
    place.step(orders[0], "arranged")
    assert set(order_ids(client)) == {order.id for order in orders}
    assert order_ids(client, status="toship") == [orders[0].id]
    assert order_ids(client, limit="1", offset="1", sort_by="created_at", sort_direction="ASC") == [orders[1].id]
    told = client.good("GET", "/orders/get", created_after=AGO, limit="2")
    assert (told["count"], told["countTotal"]) == (2, 3)
    for params, code in (
        ({}, "MissingParameter"),
        ({"update_after": "2026-01-01"}, "17"),
        ({"update_after": AGO, "limit": "101"}, "19"),
        ({"update_after": AGO, "offset": "5001"}, "14"),
        ({"update_after": AGO, "status": "lost_in_space"}, "36"),
        ({"update_after": AGO, "sort_by": "price"}, "74"),
        ({"update_after": AGO, "sort_direction": "UP"}, "75"),
    ):
        assert client.refused("GET", "/orders/get", **params) == code


def test_items_of_many_orders(place: Market, client: Client) -> None:
    orders = [place.buy(), place.buy()]
    ids = json.dumps([int(order.id) for order in orders])
    rows = client.good("GET", "/orders/items/get", order_ids=ids)
    assert [row["order_id"] for row in rows] == [int(order.id) for order in orders]
    assert client.refused("GET", "/orders/items/get", order_ids="1,2") == "56"
    assert client.refused("GET", "/orders/items/get", order_ids="[]") == "39"
    assert client.refused("GET", "/orders/items/get", order_ids='["x"]') == "37"
    assert client.refused("GET", "/orders/items/get", order_ids=json.dumps([*range(51)])) == "38"


# --- fulfilment ---


def pack(client: Client, order: Order, units: list[int]) -> list[dict[str, Any]]:
    wanted = {
        "pack_order_list": [{"order_id": int(order.id), "order_item_list": units}],
        "delivery_type": "dropship",
        "shipping_allocate_type": "TFS",
    }
    told = client.good("POST", "/order/fulfill/pack", packReq=json.dumps(wanted))
    rows: list[dict[str, Any]] = told["pack_order_list"][0]["order_item_list"]
    return rows


def rts(client: Client, package: str) -> str:
    wanted = {"packages": [{"package_id": package}]}
    told = client.good("POST", "/order/package/rts", readyToShipReq=json.dumps(wanted))
    code: str = told["packages"][0]["item_err_code"]
    return code


def test_units_are_packed_apart_and_the_courier_comes_when_all_are_ready(place: Market, client: Client) -> None:
    order = place.buy((place.sold(), 2))
    first, second = [unit["order_item_id"] for unit in items(client, order)]
    [row] = pack(client, order, [first])
    assert (row["item_err_code"], bool(row["tracking_number"])) == ("0", True)
    assert client.good("GET", "/order/get", order_id=order.id)["statuses"] == ["packed", "pending"]
    assert rts(client, row["package_id"]) == "0"
    assert (order.status, rts(client, row["package_id"])) == ("to_ship", "700000")
    assert [again["item_err_code"] for again in pack(client, order, [first, second])] == ["700026", "0"]
    package = items(client, order)[1]["package_id"]
    assert rts(client, package) == "0"
    assert (order.status, rts(client, "FP1")) == ("packed", "600001")
    assert {unit["status"] for unit in items(client, order)} == {"ready_to_ship"}


def test_a_package_is_taken_apart(place: Market, client: Client) -> None:
    order = place.buy()
    [unit] = items(client, order)
    [row] = pack(client, order, [unit["order_item_id"]])
    wanted = json.dumps({"packages": [{"package_id": row["package_id"]}]})
    assert client.good("POST", "/order/package/repack", rePackReq=wanted)["packages"][0]["item_err_code"] == "0"
    assert items(client, order)[0]["status"] == "repacked"
    assert pack(client, order, [unit["order_item_id"]])[0]["item_err_code"] == "0"


def test_a_label_is_html_in_base64(place: Market, client: Client) -> None:
    order = place.buy()
    [row] = pack(client, order, [items(client, order)[0]["order_item_id"]])
    for kind, part in (("HTML", row["tracking_number"]), ("PDF", "<iframe")):
        wanted = {"doc_type": kind, "packages": [{"package_id": row["package_id"]}]}
        told = client.good("GET", "/order/package/document/get", getDocumentReq=json.dumps(wanted))
        assert part in base64.b64decode(told["file"]).decode()
    assert client.refused("GET", "/order/package/document/get", getDocumentReq='{"doc_type":"PNG"}') == "700004"


# --- calling off ---


def cancel(client: Client, order: Order, action: str, reason: str = "") -> Any:
    units = json.dumps([unit["order_item_id"] for unit in items(client, order)])
    extra = {"reason_id": reason} if reason else {}
    return client.good("GET", f"/order/reverse/cancel/{action}", order_id=order.id, order_item_id_list=units, **extra)


def test_cancel_is_validated_then_created_and_a_refusal_is_a_tip(place: Market, client: Client) -> None:
    sold = place.sold()
    before, order = sold.stock, place.buy((sold, 1))
    assert [row["reason_id"] for row in cancel(client, order, "validate")["reason_options"]] == list(facts.REASONS)
    assert cancel(client, order, "create", "10000019")["tip_type"] == "success"
    assert (order.status, order.cancelled_by, sold.stock) == ("cancelled", "seller", before)
    assert items(client, order)[0]["cancel_return_initiator"] == "cancellation-seller"
    assert cancel(client, order, "validate")["tip_type"] == "error"
    assert cancel(client, order, "create", "10000019")["tip_type"] == "error"
    shipped = place.buy()
    place.step(shipped, "arranged", "shipped")
    assert cancel(client, shipped, "create", "10000019")["tip_type"] == "error"


def test_out_of_stock_empties_the_sku(place: Market, client: Client) -> None:
    sold = place.sold()
    order = place.buy((sold, 1))
    assert cancel(client, order, "create", "10000021")["tip_type"] == "success"
    assert (sold.stock, order.reason) == (0, "out_of_stock")


def test_a_buyer_asks_and_is_answered(place: Market, client: Client) -> None:
    for agrees, status in (("false", "to_ship"), ("true", "cancelled")):
        order = place.buy()
        place.step(order, "asked_cancel")
        unit = items(client, order)[0]
        assert (unit["is_cancel_pending"], unit["status"]) == (True, "pending")
        number = unit["reverse_order_id"]
        client.good("GET", "/order/reverse/cancel/seller/decide", reverse_order_id=number, agree_cancel=agrees)
        assert order.status == status
        again = client.refused(
            "GET", "/order/reverse/cancel/seller/decide", reverse_order_id=number, agree_cancel=agrees
        )
        assert again == "131"


# --- products ---


def sku_xml(place: Market, stock: int, **more: str) -> str:
    sold = place.sold()
    texts = {"ItemId": sold.item_id, "SkuId": sold.id, "SellableQuantity": str(stock)} | more
    return "<Sku>" + "".join(f"<{name}>{text}</{name}>" for name, text in texts.items() if text) + "</Sku>"


def stock(client: Client, *skus: str, path: str = "/product/stock/sellable/update") -> Any:
    return client.call("POST", path, payload=f"<Request><Product><Skus>{''.join(skus)}</Skus></Product></Request>")


def test_sellable_is_absolute_and_a_total_counts_what_orders_hold(place: Market, client: Client) -> None:
    sold = place.sold()
    place.buy((sold, 2))
    assert stock(client, sku(sold, SellableQuantity="7"))["code"] == "0"
    assert sold.stock == 7
    assert stock(client, sku(sold, SellableQuantity="-3"), path="/product/stock/sellable/adjust")["code"] == "0"
    assert sold.stock == 4
    assert stock(client, sku(sold, Quantity="9", Price="45000"), path="/product/price_quantity/update")["code"] == "0"
    assert (sold.stock, sold.price) == (7, 45_000)
    shown = client.good("GET", "/product/item/get", item_id=sold.item_id)
    [row] = [row for row in shown["skus"] if row["SkuId"] == int(sold.id)]
    [place_row] = row["multiWarehouseInventories"]
    assert (row["quantity"], place_row["totalQuantity"], place_row["occupyQuantity"]) == (7, 9, 2)


def sku(sold: Any, **texts: str) -> str:
    named = {"ItemId": sold.item_id, "SkuId": sold.id, **texts}
    return "<Sku>" + "".join(f"<{name}>{text}</{name}>" for name, text in named.items() if text) + "</Sku>"


def test_rows_fail_while_the_code_is_zero_until_all_of_them_do(place: Market, client: Client) -> None:
    good, held = place.sold(), place.sold(held=True)
    told = stock(client, sku(good, SellableQuantity="3"), sku(held, SellableQuantity="0"))
    assert (told["code"], [(row["code"], row["sku_id"]) for row in told["detail"]]) == ("0", [("4170", int(held.id))])
    for row, code in (
        (sku(held, SellableQuantity="0"), "4170"),
        (sku(good, SellableQuantity="-1"), "212"),
        (sku(good, SkuId="", SellableQuantity="1"), "4193"),
        (sku(good, SkuId="77", SellableQuantity="1"), "4216"),
        (sku(good, SellableQuantity="many"), "4152"),
        (sku(good).replace("</Sku>", "<MultiWarehouseInventories><a/></MultiWarehouseInventories></Sku>"), "501"),
    ):
        told = stock(client, row)
        assert (told["code"], told["detail"][0]["code"]) == ("501", code)
    assert good.stock == 3
    assert stock(client, *[sku(good, SellableQuantity="1")] * 51)["code"] == "4171"
    assert client.refused("POST", "/product/stock/sellable/update", payload="<Request>") == "201"


def test_lists_of_products(place: Market, client: Client) -> None:
    everything = client.good("GET", "/products/get", filter="all", limit="50")
    assert everything["total_products"] == len(place.shops[0].items)
    item = next(iter(place.shops[0].items.values()))
    found = client.good("GET", "/products/get", sku_seller_list=json.dumps([item.variations[0].seller_sku]))
    assert int(item.id) in [row["item_id"] for row in found["products"]]
    payload = f"<Request><Product><ItemId>{item.id}</ItemId></Product></Request>"
    assert client.call("POST", "/product/deactivate", apiRequestBody=payload)["code"] == "0"
    inactive = client.good("GET", "/products/get", filter="inactive")["products"]
    assert [row["item_id"] for row in inactive] == [int(item.id)]
    assert client.refused("GET", "/products/get", limit="51") == "19"
    assert client.refused("GET", "/products/get", filter="odd") == "36"
    assert client.refused("GET", "/product/item/get", item_id="5") == "ITEM_NOT_FOUND"


# --- returns and money ---


def test_money_is_told_by_row_and_day(place: Market, client: Client) -> None:
    order = place.buy((place.sold(), 2))
    place.step(order, "arranged", "shipped", "delivered")
    today = datetime.now(facts.ZONE).date().isoformat()
    rows = client.good("GET", "/finance/transaction/details/get", start_time=today, end_time=today)
    assert [row["fee_name"] for row in rows] == ["Item Price Credit", "Commission", "Payment Fee"] * 2
    assert sum(float(row["amount"]) for row in rows if float(row["amount"]) > 0) == order.total
    assert client.good("GET", "/finance/payout/status/get", created_after="2026-01-01") == []
    assert client.refused(
        "GET", "/finance/transaction/details/get", start_time="2026-01-01", end_time="2026-06-30"
    ) == "1000012"  # fmt: skip


def test_a_return_goes_its_way_or_is_refused(place: Market, client: Client) -> None:
    order = place.buy()
    place.step(order, "arranged", "shipped", "delivered", "returning")
    [row] = client.good("GET", "/reverse/getreverseordersforseller", page_no="1", page_size="10")["items"]
    number, line = str(row["reverse_order_id"]), row["reverse_order_lines"][0]["reverse_order_line_id"]
    act = {"reverse_order_id": number, "reverse_order_item_ids": json.dumps([line])}
    path = "/order/reverse/return/update"
    assert client.refused("GET", path, action="refuseReturn", **act) == "108"
    assert client.refused("GET", path, action="refuseReturn", reason_id="90100001", **act) == "109"
    assert client.refused("GET", path, action="agreeRefund", **act) == "114"
    assert client.refused("GET", path, action="dance", **act) == "107"
    assert (
        client.refused("GET", path, action="agreeReturn", reverse_order_id="5", reverse_order_item_ids="[1]") == "112"
    )
    client.good("GET", path, action="agreeReturn", **act)
    with place.simulation.world.lock:
        for _ in range(2):
            steps.go_on(place.backend, order.shop, int(number))
    detail = client.good("GET", "/order/reverse/return/detail/list", reverse_order_id=number)
    assert detail["reverseOrderLineDTOList"][0]["reverse_status"] == "RTM_RECEIVE_ITEM"
    client.good("GET", path, action="agreeRefund", **act)
    assert items(client, order)[0]["status"] == "returned"


# --- pushes ---


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
