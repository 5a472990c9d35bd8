"""Parcels: the state of some, and those that moved in a span."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from integrations.connectors.carrier.client import client_of

from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire import answers, fields
from integrations.wire.answers import Row
from integrations.wire.calls import Call
from tests.integrations.guests.snapshots import ParcelSnapshot

NO_STATE = "the carrier tells no state"


def read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the state of up to fifty parcels. May be repeated."""
    call = Call("POST", "/parcels", json={"numbers": list(ids)}, repeatable=True)
    rows = {fields.text(row, "number"): row for row in answers.rows(client_of(access).send(call), "parcels")}
    unreadable = {number: NO_STATE for number, row in rows.items() if not fields.text(row, "state")}
    return Answer(
        tuple(_snapshot(row, asked_at) for number, row in rows.items() if number not in unreadable),
        gone=tuple(sorted(set(ids) - rows.keys())),
        unreadable=unreadable,
    )


def changed(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield the parcels that moved, on one page."""
    span = [("since", since.isoformat() if since else ""), ("until", until.isoformat())]
    rows = answers.rows(client_of(access).send(Call("GET", "/parcels", params=span)), "parcels")
    yield Page(tuple(Change(fields.text(row, "number"), fields.moment(row, "moved_at")) for row in rows))


def _snapshot(row: Row, asked_at: datetime) -> ParcelSnapshot:
    moved_at = fields.moment(row, "moved_at")
    if moved_at is None:
        raise ValueError("no time")
    return ParcelSnapshot(fields.text(row, "number"), fields.text(row, "state"), moved_at, asked_at)


PARCELS = Reader(read=read, changed=changed, batch=50)
