"""Dashboard: health of the connections, today's sales, and the work that waits for people."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce, ExtractHour
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from erpsync.admin.channels.health import lights, measured, overall
from erpsync.admin.kit import permissions, words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.sales.orders import start_of_day
from integrations.models import AppRegistration, Connection, InboxEvent
from inventory.models import Listing, StockLevel
from orders.models import Order, OrderLine
from orders.schema import BREAKS
from orders.statuses import statuses

# one colour per channel, in the order of their sales today
PALETTE = ("#f97316", "#2563eb", "#0d9488", "#9333ea", "#dc2626", "#ca8a04", "#64748b", "#db2777")
ENDED = ("cancelled", "failed")
SHOWN = 8
# of the orders of a week, how many per mille may break the published schema
SCHEMA_DAYS, SCHEMA_GOAL = 7, 1.0


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Build the dashboard's context, as the theme's DASHBOARD_CALLBACK; all of it from the user's shops only."""
    if isinstance(request.user, AnonymousUser):
        return context
    shops = permissions.shop_ids(request)
    connections = list(measured(permissions.connections(request).order_by(Coalesce("shop__name", "name"), "pk")))
    context |= {
        "title": _("Dashboard"),
        "has_shops": bool(shops),
        "connections": [_connection(connection) for connection in connections],
        "cards": _cards(shops, connections),
        "chart": _chart(shops),
        "oversold": _oversold(request),
        "unmapped": _unmapped(shops),
        "latest": _latest(shops),
        "urls": {
            "orders": list_of(Order), "listings": list_of(Listing), "inbox": list_of(InboxEvent), "stock": list_of(StockLevel),
            "connections": list_of(Connection), "connect": f"{list_of(Connection)}add/", "register": f"{list_of(AppRegistration)}add/",
        },
    }  # fmt: skip
    return context


def _connection(connection: Any) -> dict[str, Any]:
    return {
        "name": str(connection),
        "channel": words.channel_title(connection.channel),
        "url": page_of(connection),
        "light": overall(connection),
        "lights": lights(connection),
    }


def _cards(shops: list[int], connections: list[Any]) -> list[dict[str, Any]]:
    today = Order.objects.filter(shop_id__in=shops, placed_at__gte=start_of_day())
    sold = today.exclude(status__in=ENDED).aggregate(n=Count("pk"), total=Sum("total"))
    to_ship = Order.objects.filter(shop_id__in=shops, status__in=statuses("may_ship"))
    late = to_ship.filter(ship_by__lt=timezone.now()).count()
    pending, dead = sum(c.pending for c in connections), sum(c.dead for c in connections)
    orders, inbox = list_of(Order), list_of(InboxEvent)
    return [
        _card(_("Orders today"), sold["n"], words.money(sold["total"] or Decimal(0), "VND"), f"{orders}?when=today"),
        _card(
            _("To ship"),
            to_ship.count(),
            _("%(n)s past their ship-by time") % {"n": words.units(late)} if late else _("none is late"),
            f"{orders}?in_status=to_ship&in_status=packed",
            alarm=bool(late),
        ),
        _card(_("Waiting events"), pending, _("news being worked on"), f"{inbox}?in_state=pending"),
        _card(
            _("Dead letters"),
            dead,
            _("need a person") if dead else _("nothing to do"),
            f"{inbox}?in_state=dead",
            alarm=bool(dead),
        ),
        _schema_card(shops),
    ]


def _schema_card(shops: list[int]) -> dict[str, Any]:
    """Share of the week's orders that break the published schema."""
    recent = Order.objects.filter(shop_id__in=shops, placed_at__gte=timezone.now() - timedelta(days=SCHEMA_DAYS))
    total = recent.count()
    broken = recent.filter(has_problem=True, problems__contains=[BREAKS]).count()
    share = 100 * broken / total if total else 0.0
    return _card(
        _("Break the order schema"), broken,
        _("%(share)s %% of the last 7 days; the goal is below 0.1 %%") % {"share": number_format(share, 2)},
        f"{list_of(Order)}?attention=yes", alarm=10 * share >= SCHEMA_GOAL,
    )  # fmt: skip


