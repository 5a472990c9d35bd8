"""Settlements by shop and week: sums, and the fees as a share of the sales."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from commissions.models import StatementLine
from commissions.services.settlement_sums import Week, weeks
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.views import AdminView
from erpsync.admin.money import rule_words
from erpsync.admin.money.rule_form import DayInput

SHOWN = timedelta(weeks=12)
MOST = timedelta(days=800)


class SpanForm(forms.Form):
    """Days and shop that are shown."""

    first = forms.DateField(label=_("From"), widget=DayInput)
    last = forms.DateField(label=_("Until"), widget=DayInput)
    shop = forms.TypedChoiceField(
        label=_("Shop"), required=False, coerce=int, empty_value=None, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, shops: list[tuple[int, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["shop"]
        field.choices = [("", _("all shops")), *shops]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        first, last = found.get("first"), found.get("last")
        if first and last and not timedelta(0) <= last - first <= MOST:
            raise forms.ValidationError(_("Choose a first day before the last one, and two years at most."))
        return found


class SettlementWeeksView(AdminView):
    """Weeks of the user's shops."""

    title = _("Settlements by week")
    template_name = "admin/statements/weeks.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shops = list(permissions.shops(self.request).order_by("name").values_list("pk", "name"))
        today = rule_words.today()
        begun = {"first": today - SHOWN, "last": today, "shop": ""}
        asked = {name: self.request.GET.get(name, value) for name, value in begun.items()}
        form = SpanForm(shops, asked)
        rows: list[Week] = []
        if form.is_valid():
            chosen = form.cleaned_data
            ids = [chosen["shop"]] if chosen["shop"] else [pk for pk, _name in shops]
            rows = weeks(ids, first=chosen["first"], last=chosen["last"])
        return super().get_context_data(
            **kwargs,
            form=form,
            rows=[shown(row) for row in rows],
            back=list_of(StatementLine),
            opts=StatementLine._meta,
        )


def shown(row: Week) -> dict[str, Any]:
    """Return a week as people read it."""
    amounts = {
        name: words.money(getattr(row, name), row.currency)
        for name in ("sales", "fees", "taxes", "others", "settled", "paid")
    }
    share = row.fee_share
    return amounts | {
        "week": f"{_day(row.week)} – {_day(row.week + timedelta(days=6))}", "shop": row.shop, "orders": words.units(row.orders),
        "channel": words.channel_title(row.channel), "share": "–" if share is None else f"{number_format(share, 2)} %",
    }  # fmt: skip


def _day(day: date) -> str:
    return str(date_format(day, "SHORT_DATE_FORMAT"))
