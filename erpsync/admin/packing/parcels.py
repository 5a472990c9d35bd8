"""Packed parcels: who packed what and when, and the page that packs by scanning."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.kit.search import SearchesExact
from erpsync.admin.packing.photo_marks import thumbnails
from erpsync.admin.packing.scan_page import ScanCodeView, ScanView
from orders.models import PackedParcel, ParcelPhoto
from orders.services import scanning


@admin.register(PackedParcel)
class PackedParcelAdmin(SearchesExact, BigShopAdmin):
    list_display = ("parcel", "shop_label", "carrier", "state_label", "packed_by", "packed_at")
    list_filter = (shop_filter("shop_id"),)
    list_select_related = ("shop", "packed_by")
    search_fields = ("number", "tracking_number")
    search_exact = ("number", "tracking_number")
    search_shop = "shop_id"
    search_help_text = _("A tracking number or parcel number, whole.")
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["open_scanning"]
    actions_detail = ["pack_anew"]
    empty_text = _("Nothing was packed by scanning yet: open the page that packs, and scan a parcel's number.")
    fieldsets = (
        (None, {"fields": (
            ("number", "tracking_number"), ("shop", "carrier"), ("state_label", "packed_by"), ("started_at", "packed_at"),
            "photos",
        )}),
    )  # fmt: skip

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("pack/", "orders_packedparcel_scan", ScanView.as_view(model_admin=self)),
            ("pack/code/", "orders_packedparcel_code", ScanCodeView.as_view(model_admin=self)),
        )

    @display(description=_("parcel"), header=True)
    def parcel(self, parcel: PackedParcel) -> list[str]:
        return words.Header([parcel.tracking_number or parcel.number, parcel.number if parcel.tracking_number else ""])

    @display(description=_("shop"), header=True)
    def shop_label(self, parcel: PackedParcel) -> list[str]:
        return words.Header([parcel.shop.name, words.channel_title(parcel.shop.channel)])

    @display(description=_("state"))
    def state_label(self, parcel: PackedParcel) -> SafeString:
        if parcel.packed_at:
            return words.label(_("Packed whole"), "success")
        return words.label(_("Pieces scanned: %(n)s") % {"n": sum(parcel.scanned.values())}, "warning")

    @display(description=_("packing photos"))
    def photos(self, parcel: PackedParcel) -> Any:
        return thumbnails(ParcelPhoto.objects.filter(shop_id=parcel.shop_id, number=parcel.number, ret=None)) or "–"

    def hidden_actions(self, row: PackedParcel) -> Collection[str]:
        return () if row.packed_at or row.scanned else ("pack_anew",)

    @action(description=_("Pack by scanning"), icon="barcode_scanner", permissions=["operate"])
    def open_scanning(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_packedparcel_scan"))

    @action(
        description=_("Pack anew"), icon="replay", permissions=["operate"],
        dialog={
            "title": _("Pack the parcel anew"), "form_submit_text": _("Pack anew"),
            "description": _("What was scanned of it counts no more: its number is scanned again, and every piece."),
        },
    )  # fmt: skip
    def pack_anew(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        parcel = self.found(request, object_id)
        if scanning.reopen(parcel.pk):
            self.log_change(request, parcel, _("To be packed anew"))
            messages.success(request, _("It is to be packed anew."))
        return self.to_page(parcel)
