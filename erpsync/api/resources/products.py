"""Products and bundles."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, Prefetch, QuerySet, When
from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import DecimalField

from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Amount, Row
from inventory.models import BundleComponent, Product


class ComponentRow(Row):
    class Meta:
        model = BundleComponent
        fields = ("product", "units")


@extend_schema_field(DecimalField(max_digits=18, decimal_places=4, allow_null=True))
class Cost(Amount):
    """Cost of a product: null for callers who manage no shop that has it."""


class ProductRow(Row):
    cost = Cost(
        source="shown_cost", max_digits=18, decimal_places=4, allow_null=True,
        help_text="For managers only; null for others.",
    )  # fmt: skip
    components = ComponentRow(many=True)

    class Meta:
        model = Product
        fields = (
            "id", "sku", "barcode", "name", "price", "cost", "is_bundle", "is_active", "gone_at", "created_at", "updated_at",
            "components",
        )  # fmt: skip


class ProductFilters(filters.Filters):
    id = filters.Ids(field_name="id")
    sku = filters.Texts(field_name="sku")
    barcode = filters.Texts(field_name="barcode")
    is_bundle = filters.Yes("is_bundle")
    is_active = filters.Yes("is_active")
    search = filters.Search()


class Products(Resource):
    """Products and bundles: one row per sellable unit. A bundle has no stock of its own."""

    resource = "products"
    model = Product
    serializer_class = ProductRow
    filterset_class = ProductFilters
    expands = {"components": Prefetch("components", BundleComponent.objects.order_by("id"))}
    large = ("search_text", "search_grams")

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        if permissions.access_of(self.request).everything:
            return rows.annotate(shown_cost=F("cost"))
        may_see = permissions.products_of(self.request, SEES_COST)
        return rows.filter(permissions.products_of(self.request)).annotate(
            shown_cost=Case(When(may_see, then=F("cost")))
        )
