"""Nobody signs them: the shop's key must fit, nothing is believed, and the key is never kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.connectors.sendo.webhooks import WEBHOOKS
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Refused

from .conftest import KEYS
from .samples import content, expected, raw, short

APP = AppAccess("key", KEYS)


def opened(body: Any, app: AppAccess = APP) -> list[Notice]:
    raw_body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WEBHOOKS.open(app, Delivery(raw_body, {}))


@pytest.mark.parametrize("name", ["webhook__create", "webhook__cancel", "webhook__unlock"])
def test_a_delivery_is_a_hint_about_one_order(name: str) -> None:
    found = opened(content(name))
    assert short(found) == expected(name)
    assert KEYS["shop_key"] not in repr(found)
    assert "09******00" not in repr(found)


def test_without_the_shops_key_nothing_is_believed() -> None:
    body = raw("webhook__unlock")
    for key, reason in (
        ("x", "bad_signature"),
        ("ừ", "bad_signature"),
        ("", "missing_signature"),
        (None, "missing_signature"),
    ):
        with pytest.raises(Refused) as caught:
            opened(body | {"shop_key": key})
        assert caught.value.reason == reason
    for credentials in ({}, {"shop_key": ""}):
        with pytest.raises(Refused):
            opened(body | {"shop_key": KEYS["shop_key"]}, replace(APP, credentials=credentials))


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"5", b"\xff", b"[" * 5000, b"null"])
def test_what_is_no_object_shows_no_key(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        opened(body)
    assert caught.value.reason == "missing_signature"


@pytest.mark.parametrize(
    ("message", "kind", "external_id"),
    [
        ({"type": "SALESORDER.RETURN", "data": {"order_number": 16}}, "order", "16"),
        ({"type": "SALESORDER.UPDATE", "data": {"data": {"order_number": "17"}}}, "order", "17"),
        ({"type": "PRODUCT.UPDATE", "data": {"id": 5}}, "listing", "5"),
        ({"type": "PRODUCT.UPDATE", "data": {"product_id": "6"}}, "listing", "6"),
        ({"type": "SALESORDER.UPDATE", "data": {}}, "unreadable", ""),
        ({"type": "SALESORDER.UPDATE", "data": [1]}, "unreadable", ""),
        ({"type": "PRODUCT.UPDATE", "data": {"id": "x"}}, "unreadable", ""),
        ({}, "unreadable", ""),
        ({"type": "SHOP.CLOSED", "data": {"phone": "0901"}}, "message", ""),
    ],
)
def test_what_a_message_is_about(message: dict[str, Any], kind: str, external_id: str) -> None:
    [found] = opened(message | {"shop_key": KEYS["shop_key"]})
    assert found.kind == kind
    assert found.external_id == external_id or len(found.external_id) == 32
    assert KEYS["shop_key"] not in repr(found)
    assert "0901" not in repr(found)


JUNK: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.just([])
    | st.just({})
)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(["webhook__create", "webhook__cancel", "webhook__unlock"]), data=st.data())
def test_whatever_it_says_it_is_a_notice(name: str, data: st.DataObject) -> None:
    body = raw(name)
    place = data.draw(st.sampled_from(["body", "data", "inner"]))
    row = {"body": body, "data": body["data"], "inner": body["data"].get("data", {})}[place]
    field = data.draw(st.sampled_from(sorted(set(row) - {"shop_key"}) or ["x"]))
    row[field] = data.draw(JUNK)
    [found] = opened(body)
    assert found.kind in {"order", "listing", "message", "unreadable"}
    assert found.external_id
    json.dumps(dict(found.body))
