"""Orders: list, page, and the commands about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from erpsync.admin.kit import words
from erpsync.admin.kit.base import once
from erpsync.admin.kit.command_dialog import command_form
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.sales.history import (
    Step,
    StoryAdmin,
    command_steps,
    logged_steps,
    status_steps,
)
from erpsync.admin.sales.order_rows import (
    CommandInline,
    LineInline,
    LinesSection,
    MoneyInline,
    ParcelInline,
    ReturnInline,
)
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels
from integrations.documents.commands.request import ask, possible, retry
from integrations.inbox.refetch import refetch_by_shop
from integrations.models import InboxEvent
from orders.models import Order, OrderLine, Parcel
from orders.statuses import statuses


class AttentionFilter(DropdownFilter):
    """Filter for orders that need a person's attention."""

    title = _("needs attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Needs attention")), ("late", _("Ship-by time has passed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "yes":
            return queryset.filter(has_problem=True)
        if self.value() == "late":
            return queryset.filter(status__in=statuses("may_ship"), ship_by__lt=timezone.now())
        return queryset


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
        return queryset if back is None else queryset.filter(placed_at__gte=start_of_day() - timedelta(days=back))


def start_of_day() -> datetime:
    """Return today's midnight in the shops' time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


# actions of people on the page of an order, by the kind of command that each gives
ASKED = ("ship", "deliver", "cancel", "accept_cancellation", "reject_cancellation")


def fetch_again(orders: Sequence[Order]) -> int:
    """Ask the channel for these orders again and return how many will be asked for."""
    by_shop = defaultdict(list)
    for order in orders:
        by_shop[order.shop_id].append(order.number)
    return refetch_by_shop("order", by_shop, InboxEvent.Source.PERSON)


@admin.register(Order)
class OrderAdmin(StoryAdmin):
    list_display = ("order", "shop_label", "status_label", "total_label", "placed_at", "ship_by_label", "attention")
    list_filter = (shop_filter("shop_id"), choice_filter("status", _("status")), AttentionFilter, PlacedFilter)
    list_defer = ("raw", "recipient", "note")
    list_sections = [LinesSection]
    search_fields = ("number",)
    search_help_text = _("Order number or tracking number, whole.")
    ordering = ("-placed_at", "-id")
    sortable_by = ("placed_at",)
    actions = ("fetch_chosen_again", "ship_chosen")
    actions_detail = ["fetch_this_again", *ASKED, "retry_refused"]
    inlines = (LineInline, ParcelInline, CommandInline, ReturnInline, MoneyInline)
    empty_text = _("Orders come in by themselves once a shop is connected and has sold something.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "shop"),
                    ("status_label", "channel_status"),
                    ("total_label", "payment"),
                    ("placed_at", "paid_at"),
                    ("ship_by", "shipped_at"),
                    ("buyer_name", "ship_to"),
                    ("carrier", "cancel_reason"),
                    "note",
                    "problem_list",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        queryset = super().get_queryset(request).select_related("shop")
        return queryset.prefetch_related(Prefetch("lines", OrderLine.objects.select_related("product")))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Search by whole numbers only: answered from an index however many orders there are."""
        term = search_term.strip()
        if not term:
            return queryset, False
        # fetched first: an OR with a subquery would read every order
        tracked = list(Parcel.objects.filter(tracking_number=term).values_list("order_id", flat=True)[:100])
        return queryset.filter(Q(number=term) | Q(pk__in=tracked)), False

    def history(self, row: Order) -> list[Step]:
        steps = status_steps(row.status_changes.all())
        for command in row.commands.select_related("actor", "target__shop"):
            steps += command_steps(command)
        return steps + logged_steps(row)

    @display(description=_("order"), header=True)
    def order(self, order: Order) -> list[str]:
        return [order.number, order.buyer_name]

    @display(description=_("shop"), header=True)
    def shop_label(self, order: Order) -> list[str]:
        return [order.shop.name, words.channel_title(order.shop.channel)]

    @display(description=_("status"))
    def status_label(self, order: Order) -> SafeString:
        return words.order_status(order)

    @display(description=_("total"))
    def total_label(self, order: Order) -> str:
        return words.money(order.total, order.currency)

    @display(description=_("ship by"))
    def ship_by_label(self, order: Order) -> Any:
        if order.ship_by is None or order.status not in statuses("may_ship"):
            return "–"
        left = (order.ship_by - timezone.now()).total_seconds()
        if left < 0:
            return words.label(_("%(time)s late") % {"time": words.span(-left)}, "danger")
        return words.label(_("in %(time)s") % {"time": words.span(left)}, "warning" if left < 14_400 else "default")

    @display(description=_("attention"))
    def attention(self, order: Order) -> Any:
        return words.label(_("Look here"), "danger") if order.has_problem else ""

    @display(description=_("payment"))
    def payment(self, order: Order) -> str:
        kinds: Iterable[Any] = (order.payment_method, _("cash on delivery") if order.cash_on_delivery else "")
        return ", ".join(str(kind) for kind in kinds if kind) or "–"

    @display(description=_("recipient"))
    def ship_to(self, order: Order) -> Any:
        return words.lines(value for value in order.recipient.values() if value) if order.recipient else "–"

    @display(description=_("problems"))
    def problem_list(self, order: Order) -> Any:
        return words.lines(words.problem_texts(order.problems)) if order.problems else "–"

    @admin.action(description=_("Fetch again from the channel"), permissions=["operate"])
    def fetch_chosen_again(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._fetch(request, self.permitted(request, queryset))

    @action(
        description=_("Fetch again"),
        icon="refresh",
        permissions=["operate"],
        dialog={
            "title": _("Fetch this order again"),
            "description": _("The channel is asked what it says about this order now. May be repeated."),
            "form_submit_text": _("Fetch again"),
        },
    )
    def fetch_this_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        self._fetch(request, [order])
        return self.to_page(order)

    # --- commands: asked for here, carried out by a worker, their outcome on this page ---

    def hidden_actions(self, row: Order) -> Collection[str]:
        wanted = possible(row) if row.shop.channel in channels() else frozenset()
        hidden = {kind for kind in ASKED if kind not in wanted}
        if not once(row, "refused", lambda: row.commands.filter(state="refused").exists()):
            hidden.add("retry_refused")
        return hidden

    @action(
        description=_("Ship"), icon="local_shipping", permissions=["operate"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Arrange the shipment"), "form_submit_text": _("Ship"),
            "form_class": command_form(Order, "ship"),
            "description": _("The channel is asked to arrange the shipment. It is done once, however often you press."),
        },
    )  # fmt: skip
    def ship(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "ship", form.options())

    @action(
        description=_("Mark as delivered"), icon="where_to_vote", permissions=["operate"],
        dialog={
            "title": _("Mark as delivered"), "form_submit_text": _("It was delivered"),
            "form_class": command_form(Order, "deliver"),
            "description": _("Only for parcels that your own couriers bring: the channel is told that the buyer has the goods."),
        },
    )  # fmt: skip
    def deliver(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "deliver", form.options())

    @action(
        description=_("Cancel the order"), icon="cancel", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel the order"), "form_submit_text": _("Yes, cancel it"),
            "form_class": command_form(Order, "cancel"),
            "description": _("The channel is asked to cancel the whole order. This cannot be taken back, and may cost points there."),
        },
    )  # fmt: skip
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "cancel", form.options())

    @action(
        description=_("Accept the cancellation"), icon="check", permissions=["operate"],
        dialog={
            "title": _("Accept the cancellation"), "form_submit_text": _("Accept"),
            "form_class": command_form(Order, "accept_cancellation"),
            "description": _("The buyer's wish to cancel is granted; the goods are free again."),
        },
    )  # fmt: skip
    def accept_cancellation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "accept_cancellation", form.options())

    @action(
        description=_("Reject the cancellation"), icon="close", permissions=["operate"],
        dialog={
            "title": _("Reject the cancellation"), "form_submit_text": _("Reject"),
            "form_class": command_form(Order, "reject_cancellation"),
            "description": _("The buyer's wish to cancel is turned down; the order goes on."),
        },
    )  # fmt: skip
    def reject_cancellation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "reject_cancellation", form.options())

    @action(
        description=_("Retry refused commands"), icon="replay", permissions=["operate"],
        dialog={
            "title": _("Retry refused commands"), "form_submit_text": _("Retry"),
            "description": _("Every refused command of this order is sent once more. Put right first what the reason names."),
        },
    )  # fmt: skip
    def retry_refused(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        again = retry(list(order.commands.filter(state="refused").values_list("pk", flat=True)))
        self.log_change(request, order, str(_("Refused commands wanted again")))
        text = ngettext("%(n)s command is sent again.", "%(n)s commands are sent again.", again)
        messages.success(request, text % {"n": again})
        return self.to_page(order)

    def _ask(self, request: HttpRequest, object_id: str, name: str, options: Mapping[str, Any]) -> HttpResponse:
        order = self.found(request, object_id)
        actor: Any = request.user
        try:
            wanted = ask(order, name, options=options, actor=actor)
        except NotPossible as refused:
            messages.error(request, str(refused))
        else:
            text = _("%(command)s: on its way. The outcome appears under commands.")
            messages.success(request, text % {"command": wanted.label})
        return self.to_page(order)

    @admin.action(description=_("Arrange shipment"), permissions=["operate"])
    def ship_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        actor: Any = request.user
        chosen, reasons = self.permitted(request, queryset), []
        for order in chosen:
            try:
                ask(order, "ship", actor=actor)
            except NotPossible as refused:
                reasons.append(f"{order.number}: {refused}")
        asked = len(chosen) - len(reasons)
        text = ngettext(
            "Shipment of %(n)s order is being arranged.", "Shipment of %(n)s orders is being arranged.", asked
        )
        messages.success(request, text % {"n": asked})
        for reason in reasons[:10]:
            messages.warning(request, reason)

    def _fetch(self, request: HttpRequest, chosen: Sequence[Order]) -> None:
        asked = fetch_again(chosen)
        for order in chosen:
            self.log_change(request, order, str(_("Asked the channel again")))
        text = ngettext(
            "%(n)s order will be fetched within seconds.", "%(n)s orders will be fetched within seconds.", asked
        )
        messages.success(request, text % {"n": asked})
        if asked < len(chosen):
            messages.warning(request, _("Orders of shops without a connection cannot be fetched."))
