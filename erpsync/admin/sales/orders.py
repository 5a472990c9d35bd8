"""Orders: list, page, and the commands about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.kit import channel_words, words
from erpsync.admin.kit.base import list_of, menu, once, page_of
from erpsync.admin.kit.command_dialog import CommandForm, command_form
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.ranges import AmountRangeFilter, DayRangeFilter
from erpsync.admin.kit.save_case import case_file
from erpsync.admin.kit.summary import summarise
from erpsync.admin.sales.amounts import amounts_of, cost_of
from erpsync.admin.sales.arrivals import arrival_of
from erpsync.admin.sales.fees import fees_of
from erpsync.admin.sales.history import (
    Step,
    StoryAdmin,
    command_steps,
    logged_steps,
    status_steps,
)
from erpsync.admin.sales.label_actions import LabelActions, LabelFilter, is_printable
from erpsync.admin.sales.order_refusals import RefusalActions, refused_of
from erpsync.admin.sales.order_rows import (
    LISTED_LINES,
    CommandInline,
    LineInline,
    LinesSection,
    MoneyInline,
    ParcelInline,
    ReturnInline,
)
from erpsync.admin.sales.order_search import found_by
from erpsync.admin.sales.order_tabs import tabs
from erpsync.replay.export import StoredAnswer, may_be_saved
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels
from integrations.documents.commands.request import ask, possible
from integrations.inbox.refetch import refetch_by_shop
from integrations.models import Connection, InboxEvent
from orders.models import Order, OrderLine
from orders.queries import sent_by_platform
from orders.snapshots import PLATFORM, SELLER
from orders.statuses import Status, statuses


class AttentionFilter(DropdownFilter):
    """Filter for orders that need a person's attention."""

    title = _("needs attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("yes", _("Needs attention")), ("refused", _("A command was refused")),
            ("ship_refused", _("Arranging the shipment failed")), ("late", _("Ship-by time has passed")),
            ("cancelling", _("The buyer wishes to cancel")), ("to_ship", _("Shipment is to be arranged")),
            ("to_print", _("Its label is to be printed")),
            ("to_hand_over", _("Is to be handed to the carrier")), ("under_way", _("Under way to the buyer")),
            ("ended", _("Cancelled, returned or not delivered")), ("sold", _("Sales, without cancelled and failed")),
            ("schema", _("Break the order schema")),
        ]  # fmt: skip

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
        return (
            queryset
            if back is None
            else queryset.filter(placed_at__gte=worklists.start_of_day() - timedelta(days=back))
        )


# actions of people on the page of an order, by the kind of command that each gives
ASKED = ("ship", "deliver", "cancel", "accept_cancellation", "reject_cancellation")


def fetch_again(orders: Sequence[Order]) -> int:
    """Ask the channel for these orders again and return how many will be asked for."""
    by_shop = defaultdict(list)
    for order in orders:
        by_shop[order.shop_id].append(order.number)
    return refetch_by_shop("order", by_shop, InboxEvent.Source.PERSON)


def why_not_shipped(order: Order, by_platform: Collection[int]) -> str:
    """Return why the shipment of an order is not arranged together with others; "" where it may be.

    `by_platform`: the orders that the platform sends.
    """
    if order.status == Status.PACKED:
        return str(_("is arranged already"))
    if order.status not in statuses("may_ship"):
        return str(_("is: %(status)s") % {"status": order.get_status_display() or order.channel_status})
    if order.pk in by_platform:
        return str(_("is sent by the platform from its own warehouse"))
    if any(line.product_id is None and line.quantity and line.fulfilled_by == SELLER for line in order.lines.all()):
        return str(_("has an item that is not mapped: its goods would leave no stock. Arrange it on its own page"))
    return ""


def is_sent_by_platform(order: Order) -> bool:
    """Return whether the platform sends all of an order's lines that were read with it."""
    lines = getattr(order, "first_lines", None) or order.lines.all()
    left = [line for line in lines if line.quantity and line.status != Status.CANCELLED]
    return bool(left) and all(line.fulfilled_by == PLATFORM for line in left)


def _connection(order: Order) -> Connection | None:
    known = Connection.objects.select_related("authorisation__app", "shop")
    return known.filter(shop=order.shop_id).first()


