"""Signatures in every accepted form, both delete shapes, and the notices in a delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors.kiotviet.signing import of_entry
from integrations.connectors.kiotviet.webhooks import WEBHOOKS
from integrations.contract.access import AppAccess
from integrations.contract.errors import Rejected
from integrations.contract.webhooks import (
    Delivery,
    Notice,
    Refused,
    Unreadable,
)
from tests.integrations.connectors.bound import Bound

from .conftest import Shop, refusal
from .samples import FOLDER, expected, short

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/kiotviet.json").read_text())
SECRET = "fake-secret-0001"
APP = AppAccess("key", {"webhook_secret": SECRET})
ID = "7d1f2c1e-0000-4000-8000-000000000001"


def signature(body: bytes, key: bytes = SECRET.encode(), prefix: str = "sha1=") -> str:
    return prefix + hmac.new(key, body, hashlib.sha256).hexdigest()


def opened(body: bytes, header: str | None = None, topic: str = "", app: AppAccess = APP) -> list[Notice]:
    headers = {"x-hub-signature": signature(body) if header is None else header}
    return WEBHOOKS.open(app, Delivery(body, headers, topic))


@pytest.mark.parametrize("entry", VECTORS)
def test_vectors(entry: dict[str, Any]) -> None:
    assert of_entry(entry) == entry["expected_sign"]
    app = AppAccess("key", {"webhook_secret": entry["secrets"]["webhook_secret"]})
    assert opened(entry["body"].encode(), entry["expected_sign"], "product-delete", app)


def test_a_call_is_not_signed_but_carries_the_token() -> None:
    entry = {"kind": "request", "method": "GET", "path": "/orders", "secrets": {"access_token": "abc"}}
    assert of_entry(entry) == "Bearer abc"


@pytest.mark.parametrize("prefix", ["sha1=", "sha256=", "", "SHA1="])
@pytest.mark.parametrize("upper", [False, True])
def test_prefixes_and_letter_case(prefix: str, upper: bool) -> None:
    body = b'{"Id":"1","Notifications":[]}'
    header = signature(body, prefix="")
    assert opened(body, prefix + (header.upper() if upper else header)) == []


def test_the_decoded_secret_is_a_key_too() -> None:
    body = b'{"Id":"1","Notifications":[]}'
    app = AppAccess("key", {"webhook_secret": base64.b64encode(b"inner secret").decode()})
    assert opened(body, signature(body, b"inner secret"), app=app) == []
    assert opened(body, signature(body, app.credentials["webhook_secret"].encode()), app=app) == []


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing_signature"),
        ("sha1=", "bad_signature"),
        ("sha1=" + "0" * 64, "bad_signature"),
        ("sha1=" + "é" * 64, "bad_signature"),
        (signature(b"another body"), "bad_signature"),
        (signature(b"{}", b""), "bad_signature"),
        ("sha1=" + hmac.new(SECRET.encode(), b"{}", hashlib.sha1).hexdigest(), "bad_signature"),
    ],
)
def test_a_delivery_that_must_not_be_believed(header: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        opened(b"{}", header)
    assert caught.value.reason == reason


@pytest.mark.parametrize("secret", ["", "===="])
def test_no_secret_means_no_belief(secret: str) -> None:
    with pytest.raises(Refused):
        opened(b"{}", signature(b"{}", b""), app=AppAccess("key", {"webhook_secret": secret}))


def test_a_reserialised_body_does_not_fit() -> None:
    body = b'{"Total": 850000.0000}'
    with pytest.raises(Refused):
        opened(json.dumps(json.loads(body)).encode(), signature(body))


@pytest.mark.parametrize(
    "name",
    [
        "stock__update",
        "product__update",
        "order__update",
        "invoice__update",
        "customer__update",
        "product__delete_plugin",
    ],
)
def test_samples(name: str) -> None:
    assert short(opened((FOLDER / f"webhook_{name}.json").read_bytes())) == expected(f"webhook_{name}")


@pytest.mark.parametrize("topic", ["product-delete", "product.delete"])
def test_deleted_ids_alone_get_their_type_from_the_address(topic: str) -> None:
    body = (FOLDER / "webhook_product__delete_documented.json").read_bytes()
    assert short(opened(body, topic=topic)) == expected("webhook_product__delete_documented")


@pytest.mark.parametrize("topic", ["", "stock-update"])
def test_deleted_ids_of_an_unknown_type_are_kept_as_unreadable(topic: str) -> None:
    with pytest.raises(Unreadable):
        opened(b'{"RemoveId":[1]}', topic=topic)


def test_several_notifications_and_rows_are_numbered_through() -> None:
    rows = [{"ProductId": 1, "BranchId": 7}, {"ProductId": 2, "BranchId": 7}]
    body = {
        "Id": ID,
        "Notifications": [
            {"Action": "stock.update.9", "Data": rows},
            {"Action": "Order.Update.9", "Data": [{"Id": 5, "Code": "DH5", "ModifiedDate": "soon"}]},
        ],
    }
    found = opened(json.dumps(body).encode())
    assert [(notice.kind, notice.external_id, notice.delivery_id, notice.version) for notice in found] == [
        ("stock", "1", f"{ID}:0", None),
        ("stock", "2", f"{ID}:1", None),
        ("order", "DH5", f"{ID}:2", None),
    ]
    assert {notice.shop_id for notice in found} == {None}


def test_a_row_without_id_is_kept_beside_the_good_ones() -> None:
    data = [{"Code": "DH1"}, {"Id": 2}, None, {"Code": ["x"]}]
    body = {"Id": ID, "Notifications": [{"Action": "order.update.9", "Data": data}]}
    found = opened(json.dumps(body).encode())
    assert [notice.kind for notice in found] == ["order", "unreadable", "unreadable", "unreadable"]
    assert found[1].body == {"action": "order.update", "retailer_id": "9", "Id": 2, "reason": "no Code"}


def test_buyers_stay_out_of_what_people_read() -> None:
    (notice,) = opened((FOLDER / "webhook_order__update.json").read_bytes())
    assert "Nguyễn" not in json.dumps(notice.body, ensure_ascii=False)


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"{}", b'{"Notifications":7}', b"[" * 100_000, b"\xff\xfe", b'"\\ud800"']
)
def test_signed_and_malformed(body: bytes) -> None:
    with pytest.raises(Unreadable):
        opened(body)


@pytest.mark.parametrize(
    "reason", ["bad_signature", "missing_signature", "stale", "too_large", "unknown_app", "unknown_topic"]
)
def test_no_refusal_switches_the_hook_off(reason: str) -> None:
    reply = WEBHOOKS.refusal(reason)
    assert (reply.status, reply.body) == (200, b"")


TYPES = ["stock.update", "product.update", "product.delete", "order.update", "invoice.update"]
URL = "https://hub.example.com/webhooks/kiotviet/k3y/"


def hooks(*rows: tuple[int, str, str]) -> tuple[int, Any]:
    return 200, {"total": len(rows), "data": [{"id": i, "type": kind, "url": url} for i, kind, url in rows]}


def test_one_hook_per_type_each_at_its_own_address(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/webhooks", (200, {"total": 0, "pageSize": 20}))
    shop.on("POST", "/webhooks", (201, {"id": 1}))
    connector.register_webhooks(URL)
    sent = [asked.json()["Webhook"] for asked in shop.asked if asked.method == "POST"]
    assert [hook["Type"] for hook in sent] == TYPES
    assert sent[0] == {
        "Type": "stock.update",
        "Url": "https://hub.example.com/webhooks/kiotviet/k3y/stock-update/?noecho",
        "IsActive": True,
        "Description": "erpsync",
        "Secret": SECRET,
    }


@pytest.mark.parametrize(("replace", "deleted"), [("no", ["11"]), ("yes", ["11", "12"])])
def test_our_own_old_hooks_go_first_and_others_only_when_wanted(
    shop: Shop, connect: Callable[..., Bound], replace: str, deleted: list[str]
) -> None:
    old = [
        (11, "stock.update", URL + "stock-update/?noecho"),
        (12, "order.update", "https://other.example.com/kv"),
        (13, "customer.update", "https://other.example.com/kv"),
    ]
    shop.on("GET", "/webhooks", hooks(*old))
    shop.on("POST", "/webhooks", (200, {"id": 1}))
    for number in (11, 12, 13):
        shop.on("DELETE", f"/webhooks/{number}", (200, {"message": "Hủy đăng ký webhook thành công"}))
    connect(replace_webhooks=replace, noecho="no").register_webhooks(URL)
    assert [call for call in shop.calls() if call.startswith("DELETE")] == [f"DELETE /webhooks/{i}" for i in deleted]
    assert shop.calls().index("DELETE /webhooks/11") < shop.calls().index("POST /webhooks")
    assert all("noecho" not in asked.body for asked in shop.asked)


def test_a_refused_registration_is_an_error_with_the_reason(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/webhooks", hooks())
    shop.on("POST", "/webhooks", refusal("KvException", "Đã tồn tại"))
    with pytest.raises(Rejected, match="Đã tồn tại"):
        connector.register_webhooks(URL)
