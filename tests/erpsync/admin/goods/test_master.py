"""What the stock master has deleted and a shop still lists is counted on the dashboard and found by a filter."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet
from django.test import RequestFactory
from django.utils import timezone

from erpsync.admin.goods.listings import ListingAdmin
from erpsync.admin.goods.master import ListingMasterFilter, MasterFilter, gone_listings
from inventory.models import Listing, Product, Shop

pytestmark = pytest.mark.django_db


def chosen(kind: type[MasterFilter], value: str, queryset: QuerySet[Product] | QuerySet[Listing]) -> list[str]:
    request = RequestFactory().get("/")
    found = kind(request, {"master": [value]}, queryset.model, ListingAdmin(Listing, None)).queryset(request, queryset)  # type: ignore[arg-type]
    return sorted(str(row.sku) for row in found)


def test_the_filter_and_the_count_name_the_same_listings() -> None:
    pos = Shop.objects.create(name="POS", channel="toy_pos", keeps_stock=True)
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    gone = Product.objects.create(sku="GONE", name="a", is_active=False, gone_at=timezone.now())
    stopped = Product.objects.create(sku="STOPPED", name="b", is_active=False)
    sold = Product.objects.create(sku="SOLD", name="c")
    for product in (gone, stopped, sold):
        Listing.objects.create(shop=shop, item_id=product.sku, sku=product.sku, title="x", product=product)
    Listing.objects.create(shop=shop, item_id="off", sku="OFF", title="x", product=gone, status="deleted")
    Listing.objects.create(shop=pos, item_id="501", sku="POS", title="x", product=gone)
    assert chosen(ListingMasterFilter, "gone", Listing.objects.all()) == ["GONE"]
    assert chosen(ListingMasterFilter, "stopped", Listing.objects.all()) == ["STOPPED"]
    assert chosen(MasterFilter, "gone", Product.objects.all()) == ["GONE"]
    assert chosen(MasterFilter, "stopped", Product.objects.all()) == ["STOPPED"]
    assert [gone_listings(ids).count() for ids in ([shop.pk], [pos.pk], [])] == [1, 0, 0]
