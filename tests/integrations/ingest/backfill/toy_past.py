"""A channel with a past, read in batches of three."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.ingest.backfill import planning
from integrations.models import BackfillRun, Connection
from orders.snapshots import LineSnapshot, OrderSnapshot

END = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


class NoTokens:
    def current(self) -> str:
        return ""

    def renewed(self, stale: str) -> str:
        return ""


@dataclass
class Past:
    """What the channel has: order number -> when it last changed."""

    orders: dict[str, datetime] = field(default_factory=dict)
    lists: int = 0
    reads: list[list[str]] = field(default_factory=list)
    on_read: Callable[[Sequence[str]], None] = lambda ids: None
    on_list: Callable[[datetime], None] = lambda since: None


class Toy:
    """A channel with a past, read in batches of three."""

    def __init__(self, past: Past) -> None:
        self.past = past

    def changed(self, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        assert since is not None
        assert until - since <= timedelta(days=15)
        self.past.lists += 1
        self.past.on_list(since)
        rows = sorted((at, number) for number, at in self.past.orders.items() if since <= at <= until)
        for start in range(0, len(rows), 5):
            yield Page(tuple(Change(number, at) for at, number in rows[start : start + 5]))

    def read(self, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        assert len(ids) <= 3
        self.past.reads.append(list(ids))
        self.past.on_read(ids)
        return Answer(tuple(self.order(number, asked_at) for number in ids if number in self.past.orders))

    def order(self, number: str, asked_at: datetime) -> OrderSnapshot:
        at = self.past.orders[number]
        line = LineSnapshot("1", "1", "", 1, sku="AO", title="Áo thun")
        return OrderSnapshot(number, "completed", "DONE", "VND", at, asked_at, (line,), version=at, raw={"n": number})

    @property
    def reader(self) -> Reader:
        return Reader(read=self.read, changed=self.changed, batch=3, window=timedelta(days=15))

    def connector(self) -> Connector:
        return Connector(
            channel="toy",
            title="toy",
            roles=frozenset({Role.MARKETPLACE}),
            check=lambda access: Health(access.shop_id),
            reads={"order": self.reader},
        )


ACCESS = Access(AppAccess("k", {}), "900", NoTokens())


def fill(past: Past, days: int, each: int = 2) -> None:
    for number in range(days * each):
        past.orders[f"A{number:03d}"] = END - DAY * days + DAY * (number // each) + timedelta(hours=number % each + 1)


def start(connection: Connection, days: int = 10, **more: Any) -> BackfillRun:
    return planning.start(connection, "order", since=END - DAY * days, until=END, **more)
