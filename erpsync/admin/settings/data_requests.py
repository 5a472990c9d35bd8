"""Data requests of buyers: the record of what was handed out and erased, and the page on which a person is found."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, list_of
from erpsync.admin.kit.filters import choice_filter
from erpsync.admin.settings.data_request_page import FindView, named
from erpsync.models import DataRequest
from erpsync.subjects import requests

_COLOURS = {"waiting": "info", "running": "info", "done": "success", "failed": "danger"}
_PROBLEMS = {
    requests.PHOTOS_AWAY: _("The place of the packing photos (PHOTO_URL) cannot be reached. Put it right, then ask again."),
    requests.OPEN_ORDERS: _("An order of this person is not over. Wait until it has ended, or cancel it; then ask again."),
    requests.UNEXPECTED: _("Something went wrong; the log says what. What was erased stays erased: ask again."),
}  # fmt: skip


@admin.register(DataRequest)
class DataRequestAdmin(ShopAdmin):
    """Admin of data requests. Managers see their own; superusers and the group "privacy" see all. The record never changes."""

    shop_path = "pk"
    list_display = ("label", "created_at", "state_label", "reason", "asked_by", "rows_label")
    list_filter = (choice_filter("kind", _("request")), choice_filter("state", _("state")))
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["find"]
    empty_text = _("No buyer has asked yet. Find a person to hand out or erase their data.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("label", "state_label"), "problem_label", "reason", "asked_by", ("created_at", "finished_at"),
                    "counts_label", "kept_label", "elsewhere_label",
                )
            },
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataRequest]:
        return super().get_queryset(request).select_related("asked_by")

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        access = permissions.access_of(request)
        return queryset if access.everything or access.privacy else queryset.filter(asked_by_id=request.user.pk)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        access = permissions.access_of(request)
        return bool(request.user.is_active and (access.everything or access.shop_ids(permissions.MANAGER)))

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("find/", "erpsync_datarequest_find", FindView.as_view(model_admin=self)),)

    @action(description=_("Find a person"), icon="person_search")
    def find(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(f"{list_of(DataRequest)}find/")

    @display(description=_("request"))
    def label(self, row: DataRequest) -> str:
        return f"#{row.pk} {row.get_kind_display()}"

    @display(description=_("state"))
    def state_label(self, row: DataRequest) -> SafeString:
        return words.label(row.get_state_display(), _COLOURS[row.state])

    @display(description=_("problem"))
    def problem_label(self, row: DataRequest) -> Any:
        return _PROBLEMS.get(row.problem, row.problem) or self.empty_value_display

    @display(description=_("rows"))
    def rows_label(self, row: DataRequest) -> str:
        return words.units(sum(row.counts.values()))

    @display(description=_("rows"))
    def counts_label(self, row: DataRequest) -> str:
        return _lines(named(row.counts)) or self.empty_value_display

    @display(description=_("kept, without name and address"))
    def kept_label(self, row: DataRequest) -> str:
        return _lines(named(row.kept)) or self.empty_value_display

    @display(description=_("to be erased there by you"))
    def elsewhere_label(self, row: DataRequest) -> str:
        return _lines(row.elsewhere) or self.empty_value_display


def _lines(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {words.units(number)}" for name, number in counts.items())
