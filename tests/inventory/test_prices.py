"""What a person may set as a price, and what is asked about first."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory.models import BundleComponent, Listing, Product, Shop
from inventory.services.listings import upsert_listings
from inventory.services.prices import (
    PriceDoubt,
    PriceNeedsConfirmation,
    PriceRefused,
    due_prices,
    price_doubts,
    set_wanted_price,
    settle_prices,
)
from inventory.snapshots import ListingSnapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing() -> Listing:
    shop = Shop.objects.create(name="Shop", channel="toy")
    product = Product.objects.create(sku="A", name="A", cost=300_000)
    return Listing.objects.create(shop=shop, item_id="1", title="A", price=812_000, product=product)


def wanted(listing: Listing) -> Decimal | None:
    return Listing.objects.values_list("wanted_price", flat=True).get(pk=listing.pk)


@pytest.mark.parametrize("price", ["0", "-1", "0.5", "812.5"])
def test_a_price_nobody_can_pay_is_refused_by_service_and_database(listing: Listing, price: str) -> None:
    with pytest.raises(PriceRefused):
        set_wanted_price(listing.pk, Decimal(price), confirmed=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Listing.objects.update(wanted_price=Decimal(price))
    assert wanted(listing) is None


def test_hundredths_are_refused_only_where_the_currency_has_none(listing: Listing) -> None:
    Listing.objects.update(currency="USD", price=10)
    set_wanted_price(listing.pk, Decimal("10.50"))
    assert wanted(listing) == Decimal("10.50")


@pytest.mark.parametrize(
    ("price", "doubts"),
    [
        (406_000, []),
        (1_218_000, []),
        (405_999, [PriceDoubt("moves", Decimal(812_000))]),
        (1_218_001, [PriceDoubt("moves", Decimal(812_000))]),
        (812, [PriceDoubt("moves", Decimal(812_000)), PriceDoubt("below_cost", Decimal(300_000))]),
    ],
)
def test_a_far_move_and_a_loss_are_asked_about(listing: Listing, price: int, doubts: list[PriceDoubt]) -> None:
    assert price_doubts(listing.pk, Decimal(price)) == doubts
    if doubts:
        with pytest.raises(PriceNeedsConfirmation) as refused:
            set_wanted_price(listing.pk, Decimal(price))
        assert list(refused.value.doubts) == doubts
        assert wanted(listing) is None
    set_wanted_price(listing.pk, Decimal(price), confirmed=True)
    assert wanted(listing) == price


def test_the_share_is_the_shops(listing: Listing) -> None:
    Shop.objects.update(price_move_percent=10)
    assert price_doubts(listing.pk, Decimal(730_000)) == [PriceDoubt("moves", Decimal(812_000))]


def test_the_cost_is_that_of_a_sold_piece(listing: Listing) -> None:
    Listing.objects.update(units=3)
    assert price_doubts(listing.pk, Decimal(890_000)) == [PriceDoubt("below_cost", Decimal(900_000))]
    assert price_doubts(listing.pk, Decimal(890_000), units=2) == []


def test_a_bundle_costs_what_its_parts_cost_and_a_cost_of_nothing_is_unknown(listing: Listing) -> None:
    part = Product.objects.get()
    bundle = Product.objects.create(sku="SET", name="Set", is_bundle=True)
    BundleComponent.objects.create(bundle=bundle, product=part, units=3)
    assert price_doubts(listing.pk, Decimal(890_000), product_id=bundle.pk) == [
        PriceDoubt("below_cost", Decimal(900_000))
    ]
    Product.objects.filter(pk=part.pk).update(cost=0)
    assert price_doubts(listing.pk, Decimal(890_000), product_id=bundle.pk) == []


def test_an_unknown_price_is_compared_with_the_one_wanted_and_then_with_the_book(listing: Listing) -> None:
    Listing.objects.update(price=None)
    assert price_doubts(listing.pk, Decimal(1_000_000)) == []
    Product.objects.update(price=600_000)
    assert price_doubts(listing.pk, Decimal(1_000_000)) == [PriceDoubt("moves", Decimal(600_000))]
    Listing.objects.update(wanted_price=900_000)
    assert price_doubts(listing.pk, Decimal(1_000_000)) == []


def test_none_leaves_the_price_alone(listing: Listing) -> None:
    set_wanted_price(listing.pk, Decimal(800_000))
    set_wanted_price(listing.pk, None)
    assert wanted(listing) is None


def test_a_price_wanted_in_another_currency_is_not_wanted(listing: Listing) -> None:
    Listing.objects.update(currency="USD", price=10, wanted_price=Decimal("10.5"))
    read = ListingSnapshot("1", "", "", "A", "active", timezone.now(), price=Decimal(5))
    upsert_listings(listing.shop, [read])
    assert wanted(listing) is None


def test_a_price_that_was_set_anew_while_it_was_pushed_is_due_again(listing: Listing) -> None:
    set_wanted_price(listing.pk, Decimal(820_000))
    [due] = due_prices(listing.shop_id, limit=10)
    set_wanted_price(listing.pk, Decimal(830_000))
    settle_prices([due], [(due, "too high")])
    listing.refresh_from_db()
    assert (listing.price, str(listing.price_failure)) == (820_000, "")
    [again] = due_prices(listing.shop_id, limit=10)
    assert again.price == 830_000
    settle_prices([], [(again, "too high")])
    assert due_prices(listing.shop_id, limit=10) == []
