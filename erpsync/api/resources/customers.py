"""Customers, as the caller's own shops know them."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from rest_framework.serializers import CharField

from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Moment, Row
from orders.models import Customer, CustomerIdentity
from orders.queries import as_told


class IdentityRow(Row):
    changed_at = Moment(source="version", help_text="When it last changed at the channel.")

    class Meta:
        model = CustomerIdentity
        fields = ("id", "shop", "external_id", "name", "code", "phone", "email", "address", "changed_at")


class CustomerRow(Row):
    name = CharField(source="told_name")
    phone = CharField(source="told_phone")
    email = CharField(source="told_email")
    identities = IdentityRow(many=True)

    class Meta:
        model = Customer
        fields = ("id", "name", "phone", "email", "created_at", "identities")


class CustomerFilters(filters.Filters):
    id = filters.Ids(field_name="id")
    created_since = filters.Since("created_at")
    created_before = filters.Before("created_at")


def _own_identities(request: HttpRequest) -> Prefetch[Any]:
    own = CustomerIdentity.objects.filter(shop_id__in=permissions.shop_ids(request)).order_by("id")
    return Prefetch("identities", own.defer("search_text", "search_grams"))


class Customers(Resource):
    """People who bought in, or are known to, one of your shops. What only other shops were told is not shown."""

    resource = "customers"
    model = Customer
    serializer_class = CustomerRow
    filterset_class = CustomerFilters
    expands = {"identities": _own_identities}

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        seen = rows.filter(permissions.customers_of(self.request))
        return as_told(seen, permissions.shop_ids(self.request))
