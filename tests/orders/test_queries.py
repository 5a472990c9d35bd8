"""Shared reads of orders."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from core.db import fetch
from inventory.models import BundleComponent, Listing, Product, Shop, Warehouse
from inventory.services.mapping import map_listings
from orders.models import Order
from orders.queries import (
    BookLine,
    OwnLine,
    SoldPart,
    WaitingOrder,
    book_lines,
    has_unmapped_sql,
    open_units,
    orders_waiting_for,
    own_lines,
    sold_parts,
)
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    shop.sells_from.add(Warehouse.objects.create(name="Kho chính"))
    product = Product.objects.create(sku="AO-01", name="Áo thun", price=90_000)
    bundle = Product.objects.create(sku="BO-01", name="Bộ", is_bundle=True)
    BundleComponent.objects.create(bundle=bundle, product=product, units=2)
    Listing.objects.create(shop=shop, item_id="1", title="Áo thun", product=product)
    Listing.objects.create(shop=shop, item_id="2", title="Bộ", product=bundle)
    Listing.objects.create(shop=shop, item_id="3", title="Mũ")
    return shop


def store(shop: Shop, number: str, status: str, *lines: LineSnapshot) -> int:
    snapshot = OrderSnapshot(
        number=number, status=status, channel_status=status.upper(), currency="VND", placed_at=NOW, asked_at=NOW,
        lines=lines,
    )  # fmt: skip
    with transaction.atomic():
        upsert_orders(shop, [snapshot], source="sweep")
    return Order.objects.get(number=number).pk


def line(item: str, quantity: int = 1, status: str = "") -> LineSnapshot:
    return LineSnapshot(
        item, item, "", quantity, sku=f"S{item}", title="Hàng", status=status, paid_price=Decimal(80_000)
    )


def has_unmapped(order: int) -> bool:
    [(found,)] = fetch(f"SELECT {has_unmapped_sql('o.id')} FROM orders_order o WHERE o.id = %s", order)
    return bool(found)


def test_lines_that_are_left(shop: Shop) -> None:
    order = store(shop, "A1", "to_ship", line("1", 2), line("2"), line("3", 1, "cancelled"), line("4", 0))
    product = Product.objects.get(sku="AO-01").pk
    assert own_lines(order) == [
        OwnLine("1", "", "S1", 2, Decimal(80_000)),
        OwnLine("2", "", "S2", 1, Decimal(80_000)),
    ]
    assert sold_parts(order) == [
        SoldPart(own_line(order, "1"), 2, Decimal(80_000), product, Decimal(1), Decimal(90_000)),
        SoldPart(own_line(order, "2"), 1, Decimal(80_000), product, Decimal(2), Decimal(90_000)),
    ]
    assert not has_unmapped(order)
    assert has_unmapped(store(shop, "A2", "to_ship", line("3")))


def own_line(order: int, key: str) -> int:
    return Order.objects.get(pk=order).lines.get(key=key).pk


def test_lines_by_the_sku_of_a_book(shop: Shop) -> None:
    book = Shop.objects.create(name="CRM", channel="toy_crm")
    order = store(shop, "A1", "to_ship", line("1", 2), line("3"), line("2", 1, "cancelled"))
    assert book_lines(order, book.pk) == [
        BookLine("AO-01", "Hàng", 2, 1, Decimal(80_000)),
        BookLine("S3", "Hàng", 1, 1, Decimal(80_000)),
    ]
    Listing.objects.create(
        shop=book, item_id="9", sku="CRM-9", title="Áo thun", product=Product.objects.get(sku="AO-01")
    )
    assert [row.sku for row in book_lines(order, book.pk)] == ["CRM-9", "S3"]
    # an order that is off has the lines it had
    off = store(shop, "A2", "cancelled", line("1"))
    assert [row.sku for row in book_lines(off, None)] == ["AO-01"]


def test_open_units_are_those_that_have_not_left(shop: Shop) -> None:
    for number, status, quantity in (("A1", "to_ship", 2), ("A2", "", 3), ("A3", "shipped", 5), ("A4", "cancelled", 7)):
        store(shop, number, status, line("1", quantity))
    shirt, bundle = Listing.objects.get(item_id="1").pk, Listing.objects.get(item_id="2").pk
    assert open_units(shop.pk, [shirt, bundle]) == {shirt: 5}
    assert open_units(shop.pk + 1, [shirt]) == {}


def test_orders_that_wait_for_a_listing(shop: Shop) -> None:
    store(shop, "A1", "to_ship", line("3"), line("1"))
    store(shop, "A2", "to_ship", line("1"))
    listing = Listing.objects.get(item_id="3").pk
    assert orders_waiting_for([listing]) == []
    with transaction.atomic():
        map_listings([(listing, Product.objects.get(sku="AO-01").pk, 1)])
    assert orders_waiting_for([listing]) == [WaitingOrder(shop.pk, "A1")]
