"""Admin of backfills: start, watch, pause and cancel them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from erpsync import permissions
from erpsync.admin.channels.backfill_form import StartForm, kind_title
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ConnectionScopedAdmin, list_of, page_of
from erpsync.admin.kit.filters import ConnectionShopFilter
from erpsync.admin.kit.traced import Traced
from integrations.connectors import channels
from integrations.ingest.backfill import planning
from integrations.ingest.backfill.progress import problem_days, progress
from integrations.models import BackfillRun, Connection

COLOURS = {
    "searching": "info", "running": "info", "paused": "warning", "done": "success", "failed": "danger",
    "cancelled": "default",
}  # fmt: skip
REFRESH_SECONDS = 2
SHOWN = 100


# the actions that make sense in a state
SENSIBLE: dict[str, set[str]] = {
    "running": {"pause", "cancel"},
    "searching": {"cancel"},
    "paused": {"resume", "cancel"},
    "failed": {"resume"},
}


@admin.register(BackfillRun)
class BackfillAdmin(Traced, ConnectionScopedAdmin):
    list_display = ("what", "state_label", "parts", "stored", "since_label", "until", "created_at", "who")
    list_filter = (ConnectionShopFilter,)
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["pause", "resume", "cancel"]
    change_form_before_template = "admin/backfills/run.html"
    empty_text = _("No history was read yet. Choose a shop and what to read: orders, returns, settlements.")
    fieldsets = (
        (None, {"fields": (("shop_label", "kind_label"), ("since_label", "until"), ("newest_first", "who"), ("created_at", "finished_at"))}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[BackfillRun]:
        over = Q(chunks__state__in=("done", "failed"))
        return (
            super().get_queryset(request).select_related("connection__shop", "connection__authorisation__app", "actor")
            .annotate(all_parts=Count("chunks"), over=Count("chunks", filter=over), units=Sum("chunks__stored"))
        )  # fmt: skip

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("<int:object_id>/progress/", "integrations_backfillrun_progress", self.progress_view),)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or permissions.connection_ids(request, permissions.OPERATOR))

    # --- starting ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the connection, then the kinds and the span."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        mine = permissions.connections(request, permissions.OPERATOR).filter(
            authorisation__app__channel__in=channels(), is_active=True
        )
        chosen = request.GET.get("connection", "")
        if not chosen.isdecimal():
            return self._choose(request, mine)
        connection = get_object_or_404(mine, pk=chosen)
        form = StartForm(connection, request.POST or None)
        if request.method == "POST" and form.is_valid() and (runs := form.start(request.user)):
            for run in runs:
                self.log_addition(request, run, _("Started"))
            for refused in form.non_field_errors():
                messages.warning(request, str(refused))
            return HttpResponseRedirect(page_of(runs[0]) if len(runs) == 1 else list_of(BackfillRun))
        is_new = "new" in request.GET
        context = self.admin_site.each_context(request) | {
            "title": _("Read in history"), "opts": self.opts, "form": form,
            "card_title": f"{connection} ({words.channel_title(connection.channel)})",
            "intro": _("The shop is connected. Its past can be read in now, or at any later time from Histories.") if is_new
            else _("What was read before is not counted twice, and old orders move no stock."),
            "submit_text": _("Start reading"), "back_text": _("Not now") if is_new else "",
            "back": page_of(connection) if is_new else list_of(BackfillRun),
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/connect.html", context)

    def _choose(self, request: HttpRequest, connections: QuerySet[Connection]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Read in history: of which shop?"),
            "opts": self.opts,
            "offered": [
                {"url": f"?connection={c.pk}", "title": str(c), "detail": words.channel_title(c.channel)}
                for c in connections.order_by(Coalesce("shop__name", "name"), "pk")
            ],
            "nothing": _("No shop is connected yet."),
        }
        return TemplateResponse(request, "admin/integrations/choose.html", context)

    # --- watching ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Page of a run with its progress, which refreshes itself while the run is open."""
        run = self.get_object(request, object_id)
        shown = _progress_context(run) if run else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def progress_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """Fragment with the progress; once the run has ended it makes the page reload, for its buttons."""
        run = self.found(request, object_id)
        context = _progress_context(run)
        if request.GET.get("state") != run.state:
            return HttpResponse(headers={"HX-Redirect": page_of(run)})
        return TemplateResponse(request, "admin/backfills/progress.html", context)

    # --- columns ---

    @display(description=_("history"), header=True)
    def what(self, run: BackfillRun) -> list[str]:
        return words.Header([kind_title(run.kind), str(run.connection)])

    @display(description=_("shop"))
    def shop_label(self, run: BackfillRun) -> str:
        return f"{run.connection} ({words.channel_title(run.connection.channel)})"

    @display(description=_("kind"))
    def kind_label(self, run: BackfillRun) -> str:
        return kind_title(run.kind)

    @display(description=_("state"))
    def state_label(self, run: BackfillRun) -> SafeString:
        return words.label(run.get_state_display(), COLOURS[run.state])

    @display(description=_("progress"))
    def parts(self, run: Any) -> str:
        return f"{100 * run.over // run.all_parts} %" if run.all_parts else "–"

    @display(description=_("read and stored"))
    def stored(self, run: Any) -> str:
        return words.units(run.units or 0)

    @display(description=_("from"))
    def since_label(self, run: BackfillRun) -> Any:
        return words.moment(run.since) if run.since else _("the beginning")

    @display(description=_("by"))
    def who(self, run: BackfillRun) -> str:
        return str(run.actor) if run.actor else str(_("the hub"))

    # --- what can be done ---

    def hidden_actions(self, row: BackfillRun) -> Collection[str]:
        return set(self.actions_detail) - SENSIBLE.get(row.state, set())

    @action(
        description=_("Pause"), icon="pause", permissions=["operate"],
        dialog={"title": _("Pause"), "description": _("It stops after the page that is being read."), "form_submit_text": _("Pause")},
    )  # fmt: skip
    def pause(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, planning.pause, _("Paused."))

    @action(
        description=_("Go on"), icon="play_arrow", permissions=["operate"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Go on"), "form_submit_text": _("Go on"),
            "description": _("It goes on where it stopped, and tries parts that failed once more."),
        },
    )  # fmt: skip
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, planning.resume, _("It goes on."))

    @action(
        description=_("End it"), icon="cancel", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("End it"), "form_submit_text": _("Yes, end it"),
            "description": _("It ends here. What was read stays."),
        },
    )  # fmt: skip
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, planning.cancel, _("Cancelled. What was read stays."))

    def _do(self, request: HttpRequest, object_id: str, what: Any, done: Any) -> HttpResponse:
        run = self.found(request, object_id)
        if what(run.pk):
            self.log_change(request, run, done)
            messages.success(request, done)
        else:
            messages.info(request, _("It was over already."))
        return self.to_page(run)


