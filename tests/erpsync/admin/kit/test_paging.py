"""Pages of a long list: numbered as far as its rows are counted, and what is offered for all of them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from erpsync.admin.kit import paging
from erpsync.admin.kit.audit import AuditedAdmin
from orders.models import Order
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"
OFFERED = "Click here to select the objects across all pages"


@pytest.fixture
def own(client: Client) -> World:
    """A shop with 120 orders, 20 of them shipped."""
    made = world("OWN")
    now = timezone.now()
    Order.objects.bulk_create(
        Order(
            shop=made.shop, number=f"N{n}", status="shipped" if n < 20 else "to_ship", placed_at=now, asked_at=now, raw={}
        )
        for n in range(119)
    )  # fmt: skip
    client.force_login(made.manager)
    return made


def test_pages_have_numbers_and_all_rows_can_be_chosen(client: Client, own: World) -> None:
    page = client.get(LIST).content.decode()
    assert all(f"p={n}" in page for n in (2, 3))
    assert "p=4" not in page
    assert "120" in page
    assert OFFERED in page
    assert "Select all 120 orders" in page
    assert OFFERED not in client.get(f"{LIST}?in_status=shipped").content.decode()


def test_what_is_not_counted_to_its_end_is_paged_back_and_forth(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED", 100)
    page = client.get(f"{LIST}?p=2").content.decode()
    assert "p=1" in page
    assert "p=3" in page
    assert "9999999999" not in page
    assert OFFERED not in page
    assert "To choose all rows, narrow the list to 1000 of them." in page


def test_more_rows_than_an_action_takes_are_not_offered(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuditedAdmin, "most_at_once", 119)
    page = client.get(LIST).content.decode()
    assert OFFERED not in page
    assert "narrow the list to 119" in page
