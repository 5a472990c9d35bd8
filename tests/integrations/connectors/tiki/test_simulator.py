"""The simulated Tiki against its documentation, over real HTTP, with a client that knows nothing of our connector."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.parcels import signature
from integrations.connectors.tiki.simulator.platform import PLATFORM
from integrations.connectors.tiki.simulator.wire import Refusal, too_many
from integrations.simulator.calls import Quota
from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from integrations.simulator.simulation import Simulation
from tests.waiting import wait_until

from .market import Market

VIETNAM = timezone(timedelta(hours=7))
ORDERS, PRODUCTS, QUEUES = "/integration/v2/orders", "/integration/v2/products", "/integration/v1/queues"
DEALS = "/campdeal/openapi/v1/deals"


def local(later: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=later)).astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


# --- who may call ---


def test_the_vectors_are_signed_alike() -> None:
    entries = json.loads((Path(__file__).parents[3] / "vectors/tiki.json").read_text())
    assert len(entries) == 3
    for entry in entries:
        assert signature(entry["secrets"]["webhook_secret"], entry["body"].encode()) == entry["expected_sign"]


def test_a_seller_agrees_and_a_code_works_once_for_the_address_it_was_given_to(market: Market) -> None:
    app = market.account["app"]
    link = {
        "response_type": "code", "client_id": app["client_id"], "redirect_uri": "https://hub.test/back/",
        "scope": "offline product order inventory", "state": "12345678",
    }  # fmt: skip
    page = requests.get(market.url + "/sc/oauth2/auth", params=link, timeout=10)
    assert "Nhà Mình Chính Hãng" in page.text
    sid = market.account["shops"][1]["shop_id"]
    gone = requests.post(page.url, data={"seller": sid}, allow_redirects=False, timeout=10)
    told = parse_qs(urlsplit(gone.headers["Location"]).query)
    assert (gone.status_code, told["state"]) == (302, ["12345678"])

    def exchange(redirect: str, secret: str = app["client_secret"]) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": told["code"][0], "redirect_uri": redirect}
        address = market.url + "/sc/oauth2/token"
        return requests.post(address, data=form, auth=(app["client_id"], secret), timeout=10)

    assert exchange("https://hub.test/back/", "wrong").json()["error"] == "invalid_client"
    assert exchange("https://hub.test/other/").json()["error"] == "invalid_grant"
    good = exchange("https://hub.test/back/").json()
    assert set(good) == {"access_token", "expires_in", "scope", "token_type", "refresh_token"}
    assert market.call("GET", "/integration/v2/sellers/me", good["access_token"])[1]["sid"] == sid
    assert exchange("https://hub.test/back/").status_code == 400
    short = requests.get(market.url + "/sc/oauth2/auth", params={**link, "state": "1234567"}, timeout=10)
    assert (short.status_code, short.json()["error"]) == (400, "invalid_state")


def test_a_refresh_token_works_once_and_without_offline_there_is_none(market: Market) -> None:
    account = market.account
    app, row = account["app"], account["shops"][0]
    form = {"grant_type": "refresh_token", "refresh_token": row["refresh_token"], "client_id": app["client_id"]}
    auth = (app["client_id"], app["client_secret"])
    first = requests.post(market.url + "/sc/oauth2/token", data=form, auth=auth, timeout=10).json()
    assert first["refresh_token"] != row["refresh_token"]
    assert market.call("GET", ORDERS, first["access_token"])[0] == 200
    again = requests.post(market.url + "/sc/oauth2/token", data=form, auth=auth, timeout=10)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_tokens_die_and_lack_scopes_and_the_app_has_its_own(market: Market) -> None:
    assert market.call("GET", ORDERS, "nobody")[0] == 401
    app_token, seller_token = market.app_token(), market.token()
    assert market.call("GET", ORDERS, app_token) == (
        401, {"errors": ["The authorization is not linked to any seller"]},
    )  # fmt: skip
    assert market.call("POST", QUEUES, seller_token, {"name": "q"})[0] == 403
    tokens, moment = market.simulation.world.platforms["tiki"].backend.tokens, 0.0  # type: ignore[attr-defined]
    [sid] = {row["shop_id"] for row in market.account["shops"][:1]}
    narrow, none = tokens.issue(sid, frozenset({"product"}), moment=moment, life=1e6)
    assert (market.call("GET", ORDERS, narrow)[0], none) == (403, "")
    market.ask("POST", "/advance", seconds=90_000)
    status, body = market.call("GET", ORDERS, seller_token)
    assert (status, body["errors"]) == (401, ["The authorization (token) is missing or expired"])


def test_two_hundred_calls_a_second_per_seller() -> None:
    quota = Quota(facts.CALLS_PER_SECOND, too_many)
    for _ in range(200):
        quota.spend("a", 10.5)
    with pytest.raises(Refusal) as caught:
        quota.spend("a", 11.4)
    assert caught.value.status == 429
    quota.spend("b", 11.4)
    quota.spend("a", 11.6)


def test_unknown_paths_and_bodies_are_refused(market: Market) -> None:
    assert market.call("GET", "/integration/v2/horoscope") == (404, {"errors": ["Not found"]})
    assert market.call("DELETE", ORDERS)[0] == 405
    assert market.call("PUT", f"{PRODUCTS}/updateSku", body=[1])[0] == 400
    assert market.call("GET", ORDERS, limit=101)[1]["errors"] == ["limit must not be greater than 100"]
    assert market.call("GET", ORDERS, updated_from_date="yesterday")[0] == 400


# --- orders ---


def test_a_list_without_orders_has_last_page_0(market: Market) -> None:
    assert market.call("GET", ORDERS)[1] == {
        "data": [],
        "paging": {"total": 0, "current_page": 1, "from": 0, "to": 0, "per_page": 20, "last_page": 0},
    }


def test_orders_are_listed_by_filters_and_told_whole(market: Market) -> None:
    waiting, paid = market.order(unpaid=True), market.order(unpaid=False)
    _, told = market.call("GET", ORDERS, status="nin|processing,waiting_payment", limit=1, include="status_histories")
    codes = {row["code"] for row in market.call("GET", ORDERS, limit=100)[1]["data"]}
    assert {waiting, paid} <= codes
    assert (
        told["paging"]["last_page"]
        == told["paging"]["total"]
        == len([row for row in market.rows("orders") if row["status"] != "unpaid"])
    )
    assert told["data"][0]["status_histories"][0]["status"] == "waiting_payment"
    assert market.call("GET", ORDERS, updated_from_date=local(60))[1]["data"] == []
    assert market.call("GET", ORDERS, updated_from_date=local(-60), code=paid)[1]["data"][0]["code"] == paid
    one = market.call("GET", f"{ORDERS}/{paid}", include="items.fees")[1]
    [item] = one["items"]
    assert (one["status"], item["confirmation"]["status"]) == ("queueing", "waiting")
    assert item["invoice"]["seller_income"] == item["price"] + sum(f["final_amount"] for f in item["invoice"]["fees"])
    assert market.call("GET", f"{ORDERS}/{paid}")[1]["invoice"]["total_seller_fee"] == 0
    assert market.call("GET", f"{ORDERS}/1")[0] == 404
    assert market.call("GET", f"{ORDERS}/{paid}", market.token(1))[0] == 404


def order_of(market: Market, fulfilment: str) -> str:
    while True:
        code = market.order(unpaid=False)
        if market.call("GET", f"{ORDERS}/{code}")[1]["fulfillment_type"] == fulfilment:
            return code


def test_a_dropship_order_is_confirmed_labelled_and_goes_its_way(market: Market) -> None:
    code = order_of(market, "dropship")
    path = f"{ORDERS}/{code}/dropship"
    [inventory] = market.call("GET", "/integration/v2/seller-inventories", tiki_warehouse_codes="sgn")[1]["mappings"]
    slot = market.call("GET", f"{ORDERS}/dropship/expected-pickup-slots")[1]["data"][0]["expected_pickup_time"]
    assert market.call("GET", f"{path}/labels", format="html")[0] == 422
    body = {"confirmation_status": "seller_confirmed", "seller_inventory_id": 5, "expected_pickup_time": slot}
    assert market.call("POST", f"{path}/confirm-available", body=body)[0] == 422
    body["seller_inventory_id"] = inventory["seller_inventory_ids"][0]
    assert market.call("POST", f"{path}/confirm-available", body={**body, "expected_pickup_time": local()})[0] == 422
    assert market.call("POST", f"{path}/confirm-available", body=body)[0] == 200
    assert market.call("POST", f"{path}/confirm-available", body=body)[0] == 422
    status, page = market.call("GET", f"{path}/labels", format="html")
    assert (status, code in page) == (200, True)
    assert market.call("GET", f"{ORDERS}/{code}")[1]["status"] == "picking"
    market.until_status(code, "completed")
    told = market.call("GET", f"{ORDERS}/{code}", include="status_histories")[1]
    assert [row["status"] for row in told["status_histories"]] == [
        "waiting_payment", "processing", "queueing", "picking", "ready_to_ship", "handover_to_partner", "shipping",
        "successful_delivery", "complete",
    ]  # fmt: skip
    assert told["shipping"]["tracking_code"].startswith("TKNVN")


def test_refusing_an_order_calls_it_off(market: Market) -> None:
    code = order_of(market, "dropship")
    body = {"confirmation_status": "seller_canceled"}
    assert market.call("POST", f"{ORDERS}/{code}/dropship/confirm-available", body=body)[0] == 200
    other = order_of(market, "tiki_delivery")
    path = f"{ORDERS}/{other}/confirm-available"
    assert market.call("POST", path, body={"available_item_ids": [1]})[0] == 422
    assert market.call("POST", path, body={"available_item_ids": []})[0] == 200
    for refused in (code, other):
        told = market.call("GET", f"{ORDERS}/{refused}")[1]
        assert (told["status"], told["items"][0]["confirmation"]["status"]) == ("canceled", "seller_canceled")
        assert told["cancel_info"]["reason_text"] == "Nhà bán hết hàng"


def test_what_comes_back_is_an_order_flagged_is_rma(market: Market) -> None:
    market.ask("POST", "/start", orders=60, interval_ms=1, pos_share=0)
    wait_until(lambda: market.ask("GET", "/progress")["orders_placed"] == 60)
    market.ask("POST", "/settle")
    wait_until(lambda: market.ask("GET", "/progress")["settled"])
    found = [row for shop in (0, 1) for row in market.call("GET", ORDERS, market.token(shop), is_rma="1")[1]["data"]]
    assert found
    assert {row["status"] for row in found} == {"returned"}
    for row in found:
        assert market.status(row["rma_info"]["original_order_code"]) == "completed"


# --- products ---


def test_containers_are_listed_and_never_sold(market: Market) -> None:
    rows = market.call("GET", PRODUCTS, limit=100, include="inventory")[1]["data"]
    assert {row["entity_type"] for row in rows} == {"seller_simple", "master_configurable"}
    assert {type(row["active"]) for row in rows} == {int, str}
    masters = {row["id"] for row in rows if row["entity_type"] == "master_configurable"}
    assert masters <= {row["master_id"] for row in rows if row["entity_type"] == "seller_simple"}


def product(market: Market) -> dict[str, object]:
    rows = market.call("GET", PRODUCTS, limit=100, include="inventory")[1]["data"]
    found: dict[str, object] = max(
        (row for row in rows if row["entity_type"] == "seller_simple"),
        key=lambda row: row["inventory"]["warehouse_stocks"][0]["quantity_sellable"],
    )
    return found


def test_stock_is_a_total_per_warehouse(market: Market) -> None:
    code = market.order(quantity=2)
    [line] = market.call("GET", f"{ORDERS}/{code}")[1]["items"]
    number = line["product"]["id"]

    def shown() -> tuple[int, int, int]:
        told = market.call("GET", f"{PRODUCTS}/{number}", includes="inventory")[1]
        [stock] = told["inventory"]["warehouse_stocks"]
        return stock["quantity_available"], stock["quantity_reserved"], stock["quantity_sellable"]

    available, reserved, sellable = shown()
    assert (available - reserved, reserved) == (sellable, 2)
    [home, _] = market.call("GET", "/integration/v2/sellers/me/warehouses")[1]["data"]
    row = {"warehouse_id": home["id"], "qty_available": 9}
    body = {"product_id": number, "seller_warehouse": str(home["id"]), "warehouse_quantities": [row]}
    assert market.call("PUT", f"{PRODUCTS}/updateSku", body=body) == (200, {"state": "approved"})
    assert shown() == (9, 2, 7)
    wrong = body | {"seller_warehouse": "15936811", "warehouse_quantities": [{**row, "warehouse_id": 15936811}]}
    status, refused = market.call("PUT", f"{PRODUCTS}/updateSku", body=wrong)
    assert (status, refused["errors"]) == (400, ["update error [Warehouse '[15936811]' are not found]"])
    assert market.call("PUT", f"{PRODUCTS}/updateSku", body=body | {"seller_warehouse": "1"})[0] == 422
    many = {"data": [{**body, "price": 5000}, {"product_id": 1}]}
    told = market.call("PUT", "/integration/v2.1/products/updateSkus", body=many)[1]["data"]
    assert [one["state"] for one in told] == ["approved", "rejected"]


# --- the queue ---


def test_events_are_pulled_in_order_and_stay_until_acknowledged(market: Market) -> None:
    app_token, queue = market.app_token(), ""
    queue = market.call("POST", QUEUES, app_token, {"name": "hub"})[1]["code"]
    path = f"{QUEUES}/{queue}"
    for shop in (0, 1):
        for event_type in ("ORDER_CREATED_SUCCESSFULLY", "ORDER_STATUS_UPDATED", "PRODUCT_INVENTORY_UPDATED"):
            body = {"event_type": event_type}
            told = market.call("POST", f"{path}/subscriptions", market.token(shop), body)[1]
            assert told["sid"] == market.account["shops"][shop]["shop_id"]
    assert market.call("POST", f"{path}/subscriptions", body={"event_type": "HOROSCOPE"})[0] == 422
    market.ask("POST", "/advance", seconds=6)

    def pull(ack: str | None) -> dict[str, object]:
        found: dict[str, object] = market.call("POST", f"{path}/events/pull", app_token, {"ack_id": ack})[1]
        return found

    assert pull(None)["events"] == []
    codes = [market.order(unpaid=False), market.order(unpaid=False, shop=1)]
    first = pull(None)
    events = first["events"]
    assert isinstance(events, list)
    created = [one for one in events if one["type"] == "ORDER_CREATED_SUCCESSFULLY"]
    assert [one["payload"]["order_code"] for one in created][-1] == codes[1]
    assert {one["sid"] for one in events} == {row["shop_id"] for row in market.account["shops"]}
    stock = next(one for one in events if one["type"] == "PRODUCT_INVENTORY_UPDATED")
    assert stock["version"] == "v2"
    assert stock["payload"]["quantity_sellable_from"] - stock["payload"]["quantity_sellable_to"] == 1
    assert [one["id"] for one in pull(None)["events"]] == [one["id"] for one in events]  # type: ignore[attr-defined]
    assert pull(str(first["ack_id"]))["events"] == []
    assert pull(None)["events"] == []
    assert market.call("POST", f"{QUEUES}/nobody/events/pull", app_token, {"ack_id": None})[0] == 404


# --- deals and parcels ---


def test_deals_speak_their_own_envelope(market: Market) -> None:
    found = product(market)
    price = int(str(found["price"]))
    deal = {
        "sku": found["sku"], "special_from_date": local(600), "special_to_date": local(7200),
        "special_price": price - 1000, "qty_max": 5, "qty_limit": 1,
    }  # fmt: skip
    status, [made] = market.call("POST", DEALS, body=[deal])
    assert (status, made["is_active"], made["created_at"][-1]) == (201, 1, "Z")
    status, told = market.call("POST", DEALS, body=[deal | {"special_from_date": local(9000)}])
    assert (status, told["message"]["en"]) == (400, "Start time must be less than end time")
    assert market.call("POST", DEALS, body=[deal | {"special_price": price // 2 - 1}])[0] == 400
    [second] = market.call("POST", DEALS, body=[deal])[1]
    listed = market.call("GET", DEALS, skus=found["sku"])[1]
    assert {row["id"]: row["is_active"] for row in listed["data"]} == {made["id"]: 5, second["id"]: 1}
    off = market.call("POST", f"{DEALS}/off-many", body=[made["id"], second["id"]])[1]
    assert [row["success"] for row in off] == [False, True]


def test_parcels_are_told_by_signed_webhooks(market: Market) -> None:
    got: list[tuple[Mapping[str, str], bytes]] = []

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        got.append((headers, body))
        return 200, {}, b'{"success":true}'

    hub = Server(0, take)
    hub.start()
    market.ask("POST", "/webhooks", channel="tiki", url=hub.url)
    code = market.order(unpaid=False)
    market.until_status(code, "delivered", "completed", "cancelled")
    if market.status(code) != "cancelled":
        wait_until(lambda: len([1 for _, body in got if code.encode() in body]) == 3)
    secret = market.account["app"]["webhook_secret"]
    for headers, body in got:
        assert headers["x-signature"] == "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    hub.stop()


def test_a_restart_keeps_tokens_orders_and_what_was_planned(tmp_path: Path) -> None:
    def start() -> Market:
        found = Simulation({"tiki": PLATFORM}, products=40, seed="market", state_file=tmp_path / "state")
        found.start()
        return Market(found)

    market = start()
    code = market.order(unpaid=False)
    token = market.token()
    with market.simulation.world.lock:
        market.simulation.world.life.arrange_shipment(market.simulation.world.book.orders["tiki"][code])
    market.simulation.stop()
    market = start()
    assert market.call("GET", f"{ORDERS}/{code}", token)[1]["items"][0]["confirmation"]["status"] == "seller_confirmed"
    market.ask("POST", "/advance", seconds=9)
    wait_until(lambda: market.call("GET", f"{ORDERS}/{code}", token)[1]["status"] == "ready_to_ship")
    market.simulation.stop()


def test_a_product_is_found_by_the_sellers_code_and_a_listed_container_has_a_detail(market: Market) -> None:
    rows = market.call("GET", PRODUCTS, limit="50")[1]["data"]
    product = next(row for row in rows if row["entity_type"] == "seller_simple" and row["original_sku"])
    status, found = market.call("GET", f"{PRODUCTS}/findBy", original_sku=product["original_sku"])
    assert (status, found["product_id"]) == (200, product["product_id"])
    assert market.call("GET", f"{PRODUCTS}/findBy", original_sku="no-such-code")[0] == 404
    assert market.call("GET", f"{PRODUCTS}/findBy")[0] == 422
    container = next(row for row in rows if row["entity_type"] == "master_configurable")
    status, found = market.call("GET", f"{PRODUCTS}/{container['id']}")
    assert (status, found["id"], found["entity_type"]) == (200, container["id"], "master_configurable")
