"""Editor of rules: a form with the sentence beside it, for a new rule, a draft, a new version, or a copy."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from commissions.models import CommissionRule
from commissions.rules import words as terms
from commissions.rules.checking import parse
from commissions.rules.problems import Malformed
from commissions.rules.reading import read_rule, rule_as_json
from commissions.rules.rule import Rule
from commissions.services.rule_book import as_rule
from commissions.services.rule_storage import change_draft, save_draft
from erpsync import permissions
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.views import AdminView
from erpsync.admin.money import rule_proposals, rule_scopes, rule_words
from erpsync.admin.money.rule_form import RuleForm
from erpsync.admin.money.rule_values import values_of

NEW, EDIT, VERSION, COPY = "new", "edit", "version", "copy"
TITLES = {
    NEW: _("New rule"), EDIT: _("Edit the draft"), VERSION: _("New version of a rule"), COPY: _("Copy of a rule"),
}  # fmt: skip
LANGUAGES = ("vi", "en")
_ALL = ""
_RATED = f"{terms.PERCENT} {terms.TIERED}"
# title, for which strategies, fields
GROUPS = (
    (_("Which fee"), _ALL, ("title", "scope", "shop_type", "fee_kind", "payee", "payee_id", "strategy")),
    (_("Rate"), terms.PERCENT, ("rate_from", "rate", "table")),
    (_("Fixed amount"), terms.FIXED, ("amount", "per")),
    (_("Of what"), _RATED, ("base_kind", "shipping", "without_tax", "less_fees")),
    (_("Tiers"), terms.TIERED, ("tiers", "tier_mode", "tier_period")),
    (_("Floor and cap"), terms.PERCENT, ("floor_amount", "floor_per", "cap_amount", "cap_per")),
    (_("Only when"), _ALL, (
        "category", "sku", "campaign", "payment_method", "order_from", "order_below", "legal_form",
    )),
    (_("When it is charged and given back"), f"{terms.FIXED} {_RATED}", (
        "charged_when", "given_back", "vat_rate", "rounding_mode", "rounding_level",
    )),
    (_("From when, and where it is written"), _ALL, (
        "starts", "source_name", "source_date", "source_mark", "check_contract", "source_note",
    )),
)  # fmt: skip
# groups that most rules leave as they are
FOLDED = frozenset({"category", "floor_amount"})


class EditorView(AdminView):
    """Form of a rule. `rule`: the stored version it begins with; `purpose`: what saving makes of it.

    Asked by htmx, a post answers with the sentence and stores nothing.
    """

    template_name = "admin/rules/editor.html"
    title = _("Fee rule")

    def has_permission(self) -> bool:
        row: CommissionRule | None = self.kwargs.get("rule")
        if self.kwargs["purpose"] in (NEW, COPY):
            return bool(rule_scopes.scopes(self.request))
        assert row is not None
        return permissions.may_change_rules(self.request, row.shop_id) and permissions.may_add_version(
            self.request, row.key
        )

    @property
    def kept(self) -> CommissionRule | None:
        """The stored version whose key, scope and fee are kept."""
        row: CommissionRule | None = self.kwargs.get("rule")
        return None if self.kwargs["purpose"] == COPY else row

    def form(self, *args: Any, **kwargs: Any) -> RuleForm:
        is_draft = self.kwargs["purpose"] == EDIT
        kwargs.setdefault("initial", self._initial())
        return RuleForm(self.request, *args, row=self.kept, is_draft=is_draft, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form: RuleForm = kwargs.pop("form", None) or self.form()
        row: CommissionRule | None = self.kwargs.get("rule")
        pasted = kwargs.pop("pasted", None)
        return super().get_context_data(
            **kwargs,
            form=form,
            heading=TITLES[self.kwargs["purpose"]],
            groups=[group_of(form, *group) for group in GROUPS],
            pasted=pasted,
            json_field=UnfoldAdminTextareaWidget(attrs={"rows": 24, "spellcheck": "false"}).render(
                "json", pasted if pasted is not None else "", {"id": "id_json", "class": "font-mono"}
            ),
            back=page_of(row) if row else list_of(CommissionRule),
            opts=CommissionRule._meta,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return self._sentence()
        if "use_json" in request.POST:
            return self._paste(request.POST.get("json", ""))
        form = self.form(request.POST)
        if not form.is_valid() or form.rule is None:
            return self.render_to_response(self.get_context_data(form=form))
        return HttpResponseRedirect(page_of(self._save(form)))

    def _save(self, form: RuleForm) -> CommissionRule:
        assert form.rule is not None
        row: CommissionRule | None = self.kwargs.get("rule")
        if form.row is not None and not permissions.may_add_version(self.request, form.rule.key):
            raise PermissionDenied
        if self.kwargs["purpose"] == EDIT:
            assert row is not None
            change_draft(row.pk, form.rule)
        else:
            row = save_draft(form.rule, actor_id=self.request.user.pk)
        self.model_admin.log_change(self.request, row, _("Saved as a draft"))
        messages.success(self.request, gettext("The draft is saved. Nothing is computed by it until it is activated."))
        return row

    def _initial(self) -> dict[str, Any]:
        row: CommissionRule | None = self.kwargs.get("rule")
        if row is None:
            return {"starts": rule_words.today(), "source_date": rule_words.today()}
        found = values_of(as_rule(row))
        if self.kwargs["purpose"] == COPY:
            return found | {"title": gettext("%(name)s (copy)") % {"name": row.title or row.key}}
        if self.kwargs["purpose"] == VERSION:
            if proposal := rule_proposals.values_of(self.request, row):
                return found | proposal
            return found | {"starts": max(rule_words.today(), row.starts + timedelta(days=1))}
        return found

    def _sentence(self) -> HttpResponse:
        form = self.form(self.request.POST)
        form.is_valid()
        context: dict[str, Any] = {"sentences": [], "problems": problems_of(form)}
        if form.rule is not None:
            context["sentences"] = [(language, in_language(language, form)) for language in languages()]
            context["json"] = json.dumps(rule_as_json(form.rule), ensure_ascii=False, indent=2)
        self.template_name = "admin/rules/sentence.html"
        return self.render_to_response(context)

    def _paste(self, text: str) -> HttpResponse:
        """Fill the form with a pasted rule; its key, version, channel and shop are this page's where they are kept."""
        try:
            found = parse(text)
            if isinstance(found, dict):
                found = {"key": "pasted", "version": 1, **found}
            rule = read_rule(found)
        except Malformed as refused:
            return self.render_to_response(self.get_context_data(pasted=text, wrong=refused.problems))
        kept = self.kept
        if kept is not None:
            shop = str(kept.shop_id) if kept.shop_id else ""
            rule = replace(
                rule, channel=kept.channel, shop=shop, payee=kept.payee, payee_id=kept.payee_id, fee_kind=kept.fee_kind
            )
        return self.render_to_response(self.get_context_data(form=self.form(initial=values_of(rule))))


