"""The shop's health, lost pushes, and the facts that the connector declares."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors import channels, connector_of
from integrations.connectors.shopee import queue, signing
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.connectors.shopee.consent import CONSENT
from integrations.connectors.shopee.queue import QUEUE
from integrations.connectors.shopee.webhooks import WEBHOOKS
from integrations.contract.access import AppAccess
from integrations.contract.connector import Health
from integrations.contract.consent import ConsentKind
from integrations.contract.errors import Rejected, TryLater
from tests.integrations.connectors.bound import Bound

from .conftest import SHOP, Shopee, bad, good
from .samples import raw_text

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/shopee.json").read_text())
LOST, CONFIRM = "push/get_lost_push_message", "push/confirm_consumed_lost_push_message"


def test_the_folder_is_the_registration() -> None:
    assert "shopee" in channels()
    assert connector_of("shopee") is CONNECTOR
    assert CONNECTOR.sign is signing.of_entry


@pytest.mark.parametrize("entry", VECTORS, ids=lambda entry: entry.get("name", entry["kind"]))
def test_vectors(entry: dict[str, Any]) -> None:
    assert signing.of_entry(entry) == entry["expected_sign"]


def test_a_vector_of_a_merchant_and_one_with_the_partner_key() -> None:
    entry = {
        "kind": "request",
        "path": "/api/v2/merchant/get_merchant_info",
        "timestamp": 1,
        "secrets": {"partner_id": 1, "partner_key": "k", "access_token": "t", "merchant_id": 5},
    }
    shop = {**entry, "secrets": {"partner_id": 1, "partner_key": "k", "access_token": "t", "shop_id": 5}}
    assert signing.of_entry(entry) == signing.of_entry(shop)
    push = {"kind": "webhook", "url": "u", "body": None, "secrets": {"partner_key": "k"}}
    assert signing.of_entry(push) == signing.of_entry(
        {**push, "secrets": {"partner_key": "x", "push_partner_key": "k"}}
    )


def test_the_shops_info_is_the_health_check(shopee: Shopee, ports: Bound) -> None:
    shopee.on("shop/get_shop_info", (200, raw_text("shop__info")))
    assert ports.check() == Health(
        "mysipuat",
        is_open=True,
        authorised_until=datetime(2026, 3, 14, 15, 59, 59, tzinfo=UTC),
        detail={"region": "MY", "status": "NORMAL", "is_cb": False},
    )


@pytest.mark.parametrize(("status", "is_open"), [("NORMAL", True), ("FROZEN", False), ("BANNED", False)])
def test_a_frozen_shop_is_not_open(status: str, is_open: bool, shopee: Shopee, ports: Bound) -> None:
    shopee.on("shop/get_shop_info", good(status=status))
    found = ports.check()
    assert (found.name, found.is_open, found.authorised_until) == (SHOP, is_open, None)


def test_lost_pushes_are_pulled_and_confirmed_without_a_token(shopee: Shopee, app: AppAccess) -> None:
    shopee.on(LOST, (200, raw_text("lost_pushes__text_form")))
    shopee.on(CONFIRM, good())
    found = queue.pull(app, None, ack=None)
    assert ([n.external_id for n in found.notices], found.ack, found.more) == (["220810QSK8S7BX"], "176610", False)
    queue.confirm(app, None, ack="176610")
    assert shopee.asked[1].json() == {"last_message_id": 176610}
    assert all("access_token" not in dict(asked.pairs) for asked in shopee.asked)


def test_a_watermark_that_is_no_number_is_not_sent(shopee: Shopee, app: AppAccess) -> None:
    with pytest.raises(Rejected):
        queue.confirm(app, None, ack="x")
    assert shopee.asked == []


def test_facts() -> None:
    assert (WEBHOOKS.acknowledgement.status, WEBHOOKS.acknowledgement.body) == (200, b"")
    assert all(reply.status >= 400 for reply in WEBHOOKS.refusals.values())
    assert {kind: reader.batch for kind, reader in CONNECTOR.reads.items()} == {
        "order": 50,
        "listing": 50,
        "return": 20,
        "settlement": 50,
    }
    assert [field.name for field in CONNECTOR.account_fields] == ["partner_id", "partner_key", "push_partner_key"]
    assert [field.name for field in CONNECTOR.account_fields if field.secret] == ["partner_key", "push_partner_key"]
    assert [field.name for field in CONNECTOR.account_settings] == ["push_key", "consent_page", "escrow_method"]
    assert (CONNECTOR.queue, CONNECTOR.keeps_stock) == (QUEUE, False)
    assert (CONSENT.kind, CONSENT.shares_one_token, CONSENT.app_has_token) == (ConsentKind.CODE, False, False)


def test_a_banned_shop_waits_for_its_people(shopee: Shopee, ports: Bound) -> None:
    shopee.on("shop/get_shop_info", bad("shop_banned", ""))
    with pytest.raises(TryLater, match="banned"):
        ports.check()
