"""Fee checks: what the rules expect of an order beside what was settled; a worklist of the differences."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from commissions.models import FeeMatch
from commissions.services import matching
from erpsync.admin.kit import words
from erpsync.admin.kit.base import page_of
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.search import SearchesExact
from erpsync.admin.money.decided import DecidedAdmin, dispute_action, write_off_action
from erpsync.admin.sales.fees import COLOURS

State = FeeMatch.State


class OpenFilter(DropdownFilter):
    """Filter: differences that nobody has settled."""

    title = _("differences")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Open differences"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FeeMatch]) -> QuerySet[FeeMatch]:
        return queryset.filter(state__in=FeeMatch.OPEN) if self.value() else queryset


@admin.register(FeeMatch)
class FeeMatchAdmin(SearchesExact, DecidedAdmin):
    decisions = matching
    nothing_to_decide = _("There is nothing to decide: both sides agree, or nothing was settled yet.")
    list_display = (
        "kind_label",
        "shop_label",
        "order_link",
        "expected_label",
        "settled_label",
        "difference_label",
        "state_label",
        "settled_at",
    )
    list_filter = (OpenFilter, shop_filter("shop_id"), choice_filter("state", _("state")), "kind")
    search_fields = ("order__number",)
    search_exact = ("order__number",)
    search_help_text = _("Order number, whole.")
    ordering = ("-placed_at", "-id")
    sortable_by = ("settled_at",)
    actions_detail = ["dispute", "write_off", "reopen"]
    empty_text = _(
        "Nothing to compare yet. Activate commission rules: each fee that a channel settles is then checked against them."
    )
    fieldsets = (
        (None, {"fields": (
            ("kind_label", "shop"), ("order_link", "rule"), ("expected_label", "settled_label"), ("difference_label", "state_label"),
            ("placed_at", "settled_at"), ("decided_by", "decided_at"), "note",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeeMatch]:
        return super().get_queryset(request).select_related("shop", "order", "rule")

    @display(description=_("fee"))
    def kind_label(self, match: FeeMatch) -> str:
        return match.get_kind_display()

    @display(description=_("shop"), header=True)
    def shop_label(self, match: FeeMatch) -> list[str]:
        return words.Header([match.shop.name, words.channel_title(match.shop.channel)])

    @display(description=_("order"))
    def order_link(self, match: FeeMatch) -> SafeString:
        return words.link(page_of(match.order), match.order.number)

    @display(description=_("expected"))
    def expected_label(self, match: FeeMatch) -> str:
        return words.money(match.expected, match.currency)

    @display(description=_("settled"))
    def settled_label(self, match: FeeMatch) -> str:
        return "–" if match.state == State.DUE else words.money(match.settled, match.currency)

    @display(description=_("difference"))
    def difference_label(self, match: FeeMatch) -> str:
        return "–" if match.state == State.DUE else words.money(match.difference, match.currency)

    @display(description=_("state"))
    def state_label(self, match: FeeMatch) -> SafeString:
        return words.label(match.get_state_display(), COLOURS.get(match.state, "danger"))

    dispute = dispute_action(
        FeeMatch,
        _("You have asked the channel about it. It stays among the open differences until the money is right."),
    )
    write_off = write_off_action(
        FeeMatch, _("The difference is accepted. It leaves the open differences, and stays in the sums.")
    )

    def hidden_actions(self, match: FeeMatch) -> Collection[str]:
        if match.state in FeeMatch.DECISIONS:
            return {"dispute", "write_off"}
        return {"reopen"} if match.state in FeeMatch.OPEN else {"dispute", "write_off", "reopen"}
