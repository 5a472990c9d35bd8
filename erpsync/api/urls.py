"""Addresses of the API. Its operations are listed in docs/openapi.yaml."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from erpsync.api.keys.views import Caller
from erpsync.api.kit.problems import not_found
from erpsync.api.resources import (
    backfills,
    changes,
    commands,
    commission_report,
    commissions,
    customers,
    data_requests,
    deliveries,
    drift,
    event_sinks,
    findings,
    inbox,
    listings,
    orders,
    products,
    returns,
    shops,
    statements,
    stock,
    tags,
    webhooks,
)
from erpsync.api.root import Root

RESOURCES = {
    "orders": orders.Orders,
    "order-lines": orders.OrderLines,
    "parcels": orders.Parcels,
    "status-changes": orders.StatusChanges,
    "tags": tags.Tags,
    "returns": returns.Returns,
    "customers": customers.Customers,
    "products": products.Products,
    "listings": listings.Listings,
    "warehouses": stock.Warehouses,
    "stock-levels": stock.Levels,
    "stock-movements": stock.Movements,
    "reservations": stock.Reservations,
    "shops": shops.Shops,
    "connections": shops.Connections,
    "commission-rules": commissions.CommissionRules,
    "commission-entries": commissions.CommissionEntries,
    "fee-checks": commissions.FeeChecks,
    "findings": findings.Findings,
    "finding-items": findings.FindingItems,
    "payouts": findings.Payouts,
    "payout-checks": findings.PayoutChecks,
    "statement-lines": statements.StatementLines,
    "statement-files": statements.StatementFiles,
    "drifts": drift.Drifts,
    "inbox-events": inbox.InboxEvents,
    "commands": commands.Commands,
    "backfills": backfills.Backfills,
    "webhooks": webhooks.Webhooks,
    "event-sinks": event_sinks.EventSinks,
    "event-deliveries": deliveries.EventDeliveries,
    "delivery-attempts": deliveries.DeliveryAttempts,
    "data-requests": data_requests.DataRequests,
}

SCHEMA_SECONDS = 3600

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for name, resource in RESOURCES.items():
    router.register(name, resource, basename=name)

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", Root.as_view(), name="root"),
    path("v1/", include(router.urls)),
    path("v1/changes", changes.Feed.as_view({"get": "changes"}), name="changes"),
    path("v1/events/<uuid:pk>", changes.Feed.as_view({"get": "event"}), name="event"),
    path(
        "v1/commission-report",
        commission_report.CommissionReport.as_view({"get": "show"}),
        name="commission-report",
    ),
    path("v1/key", Caller.as_view({"get": "show"}), name="key"),
    path("v1/key/leaked", Caller.as_view({"post": "leaked"}), name="key-leaked"),
    path("v1/token", Caller.as_view({"post": "token"}), name="token"),
    path(
        "v1/openapi", cache_page(SCHEMA_SECONDS)(SpectacularAPIView.as_view(authentication_classes=[])), name="openapi"
    ),
    path("v1/docs/", SpectacularSwaggerView.as_view(url_name="api:openapi", authentication_classes=[]), name="docs"),
    re_path("^(?P<path>.*)$", not_found),
]
