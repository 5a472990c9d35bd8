"""What Sendo says now of orders and products, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.sendo.calls import get
from integrations.connectors.sendo.mapping import errors, fields, orders, products
from integrations.connectors.sendo.paging import pages
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot

BATCH = 50
PRODUCT_BATCH = 20
# the span of one list, first and last day counted
DAYS = 3
# so that a window of the sweep is one list
WINDOW = timedelta(days=DAYS - 1)
# "all orders there are": how far back, since a list wants days
HISTORY = timedelta(days=365)
# Sendo's clock may be ahead of ours
SKEW = timedelta(minutes=5)
# more orders than this are looked for in a list first
_SINGLY = 5

_ORDERS, _PRODUCTS = "salesorder/search", "product/search"


# --- orders ---


def read_orders(line: Line, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
    """The truth of orders: Sendo reads one at a time, so many are looked for in the list of what changed since."""
    left = list(dict.fromkeys(ids))
    rows: dict[str, Row] = {}
    if len(left) > _SINGLY:
        rows = _listed(line, left, since)
        left = [number for number in left if number not in rows]
    gone, refused = [], {}
    for number in left:
        try:
            row = order_row(line, number)
        except Rejected as refusal:
            if refusal.code == errors.NOT_FOUND:
                gone.append(number)
            else:
                refused[number] = refusal.reason
        else:
            # an answer about nothing, or about something else, tells nothing of this one
            if orders.number_of(row) == number:
                rows[number] = row
    truth = _truth(rows.values(), asked_at)
    return Truth(orders=truth.orders, gone=tuple(gone), unreadable=refused | dict(truth.unreadable))


def order_row(line: Line, number: str) -> Row:
    """One order as Sendo writes it, {} when the answer holds none. Raises Rejected for one it does not know."""
    found = get(line, f"salesorder/{quote(number, safe='')}", endpoint="salesorder/")
    return found if isinstance(found, Mapping) else {}


def _listed(line: Line, numbers: Sequence[str], since: datetime) -> dict[str, Row]:
    """As many of them as lists of what changed since tell, with fewer calls than asking for each."""
    found: dict[str, Row] = {}
    wanted, calls = set(numbers), len(numbers) // _SINGLY
    for first, last in _days(since, datetime.now(UTC) + SKEW):
        try:
            for rows in pages(line, _ORDERS, _status_days(first, last), key=orders.number_of, moving=False):
                found |= {number: row for row in rows if (number := orders.number_of(row)) in wanted}
                calls -= 1
                if calls <= 0 or len(found) == len(wanted):
                    return found
        except Rejected:
            # each alone will tell what is wrong
            return found
    return found


def _truth(rows: Iterable[Row], asked_at: datetime) -> Truth:
    found: list[OrderSnapshot] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        try:
            found.append(orders.order(row, asked_at))
        except ValueError as error:
            unreadable[orders.number_of(row)] = str(error)
    return Truth(orders=tuple(found), unreadable={number: why for number, why in unreadable.items() if number})


def changed_orders(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of orders, whole, whose status changed on the days of the span, and that changed in any way since its beginning;
    where the span reaches the present also the new ones, which may change without their day.

    The truth counts as asked for at `until`, which is never later than the question.
    """
    now = datetime.now(UTC)
    asked_at, today = min(until, now), fields.day(now)
    end = _open_end(until)
    start = since or end - HISTORY
    for first, last in _days(start, end):
        filters = _status_days(first, last)
        for rows in pages(line, _ORDERS, filters, key=orders.number_of, moving=last >= today):
            within = [row for row in rows if _is_within(row, start, end)]
            yield Page(tuple(map(_change, within)), _truth(within, asked_at))
    if since is not None and end > now:
        # their status date stays when Sendo's check ends or the money comes; without a date a list covers seven days
        for rows in pages(line, _ORDERS, {"order_status": orders.NEW}, key=orders.number_of, moving=True):
            yield Page(tuple(_change(row) for row in rows if orders.number_of(row)), _truth(rows, asked_at))


def _is_within(row: Row, start: datetime, until: datetime) -> bool:
    """Lists are cut by whole days. A row that does not tell its times is taken."""
    order = orders.parts(row)[0]
    if not orders.number_of(row):
        return False
    try:
        changed, status = orders.version(order), orders.status_moment(order)
    except ValueError:
        return True
    return (changed is None or changed >= start.replace(microsecond=0)) and (status is None or status <= until)


def _change(row: Row) -> Change:
    """A new order is told without its time: the end of Sendo's check may leave it as it was, and only the word differs."""
    order = orders.parts(row)[0]
    try:
        version = None if orders.status_of(order) == orders.NEW else orders.version(order)
    except ValueError:
        version = None
    return Change(orders.number_of(row), version, orders.word(order))


def _days(since: datetime, until: datetime) -> Iterator[tuple[date, date]]:
    """(first, last) of pieces of at most three days of Vietnam, oldest first."""
    first, end = fields.day(since), fields.day(until)
    while first <= end:
        last = min(first + timedelta(days=DAYS - 1), end)
        yield first, last
        first = last + timedelta(days=1)


def _status_days(first: date, last: date) -> dict[str, Any]:
    return {"order_status_date_from": f"{first:%Y/%m/%d}", "order_status_date_to": f"{last:%Y/%m/%d}"}


def _open_end(until: datetime) -> datetime:
    return until + SKEW if until > datetime.now(UTC) - SKEW else until


# --- products ---


def read_products(line: Line, ids: Sequence[str], asked_at: datetime) -> Truth:
    """The truth of products, a call for each. Only one that Sendo says it does not know is gone: no answer is no proof."""
    found: list[ListingSnapshot] = []
    gone, unreadable = [], {}
    for item_id in dict.fromkeys(ids):
        try:
            row = product_row(line, item_id)
            if products.product_id(row) == item_id:
                found += products.listings(row, asked_at)
        except Rejected as refusal:
            if refusal.code == errors.NOT_FOUND:
                gone.append(item_id)
            else:
                unreadable[item_id] = refusal.reason
        except ValueError as error:
            unreadable[item_id] = str(error)
    return Truth(listings=tuple(found), gone=tuple(gone), unreadable=unreadable)


def product_row(line: Line, item_id: str) -> Row:
    """One product as Sendo writes it, {} when the answer holds none. Raises Rejected for one it does not know."""
    found = get(line, "product", (("id", item_id),))
    return found if isinstance(found, Mapping) else {}


def changed_products(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of products of the days of the span, or of all there are. Rows tell no variants and, as far as known, no time.

    A row without a time is told as of the beginning of the first day: else each sweep would read anew, one by one, all that
    changed that day. What changes again after it was read is found by the read-back.
    """
    filters: dict[str, Any] = {}
    version = None
    if since is not None:
        first = fields.day(since)
        version = datetime.combine(first, time(), fields.VIETNAM).astimezone(UTC)
        filters = {"date_from": f"{first:%Y-%m-%d}", "date_to": f"{fields.day(_open_end(until)):%Y-%m-%d}"}
    for rows in pages(line, _PRODUCTS, filters, key=products.product_id, moving=True):
        yield Page(
            tuple(Change(item_id, _told(row) or version) for row in rows if (item_id := products.product_id(row)))
        )


def _told(row: Row) -> datetime | None:
    try:
        return fields.moment(row, "updated_date_timestamp")
    except ValueError:
        return None


def knock(line: Line) -> None:
    """The cheapest list that two sources have seen: is the shop there at all?"""
    next(iter(pages(line, _PRODUCTS, {"page_size": 1}, key=products.product_id, moving=False)), None)
