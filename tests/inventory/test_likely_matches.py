"""Bulk mapping: what is offered, why, and its undo."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.simulator.book import new_book
from integrations.simulator.day import Day
from integrations.simulator.discovery import find_platforms
from integrations.simulator.life import Life
from integrations.simulator.simulated_platform import PointOfSale
from integrations.simulator.world import World
from inventory.models import BulkMapping, Listing, Product, Shop
from inventory.services.mapping import exact_matches, map_listings
from inventory.services.matching import (
    NAME,
    SKU,
    SKU_STEM,
    last_bulk_mapping,
    likely_matches,
    map_in_bulk,
    undo_bulk_mapping,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Shop", channel="toy")


def offered(shop: Shop, sku: str = "", title: str = "?", variation: str = "") -> tuple[str, str] | None:
    """The SKU of the product that is offered for a listing, and the reason."""
    listing = Listing.objects.create(shop=shop, item_id="x", sku=sku, title=title, variation_name=variation)
    found = [(Product.objects.get(pk=match.product_id).sku, match.reason) for match in likely_matches([shop.pk])]
    listing.delete()
    assert len(found) < 2
    return found[0] if found else None


def test_a_listing_is_offered_by_its_name_with_the_variation(shop: Shop) -> None:
    for size in "SM":
        Product.objects.create(sku=f"ADCT006-{size}", name=f"Áo dài cách tân gấm - Đỏ, {size}")
    assert offered(shop, title="áo dài  cách tân GẤM", variation="M / đỏ") == ("ADCT006-M", NAME)
    assert offered(shop, title="Áo dài cách tân gấm", variation="Đỏ") is None
    assert offered(shop, title="?!") is None


def test_a_listing_is_offered_by_its_sku_but_for_punctuation_and_case(shop: Shop) -> None:
    Product.objects.create(sku="AO-01", name="Áo")
    Product.objects.create(sku="AO-02", name="Áo hai")
    assert offered(shop, sku="ao 01") == ("AO-01", SKU)
    assert offered(shop, sku="AO.02") == ("AO-02", SKU)
    assert offered(shop, sku="AO01B") == ("AO-01", SKU_STEM)
    assert offered(shop, sku="AO03") is None
    assert offered(shop, sku="-") is None


def test_a_letter_at_the_end_is_left_out_on_one_side_only(shop: Shop) -> None:
    Product.objects.create(sku="TN7X", name="Tai nghe")
    assert offered(shop, sku="TN7") == ("TN7X", SKU_STEM)
    assert offered(shop, sku="TN7Y") is None
    Product.objects.create(sku="TN7Z", name="Tai nghe khác")
    assert offered(shop, sku="TN7") is None


def test_where_two_products_are_named_none_is_offered(shop: Shop) -> None:
    Product.objects.create(sku="A-1A", name="Trà")
    Product.objects.create(sku="B-1B", name="Gạo")
    assert offered(shop, sku="B1B", title="Trà") is None
    Product.objects.create(sku="C", name="Trà")
    assert offered(shop, title="trà") is None


def test_only_listings_and_products_that_are_asked_for(shop: Shop) -> None:
    tea = Product.objects.create(sku="TRA", name="Trà")
    listing = Listing.objects.create(shop=shop, item_id="1", title="Trà")
    assert [match.listing_id for match in likely_matches([shop.pk])] == [listing.pk]
    assert list(likely_matches([shop.pk], product_ids=[])) == []
    assert list(likely_matches([shop.pk], listing_ids=[])) == []
    assert list(likely_matches([])) == []
    map_listings([(listing.pk, tea.pk, 1)])
    assert list(likely_matches([shop.pk])) == []


def test_a_bulk_mapping_is_undone_as_one_and_once(shop: Shop, django_user_model: Any) -> None:
    lan, minh = (django_user_model.objects.create_user(name) for name in ("lan", "minh"))
    tea, rice = (Product.objects.create(sku=name, name=name) for name in ("TEA", "RICE"))
    first, second, third = (Listing.objects.create(shop=shop, item_id=str(n), title=str(n)) for n in range(3))
    assert map_in_bulk([(row.pk, tea.pk) for row in (first, second, third)], lan.pk) == 3
    map_listings([(second.pk, rice.pk, 1)])
    last = last_bulk_mapping(lan.pk)
    assert last is not None
    assert (last.listings, last_bulk_mapping(minh.pk)) == (3, None)
    assert undo_bulk_mapping(last.id, minh.pk, [shop.pk]) == 0
    assert undo_bulk_mapping(last.id, lan.pk, [shop.pk]) == 2
    assert undo_bulk_mapping(last.id, lan.pk, [shop.pk]) == 0
    assert last_bulk_mapping(lan.pk) is None
    assert list(Listing.objects.order_by("id").values_list("product__sku", flat=True)) == [None, "RICE", None]


def test_an_undo_stops_at_the_shops_of_the_person(shop: Shop, django_user_model: Any) -> None:
    lan = django_user_model.objects.create_user("lan")
    tea = Product.objects.create(sku="TEA", name="Tea")
    listing = Listing.objects.create(shop=shop, item_id="1", title="1")
    map_in_bulk([(listing.pk, tea.pk)], lan.pk)
    assert undo_bulk_mapping(BulkMapping.objects.get().pk, lan.pk, []) == 0
    assert Listing.objects.get().product == tea


def test_nearly_all_unmapped_listings_of_the_demo_are_offered() -> None:
    """Its shops carry an odd SKU now and then: 70 listings that no SKU or barcode maps."""
    platforms = find_platforms()
    world = World(
        Day(Life(new_book("1", products=200, speed=1.0, chaos="calm"))), platforms, dict.fromkeys(platforms, "http://x")
    )
    world.open()
    Product.objects.bulk_create(
        Product(sku=good.sku, name=good.full_name, barcode=good.barcode) for good in world.book.goods.values()
    )
    sold_as: dict[int, str] = {}
    for channel, platform in world.platforms.items():
        if isinstance(platform, PointOfSale):
            continue
        for shop_id, sells in platform.context.shops.items():
            shop = Shop.objects.create(name=shop_id, channel=channel)
            for variation in sells.variations():
                listing = Listing.objects.create(
                    shop=shop, item_id=variation.item_id, variation_id=variation.id, sku=variation.seller_sku,
                    title=sells.items[variation.item_id].name, variation_name=variation.option,
                )  # fmt: skip
                sold_as[listing.pk] = variation.sku
    map_listings(exact_matches())
    unmapped = set(Listing.objects.filter(product=None).values_list("pk", flat=True))
    found = {match.listing_id: match.product_id for match in likely_matches(Shop.objects.values_list("pk", flat=True))}
    assert len(unmapped) >= 50
    assert len(unmapped - found.keys()) <= 1
    skus = dict(Product.objects.values_list("pk", "sku"))
    assert {listing: skus[product] for listing, product in found.items()} == {pk: sold_as[pk] for pk in found}
