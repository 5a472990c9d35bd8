"""Numbers that channels show and should not."""

from __future__ import annotations

from django.db.models import Q
from rest_framework.serializers import IntegerField

from erpsync.api.kit import filters
from erpsync.api.kit.rows import Row
from erpsync.api.resources.drift_writes import DriftWrites
from inventory.models import StockDrift


class DriftRow(Row):
    listing = IntegerField(source="stock.listing_id")

    class Meta:
        model = StockDrift
        fields = ("id", "shop", "listing", "expected", "observed", "cause", "decision", "found_at", "ended_at")


class DriftFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    listing = filters.Ids(field_name="stock__listing_id")
    is_open = filters.Flag(Q(ended_at__isnull=True))
    decision = filters.Words(field_name="decision", choices=StockDrift.Decision.choices)


class Drifts(DriftWrites):
    """Numbers that a channel shows and should not: what was expected, what was found."""

    resource = "drift"
    model = StockDrift
    serializer_class = DriftRow
    filterset_class = DriftFilters
    joins = ("stock",)
