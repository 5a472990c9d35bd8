"""The page of a stock level."""

from __future__ import annotations

import pytest
from django.test import Client

from inventory.models import StockLevel
from tests.erpsync.admin.pages import page
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def test_the_numbers_behind_a_stock_level_add_up(client: Client, own: World) -> None:
    StockLevel.objects.filter(pk=own.level.pk).update(on_hand=1, reserved=3, pos_reserved=2, pos_own=1)
    other = world("STRANGER", channel="shopee")
    own.level.reservations.create(shop=other.shop, order_number="secret", line_key="1", quantity=2)
    shown = client.get(page(own.level)).content.decode()
    for text in ("On hand (sum of all movements)", "Held for orders of OWN shop", "shops you do not see", "Oversold"):
        assert text in shown
    assert "secret" not in shown
    assert "STRANGER" not in shown
