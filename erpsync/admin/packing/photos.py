"""Packing photos: found by tracking or order number, shown with person, time and hash, deleted by a manager."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.places import NoPlace
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.kit.ranges import DayRangeFilter
from erpsync.admin.kit.search import SearchesExact
from erpsync.admin.packing.photo_marks import file_url, thumbnails
from erpsync.admin.packing.photo_views import PhotoUploadView, file_answer
from orders.models import ParcelPhoto
from orders.services import photos


@admin.register(ParcelPhoto)
class ParcelPhotoAdmin(SearchesExact, BigShopAdmin):
    list_display = ("picture", "parcel", "of_orders", "shop_label", "shows", "taken_by", "taken_at")
    list_filter = (shop_filter("shop_id"), ("taken_at", DayRangeFilter))
    list_select_related = ("shop", "taken_by")
    search_fields = ("number",)
    search_exact = ("tracking_number", "number", "orders__number")
    search_help_text = _("A tracking number, parcel number, order number or return number, whole.")
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["delete_file"]
    empty_text = _(
        "No photo yet. Whoever packs by scanning takes one with the telephone, below the parcel on the page."
    )
    fieldsets = (
        (None, {"fields": (
            "whole", ("parcel", "shows"), ("of_orders", "shop_label"), ("taken_by", "taken_at"), "file_label", "sha256",
            "kept",
        )}),
    )  # fmt: skip

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("upload/", "orders_parcelphoto_upload", PhotoUploadView.as_view(model_admin=self)),
            ("<int:object_id>/file/", "orders_parcelphoto_file", self.file_view),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ParcelPhoto]:
        found = super().get_queryset(request).filter(stored_at__isnull=False)
        return (
            found.select_related("shop", "taken_by", "ret", "return_line").defer("ret__raw").prefetch_related("orders")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ParcelPhoto], search_term: str
    ) -> tuple[QuerySet[ParcelPhoto], bool]:
        found, _may_double = super().get_search_results(request, queryset, search_term)
        # a parcel of several orders is one row
        return found, True

    def file_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponseBase:
        """The photo or clip itself."""
        photo = self.found(request, object_id)
        if photo.dropped_at:
            raise Http404
        return file_answer(request, photo)

    # --- columns ---

    @display(description=_("photo"))
    def picture(self, photo: ParcelPhoto) -> Any:
        return thumbnails([photo])

    @display(description=_("photo"))
    def whole(self, photo: ParcelPhoto) -> Any:
        if photo.dropped_at:
            return words.label(_("The file was deleted"))
        if photo.is_clip:
            return format_html(
                '<video src="{}" controls preload="metadata" class="photo-whole"></video>', file_url(photo)
            )
        return format_html('<img src="{}" alt="{}" class="photo-whole">', file_url(photo), photo)

    @display(description=_("parcel"), header=True)
    def parcel(self, photo: ParcelPhoto) -> list[str]:
        return words.Header([str(photo), photo.number if photo.tracking_number else ""])

    @display(description=_("orders"))
    def of_orders(self, photo: ParcelPhoto) -> Any:
        found = [words.link(page_of(order), order.number) for order in photo.orders.all()]
        return words.lines(found) if found else "–"

    @display(description=_("shop"), header=True)
    def shop_label(self, photo: ParcelPhoto) -> list[str]:
        return words.Header([photo.shop.name, words.channel_title(photo.shop.channel)])

    @display(description=_("shows"))
    def shows(self, photo: ParcelPhoto) -> Any:
        if photo.ret is None:
            return words.label(_("Packing"), "info")
        return words.lines([words.link(page_of(photo.ret), _("Return inspection")), str(photo.return_line or "")])

    @display(description=_("file"))
    def file_label(self, photo: ParcelPhoto) -> str:
        return f"{photo.content_type.partition('/')[2].upper()}, {number_format(photo.size / 1_000_000, 2)} MB"

    @display(description=_("kept for"))
    def kept(self, photo: ParcelPhoto) -> str:
        if photo.dropped_at:
            return str(_("Deleted %(when)s") % {"when": words.moment(photo.dropped_at)})
        text = _("%(days)s days; longer while a return or a request to cancel is open")
        return str(text % {"days": settings.PHOTO_DAYS})

    # --- what can be done ---

    def hidden_actions(self, row: ParcelPhoto) -> Collection[str]:
        return ("delete_file",) if row.dropped_at else ()

    @action(
        description=_("Delete the file"), icon="delete", permissions=["manage"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Delete the file"), "form_submit_text": _("Delete the file"),
            "description": _("The photo is gone for good. Who took it, when, and its SHA-256 stay."),
        },
    )  # fmt: skip
    def delete_file(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        photo = self.found(request, object_id)
        try:
            photos.drop([photo])
        except (NoPlace, OSError):
            messages.error(request, _("The place of the photos cannot be reached: nothing was deleted."))
        else:
            self.log_change(request, photo, _("File deleted"))
            messages.success(request, _("The file is deleted."))
        return self.to_page(photo)
