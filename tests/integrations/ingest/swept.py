"""A channel that lists what it is told to, and a shop of it that is swept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import transaction

from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.ingest.sweep import sweep
from integrations.models import Connection, InboxEvent
from inventory.snapshots import ListingSnapshot, StockReading, WarehouseSnapshot
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.toy import connected, install

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
Told = Callable[[str, "datetime | None", datetime], Iterator[Page]]


class Toy:
    """A channel that lists what it is scripted to, and remembers what it was asked."""

    readers: ClassVar[dict[str, dict[str, Any]]] = {"order": {"batch": 50}, "listing": {"batch": 50}}

    def __init__(self, told: Told, branches: tuple[WarehouseSnapshot, ...] = ()) -> None:
        self.told, self.branches = told, branches
        self.asked: list[tuple[str, datetime | None, datetime]] = []

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        self.asked.append((kind, since, until))
        return self.told(kind, since, until)

    def connector(self) -> Connector:
        return Connector(
            channel="toy",
            title="Toy",
            roles=frozenset({Role.MARKETPLACE}),
            check=lambda access: Health(access.shop_id),
            reads={
                kind: Reader(
                    read=never_read,
                    changed=lambda access, *, since, until, kind=kind: self.changed(kind, since=since, until=until),
                    **more,
                )
                for kind, more in self.readers.items()
            },
            warehouses=lambda access: self.branches,
        )


class NoTokens:
    def current(self) -> str:
        return ""

    def renewed(self, stale: str) -> str:
        return ""


def never_read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    raise AssertionError("a sweep only lists")


class Pos(Toy):
    readers: ClassVar[dict[str, dict[str, Any]]] = {
        "order": {"batch": 100}, "product": {"batch": 100}, "stock": {"batch": 100}
    }  # fmt: skip


class Windowed(Toy):
    readers: ClassVar[dict[str, dict[str, Any]]] = {"order": {"batch": 50, "window": timedelta(days=15)}}


def orders(*pages: Sequence[Change]) -> Told:
    """These pages for orders, nothing for other kinds."""
    return lambda kind, since, until: iter([Page(tuple(p)) for p in pages] if kind == "order" else [])


@pytest.fixture
def connection() -> Connection:
    return connected()


@pytest.fixture
def run(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Toy]:
    def go(toy: Toy, since: timedelta | None = None) -> Toy:
        install(monkeypatch, toy.connector())
        sweep(connection.pk, since)
        connection.refresh_from_db()
        return toy

    return go


Run = Callable[..., Toy]


def found() -> list[tuple[str, str, str]]:
    return sorted(InboxEvent.objects.values_list("kind", "external_id", "source"))


def known(connection: Connection, number: str, version: datetime | None, asked_at: datetime) -> None:
    line = LineSnapshot("1", "1", "", 1)
    told = OrderSnapshot(number, "to_ship", "READY", "VND", NOON, asked_at, (line,), version=version)
    with transaction.atomic():
        upsert_orders(connection.shop, [told], source="webhook")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def pos_page(count: int) -> Told:
    """A POS with `count` products of 7 each, at one branch."""

    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        ids = [str(n) for n in range(count)]
        changes = tuple(Change(i, at(1) if kind == "product" else None) for i in ids)
        book = tuple(ListingSnapshot(i, "", f"SP-{i}", f"Hàng {i}", "active", until, version=at(1)) for i in ids)
        stock = tuple(StockReading(i, "11", Decimal(7), Decimal(0), until) for i in ids)
        if kind == "product":
            yield Page(changes, Answer((*book, *stock)))
        elif kind == "stock":
            yield Page(changes, Answer(stock))

    return told


BRANCH = (WarehouseSnapshot("11", "Chi nhánh 1"),)
