"""Products: one page per product with its stock, its listings on all channels, its price and cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Min, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Floor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.goods.master import MasterFilter
from erpsync.admin.goods.product_prices import ProductPricesView
from erpsync.admin.goods.product_rows import ComponentInline, ProductLevelInline, ProductListingInline
from erpsync.admin.goods.reorder_page import ReorderView
from erpsync.admin.goods.shelf_actions import ShelfActions
from erpsync.admin.goods.stock import available_label
from erpsync.admin.imports.page import ImportsList
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, once
from erpsync.admin.kit.search import SearchesGrams
from inventory.models import BundleComponent, Product, StockLevel
from inventory.services.selling import shops_selling, stop_selling


@admin.register(Product)
class ProductAdmin(ExportsList, ImportsList, ShelfActions, SearchesGrams, BigShopAdmin):
    export_name = "products"
    import_names = ("costs", "shelves")
    actions_list = ["reorder"]
    actions_detail = ["prices", "shelves", "stop", "sell_again"]
    list_display = ("product", "barcode", "price_label", "left", "kind", "selling")
    list_filter = ("is_bundle", MasterFilter)
    search_fields = ("sku", "name", "barcode")
    search_exact = ("sku__iexact", "barcode")
    search_help_text = _("Any words of the name, without accents; SKU or barcode.")
    ordering = ("sku",)
    sortable_by = ()
    inlines = (ProductLevelInline, ProductListingInline, ComponentInline)
    empty_text = _("Products come from the POS: connect it first, and its product book appears here.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("sku", "barcode"),
                    "name",
                    ("price_label", "kind"),
                    ("left", "selling"),
                    ("is_active", "gone_at"),
                    "updated_at",
                )
            },
        ),
    )

    def visible(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        return queryset if request.user.is_superuser else queryset.filter(permissions.products_of(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        levels = StockLevel.objects.filter(permissions.levels_of(request))
        part_levels = levels.filter(product_id=OuterRef("product_id")).order_by().values("product_id")
        part_stock = Subquery(part_levels.annotate(units=Sum("available")).values("units"))
        parts = BundleComponent.objects.filter(bundle_id=OuterRef("pk")).order_by().values("bundle_id")
        # as many sets as the scarcest part allows
        sets = parts.annotate(sets=Min(Floor(Coalesce(part_stock, Decimal(0)) / F("units")))).values("sets")
        return (
            super()
            .get_queryset(request)
            .annotate(sets=Subquery(sets))
            .prefetch_related(Prefetch("levels", levels, to_attr="seen_levels"))
        )

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("reorder/", "inventory_product_reorder_list", ReorderView.as_view(model_admin=self)),
            ("<int:object_id>/prices/", "inventory_product_price_page", ProductPricesView.as_view(model_admin=self)),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show cost and stock value only to those who may see costs of this product."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or not self._sees_cost(request, obj):
            return shown
        return [*shown, (_("Cost"), {"fields": (("cost_label", "value_label"),)})]

    def _sees_cost(self, request: HttpRequest, product: Product) -> bool:
        mine = permissions.products_of(request, SEES_COST)
        return bool(
            request.user.is_superuser
            or once(product, "sees_cost", lambda: Product.objects.filter(mine, pk=product.pk).exists())
        )

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        """Return whether the user has the role in every shop that sells this product: what is done with it shows in all of them."""
        if request.user.is_superuser:
            return True
        sellers = once(obj, "sellers", lambda: shops_selling(obj.pk))
        return sellers != set() and sellers <= set(permissions.shop_ids(request, role))

    def hidden_actions(self, row: Product) -> set[str]:
        return {"stop"} if row.selling_stopped else {"sell_again"}

    @action(description=_("Reorder"), icon="shopping_cart", url_path="to-reorder")
    def reorder(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect("../reorder/")

    @action(description=_("Prices on all channels"), icon="sell", permissions=["operate"])
    def prices(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:inventory_product_price_page", args=(self.found(request, object_id).pk,))
        )

    @action(
        description=_("Stop selling everywhere"), icon="block", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Stop selling everywhere"), "form_submit_text": _("Stop selling"),
            "description": _("Every listing of this product, and of bundles with it, shows 0 until you sell it again."),
        },
    )  # fmt: skip
    def stop(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._set_selling(request, object_id, stopped=True)

    @action(
        description=_("Sell again"), icon="play_arrow", permissions=["operate"],
        dialog={
            "title": _("Sell again"), "form_submit_text": _("Sell again"),
            "description": _("Every listing shows what is in stock again."),
        },
    )  # fmt: skip
    def sell_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._set_selling(request, object_id, stopped=False)

    def _set_selling(self, request: HttpRequest, object_id: str, *, stopped: bool) -> HttpResponse:
        product = self.found(request, object_id)
        stop_selling(product.pk, stopped=stopped)
        self.log_change(request, product, _("Selling stopped") if stopped else _("Selling again"))
        messages.success(request, _("The new numbers leave for the channels within seconds."))
        return self.to_page(product)

    @display(description=_("selling"))
    def selling(self, product: Product) -> Any:
        if product.selling_stopped:
            return words.label(_("Stopped by us"), "danger")
        return words.label(_("On sale"), "success") if product.is_active else words.label(_("Not active"), "default")

    @display(description=_("cost"))
    def cost_label(self, product: Product) -> str:
        return words.money(product.cost, "VND")

    @display(description=_("stock value"))
    def value_label(self, product: Any) -> str:
        on_hand = sum((level.on_hand for level in product.seen_levels if level.on_hand > 0), Decimal(0))
        return words.money(None if product.cost is None else product.cost * on_hand, "VND")

    @display(description=_("product"), header=True)
    def product(self, product: Product) -> list[str]:
        return [product.name, product.sku]

    @display(description=_("kind"))
    def kind(self, product: Product) -> Any:
        return words.label(_("Bundle"), "primary") if product.is_bundle else _("Single product")

    @display(description=_("price"))
    def price_label(self, product: Product) -> str:
        return words.money(product.price, "VND")

    @display(description=_("left to sell"))
    def left(self, product: Any) -> Any:
        if product.is_bundle:
            return "–" if product.sets is None else available_label(product.sets)
        return available_label(sum((level.available for level in product.seen_levels), Decimal(0)))
