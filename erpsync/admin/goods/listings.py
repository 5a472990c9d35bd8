"""Listings: mapping to products, prices, and the numbers that channels show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.goods.content_page import DescribeView
from erpsync.admin.goods.listing_columns import ListingColumns
from erpsync.admin.goods.listing_form import PRICE, ListingForm
from erpsync.admin.goods.mapping import MOST_SHOWN, MappingView
from erpsync.admin.goods.master import ListingMasterFilter
from erpsync.admin.imports.page import ImportsList
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, ShopInline, list_of
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.kit.log_texts import said
from erpsync.admin.kit.search import SearchesGrams
from integrations.inbox.refetch import refetch_by_shop
from integrations.models import InboxEvent
from integrations.publishing.content import may_be_described
from inventory.models import Listing, ListingStock
from inventory.queries import IS_UNMAPPED
from inventory.services.mapping import map_listings
from inventory.services.prices import PriceNeedsConfirmation, set_wanted_price
from inventory.services.unmapping import leave_numbers
from orders.models import OrderLine

LISTING = "listing"
MOST_COUNTED = 100
# the mapping has ended, and the channel does not show the number from before yet
SHOWS_OUR_NUMBER = Exists(ListingStock.objects.filter(listing_id=OuterRef("pk"), giving_back=True))


class MappedFilter(DropdownFilter):
    """Filter by mapping: mapped, unmapped, or unmapped and sold."""

    title = _("mapping")
    parameter_name = "mapped"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        shops = permissions.shop_ids(request)
        ours = Listing.objects.filter(SHOWS_OUR_NUMBER, shop_id__in=shops)[:MOST_COUNTED].count()
        left = gettext("Not mapped, but shows our number (%(n)s)") % {"n": f"{ours}+" if ours == MOST_COUNTED else ours}
        return [
            ("no", _("Not mapped")), ("sold", _("Not mapped, but sold")), ("costs", _("Not mapped, with orders that count")),
            ("ours", left), ("yes", _("Mapped")),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        if self.value() == "yes":
            return queryset.filter(product__isnull=False)
        if self.value() == "costs":
            return queryset.filter(worklists.costs_orders())
        if self.value() == "ours":
            return queryset.filter(SHOWS_OUR_NUMBER)
        if self.value() in ("no", "sold"):
            queryset = queryset.filter(IS_UNMAPPED)
        if self.value() == "sold":
            waiting = OrderLine.objects.filter(
                product__isnull=True, item_id=OuterRef("item_id"), variation_id=OuterRef("variation_id"),
                order__shop_id=OuterRef("shop_id"),
            )  # fmt: skip
            return queryset.filter(Exists(waiting))
        return queryset


class SoldWhereFilter(DropdownFilter):
    """Filter by who sells it: the marketplaces unless asked for otherwise; a stock master's own products are its book."""

    title = _("sold where")
    parameter_name = "where"
    all_option = ["", _("On marketplaces")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("pos", _("At the POS")), ("all", _("Everywhere"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        return queryset if self.value() == "all" else queryset.filter(shop__keeps_stock=self.value() == "pos")


class StockFilter(DropdownFilter):
    """Filter by whether the channel shows the wanted number."""

    title = _("stock shown")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("due", _("Waiting to be sent")), ("refused", _("Refused by the channel")), ("none", _("Sold out"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        mine = ListingStock.objects.filter(listing_id=OuterRef("pk"))
        found = {
            "due": Q(wanted__isnull=False) & (Q(expected__isnull=True) | ~Q(wanted=F("expected"))),
            "refused": ~Q(failure=""),
            "none": Q(wanted=0),
        }.get(self.value() or "")
        return queryset if found is None else queryset.filter(Exists(mine.filter(found)))


class StockInline(ShopInline):
    model = ListingStock
    verbose_name_plural = _("Stock shown at the channel")
    fields = readonly_fields = (
        "warehouse", "wanted", "expected", "published", "observed", "promotion_reserved", "pushed_at", "observed_at", "trouble",
    )  # fmt: skip

    @display(description=_("trouble"))
    def trouble(self, stock: ListingStock) -> Any:
        return words.label(stock.failure, "danger") if stock.failure else "–"


@admin.register(Listing)
class ListingAdmin(ListingColumns, ExportsList, ImportsList, SearchesGrams, BigShopAdmin):
    export_name = "listings"
    import_names = ("mappings", "prices")
    form = ListingForm
    list_display = ("listing", "shop_label", "mapped_to", "shown", "price_label", "status_label")
    list_defer = ("raw", "description")
    list_filter = (shop_filter("shop_id"), SoldWhereFilter, MappedFilter, StockFilter, ListingMasterFilter, "status")
    search_fields = ("title", "sku", "barcode", "item_id")
    search_exact = ("sku__iexact", "barcode", "item_id")
    search_help_text = _("Any words of title, variation or SKU, without accents; barcode or the channel's id.")
    ordering = ("-id",)
    sortable_by = ("listing",)
    autocomplete_fields = ("product",)
    inlines = (StockInline,)
    actions = ("map_chosen", "unmap_chosen", "leave_chosen", "read_chosen_again")
    actions_list = ["map_all"]
    actions_detail = ["describe"]
    empty_text = _(
        "Listings are read from each shop once it is connected. Nothing here: connect a shop, or reset the filters."
    )
    fieldsets = (
        (
            _("Mapping"),
            {
                "fields": (("product", "units"), "wanted_price"),
                "description": _(
                    "Which product one sold piece takes, and how many of it. Orders that waited are fetched again."
                ),
            },
        ),
        (
            _("At the channel"),
            {
                "fields": (
                    ("title", "variation_name"),
                    "pictures",
                    ("shop", "status_label"),
                    ("item_id", "variation_id"),
                    ("sku", "barcode"),
                    ("price_label", "price_failure"),
                    ("version", "asked_at"),
                )
            },
        ),
        (None, {"fields": ("description", "raw_answer")}),
    )
    readonly_fields = (
        "title", "variation_name", "pictures", "description", "shop", "status_label", "item_id", "variation_id", "sku", "barcode",
        "price_label", "price_failure", "version", "asked_at", "raw_answer",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        queryset = super().get_queryset(request).select_related("shop", "product")
        return queryset.prefetch_related(Prefetch("stocks", ListingStock.objects.order_by("id")))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.OPERATOR))
        return permissions.may(request, obj.shop_id, permissions.OPERATOR)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("map/", "inventory_listing_map", MappingView.as_view(model_admin=self)),)

    # --- columns ---

    @display(description=_("listing"), header=True, ordering="title")
    def listing(self, listing: Listing) -> list[Any]:
        picture = {"path": listing.picture, "squared": True, "width": 32, "height": 32} if listing.picture else None
        facts = (listing.variation_name, listing.sku or listing.item_id)
        return [listing.title, " · ".join(filter(None, facts)), "", picture]

    @display(description=_("shop"), header=True)
    def shop_label(self, listing: Listing) -> list[str]:
        return [listing.shop.name, words.channel_title(listing.shop.channel)]

    @display(description=_("product"))
    def mapped_to(self, listing: Listing) -> Any:
        if listing.product is None:
            return words.label(_("Not mapped"), "warning")
        return listing.product.sku if listing.units == 1 else f"{listing.units} × {listing.product.sku}"

    @display(description=_("images"))
    def pictures(self, listing: Listing) -> Any:
        return format_html_join(
            " ",
            '<img src="{0}" alt="" loading="lazy" class="inline-block max-h-20">',
            ((address,) for address in listing.images),
        ) or "–"  # fmt: skip

    @display(description=_("raw answer"))
    def raw_answer(self, listing: Listing) -> SafeString:
        return words.raw_json(listing.raw)

    # --- what can be done ---

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show or save the form. The check of a price locks its listing, but no cost: one that moves before it is stored rolls
        all of it back."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PriceNeedsConfirmation:
            messages.error(request, _("Nothing is stored: the cost or the price of now changed meanwhile. Look again."))
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Listing, form: ModelForm[Listing], change: bool) -> None:
        """Save mapping and price through their services; nothing else of a listing may be changed here."""
        map_listings([(obj.pk, obj.product_id, obj.units)])
        if PRICE in form.changed_data and isinstance(form, ListingForm):
            set_wanted_price(obj.pk, obj.wanted_price, confirmed=form.price_is_confirmed)

    def hidden_actions(self, row: Listing) -> Collection[str]:
        return () if may_be_described(row) else self.actions_detail

    @action(description=_("Title, description, pictures"), icon="edit_note", permissions=["operate"])
    def describe(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return DescribeView.as_view(model_admin=self)(request, listing=self.found(request, object_id))

    def described(self, request: HttpRequest, listing: Listing, parts: Sequence[Any]) -> None:
        """Log the change, ask for the listing again, and say so."""
        self.log_change(request, listing, said(_("Sent to the channel: %(parts)s"), parts=parts))
        read_again([listing])
        text = gettext("%(shop)s took the change. What it shows is read again within seconds.")
        messages.success(request, text % {"shop": listing.shop})

    @action(description=_("Map in bulk"), icon="join_inner", permissions=["operate"], url_path="map-all")
    def map_all(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect("../map/")

    @admin.action(description=_("Map in bulk (with a preview)"), permissions=["operate"])
    def map_chosen(self, request: HttpRequest, queryset: QuerySet[Listing]) -> HttpResponseBase:
        chosen = list(queryset.values_list("pk", flat=True))
        if len(chosen) > MOST_SHOWN:
            return self.refuse_many(request, MOST_SHOWN)
        ids = ",".join(map(str, chosen))
        return HttpResponseRedirect(f"{list_of(Listing)}map/?ids={ids}")

    @admin.action(description=_("Remove the mapping"), permissions=["operate"])
    def unmap_chosen(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        chosen = [row for row in self.permitted(request, queryset) if row.product_id]
        map_listings([(row.pk, None, row.units) for row in chosen])
        text = ngettext(
            "%(n)s listing is no longer mapped. The channel gets back the number it showed before.",
            "%(n)s listings are no longer mapped. The channels get back the numbers they showed before.",
            len(chosen),
        )
        messages.success(request, text % {"n": len(chosen)})

    @admin.action(description=_("Not mapped: leave the channel's number as it is"), permissions=["operate"])
    def leave_chosen(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        left = leave_numbers([row.pk for row in self.permitted(request, queryset)])
        text = ngettext("%(n)s number stays as it is.", "%(n)s numbers stay as they are.", left)
        messages.success(request, text % {"n": left})

    @admin.action(description=_("Read again from the channel"), permissions=["operate"])
    def read_chosen_again(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        asked = read_again(self.permitted(request, queryset))
        text = ngettext("%(n)s item will be read within seconds.", "%(n)s items will be read within seconds.", asked)
        messages.success(request, text % {"n": asked})


def read_again(listings: Sequence[Listing]) -> int:
    """Ask the channels for these items again and return how many will be asked for."""
    by_shop: dict[int, set[str]] = defaultdict(set)
    for listing in listings:
        by_shop[listing.shop_id].add(listing.item_id)
    return refetch_by_shop(LISTING, by_shop, InboxEvent.Source.PERSON)
