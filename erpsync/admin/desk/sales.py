"""Sales of the dashboard: figures of a span beside earlier ones, split in four ways, its chart, and its best products and people.

All figures but those of lines and fees are sums of the same rows, so that tile, split and chart cannot differ.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from operator import itemgetter
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from commissions.queries import sales as queries
from commissions.queries.sales import Sales
from core.money import BOOK_CURRENCY
from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.desk import spans
from erpsync.admin.desk.spans import Span
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.days import midnight
from inventory.models import Product, Shop
from orders.models import Order, Return

# one colour per channel, in the order of their sales
PALETTE = ("#f97316", "#2563eb", "#0d9488", "#9333ea", "#dc2626", "#ca8a04", "#64748b", "#db2777")
SHOWN = 8
NONE = Decimal(0)


def fill(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows of the span that the address asks for."""
    span = spans.asked(request.GET)
    mine = {shop.pk: shop for shop in permissions.shops(request)}
    rows = queries.sales(span.compared, mine, unit=span.unit)
    sees_cost = permissions.shop_ids(request, SEES_COST)
    best = queries.products(span.compared, mine, cost_shops=sees_cost, most=SHOWN)
    now = [row for row in rows if row.span == "now"]
    return {
        "span": span,
        "choices": [{"name": name, "title": title, "chosen": name == span.name} for name, title in spans.NAMES.items()],
        "as_of": words.moment(span.compared["now"][1]),
        "figures": _figures(span, rows, best, queries.fees(span.compared, mine), sees_cost=bool(sees_cost)),
        "splits": _splits(span, rows, mine),
        "chart": _chart(span, now, mine),
        "products": [_product(row) for row in best if row.span == "now" and row.product],
        "staff": [
            {"title": row.name, "n": words.units(row.orders), "amount": _money(row.revenue)}
            for row in queries.staff(*span.compared["now"], mine, most=SHOWN)
        ],
    }


def _figures(
    span: Span, rows: list[Sales], best: list[queries.Sold], fees: list[queries.Fees], *, sees_cost: bool
) -> list[dict[str, Any]]:
    """Return the figures, each with its change against the earlier spans and, where rows can be listed, their address."""
    orders, returns = list_of(Order), list_of(Return)
    days = f"&placed_at_from={span.first}&placed_at_to={span.last}"
    found = [
        _figure(span, _("Orders"), _sums(rows, lambda row: row.orders), words.units, f"{orders}?attention=sold{days}"),
        _figure(span, _("Revenue"), _sums(rows, lambda row: row.revenue), _money),
        _figure(span, _("Your discounts"), _sums(rows, lambda row: row.discounts), _money),
        _figure(span, _("Cancelled orders"), _sums(rows, lambda row: row.cancelled), words.units, f"{orders}?in_status=cancelled{days}"),
        _figure(span, _("Returns asked for"), {row.span: row.returns for row in fees}, words.units,
                f"{returns}?requested_at_from={span.first}&requested_at_to={span.last}"),
        _figure(span, _("Fees expected"), {row.span: row.expected for row in fees}, _money),
        _figure(span, _("Fees settled so far"), {row.span: row.settled for row in fees}, _money),
    ]  # fmt: skip
    if sees_cost:
        sums = {row.span: row for row in best}
        margin = _figure(span, _("Gross margin"), {name: row.costed - row.cost for name, row in sums.items()}, _money)
        now = sums.get("now")
        share = now.costed / now.all_revenue if now and now.all_revenue else NONE
        covered = _("of the goods that have left at a known cost: %(n)s %% of sales") % {
            "n": words.units(round(share * 100))
        }
        found.append(margin | {"detail": covered})
    return found


def _sums(rows: list[Sales], amount: Callable[[Sales], Any]) -> dict[str, Any]:
    found: dict[str, Any] = defaultdict(int)
    for row in rows:
        found[row.span] += amount(row)
    return found


def _figure(
    span: Span, title: str, values: dict[str, Any], show: Callable[[Any], str], url: str = ""
) -> dict[str, Any]:
    now = values.get("now") or 0
    earlier = {"before": _("span before"), "week": _("same day last week")}
    compared = [
        {"title": text, "value": show(values.get(name) or 0), "change": _change(now, values.get(name) or 0)}
        for name, text in earlier.items()
        if name in span.compared
    ]
    return {"title": title, "value": show(now), "url": url, "compared": compared, "detail": ""}


def _change(now: Any, before: Any) -> str:
    """Return the change in percent, with its sign; "" where there was nothing before."""
    return f"{round((now - before) * 100 / abs(before)):+d} %" if before else ""


