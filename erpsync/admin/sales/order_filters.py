"""Filters of the order list: what is to be done, the sender, the day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from erpsync.admin import worklists
from erpsync.admin.kit.days import start_of_today
from orders.models import Order, OrderLine


class AttentionFilter(DropdownFilter):
    """Filter for orders that need a person's attention."""

    title = _("needs attention")
    parameter_name = "attention"
    words: ClassVar[dict[str, Any]] = {
        "yes": _("Needs attention"), "refused": _("A command was refused"),
        "ship_refused": _("Arranging the shipment failed"), "late": _("Ship-by time has passed"),
        "held": _("Held back"),
        "cancelling": _("The buyer wishes to cancel"), "to_ship": _("Shipment is to be arranged"),
        "to_print": _("Its label is to be printed"),
        "to_hand_over": _("Is to be handed to the carrier"), "under_way": _("Under way to the buyer"),
        "ended": _("Cancelled, returned or not delivered"), "sold": _("Sales, without cancelled and failed"),
        "schema": _("Break the order schema"),
    }  # fmt: skip

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        wanted = worklists.ORDERS.get(self.value() or "")
        return queryset.filter(wanted()) if wanted else queryset


class SenderFilter(DropdownFilter):
    """Filter by who sends the goods of at least one line."""

    title = _("sent by")
    parameter_name = "sent_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(OrderLine.Fulfiller.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() not in OrderLine.Fulfiller:
            return queryset
        lines = OrderLine.objects.filter(order=OuterRef("pk"), fulfilled_by=self.value())
        return queryset.filter(Exists(lines))


class PlacedFilter(DropdownFilter):
    """Filter by the day the order was placed."""

    title = _("placed")
    parameter_name = "when"
    days = {"today": 0, "two": 1, "week": 6, "month": 29}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        texts = (_("Today"), _("Since yesterday"), _("Last 7 days"), _("Last 30 days"))
        return list(zip(self.days, texts, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        back = self.days.get(self.value() or "")
        return queryset if back is None else queryset.filter(placed_at__gte=start_of_today() - timedelta(days=back))
