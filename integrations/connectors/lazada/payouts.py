"""Payouts: what was transferred for each statement. Only a list by the day of the statement has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commissions.snapshots import PayoutSnapshot
from integrations.connectors.lazada.client import get, payload_rows, shop_client
from integrations.connectors.lazada.mapping import payouts
from integrations.connectors.lazada.reads import earliest_order
from integrations.connectors.lazada.settlements import HISTORY, LISTED_AFTER
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire.answers import Row

# statements of one read; the list has all of them at once
BATCH = 100


def read_payouts(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the transfers of some statements, by their numbers, from the list."""
    wanted = set(ids)
    return _answer(access, [row for row in _rows(access, since) if payouts.number(row) in wanted], asked_at)


def changed_payouts(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield one page: the statements that were paid out in the span, with their transfers."""
    start = since or until - HISTORY
    moved = {
        number: row
        for row in _rows(access, start)
        if (number := payouts.number(row)) and payouts.is_paid(row) and _is_in(row, start, until)
    }
    if moved:
        changes = tuple(Change(number, payouts.moved_at(row)) for number, row in moved.items())
        yield Page(changes, _answer(access, list(moved.values()), until))


PAYOUTS = Reader(
    read=read_payouts, changed=changed_payouts, batch=BATCH, overlap=timedelta(days=1), earliest=earliest_order
)


def _rows(access: Access, since: datetime) -> list[Row]:
    first = since.astimezone(ZoneInfo(access.time_zone)).date() - LISTED_AFTER
    return payload_rows(get(shop_client(access), "/finance/payout/status/get", {"created_after": first.isoformat()}))


def _is_in(row: Row, start: datetime, until: datetime) -> bool:
    """Return whether a row changed in a span; one that does not say when counts."""
    moved = payouts.moved_at(row)
    return moved is None or start <= moved <= until


def _answer(access: Access, rows: Sequence[Row], asked_at: datetime) -> Answer:
    found: list[PayoutSnapshot] = []
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        number = payouts.number(row)
        try:
            payout = payouts.payout(row, asked_at, time_zone=access.time_zone, currency=access.currency)
        except ValueError as error:
            unreadable[number] = str(error)
            continue
        if payout is None:
            gone.append(number)
        else:
            found.append(payout)
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)