def group_of(form: RuleForm, title: Any, strategies: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a group of the form's fields; one that is folded opens where something is filled in or wrong."""
    fields = [form[name] for name in names]
    is_open = any(
        field.errors or field.value() not in (None, "", [], False) for field in fields if field.name in _TELLING
    )
    return {
        "title": title, "strategies": strategies, "fields": fields, "is_folded": bool(FOLDED.intersection(names)), "is_open": is_open,
    }  # fmt: skip


_TELLING = frozenset({
    "floor_amount", "cap_amount", "category", "sku", "campaign", "payment_method", "order_from", "order_below", "legal_form",
})  # fmt: skip


def problems_of(form: RuleForm) -> list[tuple[Any, str]]:
    """Return what is still wrong or missing, with the labels of its fields."""
    return [
        (form.fields[name].label if name in form.fields else "", str(text))
        for name, texts in form.errors.items()
        for text in texts
    ]


def languages() -> list[str]:
    """Return the languages of the hub, the reader's first."""
    return sorted(LANGUAGES, key=lambda language: language != translation.get_language())


def in_language(language: str, form: RuleForm) -> str:
    """Return the sentence of a sound form in a language."""
    rule: Rule | None = form.rule
    assert rule is not None
    with translation.override(language):
        return rule_words.says(rule, form.shop)
