"""Who sends a line: the platform's lines take nothing from our own stock, and one warehouse may stand for its stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from inventory.models import Listing, ListingStock, Product, Reservation, Shop, StockLevel, StockMovement, Warehouse
from inventory.services.proof import CHECKS, prove
from inventory.services.readings import post_movement
from inventory.services.receipts import Receipt, post_receipt
from orders.models import Order, OrderLine
from orders.queries import open_units
from orders.services.upsert import upsert_orders
from orders.snapshots import PLATFORM, SELLER, LineSnapshot, OrderSnapshot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    shop.sells_from.add(Warehouse.objects.create(name="Kho chính"))
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    Listing.objects.create(shop=shop, item_id="1", title="Áo thun", product=product)
    for warehouse in (Warehouse.objects.get(), Warehouse.objects.create(name="Kho của sàn")):
        level = StockLevel.objects.create(product=product, warehouse=warehouse)
        post_movement(level.pk, Decimal(10), kind="opening", note="", actor_id=None)
    return shop


def store(shop: Shop, status: str, minute: int, *lines: LineSnapshot) -> None:
    at = NOW + timedelta(minutes=minute)
    with transaction.atomic():
        upsert_orders(shop, [OrderSnapshot("A", status, status, "VND", NOW, at, lines)], source="webhook")


def line(key: str, by: str, quantity: int = 2, item: str = "1") -> LineSnapshot:
    return LineSnapshot(key, item, "", quantity, fulfilled_by=by)


def stock() -> dict[str, tuple[int, int]]:
    """(on hand, reserved) by warehouse."""
    return {
        level.warehouse.name: (int(level.on_hand), int(level.reserved))
        for level in StockLevel.objects.select_related("warehouse")
    }


@pytest.mark.parametrize("status", ["unpaid", "to_ship", "packed", "shipped", "completed", "returning", ""])
def test_what_the_platform_sends_touches_no_stock_of_ours(shop: Shop, status: str) -> None:
    store(shop, status, 1, line("1", PLATFORM))
    assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (10, 0)}
    assert not Reservation.objects.exists()
    assert OrderLine.objects.get().fulfilled_by == PLATFORM


def test_an_unmapped_line_of_the_platform_needs_nobody(shop: Shop) -> None:
    store(shop, "to_ship", 1, line("1", PLATFORM, item="77"))
    assert Order.objects.get().problems == []
    store(shop, "to_ship", 2, line("1", PLATFORM, item="77"), line("2", SELLER, item="78"))
    assert Order.objects.get().problems == ["unmapped_line"]


def test_one_order_of_both_takes_only_its_own_part(shop: Shop) -> None:
    store(shop, "to_ship", 1, line("1", PLATFORM), line("2", SELLER, 3))
    assert stock() == {"Kho chính": (10, 3), "Kho của sàn": (10, 0)}
    store(shop, "shipped", 2, line("1", PLATFORM), line("2", SELLER, 3))
    assert stock() == {"Kho chính": (7, 0), "Kho của sàn": (10, 0)}


def test_a_warehouse_stands_for_the_stock_at_the_platform(shop: Shop) -> None:
    shop.platform_warehouse = Warehouse.objects.get(name="Kho của sàn")
    shop.save()
    lines = line("1", PLATFORM), line("2", SELLER, 3)
    store(shop, "to_ship", 1, *lines)
    assert stock() == {"Kho chính": (10, 3), "Kho của sàn": (10, 2)}
    store(shop, "shipped", 2, *lines)
    assert stock() == {"Kho chính": (7, 0), "Kho của sàn": (8, 0)}
    # what the shop shows is its own stock
    assert ListingStock.objects.get().wanted == 7


def test_a_line_that_turns_out_to_be_the_platforms_lets_go(shop: Shop) -> None:
    store(shop, "to_ship", 1, line("1", SELLER))
    assert stock()["Kho chính"] == (10, 2)
    store(shop, "to_ship", 2, line("1", PLATFORM))
    assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (10, 0)}
    shop.platform_warehouse = Warehouse.objects.get(name="Kho của sàn")
    shop.save()
    store(shop, "to_ship", 3, line("1", PLATFORM))
    assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (10, 2)}


def test_a_line_that_was_deducted_here_and_is_the_platforms_is_given_back(shop: Shop) -> None:
    store(shop, "shipped", 1, line("1", SELLER), line("2", SELLER, 3))
    assert stock()["Kho chính"] == (5, 0)
    for minute in (2, 3):
        store(shop, "shipped", minute, line("1", PLATFORM), line("2", SELLER, 3))
        assert stock() == {"Kho chính": (7, 0), "Kho của sàn": (10, 0)}
    assert ListingStock.objects.get().wanted == 7
    # and taken again where that was wrong, once
    store(shop, "shipped", 4, line("1", SELLER), line("2", SELLER, 3))
    assert stock()["Kho chính"] == (5, 0)
    moved = StockMovement.objects.filter(line_key="1").order_by("id").values_list("quantity", flat=True)
    assert [int(units) for units in moved] == [-2, 2, -2]
    assert prove(CHECKS) == 0


def test_what_came_back_as_a_return_is_not_given_back_once_more(shop: Shop) -> None:
    store(shop, "shipped", 1, line("1", SELLER, 3))
    level = StockLevel.objects.get(warehouse__name="Kho chính")
    with transaction.atomic():
        post_receipt(level.warehouse_id, {level.product_id: Decimal(2)}, Receipt(shop.pk, "A", "", None))
    store(shop, "returned", 2, line("1", PLATFORM, 3))
    assert stock()["Kho chính"] == (10, 0)
    store(shop, "returned", 3, line("1", PLATFORM, 3))
    assert stock()["Kho chính"] == (10, 0)


def test_a_line_that_was_deducted_here_moves_to_the_platforms_warehouse(shop: Shop) -> None:
    store(shop, "shipped", 1, line("1", SELLER))
    shop.platform_warehouse = Warehouse.objects.get(name="Kho của sàn")
    shop.save()
    store(shop, "shipped", 2, line("1", PLATFORM))
    assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (8, 0)}


@pytest.mark.parametrize(("status", "on_hand", "held"), [("to_ship", 10, 2), ("shipped", 8, 0)])
def test_a_line_that_is_ours_after_all_moves_to_our_own_warehouse(
    shop: Shop, status: str, on_hand: int, held: int
) -> None:
    shop.platform_warehouse = Warehouse.objects.get(name="Kho của sàn")
    shop.save()
    store(shop, status, 1, line("1", PLATFORM))
    assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (on_hand, held)}
    store(shop, status, 2, line("1", SELLER))
    assert stock() == {"Kho chính": (on_hand, held), "Kho của sàn": (10, 0)}


def test_a_shop_may_sell_its_own_stock_from_the_platforms_warehouse(shop: Shop) -> None:
    shop.platform_warehouse = Warehouse.objects.get(name="Kho của sàn")
    shop.save()
    shop.sells_from.set([shop.platform_warehouse])
    for minute in (1, 2):
        store(shop, "shipped", minute, line("1", SELLER))
        assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (8, 0)}


def test_a_line_that_was_held_here_moves_to_the_platforms_warehouse(shop: Shop) -> None:
    store(shop, "to_ship", 1, line("1", SELLER))
    shop.platform_warehouse = Warehouse.objects.get(name="Kho của sàn")
    shop.save()
    store(shop, "to_ship", 2, line("1", PLATFORM))
    assert stock() == {"Kho chính": (10, 0), "Kho của sàn": (10, 2)}


def test_the_numbers_of_our_own_listing_do_not_follow_the_platforms_sales(shop: Shop) -> None:
    listing = Listing.objects.get()
    ListingStock.objects.create(listing=listing, published=10, expected=10)
    store(shop, "to_ship", 1, line("1", PLATFORM))
    assert ListingStock.objects.get().expected == 10
    assert open_units(shop.pk, [listing.pk]) == {}
    store(shop, "to_ship", 2, line("1", PLATFORM), replace(line("2", SELLER), quantity=1))
    assert open_units(shop.pk, [listing.pk]) == {listing.pk: 1}
