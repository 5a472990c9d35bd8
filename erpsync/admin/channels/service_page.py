"""Service figures: the page of a month by shop, and its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from core import tunables
from erpsync import permissions
from erpsync.admin.channels.service_figures import ServiceFigures, service_figures
from erpsync.admin.kit import words
from erpsync.admin.kit.days import midnight
from erpsync.admin.kit.views import AdminView
from erpsync.exports.writers import CONTENT_TYPES, Row, as_csv
from integrations.models import SyncRun

HEADINGS = (
    _("Shop"), _("Channel"), _("Sync runs"), _("Sync runs broken off"), _("Broken off (%)"), _("Webhooks received"),
    _("Webhooks accepted"), _("Accepted (%)"), _("Stock corrections by hand"), _("Webhook to order, median (s)"),
    _("Webhook to order, 95 % within (s)"), _("Dead letters"),
)  # fmt: skip


class MonthForm(forms.Form):
    """The month asked for, this one by default; sync runs are not kept for longer than those offered."""

    month = forms.ChoiceField(label=_("Month"), widget=UnfoldAdminSelectWidget)

    def __init__(self, request: HttpRequest) -> None:
        months = list(_months(timezone.localdate()))
        super().__init__({"month": months[0], **request.GET.dict()})
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField), "declared above"
        field.choices = [(month, f"{month[5:]}/{month[:4]}") for month in months]

    def span(self) -> tuple[datetime, datetime]:
        """Return the beginning of the month and that of the next."""
        first = date.fromisoformat(f"{self.cleaned_data['month']}-01")
        return midnight(first), midnight(_first_of_next(first))


class ServiceView(AdminView):
    """The page, for everybody with a role; of the user's own shops."""

    title = _("Service figures")
    template_name = "admin/integrations/service_figures.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = MonthForm(self.request)
        rows = [_shown(row) for row in _figures(self.request, form)] if form.is_valid() else []
        return super().get_context_data(
            **kwargs, form=form, rows=rows, headings=HEADINGS, opts=SyncRun._meta,
            file=f"{reverse('admin:integrations_syncrun_service_file')}?{self.request.GET.urlencode()}",
        )  # fmt: skip


def service_file(request: HttpRequest) -> HttpResponseBase:
    """Answer with the month as CSV; 400 for one that is not offered."""
    form = MonthForm(request)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain; charset=utf-8")
    name = f"service-figures-{form.cleaned_data['month']}.csv"
    return StreamingHttpResponse(
        as_csv([str(title) for title in HEADINGS], map(_as_row, _figures(request, form))),
        content_type=CONTENT_TYPES["csv"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _figures(request: HttpRequest, form: MonthForm) -> Sequence[ServiceFigures]:
    return service_figures(permissions.shop_ids(request), *form.span())


def _months(today: date) -> Iterator[str]:
    """Yield this month and those before it of which rows are kept, as 2026-11."""
    first, oldest = today.replace(day=1), today - timedelta(days=tunables.SYNC_RUN_DAYS)
    while True:
        yield f"{first:%Y-%m}"
        if first <= oldest:
            return
        first = (first - timedelta(days=1)).replace(day=1)


def _first_of_next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _as_row(row: ServiceFigures) -> Row:
    return (
        row.shop, words.channel_title(row.channel), row.runs, row.failed, _share(row.failed, row.runs), row.received,
        row.accepted, _share(row.accepted, row.received), row.corrections, _rounded(row.median), _rounded(row.p95), row.dead,
    )  # fmt: skip


def _shown(row: ServiceFigures) -> list[str]:
    return [_text(cell) for cell in _as_row(row)]


def _text(cell: Any) -> str:
    if cell is None:
        return "–"
    return number_format(cell, force_grouping=True) if isinstance(cell, int | Decimal) else str(cell)


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(100) * part / whole).quantize(Decimal("0.01")) if whole else None


def _rounded(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(Decimal("0.01"))
