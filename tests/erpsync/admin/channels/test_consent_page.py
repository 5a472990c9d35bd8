"""Connecting by the channel's page and disconnecting, as the admin does it; the page itself is simulated in test_connecting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from erpsync.connections.health import AMBER, RED, lights, measured
from integrations.models import Authorisation, BackfillRun, Connection, Consent
from inventory.models import Shop, ShopMembership
from tests.erpsync.admin.pages import CONFIRMED, page, said
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    made.app.credentials = {"partner_id": "1", "partner_key": "k"}
    made.app.save()
    client.force_login(made.manager)
    return made


def test_a_channel_with_a_page_offers_it_first_and_the_state_is_for_this_user(client: Client, own: World) -> None:
    shown = client.get("/admin/integrations/connection/add/", {"app": own.app.pk}).content.decode()
    assert f'action="/connect/{own.app.pk}/"' in shown
    assert "Or enter a code or tokens by hand" in shown
    answer = client.post(f"/connect/{own.app.pk}/")
    assert answer.status_code == 302
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fconnect%2Fshopee%2F" in answer.headers["Location"]
    assert "state=" in answer.headers["Location"]
    assert Consent.objects.get().user == own.manager
    assert client.get(f"/connect/{own.app.pk}/").status_code == 405


def test_who_manages_no_shop_connects_none(client: Client) -> None:
    viewer = world("LOOK", channel="shopee", role="operator")
    client.force_login(viewer.manager)
    assert client.post(f"/connect/{viewer.app.pk}/").status_code == 403
    client.logout()
    assert client.get("/connect/shopee/").headers["Location"].startswith("/admin/login/")


def test_who_was_thrown_out_after_leaving_does_not_come_back(client: Client, own: World) -> None:
    left = client.post(f"/connect/{own.app.pk}/").headers["Location"]
    [state] = parse_qs(urlsplit(left).query)["state"]
    ShopMembership.objects.all().delete()
    for method in (client.get, client.post):
        assert method(f"/connect/shopee/?code=x&shop_id=9&state={state}").status_code == 403
    assert Connection.objects.count() == 1


def test_a_consent_that_came_to_nothing_says_why(client: Client, own: World) -> None:
    answer = client.get("/connect/shopee/", {"code": "x", "shop_id": "1"})
    assert answer.status_code == 400
    assert "was not opened from here" in answer.content.decode()
    assert client.get("/connect/moon/").status_code == 404


def test_a_red_connection_is_sent_to_the_channel_again(client: Client, own: World) -> None:
    answer = client.post(page(own.connection, "agree_again"), CONFIRMED)
    assert "/auth?partner_id=1" in answer.headers["HX-Redirect"]
    assert Consent.objects.get().connection == own.connection


def test_disconnecting_lists_open_orders_freezes_pushes_and_deletes_nothing(client: Client, own: World) -> None:
    done = order(own, status="completed")
    run = BackfillRun.objects.create(connection=own.connection, kind="return", until=timezone.now(), state="running")
    shown = client.get(page(own.connection, "disconnect")).content.decode()
    assert own.order.number in shown
    assert done.number not in shown
    own.connection.refresh_from_db()
    assert own.connection.is_active
    answer = client.post(page(own.connection, "disconnect"), follow=True)
    assert "Nothing was deleted" in said(answer)
    own.connection.refresh_from_db()
    run.refresh_from_db()
    assert (own.connection.is_active, run.state) == (False, "paused")
    assert Shop.objects.get(pk=own.shop.pk).pushes_paused
    assert Authorisation.objects.get().access_token == "OWN-access"
    assert page(own.connection, "disconnect") not in client.get(page(own.connection)).content.decode()


@pytest.mark.parametrize(
    ("fields", "colour", "advice"),
    [
        ({"state": "red", "reason": "Taken back."}, RED, "Taken back."),
        ({"state": "expiring", "reason": "Ends soon."}, AMBER, "Ends soon."),
        ({"consent_ends_at": timedelta(days=3)}, AMBER, "Connect the shop again before it ends."),
        ({"consent_ends_at": timedelta(days=-3)}, RED, "The consent has ended: connect the shop again."),
    ],
)
def test_a_consent_that_ends_says_what_to_do(own: World, fields: dict[str, Any], colour: str, advice: str) -> None:
    given = {key: timezone.now() + value if isinstance(value, timedelta) else value for key, value in fields.items()}
    Authorisation.objects.update(**given)
    light = lights(measured(Connection.objects.all()).get(pk=own.connection.pk))["token"]
    assert (light.colour, light.advice) == (colour, advice)
