"""Pages of the API's list of orders among very many, as a partner's program reads them: key, quota, ORM and JSON included.

The peer is the SQL of the same pages alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.test import Client

from bench.ground import Result
from bench.search import PLACED, bench_shop
from erpsync.api.keys import services

LIMIT = 50
PAGES = 120  # of each way to ask
_PEER = """
SELECT id, shop_id, number, status, channel_status, currency, total, placed_at, paid_at, ship_by, shipped_at, customer_id, buyer_id,
    buyer_name, recipient, cash_on_delivery, payment_method, carrier, cancel_reason, note, problems, has_problem, version, asked_at,
    created_at
FROM orders_order WHERE shop_id = %(shop)s AND placed_at <= %(at)s ORDER BY placed_at DESC, id DESC LIMIT 51
"""


def measure(count: int) -> Result:
    """Read pages from the newest on, from the middle on, and of one status, with a key of the shop."""
    shop = bench_shop(count)
    key = services.create("bench", [shop], ["orders:read", "customers:read"], per_minute=10**7).text
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0], headers={"Authorization": f"Bearer {key}"})
    middle = PLACED - timedelta(seconds=30 * count // 2)
    ours: list[float] = []
    missed = 0
    for query in ({}, {"placed_before": middle.isoformat()}, {"status": "completed", "expand": "lines,parcels"}):
        for rows, took in _pages(client, {**query, "limit": str(LIMIT)}):
            ours.append(took)
            missed += rows < min(LIMIT, count // 4)
    peers = [timed(_bare, shop.pk, PLACED - timedelta(seconds=30 * LIMIT * page))[1] for page in range(PAGES)]
    slowest, bare = (quantiles(times, n=20)[-1] * 1000 for times in (ours, peers))
    return Result(
        "api", f"Pages of {LIMIT} of {count:,} orders by the API", len(ours) / sum(ours), "bare SQL", len(peers) / sum(peers),
        len(ours), missed, f"p95 {slowest:.1f} ms, of the SQL {bare:.1f} ms",
    )  # fmt: skip


def _pages(client: Client, query: dict[str, str]) -> Iterator[tuple[int, float]]:
    """Yield the number of rows and the seconds of each page."""
    cursor: dict[str, str] = {}
    for _page in range(PAGES):
        answer, took = timed(client.get, "/api/v1/orders", query | cursor)
        page = answer.json()
        yield len(page["items"]), took
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def _bare(shop: int, at: datetime) -> int:
    with database.cursor() as cursor:
        cursor.execute(_PEER, {"shop": shop, "at": at})
        return len(cursor.fetchall())


def timed(call: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Return what a call gives and how many seconds it took."""
    started = time.perf_counter()
    found = call(*arguments)
    return found, time.perf_counter() - started
