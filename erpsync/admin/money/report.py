"""Commissions report: the page with its chart and table, and its files. Of the user's shops, for every role."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from commissions.models import CommissionEntry
from commissions.queries.report import Question, Sum, stream, sums
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.charts import amount_options
from erpsync.admin.kit.views import AdminView
from erpsync.admin.money.report_files import as_rows, headings, texts
from erpsync.admin.money.report_form import ReportForm
from erpsync.admin.money.rule_trial import TEAL
from erpsync.exports.writers import CONTENT_TYPES, as_csv, as_workbook, pieces

SHOWN = 200


class ReportView(AdminView):
    """The page. A form with a mistake is shown with it, and no sums."""

    title = _("Commissions report")
    template_name = "admin/report/report.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ReportForm(self.request)
        shown = _shown(form.question()) if form.is_valid() else {}
        query = self.request.GET.urlencode()
        files = [
            (f"{reverse('admin:commissions_commissionentry_report_file', args=(kind,))}?{query}", title)
            for kind, title in (("csv", "CSV"), ("xlsx", "Excel"))
        ]
        return super().get_context_data(
            **kwargs, form=form, files=files, entries=list_of(CommissionEntry), opts=CommissionEntry._meta, **shown
        )


def report_file(request: HttpRequest, kind: str, **_theme: Any) -> HttpResponseBase:
    """Answer with all rows of the report as CSV, streamed, or as a workbook; 400 for a form with a mistake."""
    if kind not in CONTENT_TYPES:
        raise Http404
    form = ReportForm(request)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain; charset=utf-8")
    question = form.question()
    name = f'attachment; filename="commissions.{kind}"'
    table = headings(question), as_rows(question, stream(question))
    return StreamingHttpResponse(
        as_csv(*table) if kind == "csv" else pieces(as_workbook(*table)),
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": name},
    )


def _shown(question: Question) -> dict[str, Any]:
    rows = sums(question, most=SHOWN + 1)
    return {
        "headings": headings(question),
        "width": len(question.by),
        "rows": [
            [*texts(question, row), row.currency, words.units(row.orders), *_amounts(row)] for row in rows[:SHOWN]
        ],
        "is_cut": len(rows) > SHOWN,
        "most": SHOWN,
        "totals": [_amounts(row) for row in sums(replace(question, by=()))],
        "chart": _chart(sums(replace(question, by=("month",)))),
        "chart_options": amount_options(),
    }


def _amounts(row: Sum) -> Sequence[str]:
    return [words.money(amount, row.currency) for amount in (row.accrued, row.given_back, row.net)]


def _chart(rows: Sequence[Sum]) -> str:
    """Return the net sums by month; of several currencies the one with the largest."""
    if not rows:
        return ""
    currency = max(rows, key=lambda row: abs(row.net)).currency
    months: dict[str, Decimal] = {row.values[0][0]: row.net for row in rows if row.currency == currency}
    bars = {
        "label": f"{_('Net')} ({currency})", "backgroundColor": TEAL, "data": [float(net) for net in months.values()],
        "borderRadius": 2, "maxBarThickness": 48, "displayYAxis": True,
    }  # fmt: skip
    return json.dumps({"labels": [_month(month) for month in months], "datasets": [bars]})


def _month(month: str) -> str:
    """Return a month, as 2026-11, as people write it: 11/2026."""
    return "/".join(reversed(month.split("-")))
