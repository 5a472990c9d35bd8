"""Promotions: some of them, and those that changed in a span."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from integrations.connectors.campaign.client import client_of

from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire import answers, fields
from integrations.wire.answers import Row
from integrations.wire.calls import Call
from tests.integrations.guests.snapshots import PromotionSnapshot


def read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the current state of up to twenty promotions. May be repeated."""
    found = client_of(access).send(Call("GET", "/promotions", params=[("code", code) for code in ids]))
    snapshots = tuple(_snapshot(row, asked_at) for row in answers.rows(found, "promotions"))
    return Answer(snapshots, gone=tuple(sorted(set(ids) - {snapshot.code for snapshot in snapshots})))


def changed(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield the promotions that changed, on one page."""
    span = [("from", str(int(since.timestamp()) if since else 0)), ("to", str(int(until.timestamp())))]
    found = client_of(access).send(Call("GET", "/promotions/changed", params=span))
    rows = answers.rows(found, "promotions")
    yield Page(tuple(Change(fields.text(row, "code"), fields.epoch(row, "changed")) for row in rows))


def _snapshot(row: Row, asked_at: datetime) -> PromotionSnapshot:
    version = fields.epoch(row, "changed")
    if version is None:
        raise ValueError("no time")
    prices = {item: str(price) for item, price in answers.part(row, "prices").items()}
    return PromotionSnapshot(fields.text(row, "code"), fields.text(row, "title"), prices, version, asked_at)


def earliest(access: Access) -> datetime | None:
    """Return when the oldest promotion was made. May be repeated."""
    return fields.epoch(client_of(access).send(Call("GET", "/shop")), "opened")


PROMOTIONS = Reader(read=read, changed=changed, batch=20, window=timedelta(days=30), earliest=earliest)
