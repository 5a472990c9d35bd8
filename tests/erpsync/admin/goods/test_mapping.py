"""Mapping of listings, by search and in bulk, each through its page; what is refused changes nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.models import InboxEvent
from inventory.models import Listing, Product
from orders.models import OrderLine
from tests.erpsync.admin.pages import page
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def test_a_mapping_by_search_takes_the_product_and_fetches_what_waited(client: Client, own: World) -> None:
    spare = Listing.objects.get(item_id="OWN-spare")
    OrderLine.objects.create(order=own.order, key="2", listing=spare, item_id=spare.item_id, quantity=1)
    found = client.get(
        "/admin/autocomplete/",
        {"app_label": "inventory", "model_name": "listing", "field_name": "product", "term": "OWN-SKU"},
    ).json()
    assert [row["id"] for row in found["results"]] == [str(own.product.pk)]
    nothing_behind = {"stocks-TOTAL_FORMS": 0, "stocks-INITIAL_FORMS": 0}
    client.post(page(spare), {"product": own.product.pk, "units": 2, "wanted_price": "2.500", **nothing_behind})
    spare.refresh_from_db()
    assert (spare.product, spare.units, spare.wanted_price) == (own.product, 2, 2500)
    assert InboxEvent.objects.get(source="mapping").external_id == own.order.number


def test_exact_matches_are_shown_first_and_only_ticked_ones_are_mapped(client: Client, own: World) -> None:
    by_barcode = Listing.objects.create(shop=own.shop, item_id="b", title="By barcode", barcode="OWN893")
    Listing.objects.create(shop=own.shop, item_id="n", title="No match", sku="NOPE")
    shown = client.get("/admin/inventory/listing/map/")
    assert [str(row["by"]) for row in shown.context["proposals"]] == ["SKU", "Barcode"]
    assert shown.context["left_over"] == 1
    assert not Listing.objects.filter(pk=by_barcode.pk, product__isnull=False).exists()
    client.post("/admin/inventory/listing/map/", {"listing": [by_barcode.pk]})
    assert Listing.objects.get(pk=by_barcode.pk).product == own.product
    assert Listing.objects.get(item_id="OWN-spare").product is None


def test_a_forged_choice_maps_nothing(client: Client, own: World) -> None:
    other = world("ZZ")
    theirs = Listing.objects.get(item_id="ZZ-spare")
    client.post("/admin/inventory/listing/map/", {"listing": [theirs.pk]})
    client.post(
        page(Listing.objects.get(item_id="OWN-spare")), {"product": other.product.pk, "units": 1, "wanted_price": ""}
    )
    assert Listing.objects.filter(item_id__in=("ZZ-spare", "OWN-spare"), product__isnull=False).count() == 0


def test_likely_matches_are_offered_with_the_reason_and_mapped_only_when_ticked(client: Client, own: World) -> None:
    Product.objects.filter(pk=own.product.pk).update(name="Áo dài cách tân gấm - Đỏ")
    Listing.objects.filter(item_id="OWN-spare").update(sku="", title="Áo dài cách tân gấm", variation_name="ĐỎ")
    spare = Listing.objects.get(item_id="OWN-spare")
    shown = client.get("/admin/inventory/listing/map/")
    [row] = shown.context["likely"]
    assert (row["listing"], row["product"], str(row["by"])) == (spare, own.product, "Same name, with its variation")
    assert shown.context["proposals"] == []
    assert f'value="{spare.pk}:{own.product.pk}" ' in shown.content.decode()
    other = Product.objects.create(sku="OTHER", name="Other")
    client.post("/admin/inventory/listing/map/", {"likely": [f"{spare.pk}:{other.pk}", "x:y"]})
    assert Listing.objects.get(pk=spare.pk).product is None
    client.post("/admin/inventory/listing/map/", {"likely": [f"{spare.pk}:{own.product.pk}"]})
    assert Listing.objects.get(pk=spare.pk).product == own.product
    last = client.get("/admin/inventory/listing/map/").context["last"]
    assert last.listings == 1
    client.post("/admin/inventory/listing/map/", {"undo": str(last.id)})
    assert Listing.objects.get(pk=spare.pk).product is None
    assert client.get("/admin/inventory/listing/map/").context["last"] is None
