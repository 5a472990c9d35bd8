"""Admin of sync runs: what each read and wrote, how fast the channel answered, and why it broke off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from core import tunables
from erpsync import permissions
from erpsync.admin.channels.service_page import ServiceView, service_file
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, ConnectionScopedAdmin
from erpsync.admin.kit.filters import ConnectionShopFilter, choice_filter, declared
from integrations.models import SyncRun

COLOURS = {"running": "info", "done": "success", "failed": "danger", "lost": "warning"}
RECENT = timedelta(hours=24)
SLOW_SECONDS = tunables.SYNC_SLOW_SECONDS
FAILED = (SyncRun.State.FAILED, SyncRun.State.LOST)


class WhichFilter(DropdownFilter):
    """Filter of recent, failed and slow runs."""

    title = _("which")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        slow = gettext("Slow: over %(time)s") % {"time": words.span(SLOW_SECONDS)}
        return [("recent", _("Of the last 24 hours")), ("failed", _("Failed")), ("slow", slow)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
        conditions = {
            "recent": Q(started_at__gte=timezone.now() - RECENT),
            "failed": Q(state__in=FAILED),
            "slow": Q(seconds__gt=SLOW_SECONDS),
        }
        return queryset.filter(conditions.get(str(self.value()), Q()))


class ConnectionFilter(DropdownFilter):
    """Filter by one of the user's connections."""

    title = _("connection")
    parameter_name = "of_connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        mine = permissions.connections(request).order_by(Coalesce("shop__name", "name"), "pk")
        return [(str(c.pk), f"{c} ({words.channel_title(c.channel)})") for c in mine]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
        return queryset.filter(connection_id=self.value()) if self.value() in declared(self) else queryset


@admin.register(SyncRun)
class SyncRunAdmin(ConnectionScopedAdmin, BigShopAdmin):
    list_display = (
        "connection_label", "kind", "state_label", "started_at", "took", "rows_label", "calls_label", "reason_label",
    )  # fmt: skip
    list_filter = (
        WhichFilter,
        ConnectionShopFilter,
        ConnectionFilter,
        choice_filter("kind", _("kind")),
    )
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["figures"]
    empty_text = _(
        "No run matches. Each sweep of a connected shop leaves one here: connect a shop, or take filters away."
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("connection_label", "kind"),
                    ("state_label", "reason_label"),
                    ("started_at", "ended_at"),
                    "took",
                    ("fetched", "written"),
                    ("calls", "mean_answer"),
                )
            },
        ),
    )

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("figures/", "integrations_syncrun_service", ServiceView.as_view(model_admin=self)),
            ("figures/service.csv", "integrations_syncrun_service_file", self.service_file),
        )

    @action(description=_("Service figures"), icon="monitoring", permissions=["view"], url_path="service-figures")
    def figures(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:integrations_syncrun_service"))

    def service_file(self, request: HttpRequest, **_theme: Any) -> HttpResponseBase:
        """Answer with a month of service figures as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return service_file(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        return super().get_queryset(request).select_related("connection__shop", "connection__authorisation__app")

    @display(description=_("connection"), header=True)
    def connection_label(self, run: SyncRun) -> list[str]:
        return words.Header([str(run.connection), words.channel_title(run.connection.channel)])

    @display(description=_("state"))
    def state_label(self, run: SyncRun) -> SafeString:
        return words.label(run.get_state_display(), COLOURS[run.state])

    @display(description=_("fetched"))
    def rows_label(self, run: SyncRun) -> SafeString:
        return words.lines([words.units(run.fetched), _("changed: %(n)s") % {"n": words.units(run.written)}])

    @display(description=_("calls"))
    def calls_label(self, run: SyncRun) -> SafeString:
        return words.lines([words.units(run.calls), self.mean_answer(run)] if run.calls else ["0"])

    @display(description=_("took"))
    def took(self, run: SyncRun) -> str:
        return seconds(run.seconds)

    @display(description=_("mean answer time"))
    def mean_answer(self, run: SyncRun) -> str:
        return seconds(run.answer_seconds / run.calls if run.calls else None)

    @display(description=_("reason"))
    def reason_label(self, run: SyncRun) -> Any:
        return words.reason(run.reason) or "–"


def seconds(value: float | None) -> str:
    """Format seconds with their hundredths, less than one in milliseconds; a dash for none."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value * 1_000:.0f} ms"
    return gettext("%(n)s s") % {"n": number_format(value, 2)}
