"""Pages of lists among very many orders, as people and partners open them: permissions, counts, ORM and templates included.

The peer of a page is its bare SQL: one statement for its rows; of the dashboard all the statements that the page runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.api_orders import timed
from bench.ground import Result
from bench.search import bench_shop
from erpsync.api.keys import services

OPENED = 40  # times of each page
ROWS = 50  # of a page
FAR = 10_000  # number of the page far behind; of fewer orders the middle one

_LINES = """
INSERT INTO orders_orderline (order_id, key, item_id, parts, variation_id, sku, title, variation_name, quantity, price, paid_price,
    status, channel_status, parcel)
SELECT o.id, 'l' || n, 'i' || o.id %% 500, '{}', '', 'S' || o.id %% 500, 'Áo ' || o.id %% 500, '', n, 100000, 100000, o.status, '', ''
FROM orders_order o, generate_series(1, 2) n WHERE o.shop_id = %(shop)s
ON CONFLICT DO NOTHING
"""
_PAGE = """
SELECT o.id, o.number, o.status, o.total, o.placed_at, o.buyer_name, o.ship_by, o.has_problem, shop.name
FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
ORDER BY o.placed_at DESC, o.id DESC LIMIT 50 OFFSET %(offset)s
"""


def measure(count: int) -> list[Result]:
    """Store `count` generated orders with two lines each, and open each page many times."""
    shop = bench_shop(count)
    with database.cursor() as cursor:
        cursor.execute(_LINES, {"shop": shop.pk})
        cursor.execute("VACUUM ANALYZE orders_order, orders_orderline")
    person, partner = (Client(SERVER_NAME=settings.ALLOWED_HOSTS[0]) for _ in range(2))
    person.force_login(User.objects.create_superuser("bench-lists"))
    key = services.create("bench-lists", [shop], ["orders:read", "customers:read"], per_minute=10**7).text
    partner.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    orders, dashboard = reverse("admin:orders_order_changelist"), reverse("admin:index")
    far = min(FAR, max(count // ROWS // 2, 1))
    statements = _statements(person, dashboard)
    pages: dict[str, tuple[str, Client, str, Callable[[], object]]] = {
        "list": ("Order list of the admin", person, orders, lambda: _run([_page(0)])),
        "far": (f"Page {far:,} of it", person, f"{orders}?p={far}", lambda: _run([_page(ROWS * (far - 1))])),
        "dashboard": ("Dashboard", person, dashboard, lambda: _run(statements)),
        "api_list": ("Order list of the API", partner, "/api/v1/orders", lambda: _run([_page(0)])),
    }
    return [
        _result(f"lists_{name}", f"{title} of {count:,} orders", client, url, peer)
        for name, (title, client, url, peer) in pages.items()
    ]


def _result(name: str, title: str, client: Client, url: str, peer: Callable[[], object]) -> Result:
    opened = [timed(client.get, url) for _ in range(OPENED)]
    lost = sum(answer.status_code != 200 for answer, _ in opened)
    ours, theirs = [took for _, took in opened[1:]], [timed(peer)[1] for _ in range(OPENED)][1:]
    (middle, slowest), (bare, bare_slowest) = (
        (median(times) * 1000, quantiles(times, n=20)[-1] * 1000) for times in (ours, theirs)
    )
    note = f"p50 {middle:.1f} ms, p95 {slowest:.1f} ms, of the SQL {bare:.1f} and {bare_slowest:.1f} ms"
    return Result(name, title, len(ours) / sum(ours), "bare SQL", len(theirs) / sum(theirs), OPENED, lost, note)


def _page(offset: int) -> tuple[str, dict[str, Any]]:
    return _PAGE, {"offset": offset}


def _statements(client: Client, url: str) -> list[tuple[str, None]]:
    """Return the statements that a page reads by."""
    client.get(url)
    with CaptureQueriesContext(database) as queries:
        client.get(url)
    return [(query["sql"], None) for query in queries if query["sql"].lstrip().startswith(("SELECT", "WITH"))]


def _run(statements: Sequence[tuple[str, dict[str, Any] | None]]) -> None:
    with database.cursor() as cursor:
        for statement, params in statements:
            cursor.execute(statement, params)
            cursor.fetchall()
