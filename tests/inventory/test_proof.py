"""The books add up, and where they do not, a row says so until they do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.models import Breach, Product, Shop, StockLevel, StockMovement, Warehouse
from inventory.services.proof import CHECKS, prove
from orders.services.proof import CHECKS as ORDER_CHECKS

pytestmark = pytest.mark.django_db

EVERY = (*CHECKS, *ORDER_CHECKS)


@pytest.fixture
def level() -> StockLevel:
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    level = StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"), on_hand=5)
    StockMovement.objects.create(level=level, quantity=5, kind="opening")
    return level


def found() -> list[tuple[str, str, Decimal, Decimal, bool]]:
    return [(b.check_code, b.subject, b.expected, b.found, b.ended_at is None) for b in Breach.objects.order_by("id")]


def test_sound_books_have_no_breach(level: StockLevel) -> None:
    assert prove(EVERY) == 0
    assert found() == []


@pytest.mark.parametrize("code", ["on_hand", "reserved"])
def test_a_breach_is_one_row_until_it_is_repaired(level: StockLevel, code: str) -> None:
    StockLevel.objects.update(**{code: 7})
    assert (prove(EVERY), prove(EVERY)) == (1, 1)
    expected = {"on_hand": 5, "reserved": 0}[code]
    assert found() == [(code, "AO-01 @ Kho", expected, 7, True)]
    [repair] = [check.repair for check in EVERY if check.code == code]
    assert repair
    repair(level.pk)
    repair(level.pk)
    assert prove(EVERY) == 0
    assert found() == [(code, "AO-01 @ Kho", expected, 7, False)]
    level.refresh_from_db()
    assert getattr(level, code) == expected


def test_a_pos_reading_is_believed_and_gets_the_movement_it_lacks(level: StockLevel) -> None:
    level.warehouse.shop = Shop.objects.create(name="Quầy", channel="kiotviet", keeps_stock=True)
    level.warehouse.save()
    StockLevel.objects.update(on_hand=7)
    prove(CHECKS)
    repair = CHECKS[0].repair
    assert repair
    repair(level.pk)
    assert list(StockMovement.objects.order_by("id").values_list("kind", "quantity")) == [
        ("opening", 5),
        ("correction", 2),
    ]
    assert prove(CHECKS) == 0


def test_a_unit_deducted_twice_is_left_to_people(level: StockLevel) -> None:
    StockLevel.objects.update(on_hand=3)
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    for _ in range(2):
        StockMovement.objects.create(level=level, quantity=-1, kind="sale", shop=shop, order_number="A1", line_key="1")
    assert prove(CHECKS) == 1
    assert found() == [("deducted_twice", "A1 AO-01", 1, 2, True)]
