"""Undoing a mapping: the channel gets back the number it showed before, whatever happens meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.services.expected import OwnSale, note_own_sales
from inventory.services.listings import upsert_listings
from inventory.services.mapping import map_listings
from inventory.services.pushes import (
    DuePush,
    due_pushes,
    pushes_accepted,
    pushes_not_sent,
    pushes_unknown,
    start_pushes,
)
from inventory.services.unmapping import leave_numbers
from inventory.snapshots import ChannelStock, ListingSnapshot

pytestmark = pytest.mark.django_db

STALE = timedelta(minutes=2)
SETTLES = timedelta(seconds=30)


class Earphones:
    """A listing of 60 earphones at a channel, unmapped; 93 sacks of rice and 20 jars of tea in the warehouse."""

    def __init__(self, shown: int | None = 60) -> None:
        self.shop = Shop.objects.create(name="Gian hàng", channel="toy", scarce_below=1000)
        here = Warehouse.objects.create(name="Kho")
        self.shop.sells_from.add(here)
        self.rice, self.tea = (Product.objects.create(sku=name, name=name) for name in ("RICE", "TEA"))
        for product, units in ((self.rice, 93), (self.tea, 20)):
            StockLevel.objects.create(product=product, warehouse=here, on_hand=units)
        self.listing = Listing.objects.create(shop=self.shop, item_id="1", title="Tai nghe")
        if shown is not None:
            self.observe(shown)

    @property
    def row(self) -> ListingStock:
        return ListingStock.objects.get()

    def observe(self, number: int) -> None:
        read = ListingSnapshot(
            "1", "", "", "Tai nghe", "active", timezone.now(), stock=(ChannelStock(number),)
        )  # fmt: skip
        upsert_listings(self.shop, [read])

    def map(self, product: Product | None) -> None:
        map_listings([(self.listing.pk, product and product.pk, 1)])

    def due(self) -> list[DuePush]:
        return due_pushes(self.shop.pk, limit=10, scarce_below=0, stale_after=STALE)

    def push(self) -> list[int]:
        """One round: every number that is due is taken."""
        sent = self.due()
        pushes_accepted(start_pushes([(due.stock_id, due.number) for due in sent], stale_after=STALE))
        return [due.number for due in sent]

    def older(self) -> None:
        """A minute passes."""
        ListingStock.objects.update(
            **{
                name: when - timedelta(minutes=1)
                for name in ("pushed_at", "observed_at", "unsettled_until", "before_at", "push_started_at")
                if (when := getattr(self.row, name)) is not None
            }
        )


def test_the_number_from_before_goes_back_and_then_the_listing_is_left_alone() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    assert shelf.push() == [93]
    shelf.map(None)
    assert shelf.row.giving_back
    assert shelf.push() == [60]
    assert (shelf.row.giving_back, shelf.row.wanted, shelf.row.expected) == (False, None, 60)
    shelf.older()
    shelf.observe(55)
    assert shelf.due() == []


def test_or_nothing_where_the_shop_prefers_that_or_nobody_knows_the_number() -> None:
    shelf = Earphones()
    Shop.objects.update(zero_when_unmapped=True)
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(None)
    assert shelf.push() == [0]


def test_a_number_that_nobody_knew_becomes_nothing() -> None:
    shelf = Earphones(shown=None)
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(None)
    assert shelf.push() == [0]


def test_a_number_read_before_the_first_push_is_the_one_from_before() -> None:
    shelf = Earphones(shown=None)
    shelf.map(shelf.rice)
    shelf.observe(60)
    shelf.push()
    shelf.map(None)
    assert shelf.push() == [60]


def test_what_never_left_needs_no_way_back() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.map(None)
    assert (shelf.row.giving_back, shelf.row.wanted, shelf.due()) == (False, None, [])


def test_another_product_shows_its_own_number_and_the_first_one_goes_back_later() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(shelf.tea)
    assert shelf.push() == [20]
    shelf.map(None)
    assert shelf.push() == [60]


def test_a_bundle_without_parts_sells_nothing_of_ours() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(Product.objects.create(sku="SET", name="Set", is_bundle=True))
    assert shelf.push() == [60]


def test_mapped_again_before_it_went_back_keeps_the_number_from_before() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(None)
    shelf.map(shelf.tea)
    assert (shelf.row.giving_back, shelf.push()) == (False, [20])
    shelf.map(None)
    assert shelf.push() == [60]


def test_what_the_shop_sold_meanwhile_is_not_offered_again() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.older()
    note_own_sales([OwnSale(shelf.listing.pk, 5, timezone.now())])
    shelf.map(None)
    note_own_sales(
        [OwnSale(shelf.listing.pk, 3, timezone.now()), OwnSale(shelf.listing.pk, 1, timezone.now() - timedelta(days=1))]
    )
    assert shelf.push() == [52]


def test_a_push_that_is_on_its_way_or_lost_does_not_have_the_last_word() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    [flying] = start_pushes([(due.stock_id, due.number) for due in shelf.due()], stale_after=STALE)
    shelf.map(None)
    assert (shelf.row.giving_back, shelf.due()) == (True, [])
    pushes_unknown([flying], settles_after=SETTLES)
    assert shelf.push() == [60]
    assert shelf.row.giving_back, "the lost call may still arrive"
    shelf.older()
    assert shelf.push() == [60]
    assert not shelf.row.giving_back


def test_it_waits_while_it_cannot_leave_and_may_be_repeated() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(None)
    shelf.map(None)
    pushes_not_sent(start_pushes([(due.stock_id, due.number) for due in shelf.due()], stale_after=STALE))
    assert shelf.row.giving_back
    Listing.objects.update(status="inactive")
    assert shelf.due() == []
    Listing.objects.update(status="active")
    shelf.older()
    shelf.observe(60)
    assert (shelf.row.giving_back, shelf.row.wanted, shelf.due()) == (False, None, [])


def test_a_person_may_leave_the_number_as_it_is() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(None)
    assert leave_numbers([shelf.listing.pk]) == 1
    assert leave_numbers([shelf.listing.pk]) == 0
    assert (shelf.row.giving_back, shelf.due()) == (False, [])


def test_the_stock_of_the_product_is_untouched() -> None:
    shelf = Earphones()
    shelf.map(shelf.rice)
    shelf.push()
    shelf.map(None)
    shelf.push()
    assert StockLevel.objects.get(product=shelf.rice).on_hand == Decimal(93)
