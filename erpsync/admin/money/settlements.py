"""Settlement lines of the channels' statements. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from commissions.models import StatementLine
from erpsync import permissions
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.kit import channel_words, words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.kit.search import SearchesExact, orders_numbered
from erpsync.admin.money.settlement_weeks import SettlementWeeksView

# lines of one statement, or of one order number
MOST_FOUND = 20_000


@admin.register(StatementLine)
class StatementLineAdmin(ExportsList, SearchesExact, BigShopAdmin):
    export_name = "settlements"
    list_display = ("line", "shop_label", "order_link", "amount_label", "statement", "happened_at", "paid")
    list_filter = (shop_filter("shop_id"), "kind", "is_paid")
    list_defer = ("raw",)
    actions_list = ["by_week", "import_files"]
    search_fields = ("order_number",)
    search_help_text = _("Order number or statement, whole.")
    ordering = ("-happened_at", "-id")
    sortable_by = ("happened_at",)
    empty_text = _(
        "Nothing was settled yet. Fees and payouts come in after the channel has settled an order, or from a statement that you import."
    )
    fieldsets = (
        (None, {"fields": (
            ("line", "shop"), ("order_link", "amount_label"), ("statement", "happened_at"), ("paid", "paid_at"),
            ("external_id", "asked_at"), "file_link", "raw_answer",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        lines = super().get_queryset(request).select_related("shop", "order")
        return lines if self.is_list(request) else lines.select_related("file").defer("file__content")

    def found_by(self, request: HttpRequest, term: str) -> Q:
        """Return the condition for lines of a statement or an order, also where the order is not here yet.

        Their ids are found first, in an index: by time, PostgreSQL would walk all lines down to those of an old statement.
        """
        named = Q(statement=term) | Q(order_id__in=orders_numbered(request, term)) | Q(order=None, order_number=term)
        found = StatementLine.objects.filter(named, shop_id__in=permissions.shop_ids(request)).order_by()
        return Q(pk__in=found.values("pk")[:MOST_FOUND])

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        view = SettlementWeeksView.as_view(model_admin=self)
        return (("weeks/", "commissions_statementline_weeks", view),)

    @action(description=_("By week"), icon="calendar_view_week", permissions=["view"], url_path="by-week")
    def by_week(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:commissions_statementline_weeks"))

    @action(description=_("Import a statement"), icon="upload_file", permissions=["operate"], url_path="new-import")
    def import_files(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:commissions_statementfile_import"))

    @display(description=_("fee"), header=True)
    def line(self, line: StatementLine) -> list[str]:
        name, kind = channel_words.fee_of(line), line.get_kind_display()
        return words.Header([name, "" if f">{kind}<" in name else kind])

    @display(description=_("shop"), header=True)
    def shop_label(self, line: StatementLine) -> list[str]:
        return words.Header([line.shop.name, words.channel_title(line.shop.channel)])

    @display(description=_("order"))
    def order_link(self, line: StatementLine) -> Any:
        return words.link(page_of(line.order), line.order.number) if line.order else line.order_number or "–"

    @display(description=_("amount"))
    def amount_label(self, line: StatementLine) -> str:
        return words.money(line.amount, line.currency)

    @display(description=_("paid out"))
    def paid(self, line: StatementLine) -> SafeString:
        return words.label(_("Paid out"), "success") if line.is_paid else words.label(_("Not yet"), "default")

    @display(description=_("statement file"))
    def file_link(self, line: StatementLine) -> Any:
        return words.link(page_of(line.file), line.file.name) if line.file else "–"

    @display(description=_("raw answer"))
    def raw_answer(self, line: StatementLine) -> SafeString:
        return words.raw_json(line.raw)
