"""Title, description and pictures: what was changed is sent, and a refusal loses nothing of what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from integrations.connectors.base import ContentPush
from integrations.connectors.shopee.connector import ShopeeConnector
from integrations.models import InboxEvent
from integrations.wire.errors import Rejected, TryLater
from inventory.models import Listing, ShopMembership
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db

NOW = {"title": "Áo thun", "description": "Dòng một\nDòng hai", "images": "https://i/1\nhttps://i/2"}


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    made.listing.title, made.listing.description = NOW["title"], NOW["description"]
    made.listing.images = NOW["images"].split()
    made.listing.save()
    return made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ContentPush]:
    told: list[ContentPush] = []
    monkeypatch.setattr(ShopeeConnector, "push_content", lambda self, push: told.append(push))
    return told


def page(listing: Listing, action: str = "describe") -> str:
    return f"/admin/inventory/listing/{listing.pk}/{action}/"


def as_browsers_write(**typed: str) -> dict[str, str]:
    return {name: text.replace("\n", "\r\n") for name, text in (NOW | typed).items()}


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ({"title": "Áo mới"}, {"title": "Áo mới"}),
        ({"description": "Khác\nhẳn"}, {"description": "Khác\nhẳn"}),
        ({"images": "https://i/2\n https://i/1 "}, {"images": ("https://i/2", "https://i/1")}),
        ({"title": "", "description": "", "images": "https://i/1"}, {"images": ("https://i/1",)}),
    ],
)
def test_only_what_was_changed_is_sent(
    client: Client, own: World, told: list[ContentPush], typed: dict[str, str], sent: dict[str, Any]
) -> None:
    shown = client.get(page(own.listing)).content.decode()
    assert "Dòng một\nDòng hai" in shown
    answer = client.post(page(own.listing), as_browsers_write(**typed))
    assert (answer.status_code, answer.headers["Location"]) == (302, page(own.listing, "change"))
    assert told == [ContentPush(own.listing.item_id, **sent)]
    asked = InboxEvent.objects.get(state="pending")
    assert (asked.kind, asked.external_id, asked.source) == ("listing", own.listing.item_id, "person")
    assert f"Sent to the channel: {next(iter(sent))}" in LogEntry.objects.get().get_change_message()


def test_nothing_changed_is_nothing_sent(client: Client, own: World, told: list[ContentPush]) -> None:
    answer = client.post(page(own.listing), as_browsers_write())
    assert (answer.status_code, told) == (200, [])
    assert "Nothing was changed." in answer.content.decode()


@pytest.mark.parametrize("trouble", [Rejected("The title is too long"), TryLater("Shopee is busy")])
def test_a_refusal_is_told_and_what_was_typed_stays(
    client: Client, own: World, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ShopeeConnector, push: ContentPush) -> None:
        raise trouble

    monkeypatch.setattr(ShopeeConnector, "push_content", refuse)
    shown = client.post(page(own.listing), as_browsers_write(title="Áo rất dài")).content.decode()
    assert str(trouble) in shown
    assert 'value="Áo rất dài"' in shown
    assert not InboxEvent.objects.filter(state="pending").exists()


def test_a_shop_that_is_not_connected_says_so(client: Client, own: World, told: list[ContentPush]) -> None:
    own.connection.is_active = False
    own.connection.save()
    shown = client.post(page(own.listing), as_browsers_write(title="Áo mới")).content.decode()
    assert "OWN shop is not connected" in shown
    assert told == []


def test_viewers_strangers_and_channels_without_it_have_no_such_page(
    client: Client, own: World, told: list[ContentPush]
) -> None:
    assert page(own.listing) in client.get(page(own.listing, "change")).content.decode()
    till = world("TILL", channel="kiotviet")
    assert client.post(page(till.listing), as_browsers_write(title="x")).status_code in (403, 404)
    ShopMembership.objects.create(user=own.manager, shop=till.shop, role="manager")
    assert page(till.listing) not in client.get(page(till.listing, "change")).content.decode()
    ShopMembership.objects.filter(user=own.manager, shop=own.shop).update(role="viewer")
    assert page(own.listing) not in client.get(page(own.listing, "change")).content.decode()
    assert client.post(page(own.listing), as_browsers_write(title="Áo mới")).status_code == 403
    assert told == []
