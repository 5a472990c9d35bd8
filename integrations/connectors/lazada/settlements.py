"""Settlements from transaction details: costs and proceeds of each order. One event is one day of the shop, or one recent order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from commissions.snapshots import SettlementSnapshot
from integrations.connectors.lazada.client import get, payload_rows, shop_client
from integrations.connectors.lazada.mapping import errors, fields, statements
from integrations.connectors.lazada.reads import earliest_order
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

PAGE = 500
# days of one read, each a call or more
BATCH = 10
# "all there is": how far back, since the list wants a day
HISTORY = timedelta(days=365)
# one list covers less than 180 days
_LONGEST = timedelta(days=179)
# a statement covers a week and is listed some days after it; when its payout moves all its days have changed
_WEEK = timedelta(days=7)
LISTED_AFTER = timedelta(days=14)
# a day that is not over counts as changed once in so long
_HOUR = timedelta(hours=1)
_ONE = timedelta(days=1)


def read_settlements(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read the lines of some days, each whole, or of single orders within the last half year."""
    client = shop_client(access)
    found: list[SettlementSnapshot] = []
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    today = asked_at.astimezone(ZoneInfo(access.time_zone)).date()
    for name in dict.fromkeys(ids):
        try:
            lines = statements.lines(
                _rows(client, _span(name, today)), asked_at, time_zone=access.time_zone, currency=access.currency
            )
        except ValueError as error:
            unreadable[name] = str(error)
        except Rejected as refused:
            if not errors.is_missing(refused, errors.UNKNOWN_ORDERS):
                raise
            gone.append(name)
        else:
            found.append(SettlementSnapshot(name, tuple(lines)))
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)


def changed_settlements(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield one page: the days of the span, and those of statements whose payout moved in it. Transactions are not read."""
    zone = ZoneInfo(access.time_zone)
    first, last = (since or until - HISTORY).astimezone(zone).date(), until.astimezone(zone).date()
    days = [first + number * _ONE for number in range((last - first).days + 1)]
    versions = {day: min(_midnight(day + _ONE, zone), _whole_hour(until)) for day in days}
    versions |= _paid(shop_client(access), first, last, access.time_zone)
    if versions:
        yield Page(tuple(Change(day.isoformat(), versions[day]) for day in sorted(versions)))


def _span(name: str, today: date) -> Mapping[str, str]:
    day = _named(name)
    if day is not None:
        return {"start_time": day.isoformat(), "end_time": day.isoformat()}
    return {"start_time": (today - _LONGEST).isoformat(), "end_time": today.isoformat(), "trade_order_id": name}


def _rows(client: ChannelClient, span: Mapping[str, str]) -> list[Row]:
    """Return every row of a span; pages are asked for until one is not full."""
    found: list[Row] = []
    while True:
        params = {**span, "limit": str(PAGE), "offset": str(len(found))}
        rows = payload_rows(get(client, "/finance/transaction/details/get", params))
        found += rows
        if len(rows) < PAGE:
            return found


def _paid(client: ChannelClient, first: date, last: date, time_zone: str) -> Mapping[date, datetime]:
    """Return the days of payouts that moved in the span, with the time of the move."""
    found: dict[date, datetime] = {}
    params = {"created_after": (first - LISTED_AFTER).isoformat()}
    for row in payload_rows(get(client, "/finance/payout/status/get", params)):
        made, moved = _named(fields.text(row, "created_at")[:10]), _named(fields.text(row, "updated_at")[:10])
        if made is not None and moved is not None and first <= moved <= last:
            at = fields.start_of(moved, time_zone)
            found |= {made - number * _ONE: at for number in range(_WEEK.days + 1)}
    return found


def _named(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if len(name) == len("2026-01-01") else None
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _whole_hour(at: datetime) -> datetime:
    return at - timedelta(seconds=at.timestamp() % _HOUR.total_seconds())


def earliest_settlement(access: Access) -> datetime:
    """Return when the first order was placed, now for a shop without any: days are listed whether anything was settled or not."""
    return earliest_order(access) or datetime.now(UTC)


SETTLEMENTS = Reader(
    read=read_settlements,
    changed=changed_settlements,
    batch=BATCH,
    overlap=timedelta(days=1),
    earliest=earliest_settlement,
)
