"""Title, description and pictures: what was changed is sent, and a refusal loses nothing of what was typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.translation import override

from erpsync.admin.kit.log_texts import text_of
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.connectors.shopee.publishing import PUBLISHER
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import ContentPush, PublishContent
from integrations.models import InboxEvent
from inventory.models import Listing, ShopMembership
from tests.erpsync.admin.worlds import World, world
from tests.integrations.toy import install

pytestmark = pytest.mark.django_db

PARTS = {"title": "Tên", "description": "Mô tả", "images": "Hình ảnh"}
NOW = {"title": "Áo thun", "description": "Dòng một\nDòng hai", "images": "https://i/1\nhttps://i/2"}


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    made.listing.title, made.listing.description = NOW["title"], NOW["description"]
    made.listing.images = NOW["images"].split()
    made.listing.save()
    return made


def publish_by(publish: PublishContent, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, replace(CONNECTOR, publisher=replace(PUBLISHER, content=publish)))


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[ContentPush]:
    found: list[ContentPush] = []
    publish_by(lambda access, push: found.append(push), monkeypatch)
    return found


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
    client: Client, own: World, pushed: list[ContentPush], typed: dict[str, str], sent: dict[str, Any]
) -> None:
    shown = client.get(page(own.listing)).content.decode()
    assert "Dòng một\nDòng hai" in shown
    answer = client.post(page(own.listing), as_browsers_write(**typed))
    assert (answer.status_code, answer.headers["Location"]) == (302, page(own.listing, "change"))
    assert pushed == [ContentPush(own.listing.item_id, **sent)]
    asked = InboxEvent.objects.get(state="pending")
    assert (asked.kind, asked.external_id, asked.source) == ("listing", own.listing.item_id, "person")
    with override("vi"):
        assert text_of(LogEntry.objects.get()) == f"Đã gửi lên sàn: {PARTS[next(iter(sent))]}"


def test_nothing_changed_is_nothing_sent(client: Client, own: World, pushed: list[ContentPush]) -> None:
    answer = client.post(page(own.listing), as_browsers_write())
    assert (answer.status_code, pushed) == (200, [])
    assert "Nothing was changed." in answer.content.decode()


@pytest.mark.parametrize("trouble", [Rejected("The title is too long"), TryLater("Shopee is busy")])
def test_a_refusal_is_told_and_what_was_typed_stays(
    client: Client, own: World, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(access: Access, push: ContentPush) -> None:
        raise trouble

    publish_by(refuse, monkeypatch)
    shown = client.post(page(own.listing), as_browsers_write(title="Áo rất dài")).content.decode()
    assert str(trouble) in shown
    assert 'value="Áo rất dài"' in shown
    assert not InboxEvent.objects.filter(state="pending").exists()


def test_a_shop_that_is_not_connected_says_so(client: Client, own: World, pushed: list[ContentPush]) -> None:
    own.connection.is_active = False
    own.connection.save()
    shown = client.post(page(own.listing), as_browsers_write(title="Áo mới")).content.decode()
    assert "OWN shop is not connected" in shown
    assert pushed == []


def test_viewers_strangers_and_channels_without_it_have_no_such_page(
    client: Client, own: World, pushed: list[ContentPush]
) -> None:
    assert page(own.listing) in client.get(page(own.listing, "change")).content.decode()
    till = world("TILL", channel="kiotviet")
    assert client.post(page(till.listing), as_browsers_write(title="x")).status_code in (403, 404)
    ShopMembership.objects.create(user=own.manager, shop=till.shop, role="manager")
    assert page(till.listing) not in client.get(page(till.listing, "change")).content.decode()
    ShopMembership.objects.filter(user=own.manager, shop=own.shop).update(role="viewer")
    assert page(own.listing) not in client.get(page(own.listing, "change")).content.decode()
    assert client.post(page(own.listing), as_browsers_write(title="Áo mới")).status_code == 403
    assert pushed == []
