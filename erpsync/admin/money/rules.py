"""Commission rules by version: the list, a version's page, and the way to the editor."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from commissions.models import CommissionRule
from commissions.rules import words as terms
from commissions.rules.problems import Malformed
from commissions.rules.sentences import note
from commissions.rules.starting import covered
from commissions.services.activation import NotActivated, run_in_shadow
from commissions.services.rule_book import as_rule
from commissions.services.rule_storage import withdraw
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, once, page_of
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.money import rule_editor, rule_scopes, rule_words
from erpsync.admin.money.rate_pages import RatesUploadView, RatesView, download
from erpsync.admin.money.rule_activation import ActivateView, beaten_by, progress_context, progress_view
from erpsync.admin.money.rule_compare import CompareView
from erpsync.admin.money.rule_editor import EditorView
from erpsync.admin.money.rule_filters import FeeFilter, RuleChannelFilter
from erpsync.admin.money.rule_starting import StartingView
from erpsync.admin.money.rule_trial import BackTestView, ShadowView, TrialView

State = CommissionRule.State
# what a version's page offers in its body: action -> (who may, title)
TOOLS = {
    "on_order": ("operate", _("On an order")), "back_test": ("operate", _("On the last 30 days")), "compare": ("operate", _("Compare")),
    "new_version": ("manage", _("New version")), "duplicate": ("copy", _("Make a copy")),
}  # fmt: skip
# what its head offers, by state
HEAD_OF = {
    State.DRAFT: frozenset({"activate", "run_in_shadow", "edit", "withdraw_this"}),
    State.SHADOW: frozenset({"activate", "in_shadow", "withdraw_this"}),
}
HEAD = frozenset().union(*HEAD_OF.values())

_FOLLOWING = CommissionRule.objects.filter(
    key=OuterRef("key"), state=CommissionRule.State.ACTIVE, starts__gt=OuterRef("starts")
).order_by("starts")


@admin.register(CommissionRule)
class CommissionRuleAdmin(ShopAdmin):
    """Rules of the user's shops, and those that hold for the whole channel of one. Versions are never edited once active."""

    list_display = (
        "said", "shop_and_channel", "fee_label", "starts_label", "until_label", "state_label", "source_label"
    )  # fmt: skip
    list_filter = (
        RuleChannelFilter, shop_filter("shop_id"), FeeFilter, choice_filter("state", CommissionRule._meta.get_field("state").verbose_name)
    )  # fmt: skip
    search_fields = ("title", "key")
    ordering = ("channel", "fee_kind", "key", "-version")
    sortable_by = ("starts_label",)
    actions_list = ["starting", "rate_tables"]
    actions_detail = [
        "activate", "run_in_shadow", "in_shadow", "edit", "on_order", "back_test", "new_version", "duplicate", "compare", "withdraw_this"
    ]  # fmt: skip
    change_form_before_template = "admin/rules/before.html"
    empty_text = _(
        "No rules yet: fees are checked, and commissions computed, only by rules. Add them, or begin with those of a channel."
    )
    fieldsets = (
        (None, {"fields": (
            "sentence_label", ("state_label", "version_label"), ("channel_label", "shop_label"), ("fee_label", "payee_label"),
            ("starts_label", "until_label"), "source_label", "note_label", ("created_at", "created_by"),
            ("activated_at", "activated_by"),
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CommissionRule]:
        found = super().get_queryset(request).select_related("shop", "created_by", "activated_by")
        return found.annotate(ends=Subquery(_FOLLOWING.values("starts")[:1]))

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if request.user.is_superuser else queryset.filter(permissions.rules_of(request))

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        """Return whether the user may change a rule (as a manager), or try it on orders (as an operator of a shop that it is for)."""
        assert isinstance(obj, CommissionRule)
        if role == permissions.MANAGER:
            return permissions.may_change_rules(request, obj.shop_id)
        if obj.shop_id is None:
            return permissions.may_in_channel(request, obj.channel, role)
        return permissions.may(request, obj.shop_id, role)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("starting/", "commissions_commissionrule_startings", StartingView.as_view(model_admin=self)),
            ("rates/", "commissions_commissionrule_rates", RatesView.as_view(model_admin=self)),
            ("rates/upload/", "commissions_commissionrule_rates_upload", RatesUploadView.as_view(model_admin=self)),
            ("rates/<int:table_id>/file/", "commissions_commissionrule_rates_file", self.rates_file),
            ("<int:object_id>/progress/", "commissions_commissionrule_progress", self.progress_view),
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        found.empty_links = self._starting_links(request)
        return found

    def _starting_links(self, request: HttpRequest) -> list[tuple[str, Any]]:
        if not permissions.may_change_rules(request, None):
            return []
        page = reverse("admin:commissions_commissionrule_startings")
        text = _("Add the starting rules of %(channel)s")
        return [
            (f"{page}?channel={channel}", text % {"channel": words.channel_title(channel)})
            for channel in covered()
            if channel in permissions.channels(request)
        ]

    @action(description=_("Starting rules"), icon="library_add", permissions=["finance"], url_path="new-starting")
    def starting(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:commissions_commissionrule_startings"))

    @action(description=_("Rate tables"), icon="table", permissions=["view"], url_path="rate-tables")
    def rate_tables(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:commissions_commissionrule_rates"))

    def rates_file(self, request: HttpRequest, table_id: int, **_theme: Any) -> HttpResponse:
        return download(request, table_id)

    def has_finance_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return permissions.may_change_rules(request, None)

    # --- the editor ---

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(rule_scopes.scopes(request))

    def has_copy_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_add_permission(request) and (object_id is None or self.found(request, object_id) is not None)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        return EditorView.as_view(model_admin=self)(request, purpose=rule_editor.NEW)

    def hidden_actions(self, row: Any) -> Collection[str]:
        """Besides those that do not apply, those that the page itself shows: its head has room for four."""
        return {*TOOLS, *HEAD} - HEAD_OF.get(row.state, frozenset())

    def tools(self, request: HttpRequest, row: CommissionRule) -> list[tuple[str, Any]]:
        """Return the (address, title) of what the user may look at or begin from a version's page."""
        may = {
            "operate": self.has_operate_permission(request, row.pk), "manage": self.has_manage_permission(request, row.pk),
            "copy": self.has_copy_permission(request, row.pk),
        }  # fmt: skip
        address = "admin:commissions_commissionrule_"
        return [
            (reverse(f"{address}{name}", args=(row.pk,)), title) for name, (role, title) in TOOLS.items() if may[role]
        ]

    @action(description=_("Edit"), icon="edit", permissions=["manage"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        row = self.found(request, object_id)
        if row.state != State.DRAFT:
            messages.error(request, _("What was active is never edited: make a new version of it."))
            return HttpResponseRedirect(page_of(row))
        return EditorView.as_view(model_admin=self)(request, rule=row, purpose=rule_editor.EDIT)

    @action(description=_("New version"), icon="difference", permissions=["manage"])
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        row = self.found(request, object_id)
        return EditorView.as_view(model_admin=self)(request, rule=row, purpose=rule_editor.VERSION)

    @action(description=_("Make a copy"), icon="content_copy", permissions=["copy"])
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        row = self.found(request, object_id)
        return EditorView.as_view(model_admin=self)(request, rule=row, purpose=rule_editor.COPY)

    @action(description=_("On an order"), icon="receipt_long", permissions=["operate"])
    def on_order(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return TrialView.as_view(model_admin=self)(request, rule=self.found(request, object_id))

    @action(description=_("On the last 30 days"), icon="query_stats", permissions=["operate"])
    def back_test(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return BackTestView.as_view(model_admin=self)(request, rule=self.found(request, object_id))

    @action(description=_("Compare"), icon="compare", permissions=["operate"])
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return CompareView.as_view(model_admin=self)(request, rule=self.found(request, object_id))

    @action(description=_("Activate"), icon="play_circle", permissions=["manage"], variant=ActionVariant.PRIMARY)
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return ActivateView.as_view(model_admin=self)(request, rule=self.found(request, object_id))

    @action(
        description=_("Run in the shadow"), icon="contrast", permissions=["manage"], dialog={
            "title": _("Run this version in the shadow?"),
            "description": _(
                "It is computed beside the active version and compared with it; nothing of it is accrued. It can no longer be edited."
            ),
            "form_class": BaseDialogForm, "form_submit_text": _("Run in the shadow"),
        },
    )  # fmt: skip
    def run_in_shadow(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        try:
            run_in_shadow(row.pk)
        except NotActivated:
            messages.error(request, _("Only a draft can be run in the shadow."))
        except Malformed:
            messages.error(
                request, _("It cannot be computed beside the active rules: see “Activate” for what stands against it.")
            )
        return self.to_page(row)

    @action(description=_("In the shadow"), icon="contrast", permissions=["operate"])
    def in_shadow(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return ShadowView.as_view(model_admin=self)(request, rule=self.found(request, object_id))

    @action(description=_("Withdraw"), icon="block", permissions=["manage"], dialog={
        "title": _("Withdraw this version?"), "description": _("It is kept, and can be duplicated."), "form_class": BaseDialogForm,
        "form_submit_text": _("Withdraw"),
    })  # fmt: skip
    def withdraw_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        try:
            withdraw(row.pk)
        except CommissionRule.DoesNotExist:
            messages.error(
                request,
                _("An active version is ended by the next one: make one, with “no fee” if there is none any more."),
            )
        return self.to_page(row)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Page of a version, with how far its orders are accrued again."""
        row = self.get_object(request, object_id)
        shown = {"tools": self.tools(request, row), "beaten_by": beaten_by(row), **progress_context(row)} if row else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def progress_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        return progress_view(request, self.found(request, object_id))

    # --- columns ---

    @display(description=_("rule"), header=True)
    def said(self, row: CommissionRule) -> list[Any]:
        sentence = once(row, "sentence", lambda: rule_words.sentence_of(row))
        return words.Header([sentence, _("%(name)s, version %(n)s") % {"name": row.title or row.key, "n": row.version}])

    @display(description=_("what it says"))
    def sentence_label(self, row: CommissionRule) -> SafeString:
        return format_html('<p class="max-w-3xl text-important">{}</p>', rule_words.sentence_of(row))

    @display(description=_("version"))
    def version_label(self, row: CommissionRule) -> str:
        return f"{row.key} v{row.version}"

    @display(description=_("channel"))
    def channel_label(self, row: CommissionRule) -> str:
        return words.channel_title(row.channel)

    @display(description=_("shop"))
    def shop_label(self, row: CommissionRule) -> Any:
        kind = terms.SHOP_TYPES.get(row.shop_type)
        return row.shop.name if row.shop else kind or _("all shops")

    @display(description=_("shop"), header=True)
    def shop_and_channel(self, row: CommissionRule) -> list[Any]:
        return words.Header([self.shop_label(row), self.channel_label(row)])

    @display(description=_("fee"))
    def fee_label(self, row: CommissionRule) -> Any:
        return rule_words.fee_of(row.fee_kind)

    @display(description=_("paid to"))
    def payee_label(self, row: CommissionRule) -> str:
        return rule_words.payee_text(row.payee, row.payee_id)

    @display(description=_("from"), ordering="starts")
    def starts_label(self, row: CommissionRule) -> str:
        return date_format(row.starts, "SHORT_DATE_FORMAT")

    @display(description=_("until"))
    def until_label(self, row: CommissionRule) -> str:
        ends: date | None = row.ends  # type: ignore[attr-defined]  # annotated
        return date_format(ends, "SHORT_DATE_FORMAT") if ends else "–"

    @display(description=_("state"))
    def state_label(self, row: CommissionRule) -> SafeString:
        return rule_words.state(row, row.ends)  # type: ignore[attr-defined]  # annotated

    @display(description=_("source"))
    def source_label(self, row: CommissionRule) -> SafeString:
        return rule_words.source(row)

    @display(description=_("note on the source"))
    def note_label(self, row: CommissionRule) -> str:
        return note(as_rule(row)) or "–"
