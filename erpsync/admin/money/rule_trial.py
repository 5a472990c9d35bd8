"""Pages that show what a version comes to before it is activated: on one order line by line, and on the last 30 days."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from commissions.models import CommissionRule
from commissions.rules import words as terms
from commissions.rules.entry import Charges, Entry, Step
from commissions.rules.order_document import as_document
from commissions.rules.rounding import ZERO
from commissions.rules.rule_set import ZONE
from commissions.services import rule_examples, trials
from commissions.services.trials import Comparison, Pair
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.amounts import AmountInput
from erpsync.admin.kit.base import page_of
from erpsync.admin.kit.charts import amount_options
from erpsync.admin.kit.views import AdminView
from erpsync.admin.money import rule_words
from erpsync.admin.money.rule_fields import AmountField
from orders.models import Order

DAYS = 30
MOST_SKUS = 20
GREY, TEAL = "#9ca3af", "#0d9488"


class RuleView(AdminView):
    """Page about a stored version, for people who work in a shop that it is for."""

    title = _("Fee rule")

    @property
    def row(self) -> CommissionRule:
        found: CommissionRule = self.kwargs["rule"]
        return found

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_operate_permission(self.request, self.row.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs, row=self.row, name=self.row.title or self.row.key, sentence=rule_words.sentence_of(self.row),
            back=page_of(self.row), opts=CommissionRule._meta,
        )  # fmt: skip

    def money(self, amount: Decimal) -> str:
        return words.money(amount, rule_words.currency_of(self.row.shop))


class ExampleForm(forms.Form):
    """Form with the amount that a version is to take of an order."""

    amount = AmountField(label=_("This version is to take"), widget=AmountInput)


class TrialView(RuleView):
    """One order, chosen by its number: the fees by the version on trial beside those by the active ones."""

    template_name = "admin/rules/trial.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        number = self.request.GET.get("order", "").strip()
        order = orders_of(self.request, self.row).filter(number=number).first() if number else None
        context = super().get_context_data(
            number=number, order=order, examples=self._examples(), may_keep=self.may_keep,
            example=kwargs.pop("example", None) or ExampleForm(), **kwargs,
        )  # fmt: skip
        if order is None:
            recent = orders_of(self.request, self.row).order_by("-placed_at", "-pk").values_list("number", flat=True)
            return context | {"recent": list(recent[:5])}
        found = trials.on_order(self.row, order.pk)
        skus = {line.key: line.sku or line.key for line in found.state.order.lines}
        sides = [
            {
                "title": title,
                "total": self.money(sum((entry.amount for entry in charges.entries), ZERO)),
                "entries": [self._entry(entry, skus) for entry in charges.entries],
                "unknown": [(skus[one.line], rule_words.fee_of(one.rule.fee_kind), str(one.reason)) for one in charges.unknown],
                "is_monthly": bool(charges.monthly),
            }
            for title, charges in ((_("Now"), found.current), (_("With this version"), found.proposed))
        ]  # fmt: skip
        difference = total(found.proposed) - total(found.current)
        ours = [one.rule for one in found.proposed.entries] + [one.rule for one in found.proposed.unknown]
        applies = any(rule.key == self.row.key for rule in ours)
        return context | {
            "sides": sides,
            "applies": applies or bool(found.proposed.monthly),
            "order_url": page_of(order),
            "difference": signed(difference, self.money),
        }

    @property
    def may_keep(self) -> bool:
        """Return whether the user may add examples to this version, or remove them."""
        is_open = self.row.state in (CommissionRule.State.DRAFT, CommissionRule.State.SHADOW)
        return is_open and permissions.may_change_rules(self.request, self.row.shop_id)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the order on the page as an example, or remove one."""
        if not self.may_keep:
            raise PermissionDenied
        if (place := request.POST.get("forget", "")).isdecimal():
            rule_examples.forget(self.row.pk, int(place))
            return HttpResponseRedirect(request.get_full_path())
        form = ExampleForm(request.POST)
        order = orders_of(request, self.row).filter(number=request.GET.get("order", "")).first()
        if order is None or not form.is_valid():
            return self.render_to_response(self.get_context_data(example=form))
        found = trials.on_order(self.row, order.pk).state.order
        rule_examples.keep(self.row.pk, as_document(found), form.cleaned_data["amount"])
        self.model_admin.log_change(request, self.row, _("Example kept"))
        return HttpResponseRedirect(request.get_full_path())

    def _examples(self) -> list[dict[str, Any]]:
        return [
            {
                "expected": self.money(one.example.amount), "amount": self.money(one.amount), "holds": one.holds,
                "value": self.money(sum((line.price * line.quantity for line in one.example.order.lines), ZERO)),
            }
            for one in trials.examples(self.row)
        ]  # fmt: skip

    def _entry(self, entry: Entry, skus: dict[str, str]) -> dict[str, Any]:
        return {
            "fee": rule_words.fee_of(entry.rule.fee_kind),
            "is_ours": entry.rule.key == self.row.key,
            "rule": entry.rule.title or entry.rule.key,
            "version": entry.rule.version,
            "line": skus[entry.line],
            "amount": self.money(entry.amount),
            "steps": [step_text(step, self.money) for step in entry.working],
        }


