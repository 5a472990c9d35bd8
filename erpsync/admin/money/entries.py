"""Commission entries: what the rules took of each order, with their working. Read-only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from commissions.models import CommissionEntry
from commissions.rules.words import FEE_KINDS, ROUNDING_LEVELS, ROUNDINGS, STEPS
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.kit.search import SearchesExact
from erpsync.admin.money.known_on import KnownOnFilter
from erpsync.admin.money.report import ReportView, report_file
from erpsync.admin.money.rule_words import payee_text

_CELL = '<td class="pr-6 text-right">{}</td>'
_ROW = f'<tr><td class="pr-6 py-0.5">{{}}</td>{_CELL * 3}</tr>'


@admin.register(CommissionEntry)
class CommissionEntryAdmin(SearchesExact, BigShopAdmin):
    list_display = (
        "fee",
        "shop_label",
        "order_link",
        "amount_label",
        "taken_of",
        "cause",
        "effective_at",
        "recorded_at",
    )
    list_filter = (shop_filter("shop_id"), "cause", KnownOnFilter)
    actions_list = ["report"]
    list_defer = ("working",)
    search_fields = ("order__number",)
    search_exact = ("order__number",)
    search_help_text = _("Order number, whole.")
    ordering = ("-id",)
    sortable_by = ()
    empty_text = _(
        "Nothing was accrued yet. Fees are accrued when an order is delivered, once a commission rule is active."
    )
    fieldsets = (
        (None, {"fields": (
            ("fee", "shop"), ("order_link", "line_key"), ("amount_label", "cause"), ("taken_of", "rounding_label"), ("paid_to", "rule"),
            ("effective_at", "recorded_at"), "takes_back", "steps",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CommissionEntry]:
        return super().get_queryset(request).select_related("shop", "order", "rule")

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("report/", "commissions_commissionentry_sums", ReportView.as_view(model_admin=self)),
            ("report/commissions.<str:kind>", "commissions_commissionentry_report_file", self.report_file),
        )

    @action(description=_("Report"), icon="bar_chart", permissions=["view"], url_path="new-report")
    def report(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:commissions_commissionentry_sums"))

    def report_file(self, request: HttpRequest, kind: str, **_theme: Any) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return report_file(request, kind)

    @display(description=_("fee"), header=True)
    def fee(self, entry: CommissionEntry) -> list[str]:
        return words.Header([capfirst(str(FEE_KINDS.get(entry.fee_kind, entry.fee_kind))), str(entry.rule)])

    @display(description=_("shop"), header=True)
    def shop_label(self, entry: CommissionEntry) -> list[str]:
        return words.Header([entry.shop.name, words.channel_title(entry.shop.channel)])

    @display(description=_("order or month"))
    def order_link(self, entry: CommissionEntry) -> Any:
        return words.link(page_of(entry.order), entry.order.number) if entry.order else month_text(entry.month)

    @display(description=_("amount"))
    def amount_label(self, entry: CommissionEntry) -> str:
        return words.money(entry.amount, entry.currency)

    @display(description=_("taken of"))
    def taken_of(self, entry: CommissionEntry) -> str:
        base = words.money(entry.base, entry.currency)
        return base if entry.rate is None else f"{words.units(entry.rate)} % × {base}"

    @display(description=_("rounding"))
    def rounding_label(self, entry: CommissionEntry) -> str:
        mode, _sign, level = entry.rounding.partition(" ")
        return f"{ROUNDINGS.get(mode, mode)} {ROUNDING_LEVELS.get(level, level)}".strip() or "–"

    @display(description=_("paid to"))
    def paid_to(self, entry: CommissionEntry) -> str:
        return payee_text(entry.payee, entry.payee_id)

    @display(description=_("takes back"))
    def takes_back(self, entry: CommissionEntry) -> Any:
        return words.link(page_of(entry.reverses), entry.reverses) if entry.reverses else "–"

    @display(description=_("working"))
    def steps(self, entry: CommissionEntry) -> Any:
        return working(entry) if entry.working else "–"


def month_text(month: Any) -> str:
    """Return the month of an entry by shop and month, as people write it."""
    return str(date_format(month, "YEAR_MONTH_FORMAT"))


def working(entry: CommissionEntry) -> SafeString:
    """Return the steps of an entry's working as a small table: step, what it was taken of, rate or limit, result."""
    rows = (
        (
            STEPS.get(step["name"], step["name"]),
            words.money(Decimal(step["base"]), entry.currency),
            "" if step["rate"] is None else words.units(Decimal(step["rate"])),
            words.money(Decimal(step["result"]), entry.currency),
        )
        for step in entry.working
    )
    return words.table(format_html_join("", _ROW, rows))
