"""Form of the commissions report: grouping, filters, and the day as known on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from commissions.queries.known import NotOver, known_until
from commissions.queries.report import Question
from commissions.rules import words as terms
from commissions.rules.rule_set import moment
from erpsync import permissions
from erpsync.admin.kit.words import channel_title
from erpsync.admin.money.rule_form import DayInput

DIMENSION_TITLES = {
    "month": _("month"), "channel": _("channel"), "shop": _("shop"), "payee": _("paid to"), "fee_kind": _("fee"), "sku": _("SKU"),
}  # fmt: skip
FIRST = ("month", "channel", "payee")
ALL = [("", _("All"))]


class ReportForm(forms.Form):
    """Every field may be left empty. Offers only shops and channels that the user may see."""

    by = forms.MultipleChoiceField(
        label=_("Sums by"),
        choices=list(DIMENSION_TITLES.items()),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    shop = forms.ChoiceField(label=_("Shop"), required=False, widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(label=_("Channel"), required=False, widget=UnfoldAdminSelectWidget)
    payee = forms.ChoiceField(
        label=_("Paid to"), choices=[*ALL, *terms.PAYEES.items()], required=False, widget=UnfoldAdminSelectWidget
    )
    fee_kind = forms.ChoiceField(
        label=_("Fee"), choices=[*ALL, *terms.FEE_KINDS.items()], required=False, widget=UnfoldAdminSelectWidget
    )
    since = forms.DateField(label=_("Orders created from"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Orders created up to"), required=False, widget=DayInput)
    known_on = forms.DateField(
        label=_("As known on"), required=False, widget=DayInput,
        help_text=_("The sums as the books had them at the end of that day: they stay the same for ever. Empty: now."),
    )  # fmt: skip

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET if request.GET else {"by": FIRST})
        shops = list(permissions.shops(request).order_by("name", "pk"))
        self.shop_ids = [shop.pk for shop in shops]
        channels = sorted({shop.channel for shop in shops})
        choices: dict[str, list[Any]] = {
            "shop": [(str(shop.pk), f"{shop.name} ({channel_title(shop.channel)})") for shop in shops],
            "channel": [(channel, channel_title(channel)) for channel in channels],
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = [*ALL, *found]

    def clean_known_on(self) -> Any:
        day: date | None = self.cleaned_data["known_on"]
        try:
            self.known_until = known_until(day) if day else None
        except NotOver as error:
            text = _("That day is not over: its sums may still change. Leave it empty for those of now.")
            raise forms.ValidationError(text) from error
        return day

    def question(self) -> Question:
        """Return the question of a form that is valid."""
        data = self.cleaned_data
        until = data["until"]
        return Question(
            [int(data["shop"])] if data["shop"] else self.shop_ids,
            [name for name in DIMENSION_TITLES if name in data["by"]],
            channel=data["channel"], payee=data["payee"], fee_kind=data["fee_kind"],
            since=moment(data["since"]) if data["since"] else None,
            before=moment(until + timedelta(days=1)) if until else None,
            known_until=self.known_until,
        )  # fmt: skip
