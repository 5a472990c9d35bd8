"""Searches for orders per second, by parts of numbers, names without accents and telephones, among very many orders.

The peer is what an admin does without an index of its own: ILIKE over the same columns, newest first.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import quantiles

from django.contrib.auth.models import User
from django.db import connection as database
from django.http import HttpRequest

from bench.ground import Result
from core.search import searched, words
from erpsync.admin.sales.order_search import found_by
from inventory.models import Shop
from orders.models import Order
from orders.services.searching import order_words

PAGE = 51
FIRST = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý".split()
MIDDLE = "Văn Thị Ngọc Minh Quốc Thanh Hồng Anh Đức Kim Thu Bảo Gia Xuân Hữu Thùy".split()
LAST = "Vy Linh Trang Hạnh Khôi Bảo Ánh Đức Hùng Lan Mai Nam Phúc Quân Sơn Tú Uyên Yến Giang Châu".split()
PREFIXES = "0134678"  # of numbers that exist
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
PLACED = datetime.now(UTC)  # of the newest order

_COPY = """
COPY orders_order (shop_id, number, status, channel_status, currency, total, placed_at, buyer_name, recipient, problems,
    raw, buyer_id, cash_on_delivery, payment_method, carrier, cancel_reason, note, has_problem, asked_at, search_text, search_grams)
FROM STDIN
"""
_PEER = """
SELECT id FROM orders_order WHERE number ILIKE %(part)s OR buyer_name ILIKE %(part)s OR recipient ->> 'phone' ILIKE %(part)s
ORDER BY placed_at DESC, id DESC LIMIT 51
"""


def measure(count: int) -> Result:
    """Store `count` generated orders, then look for some of them in each way that people do."""
    shop = bench_shop(count)
    terms = list(_terms(shop.pk, random.Random(7)))
    request = HttpRequest()
    request.user = User.objects.create_superuser("bench")
    ours, missed = _time(terms, lambda term: len(_look(request, term)))
    theirs, _ = _time(terms[:: max(len(terms) // 20, 1)], _peer)
    slowest = quantiles(ours, n=20)[-1] * 1000
    return Result(
        "search", f"Searches among {count:,} orders", len(ours) / sum(ours), "ILIKE scan", len(theirs) / sum(theirs),
        len(terms), missed, f"p95 {slowest:.0f} ms, of the scan {quantiles(theirs, n=20)[-1] * 1000:.0f} ms",
    )  # fmt: skip


def bench_shop(count: int) -> Shop:
    """Return the shop with `count` generated orders; they are stored by the first call."""
    shop, is_new = Shop.objects.get_or_create(name="Bench", channel="memory")
    if is_new:
        with database.cursor() as cursor:
            cursor.execute("DROP INDEX order_search")
            with cursor.copy(_COPY) as copy:
                for row in _rows(shop.pk, count, random.Random(7)):
                    copy.write_row(row)
            cursor.execute("CREATE INDEX order_search ON orders_order USING gin (search_grams)")
            cursor.execute("VACUUM ANALYZE orders_order")
    return shop


def _rows(shop: int, count: int, draw: random.Random) -> Iterator[tuple[object, ...]]:
    for n in range(count):
        number = f"26{n:07}{''.join(draw.choices(LETTERS, k=5))}"
        name = f"{draw.choice(FIRST)} {draw.choice(MIDDLE)} {draw.choice(LAST)}"
        phone = f"09{draw.choice(PREFIXES)}{draw.randrange(10**7):07}"
        text, grams = searched(order_words(number, name, "", phone, (f"SPXVN{draw.randrange(10**12):012}",)))
        placed = PLACED - timedelta(seconds=30 * (count - n))
        yield (
            shop, number, "completed", "COMPLETED", "VND", draw.randrange(50, 2000) * 1000, placed, name,
            json.dumps({"phone": phone}), "[]", "{}", "", False, "", "", "", "", False, placed, text, grams,
        )  # fmt: skip


def _terms(shop: int, draw: random.Random) -> Iterator[str]:
    """Yield what people type: frequent names, rare parts, telephones."""
    rows = list(Order.objects.filter(shop=shop).order_by("?").values_list("number", "buyer_name", "recipient")[:40])
    for number, name, recipient in rows:
        yield number.lower()
        yield number[4 : 4 + draw.randrange(6, 9)]
        yield recipient["phone"]
        yield recipient["phone"][-6:]
        yield name
    yield from ("nguyen", "vy", "linh", *(" ".join(words(name)) for _, name, _ in rows[:3]))


def _look(request: HttpRequest, term: str) -> list[Order]:
    found = Order.objects.filter(found_by(request, term)).order_by("-placed_at", "-id")
    return list(found.defer("raw")[:PAGE])


def _peer(term: str) -> int:
    with database.cursor() as cursor:
        cursor.execute(_PEER, {"part": f"%{term}%"})
        return len(cursor.fetchall())


def _time(terms: list[str], look: Callable[[str], int]) -> tuple[list[float], int]:
    taken, missed = [], 0
    for term in terms:
        started = time.perf_counter()
        missed += not look(term)
        taken.append(time.perf_counter() - started)
    return taken, missed
