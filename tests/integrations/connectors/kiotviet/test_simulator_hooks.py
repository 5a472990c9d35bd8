"""Webhooks of the simulated shop: how they are registered, written, signed, gathered, retried and switched off."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors.kiotviet.simulator.hooks import signature
from tests.integrations.connectors.kiotviet.simulated import (
    CENTRE,
    RETAILER,
    SET,
    SHIRT,
    TEA,
    Shop,
    invoice_of,
    opened,
    order_of,
)

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "kiotviet.json").read_text())


@pytest.fixture
def shop() -> Shop:
    return opened()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["secrets"]))
def test_signatures_are_those_of_the_public_clients(vector: dict[str, Any]) -> None:
    assert signature(vector["secrets"]["webhook_secret"], vector["body"].encode()) == vector["expected_sign"]


def test_a_registration_is_answered_bare_and_without_the_secret(shop: Shop) -> None:
    hook = shop.hook("stock.update", "https://hub.example/hooks?noecho", Description="stock")
    expected = {
        "id": 900001,
        "type": "stock.update",
        "url": "https://hub.example/hooks?noecho",
        "isActive": True,
        "retailerId": RETAILER,
        "description": "stock",
    }
    assert hook == expected
    dated = expected | {"modifiedDate": "2026-11-21T10:00:00.1230000"}
    assert shop.get("/webhooks") == {"total": 1, "pageSize": 20, "data": [dated]}
    assert shop.get("/webhooks/900001") == dated
    assert shop.call("DELETE", "/webhooks/900001") == (200, {"message": "Xóa dữ liệu thành công"})
    assert shop.get("/webhooks") == {"total": 0, "pageSize": 20}
    assert shop.refused("DELETE", "/webhooks/900001")[0] == 420


@pytest.mark.parametrize(
    "body",
    [
        {"Type": "stock.update", "Url": "https://hub.example", "IsActive": True},  # flat, as two libraries send it
        {"Webhook": {"Type": "return.update", "Url": "https://hub.example"}},
        {"Webhook": {"Type": "stock.update", "Url": "hub.example"}},
        {"Webhook": {"Type": "stock.update"}},
    ],
)
def test_other_registrations_are_refused(shop: Shop, body: Any) -> None:
    assert shop.refused("POST", "/webhooks", body)[:2] == (420, "KvException")
    assert shop.get("/webhooks")["total"] == 0


def test_one_hook_per_type(shop: Shop) -> None:
    shop.hook("stock.update")
    body = {"Webhook": {"Type": "stock.update", "Url": "https://other.example", "IsActive": True}}
    assert shop.refused("POST", "/webhooks", body) == (420, "KvException", "Webhook loại này đã được đăng ký")


def test_a_stock_row_is_absolute_and_pascal_case(shop: Shop) -> None:
    shop.hook("stock.update")
    shop.post("/orders", order_of())
    shop.world.pass_time(1)
    [sent] = shop.world.sent
    assert sent.body["Attempt"] == 1
    assert sent.body["Id"] == sent.delivery_id
    row = {
        "ProductId": SHIRT,
        "ProductCode": "AO-01",
        "ProductName": "Áo sơ mi trắng",
        "BranchId": CENTRE,
        "BranchName": "Chi nhánh trung tâm",
        "Cost": 90000,
        "OnHand": 12,
        "Reserved": 2,
    }
    assert sent.body["Notifications"] == [{"Action": f"stock.update.{RETAILER}", "Data": [row]}]
    expected = "sha1=" + hmac.new(b"s3cret", sent.raw, hashlib.sha256).hexdigest()
    assert sent.headers["X-Hub-Signature"] == expected


def test_without_a_secret_nothing_is_signed(shop: Shop) -> None:
    shop.hook("stock.update", Secret="")
    shop.post("/orders", order_of())
    shop.world.pass_time(1)
    assert "X-Hub-Signature" not in shop.world.sent[0].headers


def test_changes_of_a_moment_come_together_in_several_notifications(shop: Shop) -> None:
    shop.hook("stock.update")
    for quantity in (1, 2, 3):
        shop.post("/orders", order_of(SET, quantity))
    shop.world.pass_time(1)
    [sent] = shop.world.sent
    assert [len(part["Data"]) for part in sent.body["Notifications"]] == [4, 2]
    last = {row["ProductId"]: row["Reserved"] for part in sent.body["Notifications"] for row in part["Data"]}
    assert last == {SHIRT: 6, TEA: 12}


def test_an_order_row_has_the_documented_keys(shop: Shop) -> None:
    shop.hook("order.update")
    order = shop.post("/orders", order_of(description="ref 1", saleChannelId=3, totalPayment=1000))
    shop.world.pass_time(1)
    row = shop.world.sent[0].body["Notifications"][0]["Data"][0]
    assert set(row) == {
        *("Id", "Code", "PurchaseDate", "BranchId", "Total", "TotalPayment", "Discount", "Status", "StatusValue"),
        *("Description", "UsingCod", "SaleChannelId", "OrderDetails"),
    }
    assert (row["Id"], row["Code"], row["Status"], row["SaleChannelId"]) == (order["id"], "DH000001", 1, 3)
    assert row["OrderDetails"][0]["Quantity"] == 2


def test_an_invoice_tells_of_itself_its_order_and_the_stock(shop: Shop) -> None:
    for kind in ("stock.update", "invoice.update", "order.update"):
        shop.hook(kind)
    order = shop.post("/orders", order_of())
    shop.world.pass_time(1)
    shop.world.sent.clear()
    shop.post("/invoices", invoice_of(orderId=order["id"]))
    shop.world.pass_time(1)
    told = {sent.body["Notifications"][0]["Action"]: sent.body["Notifications"][0]["Data"] for sent in shop.world.sent}
    assert {action.rsplit(".", 1)[0] for action in told} == {"stock.update", "invoice.update", "order.update"}
    assert told[f"order.update.{RETAILER}"][-1]["Status"] == 3
    invoice = told[f"invoice.update.{RETAILER}"][-1]
    assert (invoice["Code"], invoice["BranchName"]) == ("HD000001", "Chi nhánh trung tâm")
    assert [(row["OnHand"], row["Reserved"]) for row in told[f"stock.update.{RETAILER}"]] == [(10, 2), (10, 0)]


def test_money_has_fixed_decimals_at_times(shop: Shop) -> None:
    shop.hook("invoice.update")
    for _ in range(3):
        shop.post("/invoices", invoice_of(quantity=1))
    shop.world.pass_time(1)
    raw = shop.world.sent[0].raw
    assert raw.count(b'"Total":150000.0000') == 1
    assert raw.count(b'"Total":150000,') == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_these_answers_switch_the_hook_off_for_good(shop: Shop, status: int) -> None:
    shop.hook("stock.update")
    shop.world.replies = [status]
    shop.post("/orders", order_of())
    shop.world.pass_time(1)
    assert shop.get("/webhooks/900001")["isActive"] is False
    shop.post("/orders", order_of())
    shop.world.pass_time(100_000)
    assert len(shop.world.sent) == 1


@pytest.mark.parametrize("status", [None, 302, 402, 408, 410, 429, 500, 503])
def test_other_failures_are_tried_again_with_the_same_id(shop: Shop, status: int | None) -> None:
    shop.hook("stock.update")
    shop.world.replies = [status, status, 200]
    shop.post("/orders", order_of())
    shop.world.pass_time(1)
    assert len(shop.world.sent) == 1
    shop.world.pass_time(10_000)
    assert [sent.body["Attempt"] for sent in shop.world.sent] == [1, 2, 3]
    assert len({sent.body["Id"] for sent in shop.world.sent}) == 1
    assert len({sent.headers["X-Hub-Signature"] for sent in shop.world.sent}) == 3
    assert shop.get("/webhooks/900001")["isActive"] is True


def test_a_delivery_is_given_up_after_six_attempts_and_the_next_one_goes_out(shop: Shop) -> None:
    shop.hook("stock.update")
    shop.world.replies = [500] * 6
    shop.post("/orders", order_of())
    shop.world.pass_time(100_000)
    assert [sent.body["Attempt"] for sent in shop.world.sent] == [1, 2, 3, 4, 5, 6]
    shop.token = shop.ask_token()[1]["access_token"]
    shop.post("/orders", order_of())
    shop.world.pass_time(1)
    assert shop.world.sent[-1].body["Attempt"] == 1
    assert len({sent.delivery_id for sent in shop.world.sent}) == 2


def test_a_deleted_hook_gets_nothing_that_was_waiting(shop: Shop) -> None:
    shop.hook("stock.update")
    shop.post("/orders", order_of())
    shop.call("DELETE", "/webhooks/900001")
    shop.world.pass_time(1)
    assert shop.world.sent == []


def test_deletions_come_in_both_shapes(shop: Shop) -> None:
    shop.hook("product.delete")
    for product in (SHIRT, TEA):
        shop.call("DELETE", f"/products/{product}")
        shop.world.pass_time(1)
    first, second = shop.world.sent
    assert first.body == {"RemoveId": [SHIRT]}
    assert second.body["Notifications"] == [{"Action": f"product.delete.{RETAILER}", "Data": [TEA]}]


def test_a_product_row_keeps_its_odd_keys(shop: Shop) -> None:
    shop.hook("product.update")
    shop.call("PUT", f"/products/{SHIRT}", {"basePrice": 159000})
    shop.world.pass_time(1)
    row = shop.world.sent[0].body["Notifications"][0]["Data"][0]
    assert (row["isActive"], row["BasePrice"], row["Code"]) == (True, 159000, "AO-01")
    assert row["Images"] == [{"Image": f"https://img.example.com/{SHIRT}.png"}]
    assert row["Inventories"][0]["OnHand"] == 12
    assert "IsActive" not in row
