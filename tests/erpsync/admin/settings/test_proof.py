"""A customer book among the connections: nobody waits for its webhooks, and marketplaces choose it on their page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from erpsync.connections.health import GREEN, lights, measured
from integrations.accounts.links import channels_with, targets
from integrations.contract.connector import Role
from integrations.models import Connection
from inventory.models import ShopMembership
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def book() -> World:
    [channel] = channels_with(Role.CRM)
    return world("BOOK", channel=channel)


def test_a_channel_that_sends_no_webhooks_is_not_blamed_for_silence(book: World) -> None:
    light = lights(measured(Connection.objects.all()).get())["webhook"]
    assert (light.colour, light.advice) == (GREEN, "")


def test_a_marketplace_chooses_among_the_books_of_its_people(client: Client, book: World) -> None:
    mine, foreign = world("MINE", channel="shopee"), world("FOREIGN", channel=book.shop.channel)
    client.force_login(mine.manager)
    ShopMembership.objects.create(user=mine.manager, shop=book.shop, role="manager")
    page = reverse("admin:integrations_connection_change", args=[mine.connection.pk])
    offered = client.get(page).context["adminform"].form.fields["crm"].queryset
    assert [connection.pk for connection in offered] == [book.connection.pk]
    for chosen, expected in ((foreign.connection.pk, None), (book.connection.pk, book.connection)):
        client.post(page, {"is_active": "on", "pos": "", "crm": chosen})
        assert targets(mine.connection, Role.CRM).first() == expected


def test_a_book_is_told_to_no_other_book(client: Client, book: World) -> None:
    client.force_login(book.manager)
    page = reverse("admin:integrations_connection_change", args=[book.connection.pk])
    assert "crm" not in client.get(page).context["adminform"].form.fields
