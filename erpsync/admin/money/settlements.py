"""Settlement lines of the channels' statements. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from commissions.models import StatementLine
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import shop_filter


@admin.register(StatementLine)
class StatementLineAdmin(BigShopAdmin):
    list_display = ("line", "shop_label", "order_link", "amount_label", "statement", "happened_at", "paid")
    list_filter = (shop_filter("shop_id"), "kind", "is_paid")
    list_defer = ("raw",)
    search_fields = ("order_number",)
    search_help_text = _("Order number or statement, whole.")
    ordering = ("-happened_at", "-id")
    sortable_by = ("happened_at",)
    empty_text = _("Nothing was settled yet. Fees and payouts come in after the channel has settled an order.")
    fieldsets = (
        (None, {"fields": (
            ("line", "shop"), ("order_link", "amount_label"), ("statement", "happened_at"), ("paid", "paid_at"),
            ("external_id", "asked_at"), "raw_answer",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        return super().get_queryset(request).select_related("shop", "order")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StatementLine], search_term: str
    ) -> tuple[QuerySet[StatementLine], bool]:
        term = search_term.strip()
        return (queryset.filter(Q(order_number=term) | Q(statement=term)) if term else queryset), False

    @display(description=_("fee"), header=True)
    def line(self, line: StatementLine) -> list[str]:
        return [line.fee, line.get_kind_display()]

    @display(description=_("shop"), header=True)
    def shop_label(self, line: StatementLine) -> list[str]:
        return [line.shop.name, words.channel_title(line.shop.channel)]

    @display(description=_("order"))
    def order_link(self, line: StatementLine) -> Any:
        return words.link(page_of(line.order), line.order.number) if line.order else line.order_number or "–"

    @display(description=_("amount"))
    def amount_label(self, line: StatementLine) -> str:
        return words.money(line.amount, line.currency)

    @display(description=_("paid out"))
    def paid(self, line: StatementLine) -> SafeString:
        return words.label(_("Paid out"), "success") if line.is_paid else words.label(_("Not yet"), "default")

    @display(description=_("raw answer"))
    def raw_answer(self, line: StatementLine) -> SafeString:
        return words.raw_json(line.raw)
