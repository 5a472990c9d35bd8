"""Keys in the admin: made by managers for their shops, shown once, rotated, ended when they leaked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from erpsync.api.keys import services, text
from erpsync.models import ApiKey
from tests.erpsync.admin.worlds import World, world
from tests.erpsync.api.conftest import Api

pytestmark = pytest.mark.django_db

LIST = reverse("admin:erpsync_apikey_changelist")
ADD = reverse("admin:erpsync_apikey_add")


@pytest.fixture
def own(redis: Any) -> World:
    return world("OWN")


@pytest.fixture
def manager(own: World, client: Client) -> Client:
    client.force_login(own.manager)
    return client


def form(own: World, **fields: Any) -> dict[str, Any]:
    return {
        "name": "web shop", "shops": [own.shop.pk], "role": "viewer", "scopes": ["orders:read"], "addresses": "127.0.0.1,10.1.2.3/8",
        "per_minute": "600",
    } | fields  # fmt: skip


def shown(answer: Any) -> list[str]:
    return re.findall(text.PATTERN, answer.content.decode())


def test_a_key_is_made_and_shown_once(own: World, manager: Client) -> None:
    answer = manager.post(ADD, form(own))
    [key] = shown(answer)
    stored = ApiKey.objects.get(name="web shop")
    assert (stored.scopes, stored.addresses, stored.owner) == (
        ["orders:read"],
        ["127.0.0.1/32", "10.0.0.0/8"],
        own.manager,
    )
    assert Api(key).get("/orders").status_code == 200
    page = reverse("admin:erpsync_apikey_change", args=(stored.pk,))
    for address in (LIST, page):
        assert shown(manager.get(address)) == []
        assert key[:14] in manager.get(address).content.decode()
    changed = manager.post(page, form(own, scopes=["shops:read"], is_active="on"))
    assert changed.status_code == 302
    assert [Api(key).get(path).status_code for path in ("/orders", "/shops")] == [403, 200]


@pytest.mark.parametrize(
    "wrong", [{"scopes": ["orders:write"]}, {"scopes": ["stock:write"]}, {"addresses": "10.0.0.300"}, {"scopes": []}]
)
def test_what_makes_no_sense_is_said_and_makes_no_key(own: World, manager: Client, wrong: dict[str, Any]) -> None:
    assert shown(manager.post(ADD, form(own, **wrong))) == []
    assert not ApiKey.objects.filter(name="web shop").exists()


def test_no_key_for_a_shop_that_one_does_not_manage(own: World, manager: Client) -> None:
    other = world("ZZ")
    assert shown(manager.post(ADD, form(own, shops=[own.shop.pk, other.shop.pk]))) == []
    both = services.create("both", [own.shop, other.shop], ["orders:read"]).key
    assert "both" not in manager.get(LIST).content.decode()
    assert manager.post(reverse("admin:erpsync_apikey_rotate", args=(both.pk,))).status_code == 404
    assert ApiKey.objects.get(pk=both.pk).old_digest == ""


def test_a_key_is_rotated_and_ended(own: World, manager: Client) -> None:
    made = services.create("web shop", [own.shop], ["orders:read"])
    rotate = reverse("admin:erpsync_apikey_rotate", args=(made.key.pk,))
    assert shown(manager.get(rotate)) == []
    [second] = shown(manager.post(rotate))
    assert [Api(key).get("/orders").status_code for key in (made.text, second)] == [200, 200]
    leaked = reverse("admin:erpsync_apikey_leaked", args=(made.key.pk,))
    assert manager.post(leaked, {"_form_submitted": "on"}).status_code == 200
    assert [Api(key).get("/orders").status_code for key in (made.text, second)] == [401, 401]
