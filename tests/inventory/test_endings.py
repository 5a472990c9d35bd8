"""What an item's answer no longer names has ended, and what ends gives its share of scarce stock to others at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction

from inventory.models import Listing, Product, Shop, StockLevel, Warehouse
from inventory.services.listings import gone_listings, upsert_listings
from inventory.services.mapping import exact_matches, map_listings
from inventory.services.readings import post_movement
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ListingSnapshot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
ITEM = "111"


@pytest.fixture
def shop() -> Shop:
    """A shop that has the first pieces, one piece of AO-01 on hand, and a second shop that sells it too."""
    warehouse = Warehouse.objects.create(name="Kho")
    product = Product.objects.create(sku="AO-01", name="Áo")
    level = StockLevel.objects.create(product=product, warehouse=warehouse)
    post_movement(level.pk, Decimal(1), kind="opening", note="", actor_id=None)
    first = Shop.objects.create(name="Một", channel="toy", priority=1)
    rival = Shop.objects.create(name="Hai", channel="toy", priority=2)
    for one in (first, rival):
        one.sells_from.add(warehouse)
    Listing.objects.create(shop=rival, item_id="9", title="Áo", product=product)
    refresh_wanted([product.pk])
    return first


def tell(shop: Shop, variations: Sequence[str], at: int, version: datetime | None = None) -> None:
    """The answer about the item that was asked for at this second; all its variations are AO-01."""
    asked_at = NOW + timedelta(seconds=at)
    told = [ListingSnapshot(ITEM, one, "AO-01", "Áo", "active", asked_at, version=version) for one in variations]
    with transaction.atomic():
        refresh_wanted(upsert_listings(shop, told).products)


def map_all() -> None:
    with transaction.atomic():
        refresh_wanted(map_listings(exact_matches()))


def states(shop: Shop) -> dict[str, str]:
    return dict(Listing.objects.filter(shop=shop).values_list("variation_id", "status"))


def shows(**listing: str) -> int | None:
    wanted: int | None = Listing.objects.get(**listing).stocks.values_list("wanted", flat=True).get()
    return wanted


def test_a_variation_made_anew_with_the_same_sku_gets_what_the_dead_one_had(shop: Shop) -> None:
    tell(shop, ["11"], 0)
    map_all()
    assert (shows(variation_id="11"), shows(item_id="9")) == (1, 0)
    tell(shop, ["13"], 1)
    map_all()
    assert states(shop) == {"11": "deleted", "13": "active"}
    assert (shows(variation_id="13"), shows(item_id="9")) == (1, 0)


def test_an_item_that_gets_variations_is_no_longer_sold_as_one(shop: Shop) -> None:
    tell(shop, [""], 0)
    map_all()
    tell(shop, ["a", "b"], 1)
    assert states(shop) == {"": "deleted", "a": "active", "b": "active"}
    assert shows(item_id="9") == 1


def test_an_item_that_is_gone_frees_its_share_in_the_same_transaction(shop: Shop) -> None:
    tell(shop, ["11"], 0)
    map_all()
    with transaction.atomic():
        refresh_wanted(gone_listings(shop, [ITEM]).products)
    assert (states(shop), shows(item_id="9")) == ({"11": "deleted"}, 1)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("tells_versions", [True, False])
def test_any_order_of_answers_ends_as_the_newest_says(shop: Shop, order: Sequence[int], tells_versions: bool) -> None:
    answers = [["11", "12"], ["11", "13"], ["12", "14"]]
    for place in order:
        tell(shop, answers[place], place, NOW + timedelta(seconds=place) if tells_versions else None)
    living = {variation for variation, status in states(shop).items() if status != "deleted"}
    assert living == {"12", "14"}


def test_of_two_answers_stored_together_the_newer_counts(shop: Shop) -> None:
    told = [
        ListingSnapshot(ITEM, variation, "AO-01", "Áo", "active", NOW + timedelta(seconds=at))
        for variation, at in (("11", 0), ("12", 0), ("12", 1), ("13", 1))
    ]
    upsert_listings(shop, told)
    assert states(shop) == {"12": "active", "13": "active"}


def test_a_variation_that_comes_back_is_sold_again(shop: Shop) -> None:
    tell(shop, ["11"], 0)
    map_all()
    tell(shop, ["13"], 1)
    tell(shop, ["11"], 2)
    assert states(shop) == {"11": "active", "13": "deleted"}
    assert shows(variation_id="11") == 1