class BackTestView(RuleView):
    """The orders of the last 30 days, of the user's shops: totals, by SKU, by day, and those that change most."""

    template_name = "admin/rules/back_test.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = trials.compare(
            self.row, shop_ids_of(self.request, self.row), rule_words.today() - timedelta(days=DAYS),
            rule_words.currency_of(self.row.shop), as_if=True,
        )  # fmt: skip
        return super().get_context_data(**kwargs, days=DAYS, **shown(found, self.money))


class ShadowView(RuleView):
    """The orders since a version was put into the shadow, or since its start: as accrued, and as it would have them."""

    template_name = "admin/rules/shadow.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        since = self.row.starts
        if self.row.shadowed_at is not None:
            since = min(since, timezone.localdate(self.row.shadowed_at, ZONE))
        found = trials.compare(
            self.row, shop_ids_of(self.request, self.row), since, rule_words.currency_of(self.row.shop), as_if=True
        )
        since_text = date_format(since, "SHORT_DATE_FORMAT")
        return super().get_context_data(**kwargs, since=since_text, **shown(found, self.money))


def orders_of(request: HttpRequest, row: CommissionRule) -> Any:
    """Return the orders that a rule is for, of the user's shops."""
    return Order.objects.filter(shop_id__in=shop_ids_of(request, row))


def shop_ids_of(request: HttpRequest, row: CommissionRule) -> list[int]:
    """Return the user's shops that a rule is for."""
    if row.shop_id is not None:
        return [row.shop_id]
    return list(permissions.shops(request).filter(channel=row.channel).values_list("pk", flat=True))


def shown(found: Comparison, money: Any) -> dict[str, Any]:
    """Return a comparison as pages show it."""
    skus = sorted(found.by_sku.items(), key=lambda item: (-abs(item[1][1] - item[1][0]), item[0]))
    return {
        "comparison": found,
        "current": money(found.total[0]),
        "proposed": money(found.total[1]),
        "difference": signed(found.difference, money),
        "others": signed(found.others, money) if found.others else "",
        "skus": [(sku or "–", *pair_text(pair, money)) for sku, pair in skus[:MOST_SKUS]],
        "more_skus": max(len(skus) - MOST_SKUS, 0),
        "most": [
            (reverse("admin:orders_order_change", args=(one.id,)), one.number, *pair_text([one.current, one.proposed], money))
            for one in found.most
        ],
        "chart": _chart(found),
        "chart_options": amount_options(),
    }  # fmt: skip


def pair_text(pair: Pair, money: Any) -> Sequence[str]:
    """Return both sides and their difference."""
    return money(pair[0]), money(pair[1]), signed(pair[1] - pair[0], money)


def signed(difference: Decimal, money: Any) -> str:
    """Return a difference with its sign."""
    return f"+{money(difference)}" if difference > 0 else str(money(difference))


def total(charges: Charges) -> Decimal:
    """Return the sum of all fees."""
    return sum((entry.amount for entry in charges.entries), ZERO)


def step_text(step: Step, money: Any) -> str:
    """Return a step of a working: its name, what it was taken of, and what came out."""
    name = str(terms.STEPS[step.name])
    if step.about:
        name = f"{name} ({terms.FEE_KINDS[step.about]})"
    if step.name in ("rate", "tier", "vat") and step.rate is not None:
        return f"{name}: {money(step.base)} × {rule_words.rate_text(step.rate)} = {words.exact(step.result)}"
    if step.base == step.result:
        return f"{name}: {words.exact(step.result)}"
    return f"{name}: {words.exact(step.base)} → {words.exact(step.result)}"


def _chart(found: Comparison) -> str:
    days = sorted(found.by_day)
    bars = ((_("Now"), GREY, 0), (_("With this version"), TEAL, 1))
    datasets = [
        {
            "label": str(label), "backgroundColor": colour, "data": [int(found.by_day[day][side]) for day in days],
            "borderRadius": 2, "maxBarThickness": 24, "displayYAxis": True,
        }
        for label, colour, side in bars
    ]  # fmt: skip
    return json.dumps({"labels": [date_format(day, "d/m") for day in days], "datasets": datasets})
