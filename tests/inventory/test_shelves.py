"""Shelves of products by warehouse."""

from __future__ import annotations

import pytest

from inventory.models import Product, StockLevel, Warehouse
from inventory.services.shelves import SHELF_LENGTH, set_shelves

pytestmark = pytest.mark.django_db


def test_shelves_are_set_once_and_cleared() -> None:
    place = Warehouse.objects.create(name="Kho")
    first, second = (
        StockLevel.objects.create(product=Product.objects.create(sku=sku, name=sku), warehouse=place) for sku in "AB"
    )
    assert set_shelves({first.pk: "  A-01 \t 2 ", second.pk: "x" * 90, 0: "nowhere"}) == 2
    assert list(StockLevel.objects.order_by("pk").values_list("shelf", flat=True)) == ["A-01 2", "x" * SHELF_LENGTH]
    assert set_shelves({first.pk: "A-01 2", second.pk: ""}) == 1
    assert list(StockLevel.objects.order_by("pk").values_list("shelf", flat=True)) == ["A-01 2", ""]
