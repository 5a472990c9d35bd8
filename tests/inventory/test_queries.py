"""Shared reads of stock and listings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction

from inventory.models import BundleComponent, Listing, Product, Reservation, Shop, StockLevel, Warehouse
from inventory.queries import HeldProduct, available_stock, book_products, held_units, items_of, with_parts
from inventory.services.levels import lock_levels

pytestmark = pytest.mark.django_db


@pytest.fixture
def level() -> StockLevel:
    pos = Shop.objects.create(name="Cửa hàng", channel="toy_pos", keeps_stock=True)
    warehouse = Warehouse.objects.create(name="Kho chính", shop=pos, external_id="11")
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    return StockLevel.objects.create(product=product, warehouse=warehouse)


@pytest.mark.parametrize(
    ("on_hand", "reserved", "pos_reserved", "pos_own", "available"),
    [
        (20, 0, 0, 0, "20.000"),
        (20, 3, 0, 0, "17.000"),
        # what others have reserved at the POS, not what we have
        (20, 3, 5, 3, "15.000"),
        # the POS has closed some of our orders since: nothing of others'
        (20, 3, 2, 3, "17.000"),
        (2, 3, 1, 0, "-2.000"),
    ],
)
def test_available_stock(
    level: StockLevel, on_hand: int, reserved: int, pos_reserved: int, pos_own: int, available: str
) -> None:
    StockLevel.objects.filter(pk=level.pk).update(
        on_hand=on_hand, reserved=reserved, pos_reserved=pos_reserved, pos_own=pos_own
    )
    left = Decimal(available)
    assert available_stock([level.product_id]) == [(level.product_id, level.warehouse_id, left)]
    with transaction.atomic():
        locked = lock_levels(level_ids={level.pk})[level.pk]
    assert locked.available == left
    locked.taken += 4
    assert locked.available == left - 4


def test_products_with_their_parts(level: StockLevel) -> None:
    bundle = Product.objects.create(sku="BO-01", name="Bộ", is_bundle=True)
    BundleComponent.objects.create(bundle=bundle, product=level.product, units=2)
    assert with_parts({bundle.pk}) == {bundle.pk, level.product_id}
    assert with_parts({level.product_id}) == {level.product_id}


def test_items_of_products_are_those_of_the_shop(level: StockLevel) -> None:
    pos = Shop.objects.get()
    other = Shop.objects.create(name="Gian hàng", channel="toy")
    for shop, item in ((pos, "102"), (pos, "101"), (other, "1")):
        Listing.objects.create(shop=shop, item_id=item, title="Áo thun", product=level.product)
    assert items_of(pos.pk, [level.product_id]) == ["101", "102"]
    assert items_of(pos.pk, []) == []


def test_products_that_an_order_holds_at_a_warehouse(level: StockLevel) -> None:
    pos, shop = Shop.objects.get(), Shop.objects.create(name="Gian hàng", channel="toy")
    for line, units in (("1", 2), ("2", 1), ("3", 0)):
        Reservation.objects.create(shop=shop, order_number="A1", line_key=line, level=level, quantity=units)

    def held() -> list[HeldProduct]:
        return book_products(
            held_units(shop.pk, "A1", warehouse_id=level.warehouse_id), book_shop_id=pos.pk
        )  # fmt: skip

    assert held() == [HeldProduct(level.product_id, Decimal(3), "AO-01", None, None, None)]
    Listing.objects.create(shop=pos, item_id="101", sku="SP01", title="Áo thun", product=level.product)
    assert held() == [HeldProduct(level.product_id, Decimal(3), "AO-01", "101", "", "SP01")]
    assert held_units(shop.pk, "A2", warehouse_id=level.warehouse_id) == {}
    assert book_products({}, book_shop_id=pos.pk) == []