@admin.register(Order)
class OrderAdmin(ExportsList, LabelActions, RefusalActions, StoryAdmin):
    export_name = "orders"
    list_display = ("order", "shop_label", "status_label", "total_label", "placed_at", "ship_by_label", "attention")
    list_filter = (
        shop_filter("shop_id"),
        choice_filter("status", _("status")),
        AttentionFilter,
        SenderFilter,
        PlacedFilter,
        LabelFilter,
        ("placed_at", DayRangeFilter),
        ("total", AmountRangeFilter),
    )
    list_defer = ("raw", "recipient")
    list_before_template = "admin/orders/tabs.html"
    list_sections = [LinesSection]
    search_fields = ("number",)
    search_help_text = _(
        "Any part of 4 or more characters of an order or tracking number; buyer, telephone, product or SKU; a document at the"
        " POS or the exact total, whole."
    )
    ordering = ("-placed_at", "-id")
    sortable_by = ("placed_at",)
    actions = ("fetch_chosen_again", "ship_chosen", "print_chosen")
    actions_detail = [*ASKED, "print_one", menu("fetch_this_again", "retry_refused", "save_as_case")]
    inlines = (LineInline, ParcelInline, CommandInline, ReturnInline, MoneyInline)
    empty_text = _("Orders come in by themselves once a shop is connected and has sold something.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "shop"),
                    ("status_label", "channel_word"),
                    ("total_label", "payment"),
                    "amounts",
                    "arrival",
                    "fees",
                    ("placed_at", "paid_at"),
                    ("ship_by", "shipped_at"),
                    ("buyer_name", "ship_to"),
                    "sold_by",
                    ("carrier", "cancelled_because"),
                    "note",
                    "problem_list",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        queryset = super().get_queryset(request).select_related("shop")
        lines = OrderLine.objects.select_related("product").order_by("id")
        if self.is_list(request):
            lines = lines.select_related("listing").defer("listing__raw", "listing__description")
            return queryset.prefetch_related(Prefetch("lines", lines[:LISTED_LINES], to_attr="first_lines"))
        return queryset.prefetch_related(Prefetch("lines", lines))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, (extra_context or {}) | {"work_tabs": tabs(request)})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        term = search_term.strip()
        return (queryset.filter(found_by(request, term)) if term else queryset), False

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """Show what the goods cost only to those who may see costs."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or obj.shop_id not in permissions.shop_ids(request, SEES_COST):
            return shown
        return [*shown, (_("Cost"), {"fields": ("goods_cost",)})]

    def history(self, row: Order) -> list[Step]:
        steps = status_steps(row.status_changes.all())
        for command in row.commands.select_related("actor", "target__shop", "closed_by"):
            steps += command_steps(command)
        return steps + logged_steps(row)

    @display(description=_("order"), header=True)
    def order(self, order: Order) -> list[str]:
        return words.Header([order.number, order.buyer_name])

    @display(description=_("shop"), header=True)
    def shop_label(self, order: Order) -> list[str]:
        return words.Header([order.shop.name, words.channel_title(order.shop.channel)])

    @display(description=_("status"))
    def status_label(self, order: Order) -> SafeString:
        return words.order_status(order)

    @display(description=_("total"))
    def total_label(self, order: Order) -> str:
        return words.money(order.total, order.currency)

    @display(description=_("how the total comes about"))
    def amounts(self, order: Order) -> Any:
        return once(order, "amounts", lambda: amounts_of(order))

    @display(description=_("what arrives, and when"))
    def arrival(self, order: Order) -> Any:
        return once(order, "arrival", lambda: arrival_of(order))

    @display(description=_("fees by the rules"))
    def fees(self, order: Order) -> Any:
        return once(order, "fees", lambda: fees_of(order))

    @display(description=_("sold by"))
    def sold_by(self, order: Order) -> str:
        """Name the staff member and the branch of a sale at the POS; their ids where they have no names."""
        return (
            " · ".join(filter(None, (order.staff_name or order.staff_id, order.branch_name or order.branch_id))) or "–"
        )

    @display(description=_("cost of the goods when they left"))
    def goods_cost(self, order: Order) -> str:
        return words.money(cost_of(order), order.currency)

    @display(description=_("ship by"))
    def ship_by_label(self, order: Order) -> Any:
        if order.ship_by is None or order.status not in statuses("may_ship") or is_sent_by_platform(order):
            return "–"
        left = (order.ship_by - timezone.now()).total_seconds()
        if left < 0:
            mark = words.label(_("%(time)s late") % {"time": words.span(-left)}, "danger")
        else:
            mark = words.label(_("in %(time)s") % {"time": words.span(left)}, "warning" if left < 14_400 else "default")
        return words.lines([words.moment(order.ship_by), mark])

    @display(description=_("attention"))
    def attention(self, order: Order) -> Any:
        return words.label(_("Look here"), "danger") if order.has_problem else ""

    @display(description=_("payment"))
    def payment(self, order: Order) -> Any:
        channel, kinds = order.shop.channel, filter(None, (kind.strip() for kind in order.payment_method.split(",")))
        found = [channel_words.in_words(channel, channel_words.PAYMENTS, kind) for kind in kinds]
        if order.cash_on_delivery and not found:
            found = [str(_("Cash on delivery"))]
        return format_html_join(", ", "{}", ((each,) for each in found)) or "–"

    @display(description=_("channel's status"))
    def channel_word(self, order: Order) -> Any:
        return channel_words.verbatim(order.channel_status)

    @display(description=_("cancel reason"))
    def cancelled_because(self, order: Order) -> Any:
        return channel_words.in_words(order.shop.channel, channel_words.REASONS, order.cancel_reason)

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

    @action(description=_("Save as a case"), icon="download", permissions=["operate"])
    def save_as_case(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        stored = StoredAnswer(order.asked_at, order.raw)
        return case_file(request, _connection(order), "order", order.number, page_of(order), stored=stored)

    # --- commands: asked for here, carried out by a worker, their outcome on this page ---

    def hidden_actions(self, row: Order) -> Collection[str]:
        wanted = possible(row) if row.shop.channel in channels() else frozenset()
        hidden = {kind for kind in ASKED if kind not in wanted}
        if row.status == Status.PACKED and once(
            row, "arranged", lambda: row.commands.filter(kind="ship", state="done").exists()
        ):
            hidden.add("ship")
        if not once(row, "refused", lambda: refused_of(row).exists()):
            hidden.add("retry_refused")
        if not is_printable(row):
            hidden.add("print_one")
        if not once(row, "saved", lambda: may_be_saved(_connection(row), "order")):
            hidden.add("save_as_case")
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
        return self._ask(request, object_id, "ship", form)

    @action(
        description=_("Mark as delivered"), icon="where_to_vote", permissions=["operate"],
        dialog={
            "title": _("Mark as delivered"), "form_submit_text": _("It was delivered"),
            "form_class": command_form(Order, "deliver"),
            "description": _("Only for parcels that your own couriers bring: the channel is told that the buyer has the goods."),
        },
    )  # fmt: skip
    def deliver(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "deliver", form)

    @action(
        description=_("Cancel the order"), icon="cancel", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel the order"), "form_submit_text": _("Yes, cancel it"),
            "form_class": command_form(Order, "cancel"),
            "description": _("The channel is asked to cancel the whole order. This cannot be taken back, and may cost points there."),
        },
    )  # fmt: skip
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "cancel", form)

    @action(
        description=_("Accept the cancellation"), icon="check", permissions=["operate"],
        dialog={
            "title": _("Accept the cancellation"), "form_submit_text": _("Accept"),
            "form_class": command_form(Order, "accept_cancellation"),
            "description": _("The buyer's wish to cancel is granted; the goods are free again."),
        },
    )  # fmt: skip
    def accept_cancellation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "accept_cancellation", form)

    @action(
        description=_("Reject the cancellation"), icon="close", permissions=["operate"],
        dialog={
            "title": _("Reject the cancellation"), "form_submit_text": _("Reject"),
            "form_class": command_form(Order, "reject_cancellation"),
            "description": _("The buyer's wish to cancel is turned down; the order goes on."),
        },
    )  # fmt: skip
    def reject_cancellation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "reject_cancellation", form)

    def _ask(self, request: HttpRequest, object_id: str, name: str, form: CommandForm) -> HttpResponse:
        order = self.found(request, object_id)
        actor: Any = request.user
        try:
            wanted = ask(order, name, options=form.options(), pictures=form.pictures(), actor=actor)
        except NotPossible as refused:
            messages.error(request, str(refused))
        else:
            text = _("%(command)s: on its way. The outcome appears under commands.")
            messages.success(request, text % {"command": wanted.label})
        return self.to_page(order)

    @admin.action(description=_("Arrange shipment"), permissions=["operate"])
    def ship_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        actor: Any = request.user
        left_out: dict[str, list[int]] = defaultdict(list)
        chosen = self.permitted(request, queryset.prefetch_related("lines"))
        by_platform = sent_by_platform([order.pk for order in chosen])
        for order in chosen:
            try:
                if why := why_not_shipped(order, by_platform):
                    left_out[why].append(order.pk)
                else:
                    ask(order, "ship", actor=actor)
            except NotPossible as refused:
                left_out[str(refused)].append(order.pk)
        asked = len(chosen) - sum(map(len, left_out.values()))
        text = ngettext(
            "Shipment of %(n)s order is being arranged.", "Shipment of %(n)s orders is being arranged.", asked
        )
        summarise(request, text, _("No shipment was arranged."), asked, left_out, list_of(Order))

    def _fetch(self, request: HttpRequest, chosen: Sequence[Order]) -> None:
        asked = fetch_again(chosen)
        for order in chosen:
            self.log_change(request, order, _("Asked the channel again"))
        text = ngettext(
            "%(n)s order will be fetched within seconds.", "%(n)s orders will be fetched within seconds.", asked
        )
        messages.success(request, text % {"n": asked})
        if asked < len(chosen):
            messages.warning(request, _("Orders of shops without a connection cannot be fetched."))
