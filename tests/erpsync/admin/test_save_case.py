"""The button "Save as a case" on an order's page and on that of an inbox event."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from erpsync.admin.kit import save_case
from integrations.contract.errors import TryLater
from integrations.models import InboxEvent
from orders.models import Order
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
WORDS = "Save as a case"


def page(obj: Any, action: str = "change") -> str:
    return f"/admin/{obj._meta.app_label}/{obj._meta.model_name}/{obj.pk}/{action}/"


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    calls: list[tuple[str, str]] = []

    def answer(connection: Any, kind: str, external_id: str, **_given: Any) -> dict[str, Any]:
        calls.append((kind, external_id))
        return {"fault": "", "steps": []}

    monkeypatch.setattr(save_case, "as_case", answer)
    return calls


def test_an_order_is_saved(client: Client, own: World, asked: list[tuple[str, str]]) -> None:
    order = Order.objects.filter(shop=own.shop).earliest("pk")
    assert WORDS in client.get(page(order)).content.decode()
    answer = client.get(page(order, "save_as_case"))
    assert answer.json() == {"fault": "", "steps": []}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shopee-order.json"'
    assert asked == [("order", order.number)]


def test_an_event_is_saved(client: Client, own: World, asked: list[tuple[str, str]]) -> None:
    dead = InboxEvent.objects.get(state="dead")
    assert WORDS in client.get(page(dead)).content.decode()
    assert client.get(page(dead, "save_as_case")).status_code == 200
    assert asked == [(dead.kind, dead.external_id)]


def test_without_an_answer_the_page_says_why(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **_given: Any) -> None:
        raise TryLater("it is night there")

    monkeypatch.setattr(save_case, "as_case", away)
    order = Order.objects.filter(shop=own.shop).earliest("pk")
    answer = client.get(page(order, "save_as_case"), follow=True)
    assert "The channel did not answer: it is night there" in answer.content.decode()


def test_a_viewer_saves_nothing(client: Client, own: World, asked: list[tuple[str, str]]) -> None:
    viewer = world("VIEW", role="viewer", channel="shopee")
    client.force_login(viewer.manager)
    mine = Order.objects.filter(shop=viewer.shop).earliest("pk")
    assert WORDS not in client.get(page(mine)).content.decode()
    assert client.get(page(mine, "save_as_case")).status_code == 403
    theirs = Order.objects.filter(shop=own.shop).earliest("pk")
    assert client.get(page(theirs, "save_as_case")).status_code in {302, 403, 404}
    assert asked == []
