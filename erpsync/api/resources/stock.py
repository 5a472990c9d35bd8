"""Warehouses, stock levels, movements and reservations."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from core.permissions import VIEWER
from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Amount, Row
from erpsync.api.resources.stock_writes import LevelWrites
from inventory.models import Reservation, StockLevel, StockMovement, Warehouse


class WarehouseRow(Row):
    class Meta:
        model = Warehouse
        fields = ("id", "name", "shop", "external_id", "position", "is_active")


class WarehouseFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    is_active = filters.Yes("is_active")


class Warehouses(Resource):
    """Places with stock: managed here, or branches of a POS (`shop` is that POS)."""

    resource = "warehouses"
    model = Warehouse
    serializer_class = WarehouseRow
    filterset_class = WarehouseFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(pk__in=_places(self.request, role))


class LevelRow(Row):
    # a generated column, which serializers do not know
    available = Amount(max_digits=14, decimal_places=3)

    class Meta:
        model = StockLevel
        fields = (
            "id", "product", "warehouse", "on_hand", "reserved", "pos_reserved", "pos_own", "available", "read_at",
        )  # fmt: skip


class LevelFilters(filters.Filters):
    id = filters.Ids(field_name="id")
    product = filters.Ids(field_name="product_id")
    warehouse = filters.Ids(field_name="warehouse_id")
    sku = filters.Texts(field_name="product__sku")
    is_oversold = filters.Flag(Q(available__lt=0))


class Levels(LevelWrites):
    """Stock of a product in a warehouse: on hand, reserved, and available to sell."""

    resource = "stock"
    model = StockLevel
    serializer_class = LevelRow
    filterset_class = LevelFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(warehouse_id__in=_places(self.request, role))


class MovementRow(Row):
    class Meta:
        model = StockMovement
        fields = ("id", "level", "quantity", "kind", "shop", "order_number", "line_key", "note", "created_at")


class MovementFilters(filters.Filters):
    level = filters.Ids(field_name="level_id")
    product = filters.Ids(field_name="level__product_id")
    warehouse = filters.Ids(field_name="level__warehouse_id")
    kind = filters.Words(field_name="kind", choices=StockMovement.Kind.choices)
    shop = filters.Ids(field_name="shop_id")
    since = filters.Since("created_at")
    before = filters.Before("created_at")


class Movements(Resource):
    """Changes of stock levels, each with its cause. Those of shops that are not yours are left out."""

    resource = "stock"
    model = StockMovement
    serializer_class = MovementRow
    filterset_class = MovementFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        own = Q(shop_id__in=permissions.shop_ids(self.request)) | Q(shop__isnull=True)
        return rows.filter(own, level__warehouse_id__in=_places(self.request, role))


class ReservationRow(Row):
    class Meta:
        model = Reservation
        fields = (
            "id", "shop", "order_number", "line_key", "level", "quantity", "deducted", "is_soft", "released", "invoiced_at",
            "created_at",
        )  # fmt: skip


class ReservationFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    level = filters.Ids(field_name="level_id")
    order_number = filters.Texts(field_name="order_number")
    is_open = filters.Flag(Q(quantity__gt=0))


class Reservations(Resource):
    """Reservations of orders on a stock level, and what they have taken from it."""

    resource = "stock"
    model = Reservation
    serializer_class = ReservationRow
    filterset_class = ReservationFilters


def _places(request: Any, role: str) -> QuerySet[Any]:
    """Return the warehouses that the caller may see, or put goods into."""
    seen = permissions.warehouses(request) if role == VIEWER else permissions.usable_warehouses(request)
    return seen.values("pk")
