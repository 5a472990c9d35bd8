"""Pending events drained per second: the real drain and pipeline with a channel that answers from memory.

The peer is what any hub would have to write at least: the same order and line rows, copied in batches of the same size.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from unittest import mock

from django.db import connection as database
from django.db import transaction

from bench.ground import Result
from integrations import connectors, inbox
from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Page, Reader
from integrations.inbox.store import Incoming
from integrations.ingest import drain
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from inventory.models import Listing, Product, Shop
from orders.models import Order, OrderLine
from orders.snapshots import LineSnapshot, OrderSnapshot

BATCH = 50  # Shopee's largest read
LINES = 2
PRODUCTS = 200
BUDGET_SECONDS = 300.0
PLACED = datetime(2026, 11, 11, tzinfo=UTC)


def _read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Every order that is asked for exists, with two lines of known products."""
    return Answer(tuple(_order(name, asked_at) for name in ids))


def _changed(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    yield from ()


CONNECTOR = Connector(
    channel="memory",
    title="Memory",
    roles=frozenset({Role.MARKETPLACE}),
    check=lambda access: Health(access.shop_id),
    reads={"order": Reader(read=_read, changed=_changed, batch=BATCH)},
)


def _order(name: str, asked_at: datetime) -> OrderSnapshot:
    number = int(name[1:])
    lines = tuple(
        LineSnapshot(str(n), f"item-{(number * 7 + n) % PRODUCTS}", "", 1, title="Áo thun", price=Decimal(125_000))
        for n in range(LINES)
    )
    return OrderSnapshot(
        name, "to_ship", "READY_TO_SHIP", "VND", PLACED, asked_at, lines,
        version=PLACED, total=Decimal(250_000), buyer_name="Nguyễn Văn A", raw={"order_sn": name},
    )  # fmt: skip


def measure(count: int) -> Result:
    """Add `count` pending events, drain them all, then copy the rows that came of it."""
    connection = _shop()
    names = [f"D{n:06}" for n in range(count)]
    app_id = connection.authorisation.app_id
    for start in range(0, count, 1000):
        inbox.add([Incoming(app_id, connection.pk, "order", name, "webhook") for name in names[start : start + 1000]])
    loaded = connectors._loaded
    with mock.patch.object(
        connectors, "_loaded", lambda channel: CONNECTOR if channel == "memory" else loaded(channel)
    ):
        started = time.perf_counter()
        drain.drain(connection.pk, budget_seconds=BUDGET_SECONDS)
        seconds = time.perf_counter() - started
    processed = set(
        InboxEvent.objects.filter(connection=connection, state="processed").values_list("external_id", flat=True)
    )
    stored = set(Order.objects.filter(shop=connection.shop).values_list("number", flat=True))
    bare = copy_rows(connection.shop)
    return Result(
        "drain", "pending events drained", count / seconds, f"bare COPY of the same orders and lines, {BATCH} a commit",
        count / bare, count, len(set(names) - (processed & stored)), f"{LINES} lines each, one process",
    )  # fmt: skip


def _shop() -> Connection:
    app = AppRegistration.objects.create(channel="memory", name="Memory")
    shop = Shop.objects.create(name="Memory", channel="memory")
    products = Product.objects.bulk_create([Product(sku=f"SKU-{n}", name=f"Áo thun {n}") for n in range(PRODUCTS)])
    Listing.objects.bulk_create(
        [
            Listing(shop=shop, item_id=f"item-{n}", title=product.name, product=product)
            for n, product in enumerate(products)
        ]
    )
    return Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app), shop=shop, external_id="bench"
    )


def copy_rows(shop: Shop) -> float:
    """Seconds to copy the shop's rows, as text, into empty tables with the same indexes."""
    tables = {
        Order._meta.db_table: f"SELECT * FROM {Order._meta.db_table} WHERE shop_id = {shop.pk} ORDER BY id",
        OrderLine._meta.db_table: f"SELECT l.* FROM {OrderLine._meta.db_table} l JOIN {Order._meta.db_table} o"
        f" ON o.id = l.order_id WHERE o.shop_id = {shop.pk} ORDER BY l.id",
    }
    seconds = 0.0
    with database.cursor() as cursor:
        for table, rows in tables.items():
            cursor.execute(f"CREATE TEMPORARY TABLE bench_source AS {rows}")
            with cursor.copy("COPY bench_source TO STDOUT") as source:
                lines = [bytes(line) for line in source]
            cursor.execute("DROP TABLE bench_source")
            cursor.execute(f"DROP TABLE IF EXISTS bench_{table}")
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
            size = BATCH * (LINES if table == OrderLine._meta.db_table else 1)
            started = time.perf_counter()
            for start in range(0, len(lines), size):
                with transaction.atomic(), cursor.copy(f"COPY bench_{table} FROM STDIN") as target:
                    target.write(b"".join(lines[start : start + size]))
            seconds += time.perf_counter() - started
    return seconds