def _splits(span: Span, rows: list[Sales], shops: dict[int, Shop]) -> list[dict[str, Any]]:
    """Return the sales by shop, channel, branch and time, those with the highest revenue first, times in their order."""
    orders = list_of(Order)
    days = f"attention=sold&placed_at_from={span.first}&placed_at_to={span.last}"
    start = {name: since for name, (since, _until) in span.compared.items()}

    def at(row: Sales) -> datetime:
        # an earlier hour or day stands beside the one that is as far from the start of its span
        return row.at + timedelta(days=(start["now"].date() - start[row.span].date()).days)

    titles = {pk: shop_title(shop) for pk, shop in shops.items()}
    urls = {pk: f"{orders}?in_shop={pk}&{days}" for pk in shops}
    times = sorted(_split(rows, at, most=spans.LONGEST), key=itemgetter("key"))
    branches = _split([row for row in rows if row.branch], lambda row: (row.shop, row.branch))
    return [
        {"title": _("By shop"), "rows": _titled(_split(rows, lambda row: row.shop, urls), titles.__getitem__)},
        {
            "title": _("By channel"),
            "rows": _titled(_split(rows, lambda row: shops[row.shop].channel), words.channel_title),
        },
        {"title": _("By branch"), "rows": _titled(branches, lambda key: f"{key[1]} · {shops[key[0]].name}")},
        {
            "title": _("By hour") if span.unit == "hour" else _("By day"),
            "rows": _titled(times, lambda at: _time(span, at)),
        },
    ]


def _titled(rows: list[dict[str, Any]], title: Callable[[Any], str]) -> list[dict[str, Any]]:
    return [row | {"title": title(row["key"])} for row in rows]


def shop_title(shop: Shop) -> str:
    """Return a shop's name and channel."""
    return f"{shop.name} · {words.channel_title(shop.channel)}"


def _split(
    rows: Iterable[Sales], key: Callable[[Sales], Any], urls: dict[Any, str] | None = None, *, most: int = SHOWN
) -> list[dict[str, Any]]:
    """Return the sums by a key, never by a name: several shops may have the same one."""
    sums: dict[Any, dict[str, list[Any]]] = defaultdict(
        lambda: {"now": [0, NONE], "before": [0, NONE], "week": [0, NONE]}
    )
    for row in rows:
        found = sums[key(row)][row.span]
        found[0] += row.orders
        found[1] += row.revenue
    shown = sorted((one for one in sums if any(sums[one]["now"])), key=lambda one: (-sums[one]["now"][1], one))
    return [
        {
            "key": one, "url": (urls or {}).get(one, ""), "n": words.units(sums[one]["now"][0]),
            "amount": _money(sums[one]["now"][1]), "change": _change(sums[one]["now"][1], sums[one]["before"][1]),
        }
        for one in shown[:most]
    ]  # fmt: skip


def _chart(span: Span, rows: list[Sales], shops: dict[int, Shop]) -> dict[str, Any]:
    """Return the orders per hour or day and channel, stacked, for the theme's bar chart."""
    bars = _bars(span)
    counted: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        counted[shops[row.shop].channel][row.at] += row.orders
    totals = {channel: sum(found.values()) for channel, found in counted.items() if any(found.values())}
    channels = dict(zip(sorted(totals, key=lambda channel: (-totals[channel], channel)), cycle(PALETTE), strict=False))
    datasets = [
        {
            "label": words.channel_title(channel), "data": [counted[channel].get(bar, 0) for bar in bars],
            "backgroundColor": colour, "stack": "orders", "borderRadius": 2, "maxBarThickness": 36, "displayYAxis": True,
        }
        for channel, colour in channels.items()
    ]  # fmt: skip
    return {
        "is_empty": not channels,
        "legend": [
            {"title": words.channel_title(channel), "colour": colour, "n": words.units(totals[channel])}
            for channel, colour in channels.items()
        ],
        "data": json.dumps(
            {
                "labels": [_time(span, bar) for bar in bars],
                "datasets": datasets,
            }
        ),
    }


def _bars(span: Span) -> list[Any]:
    """Return the start of each hour or day up to now, in the shops' time, without a zone."""
    start = midnight(span.first).replace(tzinfo=None)
    end = min(midnight(span.last + timedelta(days=1)), span.now).replace(tzinfo=None)
    step = timedelta(hours=1) if span.unit == "hour" else timedelta(days=1)
    return [start + step * n for n in range(max(-((start - end) // step), 1))]


def _time(span: Span, at: datetime) -> str:
    return f"{at:%H:00}" if span.unit == "hour" else f"{at:%d/%m}"


def _product(row: queries.Sold) -> dict[str, Any]:
    return {
        "title": row.name, "url": f"{list_of(Product)}{row.product}/change/", "n": words.units(row.pieces),
        "amount": _money(row.revenue),
    }  # fmt: skip


def _money(amount: Any) -> str:
    return words.money(Decimal(amount), BOOK_CURRENCY)
