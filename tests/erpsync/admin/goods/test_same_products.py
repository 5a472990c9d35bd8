"""The page of products that may be the same: who sees a pair, who decides, and what is left in the log."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client

from erpsync.admin.kit.log_texts import text_of
from inventory.models import Listing, Product, ProductPair, ShopMembership, StockLevel
from tests.erpsync.admin.pages import CONFIRMED
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db

PAGE = "/admin/inventory/productpair/proposals/"


@pytest.fixture
def pair(client: Client) -> tuple[World, World]:
    """The same SKU at two POSs; the first one's manager is manager at the second, too."""
    first, second = world("ONE"), world("TWO")
    for made in (first, second):
        type(made.shop).objects.filter(pk=made.shop.pk).update(keeps_stock=True)
        Product.objects.filter(pk=made.product.pk).update(sku="SAME")
    ProductPair.objects.all().delete()
    ShopMembership.objects.create(user=first.manager, shop=second.shop, role="manager")
    client.force_login(first.manager)
    return first, second


def key(first: World, second: World) -> str:
    return f"{first.product.pk}-{second.product.pk}"


def waiting(client: Client) -> str | None:
    """What the tile of the first page counts; None where there is no tile."""
    cards = {card["title"]: card for card in client.get("/admin/").context["cards"]}
    return cards["May be the same"]["value"] if "May be the same" in cards else None


def test_both_are_shown_side_by_side_and_joined_on_a_word(client: Client, pair: tuple[World, World]) -> None:
    first, second = pair
    shown = client.get(PAGE).content.decode()
    for text in ("ONE product", "TWO product", "Same SKU", "ONE branch", "TWO branch"):
        assert text in shown
    assert waiting(client) == "1"
    assert not ProductPair.objects.exists(), "looking joins nothing"
    client.post(PAGE, {"pair": key(first, second), "decision": "joined"})
    found = ProductPair.objects.get()
    assert (found.decision, found.decided_by) == ("joined", first.manager)
    assert not Listing.objects.filter(product=second.product).exists()
    assert StockLevel.objects.filter(product=first.product).count() == 2
    assert [text_of(e) for e in LogEntry.objects.all()] == ["Joined: SAME ONE product and SAME TWO product"]
    assert "No two products look the same" in client.get(PAGE).content.decode()
    assert waiting(client) is None


def test_those_that_differ_are_remembered_and_that_is_undone(client: Client, pair: tuple[World, World]) -> None:
    client.post(PAGE, {"pair": key(*pair), "decision": "differ"})
    found = ProductPair.objects.get()
    assert found.decision == "differ"
    assert "No two products look the same" in client.get(PAGE).content.decode()
    shown = client.get(f"/admin/inventory/productpair/{found.pk}/change/").content.decode()
    assert f"/productpair/{found.pk}/undo/" in shown
    answer = client.post(f"/admin/inventory/productpair/{found.pk}/undo/", CONFIRMED)
    assert answer.headers["HX-Redirect"] == PAGE
    assert not ProductPair.objects.exists()
    assert waiting(client) == "1"


def test_who_manages_only_one_of_the_shops_decides_nothing(client: Client, pair: tuple[World, World]) -> None:
    ShopMembership.objects.filter(user=pair[0].manager, shop=pair[1].shop).update(role="operator")
    shown = client.get(PAGE).content.decode()
    assert "A manager of all shops that sell one of them decides." in shown
    assert 'value="joined"' not in shown
    client.post(PAGE, {"pair": key(*pair), "decision": "joined"})
    assert not ProductPair.objects.exists()


def test_a_pair_with_a_product_of_other_people_is_not_shown(client: Client, pair: tuple[World, World]) -> None:
    ShopMembership.objects.filter(user=pair[0].manager, shop=pair[1].shop).delete()
    assert "TWO" not in client.get(PAGE).content.decode()
    assert waiting(client) is None
    client.post(PAGE, {"pair": key(*pair), "decision": "joined"})
    assert not ProductPair.objects.exists()
    client.force_login(get_user_model().objects.create_superuser("root"))
    assert "TWO product" in client.get(PAGE).content.decode()
