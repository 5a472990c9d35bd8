"""Dashboard: the work that waits for people, sales, and health of the connections."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.desk import guide, live, sales, sink_lag, todo
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.settings.backups import restoration_of
from erpsync.connections.health import GREEN, Light, lights, measured, overall
from erpsync.signin.sessions import unattended
from integrations.models import AppRegistration, Connection, InboxEvent
from inventory.models import Listing, StockDrift, StockLevel
from inventory.queries import IS_UNMAPPED
from orders.models import Order, OrderLine

SHOWN = 8


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Build the dashboard's context, as the theme's DASHBOARD_CALLBACK; all of it from the user's shops only."""
    if isinstance(request.user, AnonymousUser):
        return context
    state = live.state()
    shops = permissions.shop_ids(request)
    connections = list(measured(permissions.connections(request).order_by(Coalesce("shop__name", "name"), "pk")))
    found = sorted((_connection(connection, request) for connection in connections), key=_worst_first)
    context |= {
        "title": _("Dashboard"),
        "has_shops": bool(shops),
        "state": state,
        "restoration": restoration_of(request),
        "connections": found,
        "steady": sum(shown["light"].colour == "green" for shown in found),
        "coming": [shown["coming"] for shown in found if shown["coming"]],
        "guides": guide.of_my_shops(request),
        "cards": todo.tiles(request),
        "sink_lag": sink_lag.worst(request),
        "sales": sales.fill(request),
        "oversold": _oversold(request),
        "unmapped": _unmapped(request),
        "latest": _latest(shops),
        "drifts": _drifts(request),
        "urls": {
            "orders": list_of(Order), "listings": list_of(Listing), "inbox": list_of(InboxEvent), "stock": list_of(StockLevel),
            "connections": list_of(Connection), "connect": f"{list_of(Connection)}add/", "register": f"{list_of(AppRegistration)}add/",
        },
    }  # fmt: skip
    return context


@unattended
@require_GET
def fragment(request: HttpRequest) -> HttpResponse:
    """Answer with the parts of the dashboard as they are now; 304 where the page has them already."""
    state = live.state()
    if request.headers.get("If-None-Match") == state:
        return HttpResponseNotModified(headers={"ETag": state})
    return TemplateResponse(request, "admin/dashboard/parts.html", fill(request, {}), headers={"ETag": state})


def _worst_first(shown: dict[str, Any]) -> int:
    return ("red", "amber", "off", "green").index(shown["light"].colour)


def _connection(connection: Any, request: HttpRequest) -> dict[str, Any]:
    found = lights(connection)
    return {
        "name": str(connection),
        "channel": words.channel_title(connection.channel),
        "url": page_of(connection),
        "light": overall(connection, for_operators=bool(request.user.is_superuser)),
        "webhook": " ".join(filter(None, (found["webhook"].text, found["webhook"].exact))),
        "pending": found["pending"].text,
        "coming": _coming(connection, found["lag"]),
    }


def _oversold(request: HttpRequest) -> list[dict[str, Any]]:
    levels = worklists.oversold(request).select_related("product", "warehouse")
    return [
        {
            "url": page_of(level),
            "product": level.product,
            "warehouse": level.warehouse,
            "left": words.units(level.available),
        }
        for level in levels.order_by("available", "pk")[:SHOWN]
    ]


def _coming(connection: Any, lag: Light) -> dict[str, str] | None:
    """Return the channel whose orders are still coming, and since when; None where all that it announced is here."""
    since = connection.oldest or connection.last_sweep_at
    if not connection.is_active or connection.shop is None or lag.colour == GREEN or since is None:
        return None
    return {"name": str(connection), "since": words.moment(since)}


def _unmapped(request: HttpRequest) -> list[dict[str, Any]]:
    """Unmapped listings that orders wait for: each costs sales, or sells stock that is not there.

    Those with the most lines are found in an index, and only theirs are looked at: a shop that maps nothing has all its sales there.
    """
    mine = Listing.objects.filter(IS_UNMAPPED, shop_id__in=permissions.shop_ids(request))
    lines = OrderLine.objects.filter(product__isnull=True, listing__in=mine).order_by().values("listing_id")
    first = lines.annotate(n=Count("*")).order_by("-n", "listing_id").values_list("listing_id", flat=True)
    rows = (
        worklists.waiting_lines()
        .filter(listing__in=list(first[: 4 * SHOWN]))
        .values("listing_id", title_shown=F("listing__title"), shop_name=F("order__shop__name"))
        .annotate(orders=Count("order_id", distinct=True), pieces=Sum("quantity"))
        .order_by("-orders", "listing_id")[:SHOWN]
    )
    return [
        {"url": f"{list_of(Listing)}{row['listing_id']}/change/", "title": row["title_shown"], "shop": row["shop_name"],
         "orders": words.units(row["orders"]), "pieces": words.units(row["pieces"])}
        for row in rows
    ]  # fmt: skip


def _drifts(request: HttpRequest) -> list[dict[str, Any]]:
    """Shops with listings that show another number than they should, and how many."""
    rows = (
        worklists.drifts(request)
        .values("shop_id", "shop__name", "shop__channel")
        .annotate(n=Count("pk"), waiting=Count("pk", filter=Q(decision=StockDrift.Decision.WAITING)))
        .order_by("-n", "shop__name")
    )
    return [
        {
            "url": f"{list_of(StockDrift)}?in_shop={row['shop_id']}&open=yes", "shop": row["shop__name"],
            "channel": words.channel_title(row["shop__channel"]), "n": words.units(row["n"]), "waiting": row["waiting"],
        }
        for row in rows
    ]  # fmt: skip


def _latest(shops: list[int]) -> list[dict[str, Any]]:
    orders = Order.objects.filter(shop_id__in=shops).select_related("shop").defer("raw", "recipient", "note")
    return [
        {
            "url": page_of(order), "number": order.number, "shop": order.shop.name, "channel": words.channel_title(order.shop.channel),
            "status": words.order_status(order),
            "total": words.money(order.total, order.currency), "placed": words.moment(order.placed_at),
            "ago": words.how_long_ago(order.placed_at),
        }
        for order in orders.order_by("-placed_at", "-id")[:SHOWN]
    ]  # fmt: skip
