"""Products, warehouses and stock: every number with the movements and reservations behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, QuerySet, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from erpsync.admin.kit import permissions, words
from erpsync.admin.kit.base import (
    BigShopAdmin,
    ShopAdmin,
    ShopInline,
    page_of,
)
from inventory.models import (
    BundleComponent,
    Listing,
    ListingStock,
    Product,
    Reservation,
    Shop,
    StockLevel,
    StockMovement,
    Warehouse,
)


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
        return queryset.filter(warehouse_id=value) if value and value.isdigit() else queryset


class MovementInline(ShopInline):
    model = StockMovement
    tab = True
    per_page = 25
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
    per_page = 25
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
    mine = set(permissions.shop_ids(request))
    moved = list(level.movements.values("kind").annotate(n=Sum("quantity")).order_by("kind"))
    held = dict(
        level.reservations.filter(quantity__gt=0).values_list("shop_id").annotate(n=Sum("quantity")).order_by("shop_id")
    )
    names = dict(Shop.objects.filter(pk__in=mine & held.keys()).values_list("pk", "name"))
    others = sum((number for shop, number in held.items() if shop not in names), Decimal(0))
    at_pos = max(level.pos_reserved - level.pos_own, Decimal(0))
    kinds = dict(StockMovement.Kind.choices)
    return {
        "level": level,
        "moved": [(kinds[row["kind"]], words.units(row["n"])) for row in moved],
        "on_hand": words.units(level.on_hand),
        "held": [(name, words.units(held[shop])) for shop, name in sorted(names.items(), key=lambda item: item[1])],
        "others": words.units(others) if others else "",
        "at_pos": words.units(at_pos) if at_pos else "",
        "left": words.units(level.available),
        "is_oversold": level.available < 0,
        "listings": list(
            ListingStock.objects.filter(listing__product_id=level.product_id, listing__shop_id__in=mine)
            .exclude(listing__shop__keeps_stock=True)
            .select_related("listing__shop")
            .order_by("listing__shop__name", "id")[:50]
        ),
    }


@admin.register(StockLevel)
class StockLevelAdmin(BigShopAdmin):
    list_display = ("product_label", "place", "on_hand_label", "reserved_label", "at_pos", "left_label", "read_at")
    list_filter = (WarehouseFilter, LevelFilter)
    search_fields = ("product__sku", "product__name", "product__barcode")
    search_help_text = _("SKU, barcode or name of the product.")
    ordering = ("-id",)
    sortable_by = ("left_label",)
    inlines = (OwnMovementInline, ReservationInline)
    empty_text = _("Stock appears when a POS is connected: its branches bring their numbers.")
    fieldsets = ((None, {"fields": (("product_link", "place"), "explained", "read_at")}),)

    def visible(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
        if request.user.is_superuser:
            return queryset
        return queryset.filter(warehouse_id__in=permissions.warehouses(request).values("pk"))

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


class ProductLevelInline(ShopInline):
    model = StockLevel
    verbose_name_plural = _("Stock per branch")
    fields = readonly_fields = ("place", "have", "held", "left", "read_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        queryset = super().get_queryset(request).select_related("warehouse")
        if request.user.is_superuser:
            return queryset
        return queryset.filter(warehouse_id__in=permissions.warehouses(request).values("pk"))

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


class ProductListingInline(ShopInline):
    model = Listing
    shop_path = "shop_id"
    verbose_name_plural = _("On sale as")
    fields = readonly_fields = ("what", "shop", "units", "state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        return super().get_queryset(request).select_related("shop").defer("raw")

    @display(description=_("listing"))
    def what(self, listing: Listing) -> Any:
        return words.link(page_of(listing), str(listing))

    @display(description=_("status"))
    def state(self, listing: Listing) -> SafeString:
        return words.label(listing.get_status_display(), words.LISTING_COLOURS[listing.status])


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


@admin.register(Product)
class ProductAdmin(BigShopAdmin):
    list_display = ("product", "barcode", "price_label", "left", "kind", "is_active")
    list_filter = ("is_bundle", "is_active")
    search_fields = ("sku", "name", "barcode")
    search_help_text = _("SKU, barcode or name.")
    ordering = ("sku",)
    sortable_by = ()
    inlines = (ProductLevelInline, ProductListingInline, ComponentInline)
    empty_text = _("Products come from the POS: connect it first, and its product book appears here.")
    fieldsets = (
        (None, {"fields": (("sku", "barcode"), "name", ("price_label", "kind"), ("is_active", "updated_at"))}),
    )

    def visible(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        return queryset if request.user.is_superuser else queryset.filter(permissions.products_of(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        levels = StockLevel.objects.all()
        if not request.user.is_superuser:
            levels = levels.filter(warehouse_id__in=permissions.warehouses(request).values("pk"))
        return super().get_queryset(request).prefetch_related(Prefetch("levels", levels, to_attr="seen_levels"))

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
            return "–"
        return available_label(sum((level.available for level in product.seen_levels), Decimal(0)))


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
