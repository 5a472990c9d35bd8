"""Runs of labels: progress while they are made, one file to print, and what is missing with the reason."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, page_of
from erpsync.admin.sales.label_actions import LABEL_COLOURS
from integrations.labels.printing import mark_printed, print_file, retry
from integrations.models import PrintRun, ShippingLabel
from orders.models import Order

REFRESH_SECONDS = 2
LEFT_OUT = {
    "by_platform": _("The platform sends it from its own warehouse: it prints the label itself."),
    "not_arranged": _("The shipment is not arranged, or the order is off: arrange it first."),
    "not_packed": _("This shop prints labels of packed parcels only: pack it by scanning first."),
    "no_labels": _("This channel gives no labels: print them in its seller centre."),
    "not_connected": _("The shop is not connected: connect it again first."),
}
# a page of a channel may draw and nothing else: no scripts, no calls, no forms
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; font-src data:"


@admin.register(PrintRun)
class PrintRunAdmin(ShopAdmin):
    """A person's own runs. Each label is shown and printed only while the person is operator in its shop."""

    list_display = ("run_label", "ready_label", "refused_label", "created_at", "printed_at", "actor")
    list_select_related = ("actor",)
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["retry_refused"]
    change_form_outer_before_template = "admin/labels/run.html"
    fieldsets = ((None, {"fields": (("created_at", "printed_at"),)}),)
    empty_text = _("No labels were printed yet: choose orders in the list and print their labels.")

    def visible(self, request: HttpRequest, queryset: QuerySet[PrintRun]) -> QuerySet[PrintRun]:
        return queryset if request.user.is_superuser else queryset.filter(actor_id=request.user.pk)

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        return bool(
            request.user.is_superuser or (obj.actor_id == request.user.pk and permissions.shop_ids(request, role))
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrintRun]:
        return super().get_queryset(request).annotate(
            all_labels=Count("labels"), ready=Count("labels", filter=Q(labels__state="ready")),
            refused=Count("labels", filter=Q(labels__state="refused")),
        )  # fmt: skip

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("<int:object_id>/progress/", "integrations_printrun_progress", self.progress_view),
            ("<int:object_id>/labels.pdf", "integrations_printrun_file", self.file_view),
            ("<int:object_id>/<int:label_id>/", "integrations_printrun_label", self.label_view),
        )

    # --- watching ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Page of a run with its progress, which refreshes itself while labels are being made."""
        run = self.get_object(request, object_id)
        shown = _context(request, run) if run else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def progress_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """Fragment with the progress."""
        return TemplateResponse(
            request, "admin/labels/progress.html", _context(request, self.found(request, object_id))
        )

    # --- printing ---

    def file_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """The PDF of all labels that are ready, by POST: it marks them as printed."""
        run = self.found(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actor: Any = request.user
        content = print_file(run, permissions.connection_ids(request, permissions.OPERATOR), actor)
        if content is None:
            messages.warning(request, _("No label is ready to be printed yet."))
            return HttpResponseRedirect(page_of(run))
        self.log_change(request, run, _("Printed"))
        name = f"labels-{run.pk}.pdf"
        return HttpResponse(
            content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
        )

    def label_view(self, request: HttpRequest, object_id: int, label_id: int, **_theme: Any) -> HttpResponse:
        """One label in the channel's own format, by POST: it is marked as printed."""
        run = self.found(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        label = _shown(request, run).filter(pk=label_id, state="ready", content__isnull=False).first()
        if label is None or label.content is None:
            raise Http404
        actor: Any = request.user
        mark_printed([label.pk], actor)
        self.log_change(request, run, _("Printed"))
        headers = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"}
        if not label.content_type.startswith(("text/html", "application/pdf", "image/")):
            headers["Content-Disposition"] = f'attachment; filename="label-{label.pk}"'
        return HttpResponse(bytes(label.content), content_type=label.content_type, headers=headers)

    @action(
        description=_("Fetch refused ones again"), icon="replay", permissions=["operate"],
        dialog={
            "title": _("Fetch refused ones again"), "form_submit_text": _("Fetch again"),
            "description": _("Put right first what the reason names. Every refused label is asked for once more."),
        },
    )  # fmt: skip
    def retry_refused(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        run = self.found(request, object_id)
        again = retry(run, permissions.connection_ids(request, permissions.OPERATOR))
        self.log_change(request, run, _("Refused labels wanted again"))
        text = ngettext("%(n)s label is fetched again.", "%(n)s labels are fetched again.", again)
        messages.success(request, text % {"n": again})
        return self.to_page(run)

    def hidden_actions(self, row: Any) -> set[str]:
        return set() if row.refused else {"retry_refused"}

    # --- columns ---

    @display(description=_("label print"), header=True)
    def run_label(self, run: Any) -> list[str]:
        text = ngettext("%(n)s label", "%(n)s labels", run.all_labels) % {"n": run.all_labels}
        return [text, str(run)]

    @display(description=_("ready"))
    def ready_label(self, run: Any) -> str:
        return f"{run.ready} / {run.all_labels}"

    @display(description=_("refused"))
    def refused_label(self, run: Any) -> Any:
        return words.label(str(run.refused), "danger") if run.refused else "–"


def _shown(request: HttpRequest, run: PrintRun) -> QuerySet[ShippingLabel]:
    """Return the labels of a run that the person may print, in their order."""
    mine = permissions.connection_ids(request, permissions.OPERATOR)
    return run.labels.filter(connection_id__in=mine).order_by("places__position")


def _context(request: HttpRequest, run: PrintRun) -> dict[str, Any]:
    """Template context of a run: counts, the file to print, files in other formats, and what is missing."""
    labels = list(_shown(request, run).defer("content").select_related("connection__shop"))
    states = Counter(label.state for label in labels)
    ready = [label for label in labels if label.state == "ready"]
    pdfs = [label for label in ready if label.pages]
    before = sum(1 for label in pdfs if label.printed_at)
    numbers = {row["order"]: row for row in run.left_out}
    orders = Order.objects.filter(pk__in=numbers, shop_id__in=permissions.shop_ids(request)).select_related("shop")
    return {
        "run": run,
        "total": len(labels),
        "ready": len(ready),
        "percent": 100 * (len(labels) - states["wanted"]) // len(labels) if labels else 100,
        "is_open": bool(states["wanted"]),
        "poll": reverse("admin:integrations_printrun_progress", args=(run.pk,)),
        "seconds": REFRESH_SECONDS,
        "file": reverse("admin:integrations_printrun_file", args=(run.pk,)),
        "pdfs": len(pdfs),
        "pages": sum(label.pages or 0 for label in pdfs),
        "printed_before": before,
        "own_format": [
            {"label": label, "url": reverse("admin:integrations_printrun_label", args=(run.pk, label.pk))}
            for label in ready
            if not label.pages
        ],
        "waiting": [_row(label) for label in labels if label.state == "wanted"],
        "failed": [_row(label) for label in labels if label.state == "refused"],
        "left_out": [
            {"order": order, "url": page_of(order), "reason": LEFT_OUT[numbers[order.pk]["reason"]]} for order in orders
        ],
    }


def _row(label: ShippingLabel) -> dict[str, Any]:
    return {"label": label, "mark": words.label(label.get_state_display(), LABEL_COLOURS[label.state])}
