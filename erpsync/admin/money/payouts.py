"""Payouts in the admin: transfers, the check of each statement against them, and when a shop's money is due."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from commissions.findings.terms import TERMS
from commissions.models import Payout, PayoutMatch, PayoutTerm
from commissions.rules.words import MARKS
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, ShopAdmin
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.search import SearchesExact

State = PayoutMatch.State
_COLOURS = {State.MATCHED: "success", State.REPORTED: "info", State.DUE: "info"}


@admin.register(PayoutMatch)
class PayoutMatchAdmin(SearchesExact, BigShopAdmin):
    list_display = (
        "subject", "shop_label", "expected_label", "paid_label", "difference_label", "state_label", "settled_at", "paid_at"
    )  # fmt: skip
    list_filter = (shop_filter("shop_id"), choice_filter("state", _("state")))
    search_fields = ("statement", "order_number")
    search_exact = ("statement", "order_number")
    search_shop = "shop_id"
    search_help_text = _("Statement or order number, whole.")
    ordering = ("-settled_at", "-id")
    sortable_by = ("settled_at",)
    empty_text = _("No statement is here yet. Each one is compared with what the channel transferred for it.")
    fieldsets = (
        (None, {"fields": (
            ("subject", "shop"), ("expected_label", "paid_label"), ("difference_label", "state_label"), ("settled_at", "due_at"),
            "transfers_label",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutMatch]:
        return super().get_queryset(request).select_related("shop")

    @display(description=_("statement"))
    def subject(self, match: PayoutMatch) -> str:
        return match.statement or match.order_number

    @display(description=_("shop"), header=True)
    def shop_label(self, match: PayoutMatch) -> list[str]:
        return words.Header([match.shop.name, words.channel_title(match.shop.channel)])

    @display(description=_("sum of the statement"))
    def expected_label(self, match: PayoutMatch) -> str:
        return words.money(match.expected, match.currency)

    @display(description=_("paid out by the channel"))
    def paid_label(self, match: PayoutMatch) -> str:
        return words.money(match.paid, match.currency)

    @display(description=_("difference"))
    def difference_label(self, match: PayoutMatch) -> str:
        is_open = match.state not in (State.DUE, State.REPORTED)
        return words.money(match.difference, match.currency) if is_open else "–"

    @display(description=_("state"))
    def state_label(self, match: PayoutMatch) -> SafeString:
        return words.label(match.get_state_display(), _COLOURS.get(State(match.state), "danger"))

    @display(description=_("transfers"))
    def transfers_label(self, match: PayoutMatch) -> Any:
        found = Payout.objects.filter(
            shop_id=match.shop_id, statement=match.statement, order_number=match.order_number
        ).order_by("paid_at", "id")
        rows = [
            (words.moment(one.paid_at) if one.paid_at else "–", words.money(one.amount, one.currency), one.reference)
            for one in found[:50]
        ]
        return format_html_join("", "<p>{} {} {}</p>", rows) or "–"


@admin.register(Payout)
class PayoutAdmin(SearchesExact, BigShopAdmin):
    """Transfers as channels and wallet files tell them, those without a statement included."""

    list_display = ("external_id", "shop_label", "kind_label", "amount_label", "subject", "paid_at")
    list_filter = (shop_filter("shop_id"), choice_filter("kind", _("kind")))
    search_fields = ("external_id", "statement", "order_number")
    search_exact = ("external_id", "statement", "order_number")
    search_shop = "shop_id"
    search_help_text = _("Id at the channel, statement or order number, whole.")
    ordering = ("-id",)
    sortable_by = ()
    empty_text = _("No transfer is known yet. They come with a channel's list of payouts, or with a wallet file.")
    fieldsets = (
        (None, {"fields": (
            ("external_id", "shop"), ("kind_label", "paid_at"), ("amount_label", "carried_label"), ("subject", "reference"),
            "source_label",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payout]:
        return super().get_queryset(request).select_related("shop").defer("raw")

    @display(description=_("shop"), header=True)
    def shop_label(self, payout: Payout) -> list[str]:
        return words.Header([payout.shop.name, words.channel_title(payout.shop.channel)])

    @display(description=_("kind"))
    def kind_label(self, payout: Payout) -> str:
        return payout.get_kind_display()

    @display(description=_("amount"))
    def amount_label(self, payout: Payout) -> str:
        return words.money(payout.amount, payout.currency)

    @display(description=_("of it balance of an earlier statement"))
    def carried_label(self, payout: Payout) -> str:
        return words.money(payout.carried, payout.currency) if payout.carried else "–"

    @display(description=_("pays for"))
    def subject(self, payout: Payout) -> str:
        return payout.statement or payout.order_number or "–"

    @display(description=_("told by"))
    def source_label(self, payout: Payout) -> str:
        if payout.from_file:
            return str(_("a wallet file"))
        if payout.by_sum:
            return str(_("the channel; the statement was found by its sum"))
        return str(_("the channel"))


@admin.register(PayoutTerm)
class PayoutTermAdmin(ShopAdmin):
    """Terms that people have set, one for a shop; managers set them."""

    list_display = ("shop", "after", "days", "weekday", "grace_days", "channel_term", "set_by")
    fields = ("shop", "after", "days", "weekday", "grace_days")
    ordering = ("shop__name",)
    empty_text = _("No shop has a term of its own: those of the channels hold, where they are known.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutTerm]:
        return super().get_queryset(request).select_related("shop", "set_by")

    @display(description=_("how sure the channel's own term is"))
    def channel_term(self, term: PayoutTerm) -> Any:
        known = TERMS.get(term.shop.channel)
        return MARKS[known.mark] if known else MARKS["not_verified"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_manage_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_manage_permission(request) if obj is None else self.may(request, obj, permissions.MANAGER)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "shop":
            kwargs["queryset"] = permissions.shops(request).filter(
                pk__in=permissions.shop_ids(request, permissions.MANAGER)
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: PayoutTerm, form: ModelForm[PayoutTerm], change: bool) -> None:
        obj.set_by_id, obj.set_at = request.user.pk, timezone.now()
        super().save_model(request, obj, form, change)
