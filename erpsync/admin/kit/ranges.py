"""Filters of lists by a span of days or of amounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter, RangeNumericFilter

from core.money import BOOK_CURRENCY, NotAnAmount, parse_amount
from erpsync.admin.kit.amounts import AmountInput
from erpsync.admin.kit.days import midnight


class DayRangeFilter(RangeDateFilter):
    """Filter a time by a first and a last day, both whole, in the shops' time zone."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (_day(self.used_parameters.get(f"{self.parameter_name}_{end}")) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": midnight(first)})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": midnight(last + timedelta(days=1))})
        return queryset


class AmountRangeForm(forms.Form):
    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        self.name = name
        super().__init__(*args, **kwargs)
        for end, text in (("from", _("From")), ("to", _("To"))):
            self.fields[f"{name}_{end}"] = forms.CharField(
                label="", required=False, widget=AmountInput({"placeholder": text})
            )


class AmountRangeFilter(RangeNumericFilter):
    """Filter by a least and a most amount, typed as everywhere. What is no amount filters nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, lookup in (("from", "gte"), ("to", "lte")):
            amount = _amount(self.used_parameters.get(f"{self.parameter_name}_{end}"))
            if amount is not None:
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": amount})
        return queryset

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            names = (f"{self.parameter_name}_from", f"{self.parameter_name}_to")
            data = {name: self.used_parameters.get(name) for name in names}
            yield choice | {"form": AmountRangeForm(name=self.parameter_name, data=data)}


def _day(typed: Any) -> date | None:
    """Return the day, typed as the language writes it; None for what is no day."""
    try:
        return forms.DateField(required=False).clean(typed)
    except forms.ValidationError:
        return None


def _amount(typed: Any) -> Decimal | None:
    try:
        return parse_amount(str(typed), BOOK_CURRENCY) if typed else None
    except NotAnAmount:
        return None
