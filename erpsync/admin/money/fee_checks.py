"""Fee checks: what the rules expect of an order beside what was settled; a worklist of the differences."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from commissions.models import FeeMatch
from commissions.services import matching
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.log_texts import said
from erpsync.admin.kit.search import SearchesExact
from erpsync.admin.sales.fees import COLOURS

State = FeeMatch.State

_DECIDED = {State.DISPUTED: _("Disputed: %(note)s"), State.WRITTEN_OFF: _("Written off: %(note)s")}


class OpenFilter(DropdownFilter):
    """Filter: differences that nobody has settled."""

    title = _("differences")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Open differences"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FeeMatch]) -> QuerySet[FeeMatch]:
        return queryset.filter(state__in=FeeMatch.OPEN) if self.value() else queryset


class NoteForm(BaseDialogForm):
    """Dialog that asks why."""

    note = forms.CharField(label=_("Why"), max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


@admin.register(FeeMatch)
class FeeMatchAdmin(SearchesExact, BigShopAdmin):
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

    @action(
        description=_("Dispute"), icon="gavel", permissions=["operate"],
        dialog={
            "title": _("Dispute"), "form_submit_text": _("Dispute"), "form_class": NoteForm,
            "description": _("You have asked the channel about it. It stays among the open differences until the money is right."),
        },
    )  # fmt: skip
    def dispute(self, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        return self._decide(request, form, object_id, State.DISPUTED)

    @action(
        description=_("Write off"), icon="money_off", permissions=["operate"],
        dialog={
            "title": _("Write off"), "form_submit_text": _("Write off"), "form_class": NoteForm,
            "description": _("The difference is accepted. It leaves the open differences, and stays in the sums."),
        },
    )  # fmt: skip
    def write_off(self, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        return self._decide(request, form, object_id, State.WRITTEN_OFF)

    @action(
        description=_("Take the decision back"), icon="undo", permissions=["operate"],
        dialog={
            "title": _("Take the decision back"), "form_submit_text": _("Take the decision back"),
            "description": _("Its state is again what both sides say."),
        },
    )  # fmt: skip
    def reopen(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        match = self.found(request, object_id)
        matching.reopen(match.pk)
        self.log_rows(request, [match], _("Decision taken back"))
        return self.to_page(match)

    def _decide(self, request: HttpRequest, form: NoteForm, object_id: str, state: State) -> HttpResponse:
        match, note = self.found(request, object_id), form.cleaned_data["note"].strip()
        try:
            matching.decide(match.pk, state, note=note, actor_id=request.user.pk)
        except matching.NotDecidable:
            messages.info(request, _("There is nothing to decide: both sides agree, or nothing was settled yet."))
        else:
            self.log_rows(request, [match], said(_DECIDED[state], note=note))
        return self.to_page(match)

    def hidden_actions(self, match: FeeMatch) -> Collection[str]:
        if match.state in FeeMatch.DECISIONS:
            return {"dispute", "write_off"}
        return {"reopen"} if match.state in FeeMatch.OPEN else {"dispute", "write_off", "reopen"}
