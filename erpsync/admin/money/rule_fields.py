"""Fields of the rule form: amounts that may be zero, rates, tiers as rows, and names one per line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from commissions.rules import problems as p
from core.money import BOOK_CURRENCY, NotAnAmount, parse_amount
from erpsync.admin.kit.amounts import AmountInput, MoneyField, refusal_text

Tiers = list[tuple[str, str]]


class AmountField(MoneyField):
    """Amount of money of zero or more."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # stubs: that of whole numbers
        try:
            return super().to_python(value)
        except ValidationError as refused:
            if refused.code != "too_small":
                raise
            if not str(value).strip(" 0.,"):
                return Decimal(0)
            raise ValidationError(str(p.NEGATIVE(value=value)), "negative") from refused


class RateField(forms.CharField):
    """Rate in percent as people type it, "4,5" or "4.5 %"; cleaned to the text of the published format."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": RateInput(), **kwargs})

    def clean(self, value: Any) -> str:
        return rate_of(super().clean(value))


class RateInput(UnfoldAdminTextInputWidget):
    """Text input for a rate; a stored one is shown as the language writes it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "inputmode": "decimal", **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["suffix"] = "%"
        return context

    def format_value(self, value: Any) -> str:
        return rate_shown(value) if isinstance(value, Decimal) else str(value or "")


def rate_of(typed: str) -> str:
    """Return a typed rate as the format writes it; what is no number stays as it is, to be refused with words."""
    return typed.strip().removesuffix("%").strip().replace(",", ".")


def rate_shown(rate: Decimal) -> str:
    """Return a rate as the language writes it, without its sign."""
    return number_format(rate)


class NamesField(forms.CharField):
    """Names, one per line."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})
        super().__init__(**{"required": False, "widget": widget, "help_text": _("One per line. Empty: any."), **kwargs})

    def clean(self, value: Any) -> list[str]:
        lines = (line.strip() for line in super().clean(value).splitlines())
        return list(dict.fromkeys(line for line in lines if line))


class TiersInput(forms.Widget):
    """Rows of (from, rate): each tier ends where the next begins, and the last is open."""

    template_name = "admin/rules/tiers.html"
    LEAST_ROWS = 2

    class Media:
        js = ("erpsync/rules.js",)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Tiers:
        starts, rates = data.getlist(f"{name}_from"), data.getlist(f"{name}_rate")
        return [(start, rate) for start, rate in zip(starts, rates, strict=False) if start.strip() or rate.strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_from" not in data

    def format_value(self, value: Any) -> Any:
        return value or []

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [*(value or ()), *[("", "")] * (self.LEAST_ROWS - len(value or ()))]
        context["widget"]["rows"] = [self._row(name, number, *row) for number, row in enumerate(rows, start=1)]
        context["widget"]["empty"] = self._row(name, 0, "", "")
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the rows, by a template of the project: forms look for theirs in packages only."""
        return SafeString(render_to_string(self.template_name, self.get_context(name, value, attrs)))

    def _row(self, name: str, number: int, start: str | Decimal, rate: str | Decimal) -> tuple[str, str]:
        amount, percent = AmountInput(), RateInput()
        for widget, label in ((amount, _("From")), (percent, _("Rate"))):
            widget.attrs["aria-label"] = f"{label} {number or ''}".strip()
        return amount.render(f"{name}_from", start), percent.render(f"{name}_rate", rate)


class TiersField(forms.Field):
    """Tiers as the published format has them."""

    widget = TiersInput

    def clean(self, value: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
        starts = [self._start(number, start) for number, (start, _rate) in enumerate(value, start=1)]
        ends = [*starts[1:], None][: len(starts)]
        return [
            {"at_least": start, "rate": rate_of(rate)} | ({} if end is None else {"below": end})
            for start, end, (_start, rate) in zip(starts, ends, value, strict=True)
        ]

    def _start(self, number: int, typed: str) -> str:
        if not typed.strip(" 0.,"):
            return "0"
        try:
            return str(parse_amount(typed, BOOK_CURRENCY))
        except NotAnAmount as refused:
            raise ValidationError(in_row(number, refusal_text(refused, BOOK_CURRENCY))) from refused


def in_row(number: int, text: object) -> str:
    """Return what is wrong with a row of tiers."""
    return gettext("Row %(n)s: %(why)s") % {"n": number, "why": text}
