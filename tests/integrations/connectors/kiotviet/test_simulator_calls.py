"""Calls of the simulated shop: token, headers, errors, paging, windows and the shape of what is read."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.kiotviet.simulator import facts
from tests.integrations.connectors.kiotviet.simulated import (
    CENTRE,
    LAMP,
    NORTH,
    RETAILER,
    SET,
    SHIRT,
    TEA,
    Shop,
    invoice_of,
    opened,
    order_of,
)

DAY = 86_400
EXPIRED = {"responseStatus": {"errorCode": "TokenException", "message": "Token is expired", "errors": []}}


@pytest.fixture
def shop() -> Shop:
    return opened()


def test_the_token_answer_and_its_claims(shop: Shop) -> None:
    status, body = shop.ask_token()
    assert status == 200
    assert {key: body[key] for key in body if key != "access_token"} == {
        "expires_in": 86400,
        "token_type": "Bearer",
        "scope": "PublicApi.Access",
    }
    part = body["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["client_RetailerCode"] == "tiemnha"
    assert claims["client_RetailerId"] == str(RETAILER)
    assert claims["exp"] == int(shop.world.now().timestamp()) + DAY


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scopes": "Other"}, "invalid_scope"),
    ],
)
def test_a_wrong_token_request(shop: Shop, changes: dict[str, str], error: str) -> None:
    assert shop.ask_token(**changes) == (400, {"error": error})


def test_the_token_endpoint_takes_a_form_only(shop: Shop) -> None:
    assert shop.call("POST", "/connect/token", {"grant_type": "client_credentials"}) == (
        400,
        {"error": "invalid_request"},
    )


def test_a_token_lives_a_day_and_several_live_together(shop: Shop) -> None:
    shop.world.pass_time(DAY - 1)
    second = shop.ask_token()[1]["access_token"]
    assert second != shop.token
    assert shop.call("GET", "/branches")[0] == 200
    shop.world.pass_time(1)
    assert shop.call("GET", "/branches") == (401, EXPIRED)
    assert shop.call("GET", "/branches", authorization=f"Bearer {second}")[0] == 200


def test_a_token_may_die_early(shop: Shop) -> None:
    shop.world.life = 60
    shop.token = shop.ask_token()[1]["access_token"]
    shop.world.pass_time(60)
    assert shop.call("GET", "/branches") == (401, EXPIRED)


@pytest.mark.parametrize("value", ["", "Bearer nonsense", "Basic abc"])
def test_no_token_is_an_expired_token(shop: Shop, value: str) -> None:
    assert shop.call("GET", "/branches", authorization=value) == (401, EXPIRED)


@pytest.mark.parametrize("name", ["", "TiemNha", "other"])
def test_the_retailer_header_keeps_its_case(shop: Shop, name: str) -> None:
    status, body = shop.call("GET", "/branches", retailer=name)
    assert (status, body["responseStatus"]["errorCode"]) == (420, "KvUnauthorizedException")


def test_five_thousand_reads_an_hour_and_writes_apart(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts.GET_PER_HOUR == 5000
    monkeypatch.setattr(facts, "GET_PER_HOUR", 3)
    assert [shop.call("GET", "/settings")[0] for _ in range(4)] == [200, 200, 200, 429]
    assert shop.call("POST", "/orders", order_of())[0] == 200
    shop.world.pass_time(3600)
    assert shop.call("GET", "/settings")[0] == 200


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'"text"', b"[" * 100_000])
def test_a_malformed_body_is_a_500(shop: Shop, body: bytes) -> None:
    status, answer = shop.call("POST", "/orders", body)
    assert (status, answer["responseStatus"]["errorCode"]) == (500, "KvException")
    assert shop.get("/orders")["total"] == 0


def test_unknown_paths_and_methods(shop: Shop) -> None:
    assert shop.refused("GET", "/nothing")[0] == 404
    assert shop.refused("POST", "/branches", {})[0] == 405


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/orders/1", "KvValidateOrderException"),
        ("/orders/code/DH1", "KvValidateOrderException"),
        ("/invoices/1", "KvValidateInvoiceException"),
        ("/products/1", "KvValidateProductException"),
        ("/products/code/none", "KvValidateProductException"),
        ("/customers/1", "KvValidateCustomerException"),
        ("/orders?lastModifiedFrom=soon", "KvException"),
        ("/orders?pageSize=many", "KvException"),
        ("/orders?branchIds=x", "KvException"),
    ],
)
def test_what_is_not_there_is_a_420(shop: Shop, path: str, code: str) -> None:
    assert shop.refused("GET", path)[:2] == (420, code)


def test_an_empty_page_has_no_data(shop: Shop) -> None:
    empty = {"total": 0, "pageSize": 100, "timestamp": "2026-11-21T10:00:00.1230000+07:00"}
    assert shop.get("/orders?pageSize=100") == empty
    assert "data" not in shop.get("/products?currentItem=4")


def test_current_item_is_an_offset_and_the_size_is_clamped(shop: Shop) -> None:
    page = shop.get("/products?pageSize=2&currentItem=1")
    assert (page["total"], page["pageSize"], [row["id"] for row in page["data"]]) == (4, 2, [TEA, SET])
    assert shop.get("/products?pageSize=1000")["pageSize"] == 100
    assert shop.get("/products")["pageSize"] == 20


def test_order_by_and_its_direction(shop: Shop) -> None:
    rows = shop.get("/products?orderBy=Code&orderDirection=Desc")["data"]
    assert [row["code"] for row in rows] == ["TRA-01", "SET-01", "DEN-01", "AO-01"]


def test_products_have_inventories_only_when_asked(shop: Shop) -> None:
    bare = shop.get("/products")["data"][0]
    assert "inventories" not in bare
    asked = shop.get("/products?includeInventory=true")["data"][0]
    assert [(row["branchId"], row["onHand"]) for row in asked["inventories"]] == [(CENTRE, 12), (NORTH, 3)]
    assert "productCode" not in asked["inventories"][0]
    assert shop.get("/products/code/ao-01")["inventories"] == asked["inventories"]
    assert shop.get("/products/code?Code=AO-01")["id"] == SHIRT


def test_formulas_only_when_asked_on_lists(shop: Shop) -> None:
    assert "productFormulas" not in shop.get("/products")["data"][2]
    assert len(shop.get("/products?includeMaterial=true")["data"][2]["productFormulas"]) == 2


@pytest.mark.parametrize("form", [f"branchIds={NORTH}", f"branchIds[]={NORTH}", f"BranchIds={NORTH},{NORTH}"])
def test_arrays_in_the_query_come_in_three_forms(shop: Shop, form: str) -> None:
    rows = shop.get(f"/products?includeInventory=true&{form}")["data"]
    assert [[part["branchId"] for part in row["inventories"]] for row in rows] == [[NORTH]] * 4


def test_null_fields_are_left_out_and_decimals_fixed(shop: Shop) -> None:
    _, raw = shop.raw("GET", "/products?includeInventory=true")
    assert b"null" not in raw
    assert b'"basePrice":150000.0000' in raw
    assert b'"basePrice":80000.0' in raw
    assert b'"cost":90000.0000000000' in raw
    assert "barCode" not in shop.get(f"/products/{TEA}")


def test_a_sale_moves_the_number_and_not_the_modified_date(shop: Shop) -> None:
    shop.world.pass_time(60)
    shop.post("/invoices", invoice_of())
    since = "lastModifiedFrom=2026-11-21T10:00:30"
    assert "data" not in shop.get(f"/products?{since}")
    assert "data" not in shop.get(f"/productOnHands?{since}")
    row = shop.get("/productOnHands?orderBy=Code")["data"][0]
    assert (row["id"], row["code"], "modifiedDate" in row) == (SHIRT, "AO-01", False)
    assert row["inventories"] == [
        {"branchId": CENTRE, "onHand": 10, "reserved": 0},
        {"branchId": NORTH, "onHand": 3, "reserved": 0},
    ]
    shop.call("PUT", f"/products/{SHIRT}", {"basePrice": 1})
    assert [row["id"] for row in shop.get(f"/productOnHands?{since}")["data"]] == [SHIRT]


def test_the_window_is_of_modification_in_vietnam_time(shop: Shop) -> None:
    first = shop.post("/orders", order_of())
    shop.world.pass_time(60)
    second = shop.post("/orders", order_of())
    shop.world.pass_time(60)
    shop.call("PUT", f"/orders/{first['id']}", order_of(description="changed"))

    def ids(query: str) -> list[int]:
        return [row["id"] for row in shop.get(f"/orders?{query}").get("data", [])]

    assert ids("lastModifiedFrom=2026-11-21T10:00:30") == [first["id"], second["id"]]
    assert ids("lastModifiedFrom=2026-11-21T10:01:30") == [first["id"]]
    assert ids("toDate=2026-11-21T10:01:30") == [second["id"]]
    assert ids("lastModifiedFrom=2026-11-21T03:00:30") == [first["id"], second["id"]]
    assert ids("lastModifiedFrom=2026-11-21T10:00:30&orderBy=modifiedDate&orderDirection=Desc") == [
        first["id"],
        second["id"],
    ]


def test_lists_show_payments_and_delivery_only_when_asked(shop: Shop) -> None:
    shop.post("/orders", order_of(totalPayment=5, orderDelivery={"type": 1, "receiver": "A"}))
    shop.post("/invoices", invoice_of(totalPayment=5, deliveryDetail={"receiver": "A"}, saleChannelId=3))
    order, invoice = shop.get("/orders")["data"][0], shop.get("/invoices")["data"][0]
    assert not {"payments", "orderDelivery"} & order.keys()
    assert not {"payments", "invoiceDelivery", "SaleChannel", "orderCode", "deliveryDetail"} & invoice.keys()
    order = shop.get("/orders?includePayment=true&includeOrderDelivery=true")["data"][0]
    assert (order["payments"][0]["amount"], order["orderDelivery"]["receiver"]) == (5, "A")
    flags = "includePayment=true&includeInvoiceDelivery=true&SaleChannel=true"
    invoice = shop.get(f"/invoices?{flags}")["data"][0]
    assert (invoice["payments"][0]["amount"], invoice["invoiceDelivery"]["receiver"]) == (5, "A")
    assert (invoice["SaleChannel"]["Id"], invoice["SaleChannel"]["Name"]) == (3, "Website")


def test_invoices_are_found_by_their_order(shop: Shop) -> None:
    order = shop.post("/orders", order_of())
    invoice = shop.post("/invoices", invoice_of(orderId=order["id"]))
    shop.post("/invoices", invoice_of())
    rows = shop.get(f"/invoices?orderId={order['id']}")["data"]
    assert [row["id"] for row in rows] == [invoice["id"]]
    assert shop.get("/invoices/code/HD000001")["orderCode"] == order["code"]


def test_deleted_ids_need_both_parameters_and_have_their_own_names(shop: Shop) -> None:
    shop.call("DELETE", f"/products/{LAMP}")
    assert "removeId" not in shop.get("/products?includeRemoveIds=true")
    assert "removeId" not in shop.get("/products?lastModifiedFrom=2026-11-21T00:00:00")
    both = "includeRemoveIds=true&lastModifiedFrom=2026-11-21T00:00:00"
    assert shop.get(f"/products?{both}")["removeId"] == [LAMP]
    assert shop.get(f"/customers?{both}")["removeId"] == []
    assert shop.get(f"/categories?{both}")["removedIds"] == []
    assert shop.get(f"/branches?{both}")["removedIds"] == []
    assert shop.get(f"/users?{both}")["removeIds"] == []


def test_branches_settings_and_channels(shop: Shop) -> None:
    branch = shop.get("/branches")["data"][0]
    assert branch == {
        "id": CENTRE,
        "branchName": "Chi nhánh trung tâm",
        "address": "",
        "contactNumber": "+84900000000",
        "retailerId": RETAILER,
        "createdDate": "2025-11-21T10:00:00.1230000",
    }
    assert shop.get("/settings") == {
        "ManagerCustomerByBranch": False,
        "AllowOrderWhenOutStock": True,
        "AllowSellWhenOrderOutStock": True,
        "AllowSellWhenOutStock": False,
    }
    channels = shop.get("/salechannel")
    assert ([row["id"] for row in channels["data"]], "timestamp" in channels) == ([1, 3], False)
    [group] = shop.get("/categories?hierachicalData=true")["data"]
    assert (group["categoryName"], group["children"]) == ("Khác", [])
    assert shop.get(f"/categories/{group['categoryId']}")["data"]["categoryName"] == "Khác"


def test_customers_by_json_and_by_form(shop: Shop) -> None:
    made = shop.post("/customers", {"name": "Nguyễn Văn A", "contactNumber": "0900000001"})
    assert made["message"] == "Cập nhật dữ liệu thành công"
    assert (made["data"]["code"], made["data"]["type"]) == ("KH000001", 0)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    status, raw = shop.raw("POST", "/customers", b"name=B&code=WEB-1", **kind)
    assert (status, json.loads(raw)["data"]["code"]) == (200, "WEB-1")
    assert shop.refused("POST", "/customers", {"name": "C", "code": "web-1"})[1] == "KvValidateCustomerException"
    found = shop.get("/customers?contactNumber=0900000001")["data"]
    assert [row["id"] for row in found] == [made["data"]["id"]]


def test_an_order_finds_or_makes_its_customer(shop: Shop) -> None:
    buyer: dict[str, Any] = {"name": "Nguyễn Văn A", "contactNumber": "0900000001"}
    first = shop.post("/orders", order_of(customer=buyer))
    second = shop.post("/orders", order_of(customer=buyer))
    assert first["customerCode"] == second["customerCode"] == "KH000001"
    assert shop.get("/customers")["total"] == 1


def test_names_in_body_query_and_path_ignore_their_case(shop: Shop) -> None:
    body = {"BranchID": CENTRE, "OrderDetails": [{"ProductCode": "ao-01", "Quantity": 1}]}
    order = shop.post("/Orders", body)
    assert order["orderDetails"][0]["price"] == 150000
    assert shop.get("/ORDERS?PageSize=1")["pageSize"] == 1


def test_a_skewed_clock_shows_in_what_is_written(shop: Shop) -> None:
    shop.world.skew = timedelta(seconds=-120)
    assert shop.post("/orders", order_of())["createdDate"] == "2026-11-21T09:58:00.1230000"


def test_prices_are_kept_to_the_last_digit(shop: Shop) -> None:
    raw = b'{"branchId":200001,"orderDetails":[{"productId":51500001,"quantity":1.5,"price":566666.6667}]}'
    _, answer = shop.raw("POST", "/orders", raw)
    found = json.loads(answer, parse_float=Decimal)
    assert found["orderDetails"][0]["price"] == Decimal("566666.6667")
    assert found["total"] == Decimal("850000.00005")
