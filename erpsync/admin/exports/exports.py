"""Exports: who took out which list, how filtered, how many rows, with buyer data or not; and the files that a job made."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.exports.columns import LISTS
from erpsync.admin.exports.page import file_answer
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin
from erpsync.admin.kit.filters import choice_filter
from erpsync.exports import store
from erpsync.exports.writers import MOST_ROWS
from erpsync.models import Export

REFRESH_SECONDS = 2
_COLOURS = {"waiting": "info", "running": "info", "done": "success", "failed": "danger"}


def _in_words(list_name: str, name: str, value: str) -> str:
    """Return a parameter of a list's address as the list names it; one that it has no words for as it stands there."""
    model, _exported = LISTS[list_name]
    filters = {getattr(each, "parameter_name", ""): each for each in admin.site._registry[model].list_filter}
    title = _("search") if name == SEARCH_VAR else getattr(filters.get(name), "title", name)
    return f"{title}: {getattr(filters.get(name), 'words', {}).get(value, value)}"


@admin.register(Export)
class ExportAdmin(BigShopAdmin):
    """Record of exports. A person sees the own ones; a manager those of the managed shops. A file is its person's alone."""

    list_display = ("label", "created_at", "asked_by", "filter_label", "rows_label", "holds", "state_label")
    list_filter = (choice_filter("state", _("state")), "has_buyers")
    list_select_related = ("asked_by",)
    ordering = ("-id",)
    sortable_by = ()
    empty_text = _("Nothing was taken out yet. Every list has links to its CSV and Excel files.")
    change_form_outer_before_template = "admin/exports/run.html"
    fieldsets = (
        (None, {"fields": (
            ("label", "state_label"), "asked_by", ("created_at", "finished_at"), ("filter_label", "rows_label"), "holds",
        )}),
    )  # fmt: skip

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if request.user.is_superuser:
            return queryset
        managed = permissions.shop_ids(request, permissions.MANAGER)
        return queryset.filter(Q(asked_by_id=request.user.pk) | Q(shop_ids__contained_by=managed, shop_ids__len__gt=0))

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        return False

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("<int:object_id>/progress/", "erpsync_export_progress", self.progress_view),
            ("<int:object_id>/file/", "erpsync_export_file", self.file_view),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Page of an export, with its progress while a job writes the file, and the link to it."""
        export = self.get_object(request, object_id)
        shown = _context(request, export) if export else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def progress_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """Fragment with the progress."""
        context = _context(request, self.found(request, object_id))
        return TemplateResponse(request, "admin/exports/progress.html", context)

    def file_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponseBase:
        """The file of an export, for whoever asked for it, while the person still has a role in all of its shops."""
        export = self.found(request, object_id)
        if not _may_fetch(request, export):
            raise Http404
        return file_answer(export, store.content(export))

    @display(description=_("list"), header=True)
    def label(self, export: Export) -> list[Any]:
        return words.Header([LISTS[export.list_name][1].title, f"{export.get_file_format_display()} #{export.pk}"])

    @display(description=_("filters"))
    def filter_label(self, export: Export) -> Any:
        found = [_in_words(export.list_name, name, value) for name, value in parse_qsl(export.query)]
        return words.lines(found) if found else _("All rows")

    @display(description=_("rows"))
    def rows_label(self, export: Export) -> str:
        return words.units(export.rows)

    @display(description=_("holds"))
    def holds(self, export: Export) -> Any:
        marks = []
        if export.has_buyers:
            marks.append(words.label(_("Buyer data"), "warning"))
        if export.has_costs:
            marks.append(words.label(_("Costs"), "info"))
        return words.lines(marks) if marks else "–"

    @display(description=_("state"))
    def state_label(self, export: Export) -> SafeString:
        return words.label(export.get_state_display(), _COLOURS[export.state])


def _may_fetch(request: HttpRequest, export: Export) -> bool:
    return (
        export.is_kept
        and export.asked_by_id == request.user.pk
        and set(export.shop_ids) <= set(permissions.shop_ids(request))
    )


def _context(request: HttpRequest, export: Export) -> dict[str, Any]:
    expected = export.expected_rows or 0
    return {
        "export": export,
        "is_open": export.state in (Export.State.WAITING, Export.State.RUNNING),
        "percent": 100
        if export.state == Export.State.DONE
        else min(99, 100 * export.listed_rows // expected)
        if expected
        else 0,
        "rows": words.units(export.rows),
        "poll": reverse("admin:erpsync_export_progress", args=(export.pk,)),
        "seconds": REFRESH_SECONDS,
        "file": reverse("admin:erpsync_export_file", args=(export.pk,)) if _may_fetch(request, export) else "",
        "days": store.KEPT_DAYS,
        "most": words.units(MOST_ROWS),
    }
