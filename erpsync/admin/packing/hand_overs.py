"""Hand-overs: opened per courier and day, scanned out, and the note of what went, what is missing and what came unasked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, ShopInline, page_of
from erpsync.admin.kit.log_texts import said
from erpsync.admin.packing.hand_over_pages import OpenView, ScanOutCodeView, ScanOutView
from orders.models import HandOver, HandOverScan
from orders.services import handing_over

OUT = HandOverScan.Outcome.OUT


class TakeBackForm(BaseDialogForm):
    """Dialog that asks which parcel did not go."""

    code = forms.CharField(
        label=_("scanned code"), max_length=255, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )  # fmt: skip


class ScanInline(ShopInline):
    model = HandOverScan
    verbose_name_plural = _("Scanned codes")
    fields = readonly_fields = ("code", "outcome_label", "orders", "carrier", "shop", "actor", "scanned_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandOverScan]:
        return super().get_queryset(request).select_related("shop", "actor").order_by("-id")

    @display(description=_("outcome"))
    def outcome_label(self, scan: HandOverScan) -> SafeString:
        return words.label(scan.get_outcome_display(), "success" if scan.outcome == OUT else "danger")


@admin.register(HandOver)
class HandOverAdmin(ShopAdmin):
    """Hand-overs of which the user has a role in every shop."""

    list_display = ("carrier", "day", "state_label", "out_label", "stopped_label", "opened_by")
    list_select_related = ("opened_by",)
    search_fields = ("carrier",)
    search_help_text = _("The name of a courier.")
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["begin"]
    actions_detail = ["scan_parcels", "print_note", "take_back", "close_this"]
    inlines = (ScanInline,)
    empty_text = _("Nothing was handed over by scanning yet: choose the courier who is here, and scan the parcels out.")
    fieldsets = (
        (None, {"fields": (("carrier", "day"), ("out_label", "stopped_label"), ("opened_by", "opened_at"), ("state_label", "closed_at"))}),
    )  # fmt: skip

    def visible(self, request: HttpRequest, queryset: QuerySet[HandOver]) -> QuerySet[HandOver]:
        return permissions.in_all_shops(request, queryset)

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        return bool(request.user.is_superuser) or set(obj.shop_ids) <= set(permissions.shop_ids(request, role))

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandOver]:
        out = Q(scans__outcome=OUT)
        return super().get_queryset(request).annotate(
            out=Count("scans", filter=out), stopped=Count("scans", filter=~out & Q(scans__isnull=False))
        )  # fmt: skip

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("open/", "orders_handover_open", OpenView.as_view(model_admin=self)),
            ("<int:object_id>/scan/", "orders_handover_scan", ScanOutView.as_view(model_admin=self)),
            ("<int:object_id>/scan/code/", "orders_handover_code", ScanOutCodeView.as_view(model_admin=self)),
            ("<int:object_id>/note/", "orders_handover_note", self.note_view),
        )

    def note_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """The hand-over note as a page to print."""
        handover = self.found(request, object_id)
        scans = list(handover.scans.select_related("shop").order_by("pk"))
        went = [scan for scan in scans if scan.outcome == OUT]
        shops = sorted(Counter(scan.shop.name for scan in went if scan.shop).items())
        context = {
            "handover": handover, "went": went, "shops": shops, "missing": handing_over.missing(handover),
            "unasked": [scan for scan in scans if scan.outcome != OUT], "now": timezone.now(), "back": page_of(handover),
        }  # fmt: skip
        return TemplateResponse(request, "admin/packing/note.html", context)

    @display(description=_("state"))
    def state_label(self, handover: HandOver) -> SafeString:
        return words.label(_("Closed")) if handover.closed_at else words.label(_("Open"), "info")

    @display(description=_("went out"))
    def out_label(self, handover: Any) -> str:
        return words.units(handover.out)

    @display(description=_("stopped"))
    def stopped_label(self, handover: Any) -> Any:
        return words.label(words.units(handover.stopped), "danger") if handover.stopped else "–"

    def hidden_actions(self, row: Any) -> Collection[str]:
        hidden = {"scan_parcels", "close_this"} if row.closed_at else set()
        return hidden if row.out else hidden | {"take_back"}

    @action(description=_("Hand over to a courier"), icon="local_shipping", permissions=["operate"])
    def begin(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_handover_open"))

    @action(
        description=_("Scan parcels out"), icon="barcode_scanner", permissions=["operate"], variant=ActionVariant.PRIMARY
    )  # fmt: skip
    def scan_parcels(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_handover_scan", args=(self.found(request, object_id).pk,)))

    @action(description=_("Hand-over note"), icon="print", permissions=["operate"])
    def print_note(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_handover_note", args=(self.found(request, object_id).pk,)))

    @action(
        description=_("Take a parcel back"), icon="undo", permissions=["operate"],
        dialog={
            "title": _("Take a parcel back"), "form_submit_text": _("Take back"), "form_class": TakeBackForm,
            "description": _("For a parcel that was scanned out and did not go: scan its number. It may go out again."),
        },
    )  # fmt: skip
    def take_back(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        handover, code = self.found(request, object_id), form.cleaned_data["code"]
        if handing_over.take_back(handover.pk, code):
            self.log_change(request, handover, said(_("Taken back: %(code)s"), code=code))
            messages.success(request, _("Taken back: %(code)s") % {"code": code})
        else:
            messages.error(request, _("%(code)s did not go out in this hand-over.") % {"code": code})
        return self.to_page(handover)

    @action(
        description=_("Close"), icon="lock", permissions=["operate"],
        dialog={
            "title": _("Close the hand-over"), "form_submit_text": _("Close"),
            "description": _("The courier has left. It opens again when the same courier is chosen once more today."),
        },
    )  # fmt: skip
    def close_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        handover = self.found(request, object_id)
        if handing_over.close(handover.pk):
            self.log_change(request, handover, _("Closed"))
            messages.success(request, _("The hand-over is closed. Print the note and have it signed."))
        return self.to_page(handover)
