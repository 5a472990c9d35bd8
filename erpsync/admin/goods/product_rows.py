"""Rows on a product's page: its stock per branch, its listings with price and stock, the parts of a bundle."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.goods.listing_columns import ListingColumns
from erpsync.admin.goods.stock import available_label
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopInline, page_of
from inventory.models import BundleComponent, Listing, ListingStock, StockLevel


class ProductLevelInline(ShopInline):
    model = StockLevel
    verbose_name_plural = _("Stock per branch")
    fields = readonly_fields = ("place", "shelf", "have", "held", "left", "read_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return super().get_queryset(request).select_related("warehouse").filter(permissions.levels_of(request))

    @display(description=_("warehouse"))
    def place(self, level: StockLevel) -> Any:
        return words.link(page_of(level), level.warehouse.name)

    @display(description=_("on hand"))
    def have(self, level: StockLevel) -> str:
        return words.units(level.on_hand)

    @display(description=_("reserved"))
    def held(self, level: StockLevel) -> str:
        return words.units(level.reserved)

    @display(description=_("left to sell"))
    def left(self, level: StockLevel) -> Any:
        return available_label(level.available)


class ProductListingInline(ListingColumns, ShopInline):
    model = Listing
    shop_path = "shop_id"
    verbose_name_plural = _("On sale as")
    fields = readonly_fields = ("what", "at", "units", "price_label", "shown", "status_label")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        found = super().get_queryset(request).filter(shop__keeps_stock=False).select_related("shop")
        return found.prefetch_related(Prefetch("stocks", ListingStock.objects.order_by("id"))).defer(
            "raw", "description"
        )

    @display(description=_("shop"))
    def at(self, listing: Listing) -> Any:
        return words.lines([listing.shop.name, words.channel_title(listing.shop.channel)])

    @display(description=_("listing"))
    def what(self, listing: Listing) -> Any:
        return words.link(page_of(listing), str(listing))


class ComponentInline(ShopInline):
    model = BundleComponent
    fk_name = "bundle"
    tab = True
    verbose_name_plural = _("Parts of this bundle")
    fields = readonly_fields = ("part", "number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BundleComponent]:
        return super().get_queryset(request).select_related("product")

    @display(description=_("component"))
    def part(self, component: BundleComponent) -> Any:
        return words.link(page_of(component.product), str(component.product))

    @display(description=_("units"))
    def number(self, component: BundleComponent) -> str:
        return words.units(component.units)
