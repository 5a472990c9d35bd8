"""Customers: one row per person over all channels and the POS, with their identities and orders. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.search import matches
from erpsync import permissions
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, ShopInline, page_of
from erpsync.admin.sales.holding import HoldBuyerActions
from orders.models import Customer, CustomerIdentity, Order
from orders.queries import as_told

MOST_FOUND = 1_000


class IdentityInline(ShopInline):
    model = CustomerIdentity
    shop_path = "shop_id"
    verbose_name_plural = _("Known as")
    fields = readonly_fields = ("shop", "name", "code", "phone", "email", "address", "external_id", "held_label")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerIdentity]:
        return super().get_queryset(request).select_related("shop")

    @display(description=_("held back"))
    def held_label(self, identity: CustomerIdentity) -> Any:
        return words.label(identity.held_reason or _("Yes"), "warning") if identity.held else "–"


class OrderInline(ShopInline):
    model = Order
    shop_path = "shop_id"
    verbose_name_plural = _("Orders")
    fields = readonly_fields = ("page", "shop", "status_label", "total_label", "placed_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related("shop").defer("raw", "recipient", "note")

    @display(description=_("order"))
    def page(self, order: Order) -> SafeString:
        return words.link(page_of(order), order.number)

    @display(description=_("status"))
    def status_label(self, order: Order) -> SafeString:
        return words.order_status(order)

    @display(description=_("total"))
    def total_label(self, order: Order) -> str:
        return words.money(order.total, order.currency)


@admin.register(Customer)
class CustomerAdmin(ExportsList, HoldBuyerActions, BigShopAdmin):
    export_name = "customers"
    list_display = ("name_label", "phone_label", "email_label", "created_at")
    search_fields = ("phone",)
    search_help_text = _(
        "Any words of a name, without accents; a telephone number in any form, or its last digits; code or e-mail."
    )
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["hold_buyer", "release_buyer"]
    inlines = (IdentityInline, OrderInline)
    empty_text = _("Customers come in with their orders and from the POS.")
    fieldsets = ((None, {"fields": (("name_label", "phone_label"), ("email_label", "created_at"))}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return as_told(super().get_queryset(request), permissions.shop_ids(request))

    def visible(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        """Return the customers who are known to, or bought in, one of the user's shops."""
        if request.user.is_superuser:
            return queryset
        return queryset.filter(permissions.customers_of(request))

    def shop_id_of(self, obj: Any) -> int | None:
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        """Search what the user's own shops know: a name or number that only another shop was given finds nobody."""
        named = matches(search_term)
        if named is None:
            return queryset, False
        known = CustomerIdentity.objects.filter(
            named, shop_id__in=permissions.shop_ids(request), customer__isnull=False
        )
        ids = set(known.order_by("-id").values_list("customer_id", flat=True)[:MOST_FOUND])
        bought = Order.objects.filter(named, shop_id__in=permissions.shop_ids(request), customer__isnull=False)
        ids.update(bought.order_by("-id").values_list("customer_id", flat=True)[:MOST_FOUND])
        return queryset.filter(pk__in=ids), False

    @display(description=_("name"))
    def name_label(self, customer: Any) -> str:
        return customer.told_name or f"#{customer.pk}"

    @display(description=_("telephone"))
    def phone_label(self, customer: Any) -> str:
        return customer.told_phone or "–"

    @display(description=_("e-mail"))
    def email_label(self, customer: Any) -> str:
        return customer.told_email or "–"
