"""The price on a listing's page: read as people write it, asked about when it looks like a slip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from core.reasons import Reason
from erpsync.admin.goods import listings
from inventory.models import Listing, Product, Shop
from inventory.services.mapping import map_listings
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    Listing.objects.filter(pk=made.listing.pk).update(price=790_000)
    Product.objects.filter(pk=made.product.pk).update(cost=300_000)
    return made


def address(listing: Listing) -> str:
    return f"/admin/inventory/listing/{listing.pk}/change/"


def post(client: Client, own: World, price: str, language: str = "en", **more: Any) -> Any:
    form = {
        "product": own.product.pk, "units": "1", "wanted_price": price, "stocks-TOTAL_FORMS": 0, "stocks-INITIAL_FORMS": 0,
    }  # fmt: skip
    return client.post(address(own.listing), form | more, headers={"accept-language": language})


def wanted(own: World) -> Decimal | None:
    return Listing.objects.values_list("wanted_price", flat=True).get(pk=own.listing.pk)


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("typed", ["812.000", "812,000", "812 000", "812000", "812.000 ₫"])
def test_any_way_of_writing_it_is_stored_as_what_was_meant(
    client: Client, own: World, typed: str, language: str
) -> None:
    assert post(client, own, typed, language).status_code == 302
    assert wanted(own) == 812_000
    shown = client.get(address(own.listing), headers={"accept-language": language}).content.decode()
    assert f'value="{"812.000" if language == "vi" else "812,000"}"' in shown


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("812.5", "Amounts in VND have no decimals: type 812 or 812,500."),
        ("0.5", "Amounts in VND have no decimals: type 500."),
        ("0", "At least 1 ₫."),
        ("-812000", "At least 1 ₫."),
        ("cheap", "like 1,234,567."),
    ],
)
def test_what_is_no_price_is_refused_with_what_to_type(client: Client, own: World, typed: str, answer: str) -> None:
    refused = post(client, own, typed)
    assert refused.status_code == 200
    assert answer in refused.content.decode()
    assert f'value="{typed}"' in refused.content.decode()
    assert wanted(own) is None


def test_a_slip_is_asked_about_and_the_answer_counts_for_that_price_only(client: Client, own: World) -> None:
    asked = post(client, own, "812").content.decode()
    assert "812 ₫ instead of 790,000 ₫ now: 100 % less." in asked
    assert "812 ₫ is below the cost of 300,000 ₫." in asked
    assert 'name="wanted_price-confirmed" value="812"' in asked
    assert post(client, own, "813", **{"wanted_price-confirmed": "812"}).status_code == 200
    assert wanted(own) is None
    assert post(client, own, "812", **{"wanted_price-confirmed": "812"}).status_code == 302
    assert wanted(own) == 812


def test_the_cost_is_that_of_the_mapping_being_saved(client: Client, own: World) -> None:
    assert "below the cost of 900,000 ₫" in post(client, own, "800000", units="3").content.decode()
    assert Listing.objects.get(pk=own.listing.pk).units == 1


def test_a_cost_that_moves_after_the_check_stores_nothing(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def map_and_move(rows: Any) -> None:
        map_listings(rows)
        Product.objects.filter(pk=own.product.pk).update(cost=900_000)

    monkeypatch.setattr(listings, "map_listings", map_and_move)
    answer = post(client, own, "780000", units="2")
    assert (answer.status_code, answer["Location"]) == (302, address(own.listing))
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Nothing is stored: the cost or the price of now changed meanwhile. Look again."
    ]
    assert (Listing.objects.get(pk=own.listing.pk).units, wanted(own)) == (1, None)


def test_the_state_of_a_price_is_shown(client: Client, own: World) -> None:
    def shown() -> str:
        return client.get("/admin/inventory/listing/").content.decode()

    post(client, own, "812000")
    assert "812,000 ₫ on its way" in shown()
    Shop.objects.update(pushes_paused=True)
    assert "812,000 ₫ waits: pushes are paused" in shown()
    Listing.objects.filter(pk=own.listing.pk).update(price_failure=Reason(words="too dear"))
    assert "812,000 ₫ refused" in shown()
    Listing.objects.filter(pk=own.listing.pk).update(price_failure=Reason(), price=812_000)
    assert "taken by the channel" in shown()


def test_a_stock_masters_own_products_are_no_marketplace_listings_unless_asked_for(client: Client, own: World) -> None:
    Shop.objects.create(name="POS", channel="kiotviet", keeps_stock=True)
    book = Listing.objects.create(shop=Shop.objects.get(name="POS"), item_id="9", title="Book")
    user = own.manager
    user.shop_memberships.create(shop=book.shop, role="manager")

    def shown(**params: str) -> set[str]:
        rows = client.get("/admin/inventory/listing/", params).context["cl"].result_list
        return {row.item_id for row in rows}

    assert shown() == {"OWN-item", "OWN-spare"}
    assert shown(where="pos") == {"9"}
    assert shown(where="all") == {"OWN-item", "OWN-spare", "9"}


def test_warehouses_of_a_shop_are_boxes_to_tick(client: Client, own: World) -> None:
    shown = client.get(f"/admin/inventory/shop/{own.shop.pk}/change/").content.decode()
    assert shown.count('type="checkbox" name="sells_from"') == 1
    assert '<select name="sells_from"' not in shown
