"""The product book of a POS: its own id is a product's identity, the code an attribute; what ends there is sold nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction
from django.db.models import Sum

from inventory.models import BundleComponent, Listing, Product, Shop, StockLevel, StockMovement, Warehouse
from inventory.queries import book_products, held_units
from inventory.services.listings import gone_listings, upsert_listings
from inventory.services.mapping import map_listings
from inventory.services.readings import record_readings
from inventory.services.stock_effects import HOLD, LineEffect, post_effects
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ListingSnapshot, StockReading

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)


class House:
    """A POS with one branch, and a marketplace shop that sells from it."""

    def __init__(self) -> None:
        self.clock = NOW
        self.pos = Shop.objects.create(name="POS", channel="toy_pos", keeps_stock=True)
        self.branch = Warehouse.objects.create(name="Kho", shop=self.pos, external_id="77")
        self.shop = Shop.objects.create(name="Gian hàng", channel="toy", scarce_below=1)
        self.shop.sells_from.add(self.branch)

    def tell(self, item: str, code: str, name: str, units: int | None = None, status: str = "active") -> None:
        self.clock += timedelta(seconds=1)
        told = ListingSnapshot(item, "", code, name, status, self.clock, price=Decimal(150_000))
        with transaction.atomic():
            stored = upsert_listings(self.pos, [told])
            if units is not None:
                stored |= record_readings(
                    self.pos.pk, [StockReading(item, "77", Decimal(units), Decimal(0), self.clock)]
                )
            refresh_wanted(stored.products)

    def lose(self, item: str) -> frozenset[str]:
        with transaction.atomic():
            stored = gone_listings(self.pos, [item])
            refresh_wanted(stored.products)
        return frozenset(request.external_id for request in stored.wanted)

    def sell(self, product: Product, units: int = 1) -> Listing:
        number = str(Listing.objects.count())
        listing = Listing.objects.create(shop=self.shop, item_id=f"m{number}", title="Trên sàn", sku=product.sku)
        with transaction.atomic():
            refresh_wanted(map_listings([(listing.pk, product.pk, units)]))
        return listing

    @property
    def book(self) -> list[tuple[str, str, int]]:
        rows = Product.objects.filter(gone_at=None).order_by("id")
        return [(p.sku, p.name, int(p.levels.aggregate(n=Sum("on_hand"))["n"] or 0)) for p in rows]


def shows(listing: Listing) -> int | None:
    wanted: int | None = listing.stocks.values_list("wanted", flat=True).get()
    return wanted


def test_a_renamed_code_stays_one_product() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    house.tell("501", "AO-01-MOI", "Áo", 10)
    assert house.book == [("AO-01-MOI", "Áo", 10)]


def test_a_reused_code_is_another_product_with_stock_of_its_own() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo cũ", 7)
    house.tell("501", "AO-01-CU", "Áo cũ", 7)
    house.tell("502", "AO-01", "Áo mới", 3)
    house.tell("501", "AO-01-CU", "Áo cũ", 7)
    assert house.book == [("AO-01-CU", "Áo cũ", 7), ("AO-01", "Áo mới", 3)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_swapped_codes_move_with_their_products_in_any_order_of_reading(order: Sequence[int]) -> None:
    house = House()
    for item, code in (("1", "A"), ("2", "B"), ("3", "C")):
        house.tell(item, code, f"Hàng {item}", int(item))
    turned = [("1", "B"), ("2", "C"), ("3", "A")]
    for place in order:
        item, code = turned[place]
        house.tell(item, code, f"Hàng {item}", int(item))
    assert house.book == [("B", "Hàng 1", 1), ("C", "Hàng 2", 2), ("A", "Hàng 3", 3)]


def test_an_older_answer_never_takes_the_code_back() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    house.tell("501", "AO-02", "Áo", 10)
    upsert_listings(house.pos, [ListingSnapshot("501", "", "AO-01", "Áo", "active", NOW)])
    assert house.book == [("AO-02", "Áo", 10)]


def test_a_code_met_at_a_second_pos_joins_no_product_of_the_first() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    other = Shop.objects.create(name="POS 2", channel="toy_pos", keeps_stock=True)
    upsert_listings(other, [ListingSnapshot("9", "", "AO-01", "Quần", "active", NOW)])
    assert house.book == [("AO-01", "Áo", 10), ("AO-01", "Quần", 0)]


def test_a_product_made_by_hand_gets_the_id_of_its_code() -> None:
    house = House()
    by_hand = Product.objects.create(sku="AO-01", name="Áo")
    house.tell("501", "AO-01", "Áo thun", 4)
    assert house.book == [("AO-01", "Áo thun", 4)]
    assert Listing.objects.get(item_id="501").product == by_hand


def test_what_is_gone_at_the_stock_master_shows_0_everywhere() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    product = Product.objects.get()
    listing = house.sell(product)
    combo = Product.objects.create(sku="BO", name="Bộ", is_bundle=True)
    BundleComponent.objects.create(bundle=combo, product=product, units=2)
    bundle = house.sell(combo)
    assert (shows(listing), shows(bundle)) == (10, 5)
    house.lose("501")
    product.refresh_from_db()
    assert (shows(listing), shows(bundle)) == (0, 0)
    assert (product.is_active, product.gone_at is not None) == (False, True)
    level = StockLevel.objects.get()
    moved = StockMovement.objects.aggregate(total=Sum("quantity"))["total"]
    assert (level.on_hand, moved) == (0, 0)


def test_a_reading_of_a_deleted_product_brings_no_stock_back() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    house.lose("501")
    late = StockReading("501", "77", Decimal(10), Decimal(0), NOW + timedelta(hours=1))
    assert record_readings(house.pos.pk, [late]).wanted == frozenset()
    assert StockLevel.objects.get().on_hand == 0


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_deleted_and_made_anew_with_the_same_code_is_the_new_one(is_heard_first: bool) -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    product = Product.objects.get()
    listing = house.sell(product)
    if is_heard_first:
        house.tell("503", "AO-01", "Áo mới", 3)
        assert house.lose("501") == {"503"}  # its stock is to be read for the product it is now
        house.tell("503", "AO-01", "Áo mới", 3)
    else:
        house.lose("501")
        house.tell("503", "AO-01", "Áo mới", 3)
    listing.refresh_from_db()
    assert (listing.product, shows(listing)) == (product, 3)
    assert house.book == [("AO-01", "Áo mới", 3)]
    house.lose("501")
    assert (house.book, shows(listing)) == ([("AO-01", "Áo mới", 3)], 3)


def test_what_the_stock_master_stops_selling_shows_0_until_it_sells_it_again() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    listing = house.sell(Product.objects.get())
    house.tell("501", "AO-01", "Áo", 10, status="inactive")
    assert shows(listing) == 0
    assert Product.objects.get().gone_at is None
    house.tell("501", "AO-01", "Áo", 10)
    assert shows(listing) == 10


def test_a_document_never_names_a_dead_id() -> None:
    house = House()
    house.tell("501", "AO-01", "Áo", 10)
    product = Product.objects.get()
    post_effects([LineEffect(house.shop.pk, "A", "1", {product.pk: Decimal(2)}, HOLD)])

    def named() -> list[str | None]:
        held = held_units(house.shop.pk, "A", warehouse_id=house.branch.pk)
        return [row.item_id for row in book_products(held, book_shop_id=house.pos.pk)]

    assert named() == ["501"]
    house.lose("501")
    assert named() == [None]
    house.tell("503", "AO-01", "Áo", 10)
    assert named() == ["503"]
