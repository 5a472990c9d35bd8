"""To-do row of the dashboard: what waits for a person, in the order of work. Each tile opens exactly the rows that it counts."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions.models import FeeMatch
from core import db
from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.goods.master import GONE, ListingMasterFilter, gone_listings
from erpsync.admin.goods.same_products_page import MOST, proposed
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of
from integrations.models import Command, Connection, InboxEvent
from inventory.models import Listing, ProductPair, StockDrift, StockLevel
from orders.models import Order, Return, StatusChange, Wave


def tiles(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tiles of this user: those with work first, each group in the order of work."""
    orders, listings, inbox = list_of(Order), list_of(Listing), list_of(InboxEvent)
    n = db.counts({name: rows.order_by()[: worklists.MOST] for name, rows in _rows(request).items()})
    late = _("%(n)s past their ship-by time") % {"n": words.up_to(worklists.MOST, n["late"])} if n["late"] else ""
    behind = (
        _("%(n)s past their begin-by time") % {"n": words.up_to(worklists.MOST, n["waves_late"])}
        if n["waves_late"]
        else ""
    )
    found = [
        _tile(_("To ship"), n["to_ship"], f"{orders}?attention=to_ship", late, alarm=bool(n["late"])),
        _tile(_("Waves to pick"), n["waves"], f"{list_of(Wave)}?in_state=open", behind, alarm=bool(n["waves_late"])),
        _tile(_("Labels to print"), n["to_print"], f"{orders}?attention=to_print", alarm=False),
        _tile(_("Arranging failed"), n["ship_refused"], f"{orders}?attention=ship_refused"),
        _tile(_("Wishes to cancel"), n["cancelling"], f"{orders}?attention=cancelling", _oldest_wish(request, n["cancelling"])),
        _tile(_("Returns to answer"), n["returns"], f"{list_of(Return)}?in_status=requested", _first_answer(request, n["returns"])),
        _tile(_("Orders with a problem"), n["yes"], f"{orders}?attention=yes"),
        _tile(_("Refused commands"), n["refused"], f"{list_of(Command)}?attention=yes"),
        _tile(_("Unmapped, with orders"), n["unmapped"], f"{listings}?mapped=costs&where=all"),
        _tile(_("Oversold"), n["oversold"], f"{list_of(StockLevel)}?left=oversold"),
        _tile(_("Wrong numbers at channels"), n["drifts"], f"{list_of(StockDrift)}?open=yes"),
        _tile(_("Fees to check"), n["fees"], f"{list_of(FeeMatch)}?open=yes"),
        _tile(_("Dead letters"), n["dead"], f"{inbox}?attention=yes"),
        _tile(_("Consents ending"), n["consents"], f"{list_of(Connection)}?consent=ending"),
        _tile(_("Waiting events"), n["pending"], f"{inbox}?in_state=pending", _("news being worked on"), alarm=False),
    ]  # fmt: skip
    if n["gone"]:
        url = f"{listings}?{ListingMasterFilter.parameter_name}={GONE}"
        found.append(_tile(_("Deleted at the POS"), n["gone"], url))
    if same := len(proposed(request, MOST)):
        # no badge: it would be sought on every page
        found.append(_tile(_("May be the same"), same, f"{list_of(ProductPair)}proposals/"))
    return found


def _rows(request: HttpRequest) -> dict[str, QuerySet[Any]]:
    """Return the rows that each tile counts."""
    about_orders = ("to_ship", "late", "to_print", "ship_refused", "cancelling", "yes")
    waves = worklists.waves_to_pick(request)
    return {name: worklists.orders(request, name) for name in about_orders} | {
        "waves": waves,
        "waves_late": waves.filter(begin_by__lt=timezone.now()),
        "returns": worklists.returns_to_answer(request),
        "refused": worklists.refused_commands(request),
        "unmapped": worklists.unmapped(request),
        "oversold": worklists.oversold(request),
        "drifts": worklists.drifts(request),
        "fees": worklists.fee_findings(request),
        "dead": worklists.dead_letters(request),
        "consents": worklists.consents_ending(request),
        "pending": worklists.waiting_events(request),
        "gone": gone_listings(permissions.shop_ids(request)),
    }


def _tile(title: str, number: int, url: str, detail: str = "", *, alarm: bool = True) -> dict[str, Any]:
    text = (detail or _("need a person")) if number else _("nothing to do")
    return {
        "title": title,
        "value": words.up_to(worklists.MOST, number),
        "detail": text,
        "url": url,
        "alarm": alarm and bool(number),
        "idle": not number,
    }


def _first_answer(request: HttpRequest, number: int) -> str:
    """Return how long the channel still waits for the first answer before it decides by itself; "" where none is known."""
    if not number:
        return ""
    first = worklists.returns_to_answer(request).aggregate(first=Min("answer_by"))["first"]
    if first is None:
        return ""
    left = (first - timezone.now()).total_seconds()
    if left < 0:
        return _("the channel may have decided since %(time)s") % {"time": words.moment(first)}
    return _("the channel decides the first in %(time)s") % {"time": words.span(left)}


def _oldest_wish(request: HttpRequest, number: int) -> str:
    """Return since when the longest waiting buyer wishes to cancel; channels name no time for the answer."""
    if not number:
        return ""
    wishes = Q(after="cancelling", order__in=worklists.orders(request, "cancelling").values("pk"))
    latest = StatusChange.objects.filter(wishes).order_by().values("order").annotate(at=Max("created_at"))
    since = latest.aggregate(first=Min("at"))["first"]
    return _("the first waits since %(time)s") % {"time": words.moment(since)} if since else ""
