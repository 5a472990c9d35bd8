"""Matching listings with products by their keys: what it finds, and that it never compares everything with everything."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.db import execute
from inventory.models import Listing, Product, Shop
from inventory.services.mapping import exact_matches
from tests.plans import plan_of, rows_handled

pytestmark = pytest.mark.django_db

LISTINGS, PRODUCTS = 4000, 400


def many(shop: Shop) -> None:
    """A tenth of the listings names a product by its SKU, a tenth by its bar code, the rest none."""
    Product.objects.bulk_create(Product(sku=f"Sku-{n}", barcode=f"bar{n}", name=f"Hàng {n}") for n in range(PRODUCTS))
    Listing.objects.bulk_create(
        Listing(
            shop=shop,
            item_id=str(n),
            title=f"Hàng {n}",
            sku=f"SKU-{n}" if n < PRODUCTS else f"none-{n}",
            barcode=f"bar{n - PRODUCTS}" if PRODUCTS <= n < 2 * PRODUCTS else f"no{n}",
        )
        for n in range(LISTINGS)
    )
    execute("ANALYZE inventory_listing, inventory_product")


def test_each_listing_meets_the_products_with_its_own_keys_only() -> None:
    many(Shop.objects.create(name="S", channel="toy"))
    with CaptureQueriesContext(connection) as asked:
        found = exact_matches()
    assert len(found) == 2 * PRODUCTS
    [query] = asked.captured_queries
    # compared pair by pair they would be 1,600,000
    assert rows_handled(plan_of(query["sql"])) < 15 * (LISTINGS + PRODUCTS)


def test_one_product_named_by_both_keys_is_one_match_and_of_two_the_sku_counts() -> None:
    shop, other = (Shop.objects.create(name=name, channel="toy") for name in "AB")
    first = Product.objects.create(sku="A1", name="Một", barcode="893")
    Product.objects.create(sku="B1", name="Hai", barcode="894")
    both = Listing.objects.create(shop=shop, item_id="1", title="x", sku="a1", barcode="893")
    two = Listing.objects.create(shop=shop, item_id="2", title="x", sku="A1", barcode="894")
    Listing.objects.create(shop=shop, item_id="3", title="x")
    Listing.objects.create(shop=shop, item_id="4", title="x", sku="A1", status="deleted")
    theirs = Listing.objects.create(shop=other, item_id="1", title="x", sku="A1")
    assert exact_matches() == [(listing.pk, first.pk, 1) for listing in (both, two, theirs)]
    assert exact_matches(shop_ids=[other.pk]) == [(theirs.pk, first.pk, 1)]
    assert exact_matches([both.pk]) == [(both.pk, first.pk, 1)]
    assert exact_matches([]) == []
