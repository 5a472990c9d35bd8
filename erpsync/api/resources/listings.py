"""Listings with their mapping, price and the numbers that channels show."""

from __future__ import annotations

from django.db.models import Prefetch, Q

from erpsync.api.kit import filters
from erpsync.api.kit.rows import Moment, Row
from erpsync.api.resources.listing_writes import ListingWrites
from inventory.models import Listing, ListingStock


class NumberRow(Row):
    class Meta:
        model = ListingStock
        fields = (
            "id", "warehouse", "wanted", "published", "expected", "observed", "promotion_reserved", "pushed_at", "observed_at",
            "failure",
        )  # fmt: skip


class ListingRow(Row):
    changed_at = Moment(source="version", help_text="When it last changed at the channel.")
    read_at = Moment(source="asked_at", help_text="When the channel was last asked for it.")
    numbers = NumberRow(many=True, source="stocks")

    class Meta:
        model = Listing
        fields = (
            "id", "shop", "item_id", "variation_id", "sku", "barcode", "title", "variation_name", "images", "status", "price",
            "wanted_price", "price_failure", "currency", "category_id", "category_name", "product", "units",
            "changed_at", "read_at", "numbers",
        )  # fmt: skip


class ListingFilters(filters.Filters):
    id = filters.Ids(field_name="id")
    shop = filters.Ids(field_name="shop_id")
    item_id = filters.Texts(field_name="item_id")
    sku = filters.Texts(field_name="sku")
    barcode = filters.Texts(field_name="barcode")
    category_id = filters.Texts(field_name="category_id")
    product = filters.Ids(field_name="product_id")
    status = filters.Words(field_name="status", choices=Listing.Status.choices)
    is_mapped = filters.Flag(Q(product__isnull=False))
    search = filters.Search()


class Listings(ListingWrites):
    """Items on sale, and the product that one sold piece takes so many units of."""

    resource = "listings"
    scopes = {"price": "prices:write", "prices": "prices:write"}
    model = Listing
    serializer_class = ListingRow
    filterset_class = ListingFilters
    expands = {"numbers": Prefetch("stocks", ListingStock.objects.order_by("id"))}
    large = ("raw", "description", "search_text", "search_grams")
