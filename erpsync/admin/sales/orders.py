"""Orders: list and page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.kit.base import Head, menu
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.ranges import AmountRangeFilter, DayRangeFilter
from erpsync.admin.packing.order_actions import WaveActions
from erpsync.admin.sales.history import (
    Step,
    StoryAdmin,
    command_steps,
    logged_steps,
    status_steps,
)
from erpsync.admin.sales.holding import HoldActions
from erpsync.admin.sales.label_actions import LabelActions, LabelFilter
from erpsync.admin.sales.order_columns import OrderColumns
from erpsync.admin.sales.order_commands import ASKED, CommandActions
from erpsync.admin.sales.order_desk import DeskActions, TagFilter
from erpsync.admin.sales.order_fetching import FetchActions
from erpsync.admin.sales.order_filters import AttentionFilter, PlacedFilter, SenderFilter
from erpsync.admin.sales.order_refusals import RefusalActions
from erpsync.admin.sales.order_rows import (
    LISTED_LINES,
    CommandInline,
    LineInline,
    LinesSection,
    MoneyInline,
    ParcelInline,
    ReturnInline,
    lines_fragment,
)
from erpsync.admin.sales.order_search import found_by
from erpsync.admin.sales.order_tabs import tabs
from erpsync.admin.sales.tracking import TrackingActions
from orders.models import Order, OrderLine, OrderNote


@admin.register(Order)
class OrderAdmin(
    OrderColumns, ExportsList, CommandActions, LabelActions, WaveActions, HoldActions, FetchActions, RefusalActions,
    TrackingActions, DeskActions, StoryAdmin
):  # fmt: skip
    export_name = "orders"
    list_display = ("order", "shop_label", "status_label", "total_label", "placed_at", "ship_by_label", "attention")
    list_filter = (
        shop_filter("shop_id"),
        choice_filter("status", _("status")),
        AttentionFilter,
        SenderFilter,
        PlacedFilter,
        LabelFilter,
        TagFilter,
        ("placed_at", DayRangeFilter),
        ("total", AmountRangeFilter),
    )
    list_defer = ("raw", "recipient")
    list_sections = [LinesSection]
    search_fields = ("number",)
    search_help_text = _(
        "Any part of 4 or more characters of an order or tracking number; buyer, telephone, product or SKU; a document at the"
        " POS or the exact total, whole."
    )
    ordering = ("-placed_at", "-id")
    sortable_by = ("placed_at",)
    actions = (
        "fetch_chosen_again",
        "ship_chosen",
        "print_chosen",
        "wave_chosen",
        "tag_chosen",
        "untag_chosen",
        "hold_chosen",
        "release_chosen",
    )
    actions_detail = [
        *ASKED,
        "print_one",
        "add_note",
        menu(
            "set_tags",
            "hold",
            "release",
            "leave_wave",
            "refresh_tracking",
            "fetch_this_again",
            "retry_refused",
            "save_as_case",
        ),
    ]
    inlines = (LineInline, ParcelInline, CommandInline, ReturnInline, MoneyInline)
    empty_text = _("Orders come in by themselves once a shop is connected and has sold something.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "shop"),
                    ("status_label", "channel_word"),
                    "tag_marks",
                    ("total_label", "payment"),
                    "amounts",
                    "arrival",
                    "fees",
                    ("placed_at", "paid_at"),
                    ("ship_by", "shipped_at"),
                    ("buyer_name", "ship_to"),
                    "sold_by",
                    ("carrier", "cancelled_because"),
                    "packing",
                    "note",
                    "problem_list",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        queryset = super().get_queryset(request).select_related("shop")
        if not self.is_list(request):
            return queryset
        # figures of the lines for the columns; the lines themselves come when a row is unfolded
        lines = OrderLine.objects.order_by("id").only("order_id", "quantity", "status", "fulfilled_by")
        return queryset.prefetch_related(
            Prefetch("lines", lines[:LISTED_LINES], to_attr="first_lines"),
            "tags",
            Prefetch("notes", OrderNote.objects.only("order_id")),
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.lines_view)
        return [path("<int:order_id>/lines/", view, name="orders_order_lines"), *super().get_urls()]

    def lines_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Answer with the first lines of an order, for its row in the list."""
        return HttpResponse(lines_fragment(request, self.found(request, order_id)))

    def list_head(self, request: HttpRequest) -> list[Head]:
        return [Head("admin/orders/tabs.html", {"work_tabs": tabs(request)}), *super().list_head(request)]

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
