"""Two versions side by side: both sentences, and each field in which they differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from commissions.models import CommissionRule
from commissions.services.rule_book import as_rule
from erpsync.admin.money import rule_words
from erpsync.admin.money.rule_form import RuleForm
from erpsync.admin.money.rule_trial import RuleView
from erpsync.admin.money.rule_values import values_of


class CompareView(RuleView):
    """A version beside another one of the same rule: the one asked for, else the one before it."""

    template_name = "admin/rules/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = list(
            self.model_admin.get_queryset(self.request)
            .filter(key=self.row.key)
            .exclude(pk=self.row.pk)
            .order_by("-version")
        )
        other = self._other(versions)
        context: dict[str, Any] = {"versions": versions, "other": other}
        if other is not None:
            context |= {
                "other_sentence": rule_words.sentence_of(other),
                "differences": list(differences(other, self.row)),
            }
        return super().get_context_data(**kwargs, **context)

    def _other(self, versions: list[CommissionRule]) -> CommissionRule | None:
        asked = self.request.GET.get("with", "")
        if not asked:
            before = [one for one in versions if one.version < self.row.version]
            return next(iter(before or versions), None)
        found = next((one for one in versions if str(one.pk) == asked), None)
        if found is None:
            raise Http404
        return found


def differences(before: CommissionRule, after: CommissionRule) -> Iterator[tuple[Any, str, str]]:
    """Yield (label, before, after) of each field in which two versions differ."""
    old, new = values_of(as_rule(before)), values_of(as_rule(after))
    for name, field in RuleForm.base_fields.items():
        values = [shown(field, values.get(name)) for values in (old, new)]
        if name != "scope" and values[0] != values[1]:
            yield field.label, values[0], values[1]


def shown(field: forms.Field, value: Any) -> str:
    """Return a field's value as people read it."""
    if value in (None, "", [], False):
        return "–"
    if value is True:
        return _("yes")
    if isinstance(value, date):
        return str(date_format(value, "SHORT_DATE_FORMAT"))
    if isinstance(value, Decimal):
        return number_format(value, force_grouping=True)
    if isinstance(value, list):
        return ", ".join(_part(field, one) for one in value)
    return _part(field, value)


def _part(field: forms.Field, value: Any) -> str:
    if isinstance(value, tuple):
        start, rate = value
        return f"{number_format(start, force_grouping=True)}: {rule_words.rate_text(rate)}"
    choices: Any = getattr(field, "choices", ())
    return str(dict(choices).get(value, value))
