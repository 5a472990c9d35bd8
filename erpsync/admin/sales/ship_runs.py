"""Runs that arrange the shipments of many orders: their progress, and the summary at their end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, list_of
from erpsync.admin.kit.summary import parts_of
from erpsync.admin.sales.order_commands import arranged_text
from erpsync.models import ShipRun
from orders.models import Order

REFRESH_SECONDS = 2


@admin.register(ShipRun)
class ShipRunAdmin(ShopAdmin):
    """A person's own runs."""

    list_display = ("run_label", "asked_label", "left_label", "created_at", "finished_at", "actor")
    list_select_related = ("actor",)
    ordering = ("-id",)
    sortable_by = ()
    change_form_outer_before_template = "admin/orders/ship_run.html"
    fieldsets = ((None, {"fields": (("created_at", "actor"),)}),)
    empty_text = _("Nothing was arranged for many orders at once yet: tick them in the list of orders.")

    def visible(self, request: HttpRequest, queryset: QuerySet[ShipRun]) -> QuerySet[ShipRun]:
        return queryset if request.user.is_superuser else queryset.filter(actor_id=request.user.pk)

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, role))

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("<int:object_id>/progress/", "erpsync_shiprun_progress", self.progress_view),)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Page of a run with its progress, which refreshes itself, and the summary at its end."""
        run = self.get_object(request, object_id)
        return super().change_view(request, object_id, form_url, (extra_context or {}) | (_context(run) if run else {}))

    def progress_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """Fragment with the progress."""
        return TemplateResponse(request, "admin/orders/ship_progress.html", _context(self.found(request, object_id)))

    @display(description=_("orders"), header=True)
    def run_label(self, run: ShipRun) -> list[str]:
        return [words.units(len(run.order_ids)), str(run)]

    @display(description=_("being arranged"))
    def asked_label(self, run: ShipRun) -> str:
        return words.units(run.asked)

    @display(description=_("not arranged"))
    def left_label(self, run: ShipRun) -> Any:
        left = sum(map(len, run.left_out.values()))
        return words.label(words.units(left), "warning") if left else "–"


def _context(run: ShipRun) -> dict[str, Any]:
    total = len(run.order_ids)
    text, none = arranged_text(run.asked)
    return {
        "run": run,
        "is_open": run.finished_at is None,
        "done": words.units(run.done),
        "total": words.units(total),
        "percent": 100 * run.done // total if total else 100,
        "summary": parts_of(text, none, run.asked, run.left_out, list_of(Order)),
        "orders": list_of(Order),
        "poll": reverse("admin:erpsync_shiprun_progress", args=(run.pk,)),
        "seconds": REFRESH_SECONDS,
    }
