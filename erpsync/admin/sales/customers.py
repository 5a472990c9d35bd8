"""Customers: one row per person over all channels and the POS, with their identities and orders. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync.admin.kit import permissions, words
from erpsync.admin.kit.base import BigShopAdmin, ShopInline, page_of
from orders.models import Customer, CustomerIdentity, Order
from orders.services.customers import real_phone


class IdentityInline(ShopInline):
    model = CustomerIdentity
    shop_path = "shop_id"
    verbose_name_plural = _("Known as")
    fields = readonly_fields = ("shop", "name", "code", "phone", "email", "address", "external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerIdentity]:
        return super().get_queryset(request).select_related("shop")


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
class CustomerAdmin(BigShopAdmin):
    list_display = ("name_label", "phone", "email", "created_at")
    search_fields = ("phone",)
    search_help_text = _("Telephone number, whole, with or without the country; or the beginning of a name.")
    ordering = ("-id",)
    sortable_by = ()
    inlines = (IdentityInline, OrderInline)
    empty_text = _("Customers come in with their orders and from the POS.")
    fieldsets = ((None, {"fields": (("name_label", "phone"), ("email", "created_at"))}),)

    def visible(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        """Return the customers who are known to, or bought in, one of the user's shops."""
        if request.user.is_superuser:
            return queryset
        shops = permissions.shop_ids(request)
        known = CustomerIdentity.objects.filter(customer_id=OuterRef("pk"), shop_id__in=shops)
        bought = Order.objects.filter(customer_id=OuterRef("pk"), shop_id__in=shops)
        return queryset.filter(Q(Exists(known)) | Q(Exists(bought)))

    def shop_id_of(self, obj: Any) -> int | None:
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        phone = real_phone(term)
        return queryset.filter(phone=phone) if phone else queryset.filter(name__istartswith=term), False

    @display(description=_("name"))
    def name_label(self, customer: Customer) -> str:
        return str(customer)
