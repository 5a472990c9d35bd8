"""Numbers that are due: deep cuts first, plenty waits, and raises wait for room."""

from __future__ import annotations

import pytest

from core.db import execute, fetch
from inventory.models import Listing, ListingStock, Shop, StockLevel, Warehouse
from inventory.services.pushes import PLENTY_PAUSE_SECONDS, due_pushes, pushes_accepted, shops_due_sql, start_pushes
from tests.inventory.shelf import STALE, Shelf

pytestmark = pytest.mark.django_db


def test_two_unknown_shelves_of_a_scarce_product_do_not_wait_for_each_other() -> None:
    shelf = Shelf(wanted=2)
    product = shelf.listing.product
    assert product
    StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"), on_hand=4)
    other = Listing.objects.create(shop=shelf.shop, item_id="2", title="Áo", product=product)
    ListingStock.objects.create(listing=other, wanted=2, published=5)
    ListingStock.objects.filter(id=shelf.id).update(published=5)
    due = due_pushes(shelf.shop.id, limit=10, scarce_below=10, stale_after=STALE)
    assert [push.number for push in due] == [2, 2]


def test_what_a_lost_push_may_still_bring_leaves_no_room_for_a_raise() -> None:
    shelf = Shelf(wanted=4)
    product = shelf.listing.product
    assert product
    StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"), on_hand=4)
    shelf.start()
    shelf.lose_before()
    shelf.want(1)
    shelf.start()
    shelf.accept()
    other = Listing.objects.create(shop=shelf.shop, item_id="2", title="Áo", product=product)
    ListingStock.objects.create(listing=other, wanted=3)

    def due() -> list[tuple[str, int]]:
        found = due_pushes(shelf.shop.id, limit=10, scarce_below=10, stale_after=STALE)
        return [(push.item_id, push.number) for push in found]

    assert due() == []
    shelf.older(30)
    assert due() == [("1", 1)]
    shelf.flying += start_pushes([(shelf.id, 1)], stale_after=STALE)
    shelf.accept()
    assert due() == [("2", 3)]


def test_what_is_due_is_found_by_its_index() -> None:
    """Among numbers that are as wanted; of empty tables the planner knows nothing, and any index is as good."""
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    rows = Listing.objects.bulk_create(Listing(shop=shop, item_id=str(n), title="Áo thun") for n in range(2_000))
    ListingStock.objects.bulk_create(ListingStock(listing=row, wanted=5, expected=5) for row in rows)
    execute("ANALYZE inventory_listing, inventory_listingstock")
    execute("SET LOCAL enable_seqscan = off")
    statement, params = shops_due_sql(stale_after=STALE)
    plan = "\n".join(row[0] for row in fetch(f"EXPLAIN {statement}", **params))
    assert "listing_stock_due" in plan
    assert "listing_own_price" in plan


@pytest.mark.parametrize(
    ("shown", "wanted", "is_due"),
    [
        (50, 40, False),  # plenty: the next call belongs to others
        (40, 50, False),
        (20, 19, True),  # less than twice what the shop calls scarce
        (5, 90, True),
        (50, 0, True),
    ],
)
def test_where_there_is_plenty_a_number_shown_just_now_waits(shown: int, wanted: int, is_due: bool) -> None:
    shelf = Shelf(wanted=shown)
    shelf.start()
    pushes_accepted(shelf.flying)
    shelf.want(wanted)
    assert bool(shelf.due()) is is_due
    shelf.older(PLENTY_PAUSE_SECONDS)
    assert shelf.due()


@pytest.mark.parametrize(
    ("shown", "wanted", "is_deep"),
    [
        (2, 1, True),
        (1, 0, True),
        (10, 5, True),
        (10, 6, False),
        (3, 2, False),
        (0, 5, False),
        (5, 9, False),
        (0, 0, False),
    ],
)
def test_a_deep_cut_is_to_half_of_what_is_shown_or_less(shown: int, wanted: int, is_deep: bool) -> None:
    shelf = Shelf(wanted=shown)
    shelf.start()
    pushes_accepted(shelf.flying)
    shelf.want(wanted)
    found = due_pushes(shelf.shop.id, limit=10, scarce_below=0, stale_after=STALE, deep_cuts=True)
    assert [push.number for push in found] == ([wanted] if is_deep else [])
    statement, params = shops_due_sql(stale_after=STALE, deep_cuts=True)
    assert fetch(statement, **params) == ([(shelf.shop.id,)] if is_deep else [])


def test_a_number_that_was_never_pushed_but_read_does_not_wait() -> None:
    shelf = Shelf(wanted=60)
    ListingStock.objects.update(expected=50, observed=50, published=50)
    assert shelf.due()


def test_a_number_nobody_is_sure_of_does_not_wait() -> None:
    shelf = Shelf(wanted=60)
    shelf.start()
    pushes_accepted(shelf.flying)
    ListingStock.objects.update(expected=None)
    assert shelf.due()
