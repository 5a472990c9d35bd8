"""Keys are compared in one normal form: what matches, and which match counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inventory.models import Listing, Product, Shop
from inventory.services.listings import upsert_listings
from inventory.services.mapping import exact_matches
from inventory.snapshots import ListingSnapshot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
COMPOSED, DECOMPOSED = "\u00c1O-01", "A\u0301O-01"


def store(shop: Shop, item: str, sku: str, barcode: str = "") -> None:
    upsert_listings(shop, [ListingSnapshot(item, "", sku, f"Hàng {item}", "active", NOW, barcode=barcode)])


@pytest.mark.parametrize("sku", [DECOMPOSED, f"\ufeff{COMPOSED}", "\u00c1O\u200b-01", f" {COMPOSED}\u00a0"])
def test_one_sku_in_another_form_is_the_same_sku(sku: str) -> None:
    product = Product.objects.create(sku=COMPOSED, name="Áo")
    store(Shop.objects.create(name="S", channel="toy"), "1", sku)
    [(_, matched, _)] = exact_matches()
    assert matched == product.pk


@pytest.mark.parametrize("sku", [DECOMPOSED, f"{COMPOSED}\u200b"])
def test_the_book_keeps_codes_in_the_same_form(sku: str) -> None:
    store(Shop.objects.create(name="POS", channel="toy_pos", keeps_stock=True), "501", sku, barcode="893\u200b")
    product = Product.objects.get()
    assert (product.sku, product.barcode) == (COMPOSED, "893")
    assert Listing.objects.get().product == product


def test_an_exact_sku_wins_over_a_shared_bar_code() -> None:
    named = Product.objects.create(sku="AO-01", name="Áo", barcode="893")
    Product.objects.create(sku="AO-02", name="Áo khác", barcode="893")
    store(Shop.objects.create(name="S", channel="toy"), "1", "AO-01", barcode="893")
    assert [matched for _, matched, _ in exact_matches()] == [named.pk]


def test_a_sku_in_the_same_case_wins_over_one_in_another() -> None:
    named = Product.objects.create(sku="AO-01", name="Áo")
    Product.objects.create(sku="ao-01", name="Áo khác")
    store(Shop.objects.create(name="S", channel="toy"), "1", "AO-01")
    assert [matched for _, matched, _ in exact_matches()] == [named.pk]


def test_a_shared_bar_code_without_a_sku_is_left_to_a_person() -> None:
    Product.objects.create(sku="AO-01", name="Áo", barcode="893")
    Product.objects.create(sku="AO-02", name="Áo khác", barcode="893")
    store(Shop.objects.create(name="S", channel="toy"), "1", "?", barcode="893")
    assert exact_matches() == []
