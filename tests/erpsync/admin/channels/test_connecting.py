"""Keys of apps, shops that are connected, checked and paused, each through its page; what is refused changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from erpsync.admin.channels import connect_page
from integrations.connectors import connector_of
from integrations.contract.connector import Health
from integrations.contract.errors import Rejected
from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Shop, ShopMembership
from tests.erpsync.admin.pages import CONFIRMED, page, said
from tests.erpsync.admin.worlds import World, world
from tests.integrations.toy import install

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def test_keys_go_in_and_never_come_out(admin_client: Client) -> None:
    entered = {
        "name": "Mine", "base_url": "", "callback_url": "", "is_active": "on", "declared_client_id": "the-id",
        "declared_client_secret": "the-secret", "declared_webhook_secret": "the-webhook-secret",
    }  # fmt: skip
    add = "/admin/integrations/appregistration/add/?channel=kiotviet"
    missing = admin_client.post(add, entered | {"declared_client_secret": ""})
    assert "This value is needed" in missing.content.decode()
    assert "the-webhook-secret" not in missing.content.decode()
    assert not AppRegistration.objects.exists()
    admin_client.post(add, entered)
    app = AppRegistration.objects.get()
    assert (app.channel, app.name, app.credentials["client_secret"]) == ("kiotviet", "Mine", "the-secret")
    for url in (page(app), page(app, "history"), "/admin/integrations/appregistration/"):
        shown = admin_client.get(url).content.decode()
        assert "the-secret" not in shown
        assert "the-webhook-secret" not in shown
    assert f"/webhooks/kiotviet/{app.key}/" in admin_client.get(page(app)).content.decode()
    admin_client.post(
        page(app),
        entered | {"declared_client_id": "new-id", "declared_client_secret": "", "declared_webhook_secret": ""},
    )
    app.refresh_from_db()
    assert app.credentials == {
        "client_id": "new-id",
        "client_secret": "the-secret",
        "webhook_secret": "the-webhook-secret",
    }
    twice = admin_client.post(add, entered)
    assert "There is one with this name" in twice.content.decode()


def shop_form(shop_id: str) -> dict[str, str]:
    return {"shop_id": shop_id, "shop_name": "", "code": "c1", "access_token": "", "refresh_token": ""}


def test_a_shop_is_connected_by_its_code(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def connected(app: AppRegistration, **given: Any) -> Connection:
        asked.update(given, app=app)
        shop = Shop.objects.create(name="New", channel="shopee")
        ShopMembership.objects.create(user=given["user"], shop=shop, role="manager")
        granted = Authorisation.objects.create(app=app)
        return Connection.objects.create(authorisation=granted, shop=shop, external_id=given["shop_id"])

    monkeypatch.setattr(connect_page, "connect_shop", connected)
    offered = client.get("/admin/integrations/connection/add/").content.decode()
    assert f"?app={own.app.pk}" in offered
    answer = client.post(f"/admin/integrations/connection/add/?app={own.app.pk}", shop_form("900"), follow=True)
    assert "New is connected." in said(answer)
    assert (asked["shop_id"], asked["code"], asked["user"], asked["app"]) == ("900", "c1", own.manager, own.app)


def test_a_refused_code_stays_in_the_form_with_the_reason(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(app: AppRegistration, **given: Any) -> Connection:
        raise Rejected("The code was used before.", code="invalid_code")

    monkeypatch.setattr(connect_page, "connect_shop", refuse)
    answer = client.post(f"/admin/integrations/connection/add/?app={own.app.pk}", shop_form("900"))
    assert "The code was used before. Nothing was stored." in answer.content.decode()


def test_connecting_again_does_not_take_over_somebody_elses_shop(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_page, "connect_shop", lambda *a, **k: pytest.fail("was asked"))
    theirs = Shop.objects.create(name="Theirs", channel="shopee")
    granted = Authorisation.objects.create(app=own.app, external_id="901")
    Connection.objects.create(authorisation=granted, shop=theirs, external_id="901")
    answer = client.post(f"/admin/integrations/connection/add/?app={own.app.pk}", shop_form("901"))
    assert "connected already" in answer.content.decode()
    assert "Theirs" not in answer.content.decode()


def test_a_check_says_what_the_channel_said(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answering = replace(connector_of(own.app.channel), check=lambda access: Health("Cửa hàng Sen"))
    install(monkeypatch, answering)
    client.post(page(own.connection, "check_now"), CONFIRMED)
    assert "Cửa hàng Sen answers" in said(client.get(page(own.connection)))


def test_pushes_are_paused_and_resumed(client: Client, own: World) -> None:
    client.post(page(own.connection, "pause"), CONFIRMED)
    assert Shop.objects.get(pk=own.shop.pk).pushes_paused
    assert page(own.connection, "pause") not in client.get(page(own.connection)).content.decode()
    client.post(page(own.connection, "resume"), CONFIRMED)
    assert not Shop.objects.get(pk=own.shop.pk).pushes_paused
