"""Warehouses and stock: every number with the movements and reservations behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import (
    BigShopAdmin,
    ShopAdmin,
    ShopInline,
    page_of,
)
from erpsync.admin.kit.filters import declared
from erpsync.admin.kit.search import SearchesGrams
from inventory.models import (
    Reservation,
    Shop,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.queries import explain_level


def available_label(value: Decimal) -> Any:
    """Return what is left to sell as a label: red when more was promised than there is."""
    colour = "danger" if value < 0 else "warning" if value == 0 else "default"
    return words.label(words.units(value), colour) if value <= 0 else words.units(value)


class LevelFilter(DropdownFilter):
    """Filter: too much promised, nothing left, little left."""

    title = _("stock")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("oversold", _("Oversold")), ("none", _("Nothing left")), ("few", _("Fewer than 10 left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
        limits: dict[str, dict[str, int]] = {
            "oversold": {"available__lt": 0}, "none": {"available": 0}, "few": {"available__lt": 10, "available__gt": 0},
        }  # fmt: skip
        return queryset.filter(**limits.get(self.value() or "", {}))


class WarehouseFilter(DropdownFilter):
    """Filter by one of the warehouses the user sees."""

    title = _("warehouse")
    parameter_name = "at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        seen = Warehouse.objects.all() if request.user.is_superuser else permissions.warehouses(request)
        return [(str(pk), name) for pk, name in seen.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
        value = self.value()
        return queryset.filter(warehouse_id=value) if value in declared(self) else queryset


class MovementInline(ShopInline):
    model = StockMovement
    tab = True
    verbose_name_plural = _("Movements")
    fields = readonly_fields = ("created_at", "change", "what", "order_number", "whose", "note", "actor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockMovement]:
        return super().get_queryset(request).select_related("shop", "actor").order_by("-id")

    @display(description=_("change"))
    def change(self, movement: StockMovement) -> str:
        return f"{'+' if movement.quantity > 0 else '−'}{words.units(abs(movement.quantity))}"

    @display(description=_("cause"))
    def what(self, movement: StockMovement) -> str:
        return movement.get_kind_display()

    @display(description=_("shop"))
    def whose(self, movement: StockMovement) -> str:
        return str(movement.shop) if movement.shop else "–"


class OwnMovementInline(MovementInline):
    """Movements of a level; those of shops the user may not see are left out, and counted in the sums."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockMovement]:
        queryset = super().get_queryset(request)
        if request.user.is_superuser:
            return queryset
        return queryset.filter(shop_id__in=permissions.shop_ids(request)) | queryset.filter(shop__isnull=True)


class ReservationInline(ShopInline):
    model = Reservation
    shop_path = "shop_id"
    tab = True
    verbose_name_plural = _("Reservations")
    fields = readonly_fields = ("order_number", "shop", "held", "deducted_units", "hold", "created_at", "invoiced_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        return super().get_queryset(request).filter(quantity__gt=0).select_related("shop").order_by("-id")

    @display(description=_("held"))
    def held(self, reservation: Reservation) -> str:
        return words.units(reservation.quantity)

    @display(description=_("deducted"))
    def deducted_units(self, reservation: Reservation) -> str:
        return words.units(reservation.deducted)

    @display(description=_("kind"))
    def hold(self, reservation: Reservation) -> str:
        return str(_("On a guess, until the listing is mapped") if reservation.is_soft else _("Order"))


def explain(request: HttpRequest, level: StockLevel) -> dict[str, Any]:
    """Explain a level's numbers: movements by cause, reservations by shop, and what the listings show."""
    found = explain_level(level, permissions.shop_ids(request))
    names = dict(Shop.objects.filter(pk__in=found.held).values_list("pk", "name"))
    kinds = dict(StockMovement.Kind.choices)
    return {
        "level": level,
        "moved": [(kinds[kind], words.units(units)) for kind, units in found.moved.items()],
        "on_hand": words.units(level.on_hand),
        "held": [
            (name, words.units(found.held[shop])) for shop, name in sorted(names.items(), key=lambda item: item[1])
        ],
        "others": words.units(found.others) if found.others else "",
        "at_pos": words.units(found.at_pos) if found.at_pos else "",
        "left": words.units(level.available),
        "is_oversold": level.available < 0,
        "listings": found.listings,
    }


@admin.register(StockLevel)
class StockLevelAdmin(SearchesGrams, BigShopAdmin):
    list_display = (
        "product_label",
        "place",
        "shelf",
        "on_hand_label",
        "reserved_label",
        "at_pos",
        "left_label",
        "read_at",
    )
    list_filter = (WarehouseFilter, LevelFilter)
    search_fields = ("product__sku", "product__name", "product__barcode")
    search_prefix = "product__"
    search_exact = ("product__sku__iexact", "product__barcode")
    search_help_text = _("Any words of the product's name, without accents; SKU or barcode.")
    ordering = ("-id",)
    sortable_by = ("left_label",)
    inlines = (OwnMovementInline, ReservationInline)
    empty_text = _("Stock appears when a POS is connected: its branches bring their numbers.")
    fieldsets = ((None, {"fields": (("product_link", "place"), "shelf", "explained", "read_at")}),)

    def visible(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
        return queryset.filter(permissions.levels_of(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return super().get_queryset(request).select_related("product", "warehouse")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> StockLevel | None:
        level: StockLevel | None = super().get_object(request, object_id, from_field)
        if level is not None:
            level.__dict__["explanation"] = explain(request, level)
        return level

    @display(description=_("product"), header=True)
    def product_label(self, level: StockLevel) -> list[str]:
        return [level.product.name, level.product.sku]

    @display(description=_("product"))
    def product_link(self, level: StockLevel) -> Any:
        return words.link(page_of(level.product), str(level.product))

    @display(description=_("warehouse"))
    def place(self, level: StockLevel) -> str:
        return level.warehouse.name

    @display(description=_("on hand"))
    def on_hand_label(self, level: StockLevel) -> str:
        return words.units(level.on_hand)

    @display(description=_("reserved"))
    def reserved_label(self, level: StockLevel) -> str:
        return words.units(level.reserved)

    @display(description=_("others' orders at the POS"))
    def at_pos(self, level: StockLevel) -> str:
        return words.units(max(level.pos_reserved - level.pos_own, Decimal(0)))

    @display(description=_("left to sell"), ordering="available")
    def left_label(self, level: StockLevel) -> Any:
        return available_label(level.available)

    @display(description=_("How this number comes about"))
    def explained(self, level: StockLevel) -> SafeString:
        return SafeString(render_to_string("admin/stock/explain.html", level.__dict__["explanation"]))


@admin.register(Warehouse)
class WarehouseAdmin(ShopAdmin):
    list_display = ("name", "managed_by", "position", "products", "is_active")
    search_fields = ("name",)
    ordering = ("position", "id")
    empty_text = _("Branches of a POS appear when it is connected.")
    fieldsets = ((None, {"fields": (("name", "shop"), ("position", "is_active"), "external_id")}),)

    def visible(self, request: HttpRequest, queryset: QuerySet[Warehouse]) -> QuerySet[Warehouse]:
        if request.user.is_superuser:
            return queryset
        return queryset.filter(permissions.warehouses_of(permissions.shop_ids(request)))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Warehouse]:
        return super().get_queryset(request).select_related("shop").annotate(held=Count("levels"))

    @display(description=_("managed by"))
    def managed_by(self, warehouse: Warehouse) -> str:
        return str(warehouse.shop) if warehouse.shop else str(_("this hub"))

    @display(description=_("products"))
    def products(self, warehouse: Any) -> str:
        return words.units(warehouse.held)
