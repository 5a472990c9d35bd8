"""Products that were joined by a code alone are taken apart, what is gone is off sale, and keys get their normal form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from inventory.models import Listing, Product, Shop

book = import_module("inventory.migrations.0009_product_book")

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, tzinfo=UTC)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def in_book(pos: Shop, item: str, code: str, product: Product, seconds: int, status: str = "active") -> Listing:
    return Listing.objects.create(
        shop=pos, item_id=item, sku=code, title=f"Hàng {item}", product=product, status=status,
        asked_at=NOW + timedelta(seconds=seconds),
    )  # fmt: skip


@pytest.fixture
def pos() -> Shop:
    return Shop.objects.create(name="POS", channel="toy_pos", keeps_stock=True)


def test_of_two_ids_on_one_product_the_one_with_its_code_stays(pos: Shop) -> None:
    product = Product.objects.create(sku="AO-01", name="Áo")
    renamed = in_book(pos, "501", "AO-01-CU", product, 9)
    current = in_book(pos, "502", "AO-01", product, 5)
    market = Listing.objects.create(
        shop=Shop.objects.create(name="S", channel="toy"), item_id="1", title="x", product=product
    )
    run(book.APART)
    for listing in (renamed, current, market):
        listing.refresh_from_db()
    assert (current.product, market.product) == (product, product)
    assert renamed.product is not None
    assert (renamed.product.sku, renamed.product.name) == ("AO-01-CU", "Hàng 501")
    run(book.APART)
    assert Product.objects.count() == 2


def test_one_that_was_made_anew_stays_with_its_product(pos: Shop) -> None:
    product = Product.objects.create(sku="AO-01", name="Áo")
    in_book(pos, "501", "AO-01", product, 1, status="deleted")
    in_book(pos, "503", "AO-01", product, 2)
    run(book.APART)
    run(book.GONE)
    product.refresh_from_db()
    assert (Product.objects.count(), product.is_active, product.gone_at) == (1, True, None)


def test_what_its_stock_master_has_deleted_is_off_sale(pos: Shop) -> None:
    gone = Product.objects.create(sku="GONE", name="Áo")
    in_book(pos, "501", "GONE", gone, 1, status="deleted")
    by_hand = Product.objects.create(sku="HAND", name="Tay")
    run(book.GONE)
    gone.refresh_from_db()
    by_hand.refresh_from_db()
    assert (gone.is_active, gone.gone_at is not None) == (False, True)
    assert (by_hand.is_active, by_hand.gone_at) == (True, None)


@pytest.mark.parametrize("text", ["A\u0301O-01", "\ufeff\u00c1O\u200b-01", " \u00c1O-01\u00a0"])
def test_keys_get_their_normal_form(text: str) -> None:
    product = Product.objects.create(sku=text, name="Áo")
    run(book.normalised("inventory_product", "sku"))
    product.refresh_from_db()
    assert product.sku == "\u00c1O-01"
