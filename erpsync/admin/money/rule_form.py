"""Form of a rule: the strategy's own fields, conditions, terms and source. Cleans to a sound `Rule`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from commissions.models import CommissionRule
from commissions.rules import words as terms
from commissions.rules.problems import Malformed, Problem
from commissions.rules.reading import read_rule
from commissions.rules.rule import Rule
from commissions.services.rule_checks import at_odds_with_stored
from erpsync.admin.money import rule_scopes, rule_words
from erpsync.admin.money.rule_fields import AmountField, NamesField, RateField, TiersField, in_row
from erpsync.admin.money.rule_values import TABLE, document_of, field_of
from inventory.models import Shop

Labels = Mapping[str, Any]


class DayInput(UnfoldAdminTextInputWidget):
    """Date field with the browser's own calendar, which wants the day in ISO form."""

    input_type = "date"

    def format_value(self, value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value


def choice(label: Any, words: Labels, *, blank: Any = None, **more: Any) -> forms.ChoiceField:
    """Return a field that chooses one of these words; `blank` is the label of none of them."""
    choices = [*([("", blank)] if blank else []), *words.items()]
    return forms.ChoiceField(
        label=label, choices=choices, required=blank is None, widget=UnfoldAdminSelectWidget, **more
    )


def several(label: Any, words: Labels, **more: Any) -> forms.MultipleChoiceField:
    """Return a field that chooses any of these words."""
    return forms.MultipleChoiceField(
        label=label, choices=list(words.items()), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, **more
    )


def text(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, **{"widget": UnfoldAdminTextInputWidget, "required": False, **more}
    )


def switch(label: Any, **more: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget, **more)


def money(label: Any, **more: Any) -> AmountField:
    return AmountField(label=label, required=False, max_digits=20, **more)


RATES: Labels = {
    terms.FROM_RULE: _("one rate"), TABLE: _("by category, from a rate table"), terms.FROM_LINE: _("told by the order line"),
}  # fmt: skip


class RuleForm(forms.Form):
    """A rule in fields. `row`: the stored version whose scope and fee are kept; None where they may be chosen.

    `is_draft`: it is changed itself, and not the version before a new one.
    """

    title = text(_("Name"), help_text=_("As you call it, for example “Fixed fee 2026”."))
    scope = forms.ChoiceField(label=_("For"), widget=UnfoldAdminSelectWidget)
    shop_type = choice(_("Kind of shop"), terms.SHOP_TYPES, blank=_("any"))
    fee_kind = choice(_("Fee"), terms.FEE_KINDS)
    payee = choice(_("Paid to"), terms.PAYEES, initial=terms.MARKETPLACE)
    payee_id = text(_("Who"), help_text=_("Code of the staff member, branch, affiliate or agent. Empty: each of them."))
    strategy = choice(_("Computed as"), terms.STRATEGIES)
    rate_from = choice(_("The rate is"), RATES, initial=terms.FROM_RULE)
    rate = RateField(label=_("Rate"), required=False)
    table = forms.ChoiceField(label=_("Rate table"), required=False, widget=UnfoldAdminSelectWidget)
    base_kind = choice(_("Of"), terms.BASES, initial="after_seller_discount")
    shipping = switch(_("With shipping paid by the buyer"))
    without_tax = switch(_("Less the product's tax"))
    less_fees = several(_("Less these fees"), terms.FEE_KINDS)
    floor_amount, floor_per = money(_("At least")), choice(_("Floor counts"), terms.PER, initial=terms.ITEM)
    cap_amount, cap_per = money(_("At most")), choice(_("Cap counts"), terms.PER, initial=terms.ITEM)
    amount = money(_("Amount"))
    per = choice(_("Per"), terms.FIXED_PER, initial=terms.ORDER)
    tiers = TiersField(
        label=_("Tiers"), required=False, help_text=_("The first from 0. A tier ends where the next begins; the last is open."),
    )  # fmt: skip
    tier_mode = choice(_("Counted"), terms.TIER_MODES, initial=terms.MARGINAL)
    tier_period = choice(_("Summed"), terms.TIER_PERIODS, initial=terms.ORDER)
    category = NamesField(
        label=_("Categories"), help_text=_("Codes of the channel, one per line; those below count too.")
    )
    sku = NamesField(label=_("SKUs"))
    campaign = NamesField(label=_("Campaigns"))
    payment_method = NamesField(label=_("Payment methods"))
    legal_form = several(_("Legal form of the shop"), terms.LEGAL_FORMS)
    order_from, order_below = money(_("Order value from")), money(_("Order value below"))
    charged_when = several(_("Charged when"), terms.CHARGED_WHEN, initial=[terms.DELIVERED])
    given_back = choice(_("Given back"), terms.GIVEN_BACK, initial=terms.IN_PROPORTION)
    vat_rate = RateField(label=_("VAT on top"), required=False, help_text=_("Empty: VAT is inside the rate."))
    rounding_mode = choice(_("Rounding"), terms.ROUNDINGS, initial="half_up")
    rounding_level = choice(_("Rounded"), terms.ROUNDING_LEVELS, initial=terms.LINE)
    starts = forms.DateField(
        label=_("From"), widget=DayInput, help_text=_("Orders created on this day and later, in Vietnam's time.")
    )
    source_name = text(
        _("Source"), required=True, help_text=_("Where it is written: a contract, a page of the channel.")
    )
    source_date = forms.DateField(label=_("Read on"), widget=DayInput)
    source_mark = choice(_("How sure"), terms.MARKS, initial="own")
    check_contract = switch(_("Check with your contract"))
    source_note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    KEPT: ClassVar[tuple[str, ...]] = ("scope", "payee", "fee_kind")

    def __init__(
        self, request: HttpRequest, *args: Any, row: CommissionRule | None = None, is_draft: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self._replaced = row.pk if row is not None and is_draft else None
        self.rule: Rule | None = None
        self.shop: Shop | None = None
        offered = rule_scopes.scopes(request, row)
        self.fields["scope"].choices = [(scope.value, scope.label) for scope in offered]  # type: ignore[attr-defined]
        self.fields["table"].choices = rule_scopes.tables(request)  # type: ignore[attr-defined]
        self._scopes = {scope.value: scope for scope in offered}
        for name in self.KEPT if row else ():
            self.fields[name].disabled = True
        for field in self.fields.values():
            if isinstance(field, AmountField):
                field.in_currency(rule_words.currency_of(row.shop if row else None))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return found
        scope = self._scopes[found["scope"]]
        self.shop = scope.shop
        found |= {"channel": scope.channel, "shop": str(scope.shop.pk) if scope.shop else ""}
        key = self.row.key if self.row else rule_scopes.new_key(scope, found["fee_kind"])
        try:
            rule = read_rule(document_of(found, key))
            if wrong := at_odds_with_stored(rule, self._replaced):
                raise Malformed(wrong)
        except Malformed as refused:
            for problem in refused.problems:
                self._refuse(problem)
        else:
            self.rule = rule
        return found

    def _refuse(self, problem: Problem) -> None:
        name = field_of(problem.path)
        if name == "rate" and self.cleaned_data.get("strategy") == terms.FIXED:
            name = "amount"
        said = str(problem.reason)
        if name == "tiers" and "[" in problem.path:
            said = in_row(int(problem.path.partition("[")[2].partition("]")[0]) + 1, said)
        self.add_error(name, said)
