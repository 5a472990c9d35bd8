"""The shop's health, lost pushes, and the facts that the connector declares."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors import channels, connector_class
from integrations.connectors.base import AppAccess, Health
from integrations.connectors.shopee.connector import CONNECTOR, ShopeeConnector
from integrations.wire.errors import Rejected, TryLater

from .conftest import SHOP, Shopee, bad, good
from .samples import raw_text

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/shopee.json").read_text())
LOST, CONFIRM = "push/get_lost_push_message", "push/confirm_consumed_lost_push_message"


def test_the_folder_is_the_registration() -> None:
    assert "shopee" in channels()
    assert connector_class("shopee") is ShopeeConnector


@pytest.mark.parametrize("entry", VECTORS, ids=lambda entry: entry.get("name", entry["kind"]))
def test_vectors(entry: dict[str, Any]) -> None:
    assert CONNECTOR.sign(entry) == entry["expected_sign"]


def test_a_vector_of_a_merchant_and_one_with_the_partner_key() -> None:
    entry = {
        "kind": "request",
        "path": "/api/v2/merchant/get_merchant_info",
        "timestamp": 1,
        "secrets": {"partner_id": 1, "partner_key": "k", "access_token": "t", "merchant_id": 5},
    }
    shop = {**entry, "secrets": {"partner_id": 1, "partner_key": "k", "access_token": "t", "shop_id": 5}}
    assert CONNECTOR.sign(entry) == CONNECTOR.sign(shop)
    push = {"kind": "webhook", "url": "u", "body": None, "secrets": {"partner_key": "k"}}
    assert CONNECTOR.sign(push) == CONNECTOR.sign({**push, "secrets": {"partner_key": "x", "push_partner_key": "k"}})


def test_the_shops_info_is_the_health_check(shopee: Shopee, connector: ShopeeConnector) -> None:
    shopee.on("shop/get_shop_info", (200, raw_text("shop__info")))
    assert connector.check() == Health(
        "mysipuat",
        is_open=True,
        authorised_until=datetime(2026, 3, 14, 15, 59, 59, tzinfo=UTC),
        detail={"region": "MY", "status": "NORMAL", "is_cb": False},
    )


@pytest.mark.parametrize(("status", "is_open"), [("NORMAL", True), ("FROZEN", False), ("BANNED", False)])
def test_a_frozen_shop_is_not_open(status: str, is_open: bool, shopee: Shopee, connector: ShopeeConnector) -> None:
    shopee.on("shop/get_shop_info", good(status=status))
    found = connector.check()
    assert (found.name, found.is_open, found.authorised_until) == (SHOP, is_open, None)


def test_lost_pushes_are_pulled_and_confirmed_without_a_token(shopee: Shopee, app: AppAccess) -> None:
    shopee.on(LOST, (200, raw_text("lost_pushes__text_form")))
    shopee.on(CONFIRM, good())
    found = CONNECTOR.pull_notices(app, None, ack=None)
    assert ([n.external_id for n in found.notices], found.ack, found.more) == (["220810QSK8S7BX"], "176610", False)
    CONNECTOR.confirm_notices(app, None, ack="176610")
    assert shopee.asked[1].json() == {"last_message_id": 176610}
    assert all("access_token" not in dict(asked.pairs) for asked in shopee.asked)


def test_a_watermark_that_is_no_number_is_not_sent(shopee: Shopee, app: AppAccess) -> None:
    with pytest.raises(Rejected):
        CONNECTOR.confirm_notices(app, None, ack="x")
    assert shopee.asked == []


def test_facts() -> None:
    assert (CONNECTOR.acknowledgement.status, CONNECTOR.acknowledgement.body) == (200, b"")
    assert all(reply.status >= 400 for reply in CONNECTOR.refusals.values())
    assert {kind: declared.batch for kind, declared in CONNECTOR.kinds.items()} == {
        "order": 50,
        "listing": 50,
        "return": 20,
        "settlement": 50,
    }
    assert [field.name for field in CONNECTOR.app_fields if field.secret] == ["partner_key", "push_partner_key"]
    assert (CONNECTOR.has_app_queue, CONNECTOR.keeps_stock, CONNECTOR.consent) == (True, False, "code")


def test_a_banned_shop_waits_for_its_people(shopee: Shopee, connector: ShopeeConnector) -> None:
    shopee.on("shop/get_shop_info", bad("shop_banned", ""))
    with pytest.raises(TryLater, match="banned"):
        connector.check()
