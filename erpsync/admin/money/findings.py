"""Findings in the admin: the worklist of money that is not as it should be, with what to do about each."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from commissions.findings.kinds import ABOUT
from commissions.models import Finding, FindingItem
from commissions.rules.sentences import rate_text
from commissions.rules.words import FIXED
from commissions.services.findings import decisions
from commissions.services.findings.evidence import write_evidence
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import Head, menu, once, page_of
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.log_texts import said
from erpsync.admin.money import match_figures
from erpsync.admin.money.decided import DecidedAdmin, dispute_action, write_off_action
from inventory.models import ShopMembership

State = Finding.State
ITEMS_SHOWN = 50
_COLOURS = {State.OPEN: "danger", State.DISPUTED: "warning", State.WRITTEN_OFF: "default", State.CLOSED: "success"}
_SEVERITIES = {1: "default", 2: "info", 3: "warning", 4: "danger"}
_ITEM = (
    '<tr><td class="pr-6 py-0.5">{}</td><td class="pr-6 whitespace-nowrap">{}</td>'
    '<td class="pr-6 text-right whitespace-nowrap">{}</td><td class="text-right whitespace-nowrap">{}</td></tr>'
)
_ITEM_HEAD = (
    '<tr class="text-left"><th class="pr-6">{}</th><th class="pr-6">{}</th><th class="pr-6 text-right">{}</th>'
    '<th class="text-right">{}</th></tr>'
)


class WaitingFilter(DropdownFilter):
    """Filter: what waits for a person, and what waits for the one who looks."""

    title = _("waiting")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Open findings")), ("mine", _("My open findings")), ("nobody", _("Open, without an owner"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        active = queryset.filter(state__in=Finding.ACTIVE)
        found = {"yes": active, "mine": active.filter(owner_id=request.user.pk), "nobody": active.filter(owner=None)}
        return found.get(self.value() or "", queryset)


class CommentForm(BaseDialogForm):
    """Dialog with a comment."""

    text = forms.CharField(label=_("Comment"), max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class OwnerForm(BaseDialogForm):
    """Dialog that asks who takes a finding over: the operators and managers of its shop."""

    owner = forms.ChoiceField(label=_("Owner"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        finding = admin.site.get_model_admin(Finding).found(request, object_id)  # type: ignore[attr-defined]
        roles = (permissions.OPERATOR, permissions.MANAGER)
        people = ShopMembership.objects.filter(shop_id=finding.shop_id, role__in=roles).values_list(
            "user_id", "user__username"
        )
        known = {request.user.pk: request.user.get_username()} | dict(people)
        choices = sorted(((str(pk), name) for pk, name in known.items()), key=lambda one: one[1])
        field = self.fields["owner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("nobody")), *choices]
        field.initial = str(finding.owner_id or request.user.pk)


@admin.register(Finding)
class FindingAdmin(DecidedAdmin):
    decisions = decisions
    nothing_to_decide = _("There is nothing to decide: all of it was put right.")
    list_display = (
        "sentence_label", "shop_label", "amount_label", "state_label", "severity_label", "due_at", "owner"
    )  # fmt: skip
    list_filter = (
        WaitingFilter, shop_filter("shop_id"), choice_filter("kind", _("finding")), choice_filter("state", _("state")),
        choice_filter("severity", _("severity")),
    )  # fmt: skip
    ordering = ("-severity", "-id")
    sortable_by = ("due_at",)
    actions_detail = [
        "take_over", "evidence", "comment", menu("assign", "dispute", "write_off", "reopen"),
    ]  # fmt: skip
    empty_text = _(
        "Nothing is wrong, as far as fees are checked. Findings come when a statement differs from your rules."
    )
    fieldsets = (
        (None, {"fields": (
            "sentence_label", "advice_label", "shop", ("rule_label", "fee_kind"), ("amount_label", "total_label"),
            ("state_label", "severity_label"), ("due_at", "owner"), ("opened_at", "closed_at"), ("decided_by", "decided_at"), "note",
        )}),
        (_("Orders and statements"), {"fields": ("items_label",)}),
        (_("Comments"), {"fields": ("comments_label",)}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Finding]:
        return super().get_queryset(request).select_related("shop", "rule", "owner", "decided_by")

    def list_head(self, request: HttpRequest) -> list[Head]:
        figures = match_figures.shown(permissions.shop_ids(request))
        return [Head("admin/findings/figures.html", {"figures": figures}), *super().list_head(request)]

    # --- columns ---

    @display(description=_("finding"), header=True)
    def sentence_label(self, finding: Finding) -> list[Any]:
        return words.Header([finding.get_kind_display(), sentence(finding)])

    @display(description=_("what to do"))
    def advice_label(self, finding: Finding) -> Any:
        return ABOUT[finding.kind].advice

    @display(description=_("shop"), header=True)
    def shop_label(self, finding: Finding) -> list[str]:
        return words.Header([finding.shop.name, words.channel_title(finding.shop.channel)])

    @display(description=_("rule"))
    def rule_label(self, finding: Finding) -> Any:
        return words.link(page_of(finding.rule), str(finding.rule)) if finding.rule else "–"

    @display(description=_("open amount"))
    def amount_label(self, finding: Finding) -> str:
        return words.money(finding.amount, finding.currency)

    @display(description=_("whole amount"))
    def total_label(self, finding: Finding) -> str:
        return words.money(finding.total, finding.currency)

    @display(description=_("state"))
    def state_label(self, finding: Finding) -> SafeString:
        return words.label(finding.get_state_display(), _COLOURS[State(finding.state)])

    @display(description=_("severity"))
    def severity_label(self, finding: Finding) -> SafeString:
        return words.label(finding.get_severity_display(), _SEVERITIES[finding.severity])

    @display(description=_("items"))
    def items_label(self, finding: Finding) -> Any:
        return once(finding, "items", lambda: _items(finding))

    @display(description=_("comments"))
    def comments_label(self, finding: Finding) -> Any:
        said_so = finding.comments.select_related("author")
        rows = [
            (words.moment(one.written_at), one.author.get_username() if one.author else "–", one.text)
            for one in said_so
        ]
        return format_html_join("", "<p>{} {}: {}</p>", rows) or "–"

    # --- actions ---

    @action(description=_("Take the proposal over"), icon="difference", permissions=["manage"])
    def take_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the rule's editor with what the channel seems to charge."""
        finding = self.found(request, object_id)
        if finding.rule_id is None or not finding.proposal:
            messages.info(request, _("There is no proposal here: nothing says what the rule should be."))
            return HttpResponseRedirect(page_of(finding))
        editor = reverse("admin:commissions_commissionrule_new_version", args=(finding.rule_id,))
        return HttpResponseRedirect(f"{editor}?finding={finding.pk}")

    @action(description=_("Evidence"), icon="download", permissions=["operate"])
    def evidence(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        finding = self.found(request, object_id)
        out = tempfile.SpooledTemporaryFile(max_size=8_000_000)  # noqa: SIM115  (the answer closes it)
        write_evidence(finding.pk, out)
        out.seek(0)
        self.log_rows(request, [finding], _("Evidence downloaded"))
        return FileResponse(out, as_attachment=True, filename=f"finding-{finding.pk}.zip")

    @action(
        description=_("Comment"), icon="comment", permissions=["operate"],
        dialog={"title": _("Comment"), "form_submit_text": _("Save"), "form_class": CommentForm},
    )  # fmt: skip
    def comment(self, request: HttpRequest, form: CommentForm, object_id: str) -> HttpResponse:
        finding, text = self.found(request, object_id), form.cleaned_data["text"].strip()
        decisions.comment(finding.pk, text, author_id=request.user.pk)
        self.log_rows(request, [finding], said(_("Comment: %(note)s"), note=text))
        return self.to_page(finding)

    @action(
        description=_("Owner"), icon="person", permissions=["operate"],
        dialog={"title": _("Who takes it over?"), "form_submit_text": _("Save"), "form_class": OwnerForm},
    )  # fmt: skip
    def assign(self, request: HttpRequest, form: OwnerForm, object_id: str) -> HttpResponse:
        finding, owner = self.found(request, object_id), form.cleaned_data["owner"]
        decisions.assign(finding.pk, int(owner) if owner else None)
        name = get_user_model().objects.get(pk=owner).get_username() if owner else "–"
        self.log_rows(request, [finding], said(_("Owner: %(name)s"), name=name))
        return self.to_page(finding)

    dispute = dispute_action(
        Finding, _("You have asked the channel about it. Its clock stands still until the money is right.")
    )
    write_off = write_off_action(Finding, _("What is open now is accepted. What is added later opens it again."))

    def hidden_actions(self, finding: Finding) -> Collection[str]:
        hidden = set() if finding.proposal and finding.rule_id else {"take_over"}
        if finding.state in Finding.DECISIONS:
            return hidden | {finding.state.replace("disputed", "dispute").replace("written_off", "write_off")}
        return hidden | ({"reopen"} if finding.state == State.OPEN else {"dispute", "write_off", "reopen"})


def sentence(finding: Finding) -> str:
    """Return a finding in one line: "Commission 10 % → 11.5 % since 16/11/2026, 312 orders"."""
    parts = [" ".join(filter(None, (finding.get_fee_kind_display() if finding.fee_kind else "", _change(finding))))]
    parts.append(_span(finding.since, finding.until))
    if finding.fee_kind or finding.kind == Finding.Kind.LATE_MONEY:
        parts.append(ngettext("%(n)s order", "%(n)s orders", finding.orders) % {"n": words.units(finding.orders)})
        if 0 < finding.open_orders < finding.orders:
            parts.append(gettext("%(n)s still open") % {"n": words.units(finding.open_orders)})
    return ", ".join(filter(None, parts))


def _change(finding: Finding) -> str:
    if not finding.proposal:
        return ""
    before, after = (Decimal(finding.proposal[name]) for name in ("before", "after"))
    if finding.rule and finding.rule.strategy == FIXED:
        return f"{words.money(before, finding.currency)} → {words.money(after, finding.currency)}"
    change = f"{rate_text(before)} → {rate_text(after)}"
    if item := finding.proposal.get("item"):
        return gettext("%(change)s for listing %(item)s") % {"change": change, "item": item}
    return change


def _span(since: date, until: date | None) -> str:
    first = date_format(since, "SHORT_DATE_FORMAT")
    if until is None:
        return gettext("since %(day)s") % {"day": first}
    last = date_format(until, "SHORT_DATE_FORMAT")
    return first if first == last else gettext("from %(first)s to %(last)s") % {"first": first, "last": last}


def _items(finding: Finding) -> Any:
    """Return the items as a small table: open ones first, the largest first."""
    items = finding.items.select_related("fee_match__order", "payout_match", "month_match", "order").order_by(
        "-open_amount", "since"
    )
    shown = list(items[: ITEMS_SHOWN + 1])
    rows = [
        (
            _subject(item), words.moment(item.since), words.money(item.amount, finding.currency),
            words.money(item.open_amount, finding.currency) if item.open_amount else gettext("put right"),
        )
        for item in shown[:ITEMS_SHOWN]
    ]  # fmt: skip
    head = format_html(_ITEM_HEAD, gettext("Order or statement"), gettext("When"), gettext("Amount"), gettext("Open"))
    table = words.table(head, format_html_join("", _ITEM, rows))
    if len(shown) <= ITEMS_SHOWN:
        return table
    return words.lines([table, gettext("More are in the evidence: download it.")])


def _subject(item: FindingItem) -> Any:
    if item.fee_match:
        return words.link(page_of(item.fee_match), item.fee_match.order.number)
    if item.month_match:
        return date_format(item.month_match.month, "YEAR_MONTH_FORMAT")
    if item.payout_match:
        return words.link(page_of(item.payout_match), item.payout_match.statement or item.payout_match.order_number)
    return words.link(page_of(item.order), item.order.number) if item.order else "–"
