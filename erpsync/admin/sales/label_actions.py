"""Labels on orders: the actions that print them, the filter by whether they were printed, and their mark on a parcel."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action

from erpsync.admin import worklists
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, page_of
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels, connector_of
from integrations.labels.printing import print_labels
from integrations.models import PrintRun, ShippingLabel
from orders.models import Order, Parcel
from orders.queries import sent_by_platform
from orders.statuses import statuses

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object

LABEL_COLOURS = {"wanted": "info", "ready": "success", "refused": "danger"}


class LabelFilter(DropdownFilter):
    """Filter by what became of an order's labels."""

    title = _("label")
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("unprinted", _("To be printed")),
            ("printed", _("Printed")),
            ("refused", _("Refused")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        labels = ShippingLabel.objects.filter(orders=OuterRef("pk"))
        match self.value():
            case "unprinted":
                return queryset.filter(worklists.to_print())
            case "printed":
                return queryset.filter(worklists.is_printed())
            case "refused":
                return queryset.filter(Exists(labels.filter(state="refused")))
        return queryset


class LabelActions(_Base):
    """Actions of the order's page and list that print labels."""

    def hidden_actions(self, row: Order) -> Collection[str]:
        return {*super().hidden_actions(row), *(() if is_printable(row) else ("print_one",))}

    @admin.action(description=_("Print labels"), permissions=["operate"])
    def print_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        run = self._run(request, self.permitted(request, queryset))
        return HttpResponseRedirect(page_of(run)) if run else None

    @action(
        description=_("Print label"), icon="print", permissions=["operate"],
        dialog={
            "title": _("Print label"), "form_submit_text": _("Print label"),
            "description": _("The label is fetched from the channel and opened as a file. A parcel with several orders has one."),
        },
    )  # fmt: skip
    def print_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        run = self._run(request, [order])
        return self.to_page(run or order)

    def _run(self, request: HttpRequest, orders: list[Order]) -> PrintRun | None:
        """Begin a run; None, with the reason as a message, where there is nothing to print."""
        if not orders:
            return None
        actor: Any = request.user
        try:
            run = print_labels(orders, actor)
        except NotPossible as refused:
            messages.error(request, str(refused))
            return None
        for order in orders:
            self.log_change(request, order, _("Labels wanted for printing"))
        return run


def with_labels(parcels: QuerySet[Parcel]) -> QuerySet[Parcel]:
    """Return parcels with what became of their labels, for `label_of`."""
    labels = ShippingLabel.objects.filter(connection__shop_id=OuterRef("order__shop_id"), parcel=OuterRef("number"))
    return parcels.annotate(
        label_state=Subquery(labels.values("state")[:1]),
        label_reason=Subquery(labels.values("reason")[:1]),
        label_printed_at=Subquery(labels.values("printed_at")[:1]),
    )


def label_of(parcel: Any) -> Any:
    """Return the mark of a parcel's label: printed when, being made, or refused why."""
    if parcel.label_printed_at:
        return words.label(_("printed %(time)s") % {"time": words.moment(parcel.label_printed_at)}, "success")
    if not parcel.label_state:
        return "–"
    mark = words.label(ShippingLabel.State(parcel.label_state).label, LABEL_COLOURS[parcel.label_state])
    return words.lines([mark, words.reason(parcel.label_reason)]) if parcel.label_reason else mark


def is_printable(order: Order) -> bool:
    """Return whether the label of an order may be printed now, at a channel that gives labels, for a parcel that we pack."""
    channel = order.shop.channel
    if order.status not in statuses("may_print") or channel not in channels() or connector_of(channel).labels is None:
        return False
    return not sent_by_platform([order.pk])
