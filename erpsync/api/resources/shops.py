"""Shops, and connections with their health."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row, Why
from erpsync.connections import health
from integrations.models import Authorisation, Connection
from inventory.models import Shop


class ShopRow(Row):
    class Meta:
        model = Shop
        fields = (
            "id", "name", "channel", "currency", "time_zone", "keeps_stock", "safety_stock", "share_percent", "scarce_below",
            "priority", "pushes_paused", "stock_since", "created_at",
        )  # fmt: skip


class ShopFilters(filters.Filters):
    channel = filters.Texts(field_name="channel")


class Shops(Resource):
    """Your shops: marketplace shops, and the POS that keeps the stock."""

    resource = "shops"
    model = Shop
    shop_path = "pk"
    serializer_class = ShopRow
    filterset_class = ShopFilters


class LightRow(serializers.Serializer):  # type: ignore[type-arg]
    colour = serializers.ChoiceField(choices=("green", "amber", "red", "off"))
    text = serializers.CharField()
    advice = serializers.CharField(help_text="What to do, in your language; empty while it is green.")


class ConnectionRow(Row):
    channel = serializers.CharField()
    name = serializers.CharField(source="__str__")
    state = serializers.ChoiceField(source="authorisation.state", choices=Authorisation.State.choices)
    state_reason = Why(source="authorisation.reason")
    health = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields = (
            "id", "shop", "channel", "name", "external_id", "is_active", "state", "state_reason", "last_webhook_at",
            "last_sweep_at", "last_read_at", "trouble", "trouble_since", "created_at", "health",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField(child=LightRow()))
    def get_health(self, row: Any) -> dict[str, Any]:
        """Lights by aspect: `overall`, and what it is made of."""
        lights = {"overall": health.overall(row), **health.lights(row)}
        return {
            name: {"colour": light.colour, "text": light.text, "advice": light.advice} for name, light in lights.items()
        }


class ConnectionFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    is_active = filters.Yes("is_active")
    channel = filters.Texts(field_name="authorisation__app__channel")


class Connections(Resource):
    """Accounts at channels, with the health of each."""

    resource = "connections"
    model = Connection
    serializer_class = ConnectionRow
    filterset_class = ConnectionFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return health.measured(rows.filter(pk__in=permissions.connection_ids(self.request, role)))