def _card(title: str, number: int, detail: str, url: str, *, alarm: bool = False) -> dict[str, Any]:
    return {"title": title, "value": words.units(number), "detail": detail, "url": url, "alarm": alarm}


def _chart(shops: list[int]) -> dict[str, Any]:
    """Orders per hour of today and channel, stacked, for the theme's bar chart; at least the last twelve hours."""
    zone = timezone.get_current_timezone()
    rows = (
        Order.objects.filter(shop_id__in=shops, placed_at__gte=start_of_day())
        .values("shop__channel", hour=ExtractHour("placed_at", tzinfo=zone))
        .annotate(n=Count("pk"))
    )
    by_channel: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        by_channel[row["shop__channel"]][row["hour"]] = row["n"]
    totals = {channel: sum(found.values()) for channel, found in by_channel.items()}
    channels = dict(zip(sorted(totals, key=lambda channel: (-totals[channel], channel)), cycle(PALETTE), strict=False))
    last = timezone.localtime().hour
    hours = range(min((last, max(0, last - 11), *(min(found) for found in by_channel.values()))), last + 1)
    datasets = [
        {
            "label": words.channel_title(channel),
            "data": [by_channel[channel].get(hour, 0) for hour in hours],
            "backgroundColor": colour,
            "stack": "orders",
            "borderRadius": 2,
            "maxBarThickness": 36,
            "displayYAxis": True,
        }
        for channel, colour in channels.items()
    ]
    return {
        "is_empty": not channels,
        "legend": [
            {"title": words.channel_title(channel), "colour": colour, "n": words.units(totals[channel])}
            for channel, colour in channels.items()
        ],
        "data": json.dumps({"labels": [f"{hour:02d}:00" for hour in hours], "datasets": datasets}),
    }


def _oversold(request: HttpRequest) -> list[dict[str, Any]]:
    levels = StockLevel.objects.filter(available__lt=0).select_related("product", "warehouse")
    if not request.user.is_superuser:
        levels = levels.filter(warehouse_id__in=permissions.warehouses(request).values("pk"))
    return [
        {
            "url": page_of(level),
            "product": level.product,
            "warehouse": level.warehouse,
            "left": words.units(level.available),
        }
        for level in levels.order_by("available", "pk")[:SHOWN]
    ]


def _unmapped(shops: list[int]) -> list[dict[str, Any]]:
    """Unmapped listings that orders wait for: each costs sales, or sells stock that is not there."""
    rows = (
        OrderLine.objects.filter(product__isnull=True, order__shop_id__in=shops, listing__product__isnull=True)
        .exclude(order__status__in=ENDED)
        .filter(listing__isnull=False)
        .values("listing_id", title_shown=F("listing__title"), shop_name=F("order__shop__name"))
        .annotate(orders=Count("order_id", distinct=True), pieces=Sum("quantity"))
        .order_by("-orders", "listing_id")[:SHOWN]
    )
    return [
        {"url": f"{list_of(Listing)}{row['listing_id']}/change/", "title": row["title_shown"], "shop": row["shop_name"],
         "orders": words.units(row["orders"]), "pieces": words.units(row["pieces"])}
        for row in rows
    ]  # fmt: skip


def _latest(shops: list[int]) -> list[dict[str, Any]]:
    orders = Order.objects.filter(shop_id__in=shops).select_related("shop").defer("raw", "recipient", "note")
    return [
        {
            "url": page_of(order), "number": order.number, "shop": order.shop.name, "channel": words.channel_title(order.shop.channel),
            "status": words.order_status(order),
            "total": words.money(order.total, order.currency), "placed": words.ago(order.placed_at),
        }
        for order in orders.order_by("-placed_at", "-id")[:SHOWN]
    ]  # fmt: skip