def _progress_context(run: BackfillRun) -> dict[str, Any]:
    """Template context of a run's progress."""
    now = progress(run.pk)
    rate, left = now.per_second, now.seconds_left
    return {
        "run": run,
        "now": now,
        "is_open": not now.is_over,
        "label": words.label(run.get_state_display(), COLOURS[run.state]),
        "poll": f"{reverse('admin:integrations_backfillrun_progress', args=(run.pk,))}?state={run.state}",
        "seconds": REFRESH_SECONDS,
        "facts": [
            (gettext("Parts over"), f"{words.units(now.done + now.failed)} / {words.units(now.chunks)}"),
            (gettext("Failed parts"), words.units(now.failed)),
            (gettext("Listed"), words.units(now.seen)),
            (gettext("Read and stored"), words.units(now.stored)),
            (gettext("Per second"), number_format(rate, 1) if rate else "–"),
            (gettext("Time left"), words.span(left) if left and not now.is_over else "–"),
        ],
        "days": _days(run),
        "problems": list(now.problems.items()),
    }


def _days(run: BackfillRun) -> Sequence[dict[str, Any]]:
    return [
        {"since": day.since, "until": day.until, "failed": day.state == "failed", "reason": day.reason, "problems": day.problems}
        for day in list(problem_days(run.pk))[:SHOWN]
    ]  # fmt: skip
