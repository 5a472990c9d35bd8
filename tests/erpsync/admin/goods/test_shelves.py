"""Shelves in the admin: on the product's page, by spreadsheet, in the exported file."""

from __future__ import annotations

import pytest
from django.test import Client

from inventory.models import ShopMembership, StockLevel
from tests.erpsync.admin.imports.test_imports import store, upload
from tests.erpsync.admin.pages import CONFIRMED, page
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
IMPORT = "/admin/inventory/product/import/shelves/"


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", role="operator")
    client.force_login(made.manager)
    return made


def shelf(made: World) -> str:
    return StockLevel.objects.get(pk=made.level.pk).shelf


def test_a_shelf_is_set_on_the_product_page_by_who_works_there(client: Client, own: World) -> None:
    dialog = client.get(page(own.product, "shelves")).content.decode()
    assert f'name="shelf_{own.level.pk}"' in dialog
    assert "OWN branch" in dialog
    client.post(page(own.product, "shelves"), CONFIRMED | {f"shelf_{own.level.pk}": " A-12 "})
    assert shelf(own) == "A-12"
    assert "A-12" in client.get(page(own.product)).content.decode()
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    assert client.post(page(own.product, "shelves"), CONFIRMED | {f"shelf_{own.level.pk}": "B"}).status_code == 403
    stranger = world("ZZ")
    client.force_login(stranger.manager)
    assert client.post(page(own.product, "shelves"), CONFIRMED | {f"shelf_{own.level.pk}": "B"}).status_code == 404
    client.post(page(stranger.product, "shelves"), CONFIRMED | {f"shelf_{own.level.pk}": "B"})
    assert shelf(own) == "A-12"


def test_shelves_come_by_spreadsheet(client: Client, own: World) -> None:
    text = f"SKU;Warehouse;Shelf\n{own.product.sku.lower()};own BRANCH;A-07\nOWN-TWIN;;B-01\n"
    outcome = upload(client, IMPORT, text)
    assert [(change.before, change.after) for change in outcome.context["changes"]] == [("–", "A-07"), ("–", "B-01")]
    assert shelf(own) == ""
    assert store(client, IMPORT, outcome).status_code == 302
    assert shelf(own) == "A-07"
    wrong = upload(
        client, IMPORT, f"SKU;Warehouse;Shelf\n{own.product.sku};Elsewhere;A\n{own.product.sku};;{'x' * 41}\nNO;;A\n"
    )
    assert [number for number, _why in wrong.context["wrong"]] == [2, 3, 4]


def test_a_shelf_of_another_shop_is_not_set(client: Client, own: World) -> None:
    stranger = world("ZZ")
    outcome = upload(client, IMPORT, f"SKU;Warehouse;Shelf\n{stranger.product.sku};;A\n")
    assert [number for number, _why in outcome.context["wrong"]] == [2]
