"""Signatures with either key, and the notices of each push."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors.shopee import queue, signing, webhooks
from integrations.connectors.shopee.mapping.notices import KINDS
from integrations.contract.access import AppAccess
from integrations.contract.queue import Pulled
from integrations.contract.webhooks import (
    Delivery,
    Notice,
    Refused,
    Unreadable,
)

from .samples import FOLDER, expected, raw, raw_text, short

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/shopee.json").read_text())
URL = "https://hub.example.test/webhooks/shopee/abc/"
PUSH, PARTNER = "push-key-0001", "partner-key-0001"
KEYS = {"partner_id": "1000001", "partner_key": PARTNER, "push_partner_key": PUSH}
APP = AppAccess("abc", KEYS, callback_url=URL)
MSG = "0123456789abcdef0123456789abcdef"
SAMPLES = sorted(path.stem for path in FOLDER.glob("push_*.json") if ".expected" not in path.name)


def opened(
    body: bytes | str | Any, *, key: str = PUSH, header: str | None = None, app: AppAccess = APP
) -> list[Notice]:
    sent = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    signed = signing.push_signature(key, app.callback_url, sent) if header is None else header
    return webhooks.WEBHOOKS.open(app, Delivery(sent, {"authorization": signed}))


def envelope(code: Any, data: Any, **more: Any) -> dict[str, Any]:
    return {"code": code, "data": data, "shop_id": 9, "timestamp": 1765689440, **more}


@pytest.mark.parametrize("entry", VECTORS, ids=lambda entry: entry.get("name", entry["kind"]))
def test_vectors(entry: dict[str, Any]) -> None:
    assert signing.of_entry(entry) == entry["expected_sign"]


def test_the_vectors_push_is_believed() -> None:
    [entry] = [entry for entry in VECTORS if entry["kind"] == "webhook"]
    app = AppAccess("abc", {"partner_key": "x", **entry["secrets"]}, callback_url=entry["url"])
    [notice] = opened(entry["body"], header=entry["expected_sign"], app=app)
    assert (notice.kind, notice.external_id, notice.delivery_id) == ("order", "251009FAKE0001", MSG)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_push(name: str) -> None:
    assert short(opened(raw_text(name))) == expected(name)


def test_every_code_we_read_has_a_sample_or_is_here() -> None:
    sampled = {int(raw(name)["code"]) for name in SAMPLES}
    assert set(KINDS) - sampled == {2, 16}
    [taken_back] = opened({"code": 2, "partner_id": 1, "data": {"shop_id": 77, "success": 1}, "msg_id": MSG})
    assert (taken_back.kind, taken_back.external_id, taken_back.shop_id) == ("authorisation", "77", "77")
    assert taken_back.delivery_id == f"{MSG}:0"
    [violation] = opened(envelope(16, {"item_id": 25, "item_status": "BANNED"}))
    assert (violation.kind, violation.external_id, violation.body["item_status"]) == ("listing", "25", "BANNED")


@pytest.mark.parametrize("key", [PUSH, PARTNER])
def test_either_key_is_taken_unless_one_is_chosen(key: str) -> None:
    body = json.dumps(envelope(3, {"ordersn": "A1"}))
    assert opened(body, key=key)
    for choice, chosen in (("push", PUSH), ("partner", PARTNER)):
        app = AppAccess("abc", KEYS, callback_url=URL, settings={"push_key": choice})
        if chosen == key:
            assert opened(body, key=key, app=app)
        else:
            with pytest.raises(Refused, match=r"^bad_signature$"):
                opened(body, key=key, app=app)


def test_without_a_push_key_an_empty_key_opens_nothing() -> None:
    app = AppAccess("abc", KEYS | {"push_partner_key": ""}, callback_url=URL)
    with pytest.raises(Refused, match=r"^bad_signature$"):
        opened(envelope(3, {"ordersn": "A1"}), key="", app=app)
    assert opened(envelope(3, {"ordersn": "A1"}), key=PARTNER, app=app)


def test_an_empty_key_never_fits() -> None:
    app = AppAccess("abc", {"push_partner_key": "", "partner_key": ""}, callback_url=URL)
    with pytest.raises(Refused, match=r"^bad_signature$"):
        opened(envelope(3, {"ordersn": "A1"}), key="", app=app)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing_signature"),
        ("  ", "missing_signature"),
        ("0" * 64, "bad_signature"),
        ("é" * 64, "bad_signature"),
        ("Bearer x", "bad_signature"),
    ],
)
def test_a_wrong_header_is_refused(header: str, reason: str) -> None:
    with pytest.raises(Refused, match=f"^{reason}$"):
        opened(raw_text("push_03__order_status"), header=header)


def test_no_header_at_all() -> None:
    with pytest.raises(Refused, match=r"^missing_signature$"):
        webhooks.WEBHOOKS.open(APP, Delivery(b"{}", {}))


def test_the_signature_covers_the_bytes_and_the_registered_address() -> None:
    body = raw_text("push_03__order_status")
    right = signing.push_signature(PUSH, URL, body.encode())
    assert opened(body, header=right.upper())
    with pytest.raises(Refused):
        opened(json.dumps(json.loads(body)), header=right)
    with pytest.raises(Refused):
        opened(body, header=signing.push_signature(PUSH, URL.rstrip("/"), body.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[1]",
        b'"text"',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"code":3,"data":{"x":NaN}}',
        b"{}",
        b'{"code":null,"data":{}}',
        b'{"code":"","data":{}}',
        b'{"code":"three","data":{}}',
        b'{"code":3.5,"data":{}}',
        b'{"code":3,"data":{}}',
        b'{"code":3,"data":{"ordersn":0}}',
        b'{"code":3,"data":"nothing"}',
        b'{"code":22,"data":{"item_id":0}}',
        b'{"code":1,"data":{}}',
    ],
)
def test_signed_and_malformed_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        opened(body)


def test_a_very_old_push_counts_and_a_malformed_time_is_no_version() -> None:
    [old] = opened({"code": 3, "shop_id": 9, "timestamp": 1, "data": {"ordersn": "A1", "update_time": 1}})
    assert old.version is not None
    [odd] = opened(envelope(3, {"ordersn": "A1", "update_time": "soon"}))
    assert odd.version is None


def test_only_the_orders_own_update_time_is_a_version() -> None:
    [parcel] = opened(envelope(30, {"ordersn": "A1", "update_time": 1765689439}))
    assert parcel.version is None


def test_both_spellings_of_an_orders_number() -> None:
    for key in ("ordersn", "order_sn"):
        assert opened(envelope(15, {key: "A1"}))[0].external_id == "A1"


def test_reserved_stock_that_names_no_order_is_the_items_news() -> None:
    [promotion] = opened(envelope(8, {"action": "start_promotion", "item_id": 25, "ordersn": ""}))
    assert (promotion.kind, promotion.external_id) == ("listing", "25")


def test_messages_are_kept_whole_and_apart() -> None:
    data = {"anything": [1, {"deep": "x"}]}
    first, second = opened(envelope(99, data))[0], opened(envelope(99, data | {"n": 2}))[0]
    assert (first.kind, first.external_id == second.external_id, first.body["anything"]) == (
        "message",
        False,
        data["anything"],
    )
    assert opened(envelope(99, data))[0].external_id == first.external_id
    assert opened(envelope(99, data, msg_id=MSG))[0].external_id == f"99:{MSG}"


def test_consents_that_end_soon_are_one_notice_each() -> None:
    data = {"shop_expire_soon": [1, 2], "merchant_expire_soon": [3], "user_expire_soon": [], "page_no": 1}
    found = opened({"code": 12, "timestamp": 1, "data": data, "msg_id": MSG})
    assert [(n.external_id, n.shop_id, n.delivery_id) for n in found] == [
        ("1", "1", f"{MSG}:0"),
        ("2", "2", f"{MSG}:1"),
        ("merchant:3", None, f"{MSG}:2"),
    ]


def test_lost_pushes() -> None:
    found = queue.pulled(raw("lost_pushes__text_form"))
    assert short(found) == expected("lost_pushes__text_form")


PUSHED = {"ordersn": "A1", "status": "SHIPPED", "update_time": 1765689439}


@pytest.mark.parametrize(
    "data", [PUSHED, json.dumps(PUSHED), envelope(3, PUSHED, msg_id=MSG), json.dumps(envelope(3, PUSHED, msg_id=MSG))]
)
def test_a_lost_push_in_each_form(data: Any) -> None:
    row = {"shop_id": 9, "code": 3, "timestamp": 1765689440, "data": data, "msg_id": MSG}
    found = queue.pulled({"response": {"push_message_list": [row], "has_next_page": True, "last_message_id": 5}})
    [notice] = found.notices
    assert (notice.kind, notice.external_id, notice.shop_id, notice.delivery_id) == ("order", "A1", "9", MSG)
    assert (found.ack, found.more) == ("5", True)


def test_a_malformed_lost_push_is_kept_and_stops_no_other() -> None:
    rows = [{"shop_id": 9, "code": 3, "data": "{"}, {"shop_id": 9, "code": 3, "data": PUSHED}]
    found = queue.pulled({"response": {"push_message_list": rows, "last_message_id": 5}})
    assert [(n.kind, n.shop_id) for n in found.notices] == [("unreadable", "9"), ("order", "9")]
    assert found.notices[0].body["message"] == rows[0]


@pytest.mark.parametrize(
    "answer", [{}, {"response": {"push_message_list": [], "last_message_id": 0}}, {"response": None}]
)
def test_an_empty_queue_has_nothing_to_confirm(answer: dict[str, Any]) -> None:
    assert queue.pulled(answer) == Pulled((), None)
