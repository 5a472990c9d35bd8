"""Numbers that channels show and should not: a worklist per shop, with "put right now" and "leave it"."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.search import SearchesGrams
from integrations.publishing.drift import put_right
from inventory.models import StockDrift
from inventory.services import drift

_COLOURS = {"waiting": "warning", "put_right": "info", "left": "default"}


class OpenFilter(DropdownFilter):
    """Filter: open, or ended."""

    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Open")), ("no", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockDrift]) -> QuerySet[StockDrift]:
        return queryset.filter(ended_at__isnull=self.value() == "yes") if self.value() else queryset


@admin.register(StockDrift)
class StockDriftAdmin(SearchesGrams, BigShopAdmin):
    list_display = ("listing", "shop_label", "expected_label", "observed_label", "cause", "state", "found_at")
    list_filter = (shop_filter("shop_id"), OpenFilter, choice_filter("decision", _("what is done")))
    search_fields = ("stock__listing__title", "stock__listing__sku", "stock__listing__item_id")
    search_prefix = "stock__listing__"
    search_exact = ("stock__listing__sku__iexact", "stock__listing__item_id")
    search_help_text = _("Title, SKU or the channel's id.")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("put_right_now", "leave_it")
    empty_text = _("Every channel shows what it should: the check every five minutes found no difference.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("listing_link", "shop"),
                    ("expected_label", "observed_label"),
                    ("cause", "state"),
                    "decided_by",
                    ("found_at", "ended_at"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockDrift]:
        return super().get_queryset(request).select_related("shop", "stock__listing", "decided_by")

    @display(description=_("listing"), header=True)
    def listing(self, row: StockDrift) -> list[str]:
        listing = row.stock.listing
        return [listing.title, " · ".join(filter(None, (listing.variation_name, listing.sku or listing.item_id)))]

    @display(description=_("listing"))
    def listing_link(self, row: StockDrift) -> SafeString:
        listing = row.stock.listing
        return format_html('<a class="text-primary-600" href="{}">{}</a>', page_of(listing), listing)

    @display(description=_("shop"), header=True)
    def shop_label(self, row: StockDrift) -> list[str]:
        return [row.shop.name, words.channel_title(row.shop.channel)]

    @display(description=_("expected"))
    def expected_label(self, row: StockDrift) -> str:
        return words.units(row.expected)

    @display(description=_("found"))
    def observed_label(self, row: StockDrift) -> str:
        return words.units(row.observed)

    @display(description=_("state"))
    def state(self, row: StockDrift) -> SafeString:
        if row.ended_at is not None:
            return words.label(_("Ended"), "success")
        return words.label(row.get_decision_display(), _COLOURS[row.decision])

    @action(description=_("Put right now"), permissions=["operate"])
    def put_right_now(self, request: HttpRequest, queryset: QuerySet[StockDrift]) -> None:
        rows = self._open(request, queryset)
        put_right([row.pk for row in rows], actor_id=request.user.pk)
        text = ngettext(
            "The right number is sent for %(n)s listing.", "The right numbers are sent for %(n)s listings.", len(rows)
        )
        self._say(request, len(rows), text)

    @action(description=_("Leave it"), permissions=["operate"])
    def leave_it(self, request: HttpRequest, queryset: QuerySet[StockDrift]) -> None:
        rows = self._open(request, queryset)
        with transaction.atomic():
            left = drift.leave([row.pk for row in rows], actor_id=request.user.pk)
        self._say(
            request, left, ngettext("%(n)s number is left as it is.", "%(n)s numbers are left as they are.", left)
        )

    def _open(self, request: HttpRequest, queryset: QuerySet[StockDrift]) -> list[StockDrift]:
        return self.permitted(request, queryset.filter(ended_at__isnull=True), permissions.OPERATOR)

    def _say(self, request: HttpRequest, count: int, text: str) -> None:
        if count:
            messages.success(request, text % {"n": count})
        else:
            messages.info(request, _("Nothing was open among the chosen ones."))
