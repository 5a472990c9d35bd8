"""Saved filters: one's own and those shared by people with a shop in common, on every list."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from erpsync.admin.kit.saved_filters import MOST
from erpsync.models import SavedFilter
from inventory.models import ShopMembership
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
LIST, SAVE = "/admin/orders/order/", "/admin/filters/save/"
NAMED = "in_status=shipped&q=Nguyễn Văn A %26 B"


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def saved(client: Client, **fields: Any) -> list[str]:
    """Save a filter; the messages."""
    data = {"list": "orders_order", "name": "Gấp", "query": f"{NAMED}&p=3&e=1", **fields}
    return [str(message) for message in client.post(SAVE, data, follow=True).context["messages"]]


def chips(client: Client, page: str = LIST) -> list[tuple[str, bool, bool]]:
    found = client.get(page).context["saved_filters"]["chips"]
    return [(chip["filter"].name, chip["is_own"], chip["chosen"]) for chip in found]


def test_what_a_list_shows_is_saved_and_shown_again(client: Client, own: World) -> None:
    assert saved(client) == ["Saved: Gấp."]
    assert SavedFilter.objects.get().query == NAMED
    assert chips(client) == [("Gấp", True, False)]
    assert chips(client, f"{LIST}?{NAMED}") == [("Gấp", True, True)]
    assert chips(client, "/admin/orders/return/") == []
    assert 'href="?in_status=shipped&amp;q=Nguyễn Văn A %26 B"' in client.get(LIST).content.decode()


def test_saving_leads_back_to_what_the_list_showed(client: Client, own: World) -> None:
    answer = client.post(SAVE, {"list": "orders_order", "name": "x", "query": NAMED})
    assert parse_qs(urlsplit(answer["Location"]).query) == {"in_status": ["shipped"], "q": ["Nguyễn Văn A & B"]}
    assert urlsplit(answer["Location"]).path == LIST


def test_the_same_name_replaces_ones_own(client: Client, own: World) -> None:
    saved(client)
    saved(client, query="in_status=packed", shared="on")
    assert list(SavedFilter.objects.values_list("query", "is_shared")) == [("in_status=packed", True)]


def test_what_cannot_be_saved_says_why(client: Client, own: World) -> None:
    assert saved(client, name=" ") == ["Not saved: give the filter a name of at most 60 characters."]
    assert saved(client, query="p=3") == ["Not saved: filter or search the list first, then save what it shows."]
    assert saved(client, query="q=" + "x" * 2_000) == [
        "Not saved: filter or search the list first, then save what it shows."
    ]
    SavedFilter.objects.bulk_create(
        SavedFilter(list_name="orders_order", name=f"{n}", query="q=x", owner=own.manager) for n in range(MOST)
    )
    assert saved(client) == ["Not saved: you have 30 filters of this list. Delete one first."]
    assert SavedFilter.objects.count() == MOST
    assert client.post(SAVE, {"list": "auth_user", "name": "x", "query": "q=x"}).status_code == 404
    assert client.post(SAVE, {"list": "no_such", "name": "x", "query": "q=x"}).status_code == 404


def test_a_shared_filter_reaches_the_people_of_its_owners_shops_and_nobody_else(client: Client, own: World) -> None:
    saved(client, name="mine")
    saved(client, name="ours", shared="on")
    colleague = get_user_model().objects.create_user("lan", password="x", is_staff=True)
    ShopMembership.objects.create(user=colleague, shop=own.shop, role="viewer")
    client.force_login(colleague)
    assert chips(client) == [("ours", False, False)]
    client.force_login(world("THEIRS").manager)
    assert chips(client) == []


def test_only_ones_own_is_deleted(client: Client, own: World) -> None:
    saved(client, shared="on")
    url = f"/admin/filters/{SavedFilter.objects.get().pk}/delete/"
    colleague = get_user_model().objects.create_superuser("root")
    client.force_login(colleague)
    assert client.post(url).status_code == 404
    client.force_login(own.manager)
    assert client.post(url, {"query": "in_status=packed"})["Location"] == f"{LIST}?in_status=packed"
    assert not SavedFilter.objects.exists()
