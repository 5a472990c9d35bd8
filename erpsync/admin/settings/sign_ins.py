"""Successful and failed sign-ins. Superusers only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin
from erpsync.models import SignIn

_COLOURS = {
    SignIn.Outcome.SIGNED_IN: "success", SignIn.Outcome.SIGNED_OUT: "info", SignIn.Outcome.FAILED: "warning",
    SignIn.Outcome.STOPPED: "danger",
    SignIn.Outcome.WRONG_CODE: "danger",
}  # fmt: skip


@admin.register(SignIn)
class SignInAdmin(ShopAdmin):
    shop_path = "pk"
    list_display = ("at", "account", "address", "outcome_label")
    list_filter = ("outcome",)
    search_fields = ("name", "address")
    ordering = ("-id",)
    sortable_by = ()
    list_display_links = None
    fields = readonly_fields = ("at", "account", "address", "outcome_label")
    empty_text = _("Nobody has signed in yet.")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    @display(description=_("account"))
    def account(self, row: SignIn) -> str:
        return row.name or str(_("(no such account)"))

    @display(description=_("what happened"))
    def outcome_label(self, row: SignIn) -> SafeString:
        return words.label(row.get_outcome_display(), _COLOURS[SignIn.Outcome(row.outcome)])
