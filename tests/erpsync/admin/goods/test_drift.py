"""Wrong numbers at channels: a count per shop on the first page, and a list with two answers, for the shop's own people."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory.models import ListingStock, ShopMembership, StockDrift
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/stockdrift/"


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    ListingStock.objects.update(observed=9)
    return made


def act(client: Client, action: str, *ids: int) -> Any:
    return client.post(LIST, {"action": action, "_selected_action": ids}, follow=True)


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_first_page_counts_them_per_shop_and_leads_to_them(client: Client, own: World) -> None:
    shown = client.get("/admin/").content.decode()
    assert "Channels show another number than they should" in shown
    assert "1 wait for your decision" in shown
    assert f"{LIST}?in_shop={own.shop.pk}&amp;open=yes" in shown
    listed = client.get(f"{LIST}?in_shop={own.shop.pk}&open=yes").content.decode()
    assert "OWN title" in listed
    assert "Waits for a decision" in listed
    StockDrift.objects.update(ended_at="2026-11-30T00:00:00Z")
    assert "Channels show another number than they should" not in client.get("/admin/").content.decode()
    assert "OWN title" not in client.get(f"{LIST}?open=yes").content.decode()


def test_the_right_number_is_sent_when_a_person_says_so(client: Client, own: World) -> None:
    row = StockDrift.objects.get()
    assert said(act(client, "put_right_now", row.pk)) == ["The right number is sent for 1 listing."]
    row.refresh_from_db()
    assert (row.decision, row.decided_by) == ("put_right", own.manager)
    stock = ListingStock.objects.get()
    assert (stock.expected, stock.wanted) == (9, 7), "what is shown is known, and the right one is due"


def test_a_number_is_left_when_a_person_says_so(client: Client, own: World) -> None:
    row = StockDrift.objects.get()
    assert said(act(client, "leave_it", row.pk)) == ["1 number is left as it is."]
    row.refresh_from_db()
    assert (row.decision, row.decided_by, ListingStock.objects.get().expected) == ("left", own.manager, 7)
    StockDrift.objects.update(ended_at="2026-11-30T00:00:00Z")
    assert said(act(client, "leave_it", row.pk)) == ["Nothing was open among the chosen ones."]


def test_a_viewer_looks_and_a_stranger_sees_nothing(client: Client, own: World) -> None:
    row = StockDrift.objects.get()
    ShopMembership.objects.update(role="viewer")
    act(client, "put_right_now", row.pk)
    row.refresh_from_db()
    assert (row.decision, ListingStock.objects.get().expected) == ("waiting", 7)
    client.force_login(world("OTHER", channel="shopee").manager)
    assert "OWN" not in client.get(LIST).content.decode()
    act(client, "put_right_now", row.pk)
    row.refresh_from_db()
    assert row.decision == "waiting"
    assert client.get(f"{LIST}{row.pk}/change/").status_code in (302, 404)
