"""Inputs for money and for whole numbers: groups are read and shown, nothing is guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.money import BOOK_CURRENCY, NotAnAmount, parse_amount, parse_whole, smallest_step
from erpsync.admin.kit import words

_REFUSALS = {
    "malformed": _("This is no amount. Type it with or without groups of three digits, like %(example)s."),
    "too_large": _("This is too much: at most 14 digits."),
}


def amount_text(value: Decimal | int) -> str:
    """Format a number for an input: grouped, with decimals only where there are any."""
    return number_format(value, 0 if value == int(value) else 2, force_grouping=True)


class AmountInput(UnfoldAdminTextInputWidget):
    """Text input that groups digits while they are typed; a number input would read "812.000" as 812."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "inputmode": "decimal", **(attrs or {})})
        self.unit = ""

    class Media:
        js = ("erpsync/amounts.js",)

    def format_value(self, value: Any) -> str:
        """Return a stored number grouped, and what a person typed as it was typed."""
        return amount_text(value) if isinstance(value, (Decimal, int)) else str(value or "")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-group"] = get_format("THOUSAND_SEPARATOR") or ","
        context["widget"]["suffix"] = self.unit
        return context


class AskingInput(AmountInput):
    """Amount input that asks before it takes a value: the questions, and a box that confirms this very value."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.questions: list[str] = []
        self.confirms = ""
        self.answer = ""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        if not self.questions:
            return field
        return format_html(
            '{}<div class="bg-orange-100 dark:bg-orange-500/20 flex flex-col gap-2 max-w-2xl p-3 rounded-default text-orange-800'
            ' dark:text-orange-300">{}<label class="flex font-semibold gap-2 items-center"><input type="checkbox" name="{}"'
            ' value="{}"> {}</label></div>',
            field,
            format_html_join("", "<p>{}</p>", ((question,) for question in self.questions)),
            confirmation_of(name),
            self.confirms,
            self.answer,
        )


def confirmation_of(name: str) -> str:
    """Return the name of the box that confirms an amount; its value is the amount it confirms."""
    return f"{name}-confirmed"


class MoneyField(forms.DecimalField):
    """Amount of money of at least the smallest step of its `currency`."""

    widget = AmountInput
    currency = BOOK_CURRENCY

    def in_currency(self, currency: str) -> None:
        """Read and show amounts in this currency."""
        self.currency = currency
        if isinstance(self.widget, AmountInput):
            self.widget.unit = words.currency_sign(currency)
            self.widget.attrs["inputmode"] = "numeric" if smallest_step(currency) == 1 else "decimal"

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # stubs: that of whole numbers
        if value in self.empty_values or isinstance(value, Decimal):
            return None if value in self.empty_values else value
        try:
            return parse_amount(str(value), self.currency)
        except NotAnAmount as refused:
            raise ValidationError(refusal_text(refused, self.currency), refused.code) from refused


class WholeNumberField(forms.IntegerField):
    """Whole number, with groups or without: "1.000" is a thousand."""

    widget = AmountInput

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or isinstance(value, int):
            return None if value in self.empty_values else value
        try:
            return parse_whole(str(value))
        except NotAnAmount as refused:
            raise ValidationError(refusal_text(refused, ""), refused.code) from refused


def refusal_text(refused: NotAnAmount, currency: str) -> str:
    """Say what is wrong with an amount and what to type instead."""
    if refused.code == "too_small":
        least = smallest_step(currency)
        return gettext("At least %(least)s.") % {"least": words.money(least, currency) if currency else 0}
    if refused.code == "decimals":
        meant = gettext(" or ").join(amount_text(number) for number in refused.instead)
        if not currency:
            return gettext("A whole number: type %(meant)s.") % {"meant": meant}
        return gettext("Amounts in %(currency)s have no decimals: type %(meant)s.") % {
            "currency": currency,
            "meant": meant,
        }
    return str(_REFUSALS[refused.code]) % {"example": amount_text(1_234_567)}
