"""Transaction details: what each order cost and brought. One event is one day of the shop, or one order of late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.lazada.calls import get, listed
from integrations.connectors.lazada.mapping import fields, statements
from integrations.wire.answers import Row
from integrations.wire.http import Line

PAGE = 500
# days of one read, each a call or more
BATCH = 10
# "all there is": how far back, since the list wants a day
HISTORY = timedelta(days=365)
# one list covers less than 180 days
_LONGEST = timedelta(days=179)
# a statement covers a week and is listed some days after it; when its payout moves all its days are news
_WEEK = timedelta(days=7)
_LISTED_AFTER = timedelta(days=14)
# of a day that is not over, transactions are news once in so long
_HOUR = timedelta(hours=1)
_ONE = timedelta(days=1)


def read(line: Line, names: Sequence[str], asked_at: datetime, *, time_zone: str, currency: str) -> Truth:
    """The lines of some days, each whole, or of single orders within the last half year. What is neither is gone."""
    found: dict[str, tuple[StatementLineSnapshot, ...]] = {}
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    today = asked_at.astimezone(ZoneInfo(time_zone)).date()
    for name in dict.fromkeys(names):
        span = _span(name, today)
        if span is None:
            gone.append(name)
            continue
        try:
            told = statements.lines(_rows(line, span), asked_at, time_zone=time_zone, currency=currency)
            found[name] = tuple(told)
        except ValueError as error:
            unreadable[name] = str(error)
    return Truth(statements=found, gone=tuple(gone), unreadable=unreadable)


def changed(line: Line, *, since: datetime | None, until: datetime, time_zone: str) -> Iterator[Page]:
    """One page: the days of the span, and those of statements whose payout moved in it. Their transactions are not asked for."""
    zone = ZoneInfo(time_zone)
    first, last = (since or until - HISTORY).astimezone(zone).date(), until.astimezone(zone).date()
    days = [first + number * _ONE for number in range((last - first).days + 1)]
    told = {day: min(_midnight(day + _ONE, zone), _whole_hour(until)) for day in days}
    told |= _paid(line, first, last, time_zone)
    if told:
        yield Page(tuple(Change(day.isoformat(), told[day]) for day in sorted(told)))


def _span(name: str, today: date) -> Mapping[str, str] | None:
    day = _named(name)
    if day is not None:
        return {"start_time": day.isoformat(), "end_time": day.isoformat()}
    if name.isascii() and name.isdecimal():
        return {"start_time": (today - _LONGEST).isoformat(), "end_time": today.isoformat(), "trade_order_id": name}
    return None


def _rows(line: Line, span: Mapping[str, str]) -> list[Row]:
    """Every row of a span; pages are asked for until one is not full."""
    found: list[Row] = []
    while True:
        params = {**span, "limit": str(PAGE), "offset": str(len(found))}
        rows = listed(get(line, "/finance/transaction/details/get", params))
        found += rows
        if len(rows) < PAGE:
            return found


def _paid(line: Line, first: date, last: date, time_zone: str) -> Mapping[date, datetime]:
    """Day -> when the payout moved that it belongs to, of payouts that moved in the span."""
    found: dict[date, datetime] = {}
    params = {"created_after": (first - _LISTED_AFTER).isoformat()}
    for row in listed(get(line, "/finance/payout/status/get", params)):
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
