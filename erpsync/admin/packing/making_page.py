"""Page that makes waves: from the orders that wait, or from chosen ones, with what each wave will hold before it is made."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.ids import row_id
from erpsync.admin.kit.views import OperatorView
from integrations.connectors import channels, connector_of
from inventory.models import Warehouse
from orders.models import Order, Wave
from orders.services.waves import planning
from orders.services.waves.making import make_waves
from orders.services.waves.planning import Candidate, Plan

NO_CARRIER = "-"
SIZE = 50
# so many orders are chosen in a list at most
MOST_CHOSEN = 300


def _number(label: Any, most: int, initial: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, initial=initial, help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class MakeWavesForm(forms.Form):
    """Orders that waves are made of, and the size of waves."""

    shops = forms.MultipleChoiceField(
        label=_("Shops"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, help_text=_("None ticked: all.")
    )  # fmt: skip
    carriers = forms.MultipleChoiceField(
        label=_("Couriers"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None ticked: all. Each courier gets waves of its own."),
    )  # fmt: skip
    cut_off = forms.TimeField(
        label=_("Cut-off"), required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "16:30", "autocomplete": "off"}),
        help_text=_("When the courier comes, like 16:30. A time that is over today means tomorrow."),
    )  # fmt: skip
    size = _number(_("Orders in a wave at most"), planning.MOST_OF_WAVE, SIZE)
    pace = _number(_("Parcels packed in an hour"), 2_000, planning.PACE, _("By this, when each wave is to be begun."))
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), label=_("Warehouse"), required=False, empty_label=_("any"), widget=UnfoldAdminSelectWidget
    )  # fmt: skip
    person = forms.ModelChoiceField(
        get_user_model().objects.none(), label=_("Picked by"), required=False, empty_label=_("whoever begins"),
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    not_arranged = forms.BooleanField(
        label=_("also orders whose shipment is not arranged yet"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    ids = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, data: QueryDict) -> None:
        super().__init__(data)
        mine = permissions.shop_ids(request, permissions.OPERATOR)
        self.fields["shops"].choices = [  # type: ignore[attr-defined]
            (str(shop.pk), f"{shop.name} ({words.channel_title(shop.channel)})")
            for shop in permissions.shops(request).filter(pk__in=mine).exclude(channel__in=_without_parcels())
        ]
        self.fields["warehouse"].queryset = permissions.warehouses(request)  # type: ignore[attr-defined]
        self.fields["person"].queryset = people(mine)  # type: ignore[attr-defined]
        self._mine = mine

    def clean_ids(self) -> list[int]:
        found = self.cleaned_data["ids"].split(",")[:MOST_CHOSEN]
        return [pk for value in found if (pk := row_id(value)) is not None]

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The orders that the form names, the most urgent first."""
        data = self.cleaned_data
        shops = [int(pk) for pk in data["shops"]] or self._mine
        if data["ids"]:
            mine = Order.objects.filter(pk__in=data["ids"], shop_id__in=shops).values_list("pk", flat=True)
            return planning.chosen(list(mine))
        warehouse = data["warehouse"]
        return planning.waiting(
            shops, warehouse_id=warehouse.pk if warehouse else None, only_arranged=not data["not_arranged"]
        )

    def moment_of_cut_off(self) -> datetime | None:
        """Return the next time that the clock shows the cut-off."""
        at = self.cleaned_data["cut_off"]
        if at is None:
            return None
        now = timezone.localtime()
        today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)


def _without_parcels() -> list[str]:
    return [channel for channel in channels() if not connector_of(channel).sells]


def people(shop_ids: list[int]) -> QuerySet[Any]:
    """Return the people who pack in these shops: operators and managers."""
    roles = (permissions.OPERATOR, permissions.MANAGER)
    members = {"shop_memberships__shop_id__in": shop_ids, "shop_memberships__role__in": roles}
    return get_user_model().objects.filter(is_active=True, **members).distinct().order_by("username")


class MakeWavesView(OperatorView):
    """The page: a plan by what the form says; posting the same makes it."""

    title = _("Make waves")
    template_name = "admin/packing/make.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = _form(self.request)
        found = form.candidates if form.is_valid() else []
        unable = planning.left_out(found)
        plans = _plans(form, found) if form.is_valid() else []
        orders = Order.objects.filter(pk__in=unable).select_related("shop").defer("raw", "recipient")
        return super().get_context_data(
            **kwargs, form=form, plans=[_shown(plan) for plan in plans], n=sum(len(plan.orders) for plan in plans),
            waves=len(plans), is_cut=len(found) == planning.MOST_OF_PLAN, most=words.units(planning.MOST_OF_PLAN),
            left_out=[{"order": order, "url": page_of(order), "reason": unable[order.pk]} for order in orders],
            back=list_of(Wave), opts=Wave._meta,
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = _form(request)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data())
        person, warehouse = form.cleaned_data["person"], form.cleaned_data["warehouse"]
        made = make_waves(
            _plans(form, form.candidates), actor_id=request.user.pk, person_id=person.pk if person else None,
            warehouse_id=warehouse.pk if warehouse else None,
        )  # fmt: skip
        for wave in made:
            self.model_admin.log_addition(request, wave, _("Made"))
        if not made:
            messages.warning(request, _("No wave was made: none of these orders waits any more."))
            return HttpResponseRedirect(request.get_full_path())
        text = ngettext("%(n)s wave was made.", "%(n)s waves were made.", len(made))
        messages.success(request, text % {"n": words.units(len(made))})
        return HttpResponseRedirect(page_of(made[0]) if len(made) == 1 else list_of(Wave))


def _form(request: HttpRequest) -> MakeWavesForm:
    data = request.GET.copy()
    for name, value in (("size", SIZE), ("pace", planning.PACE)):
        data.setdefault(name, str(value))
    form = MakeWavesForm(request, data)
    # the couriers that may be ticked are those of the orders that wait; each with their number
    carriers = form.fields["carriers"]
    assert isinstance(carriers, forms.MultipleChoiceField)
    carriers.choices = [(value, value) for value in data.getlist("carriers")]
    if form.is_valid():
        able = [order for order in form.candidates if planning.why_not(order) is None]
        counted = Counter(order.carrier for order in able)
        carriers.choices = [
            (carrier or NO_CARRIER, f"{carrier or _('not known yet')} ({words.units(n)})")
            for carrier, n in sorted(counted.items())
        ]
    return form


def _plans(form: MakeWavesForm, orders: list[Candidate]) -> list[Plan]:
    data = form.cleaned_data
    wanted = {"" if value == NO_CARRIER else value for value in data["carriers"]}
    able = [
        order for order in orders if planning.why_not(order) is None and (not wanted or order.carrier in wanted)
    ]  # fmt: skip
    return planning.planned(able, size=data["size"], cut_off=form.moment_of_cut_off(), pace=data["pace"])


def _shown(plan: Plan) -> dict[str, Any]:
    due = min((order.ship_by for order in plan.orders if order.ship_by), default=None)
    is_late = plan.begin_by is not None and plan.begin_by < timezone.now()
    return {
        "carrier": plan.carrier or _("not known yet"), "orders": words.units(len(plan.orders)), "pieces": words.units(plan.pieces),
        "singles": words.units(plan.singles), "due": words.moment(due), "cut_off": words.moment(plan.cut_off),
        "begin_by": words.moment(plan.begin_by), "is_late": is_late,
    }  # fmt: skip
