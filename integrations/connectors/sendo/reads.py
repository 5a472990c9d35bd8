"""Reads of orders and listings: their current state, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from integrations.connectors.sendo.client import get, shop_client
from integrations.connectors.sendo.mapping import errors, fields, orders, products
from integrations.connectors.sendo.paging import pages
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.paging import SKEW, open_end
from integrations.wire.partial_answers import from_reads, from_rows
from inventory.snapshots import ListingSnapshot

# the span of one list, first and last day counted
DAYS = 3
# so that a window of the sweep is one list
WINDOW = timedelta(days=DAYS - 1)
# "all orders there are": how far back, since a list wants days
HISTORY = timedelta(days=365)
# more orders than this are looked for in a list first
_SINGLY = 5

_ORDERS, PRODUCTS = "salesorder/search", "product/search"


# --- orders ---


def read_orders(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read orders. Sendo reads one at a time, so many are looked for in the list of what changed since.

    Silence about an order never makes it gone.
    """
    client = shop_client(access)
    left = list(dict.fromkeys(ids))
    rows: dict[str, Row] = {}
    if len(left) > _SINGLY:
        rows = _listed(client, left, since)
        left = [number for number in left if number not in rows]
    gone, refused = [], {}
    for number in left:
        try:
            row = order_row(client, number)
        except Rejected as refusal:
            if refusal.code == errors.NOT_FOUND:
                gone.append(number)
            else:
                refused[number] = refusal.reason
        else:
            # an answer about nothing, or about another order, says nothing of this one
            if orders.number_of(row) == number:
                rows[number] = row
    answer = _mapped(rows.values(), asked_at)
    return replace(answer, gone=tuple(gone), unreadable=refused | dict(answer.unreadable))


def order_row(client: ChannelClient, number: str) -> Row:
    """Return one order as Sendo writes it, {} when the answer holds none. Raises Rejected for one it does not know."""
    found = get(client, f"salesorder/{quote(number, safe='')}", endpoint="salesorder/")
    return found if isinstance(found, Mapping) else {}


def known_order(client: ChannelClient, number: str) -> Row:
    """Return the `sales_order` of this very order. Raises Rejected when there is none, TryLater for another one's."""
    row = order_row(client, number)
    if orders.number_of(row) != number:
        raise errors.malformed("salesorder: another order, or none")
    return orders.parts(row)[0]


def _listed(client: ChannelClient, numbers: Sequence[str], since: datetime) -> dict[str, Row]:
    """Return as many of them as lists of what changed since hold, with fewer calls than asking for each."""
    found: dict[str, Row] = {}
    wanted, calls = set(numbers), len(numbers) // _SINGLY
    for first, last in _days(since, datetime.now(UTC) + SKEW):
        try:
            for rows in pages(client, _ORDERS, _status_days(first, last), key=orders.number_of, moving=False):
                found |= {number: row for row in rows if (number := orders.number_of(row)) in wanted}
                calls -= 1
                if calls <= 0 or len(found) == len(wanted):
                    return found
        except Rejected:
            # asking for each alone shows what is wrong
            return found
    return found


def _mapped(rows: Iterable[Row], asked_at: datetime) -> Answer:
    return from_rows(rows, lambda row: [orders.order(row, asked_at)], orders.number_of)


def changed_orders(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of whole orders whose status changed on the days of the span, and that changed since its beginning.

    Where the span reaches the present also the new ones, which may change without their day. "Everything there is" means a
    year. The answer counts as asked for at `until`, which is never later than the question.
    """
    client = shop_client(access)
    now = datetime.now(UTC)
    asked_at, today = min(until, now), fields.day(now)
    end = open_end(until)
    start = since or end - HISTORY
    for first, last in _days(start, end):
        filters = _status_days(first, last)
        for rows in pages(client, _ORDERS, filters, key=orders.number_of, moving=last >= today):
            within = [row for row in rows if _is_within(row, start, end)]
            yield Page(tuple(map(_change, within)), _mapped(within, asked_at))
    if since is not None and end > now:
        # their status date stays when Sendo's check ends or the money comes; without a date a list covers seven days
        for rows in pages(client, _ORDERS, {"order_status": orders.NEW}, key=orders.number_of, moving=True):
            yield Page(tuple(_change(row) for row in rows if orders.number_of(row)), _mapped(rows, asked_at))


def _is_within(row: Row, start: datetime, until: datetime) -> bool:
    """Return whether a row lies in the span: lists are cut by whole days. One without its times does."""
    order = orders.parts(row)[0]
    if not orders.number_of(row):
        return False
    try:
        changed, status = orders.version(order), orders.status_moment(order)
    except ValueError:
        return True
    return (changed is None or changed >= start.replace(microsecond=0)) and (status is None or status <= until)


def _change(row: Row) -> Change:
    """Return the change of a row. A new order has no version: the end of Sendo's check may leave its time, only the word differs."""
    order = orders.parts(row)[0]
    try:
        version = None if orders.status_of(order) == orders.NEW else orders.version(order)
    except ValueError:
        version = None
    return Change(orders.number_of(row), version, orders.word(order))


def _days(since: datetime, until: datetime) -> Iterator[tuple[date, date]]:
    """Yield (first, last) of pieces of at most three days of Vietnam, oldest first."""
    first, end = fields.day(since), fields.day(until)
    while first <= end:
        last = min(first + timedelta(days=DAYS - 1), end)
        yield first, last
        first = last + timedelta(days=1)


def _status_days(first: date, last: date) -> dict[str, Any]:
    return {"order_status_date_from": f"{first:%Y/%m/%d}", "order_status_date_to": f"{last:%Y/%m/%d}"}


ORDERS = Reader(read=read_orders, changed=changed_orders, batch=50, window=WINDOW)


# --- listings ---


def read_listings(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read products, a call for each. Only one that Sendo says it does not know is gone: no answer is no proof."""
    client = shop_client(access)

    def listings(item_id: str) -> Iterable[ListingSnapshot]:
        row = product_row(client, item_id)
        # an answer about nothing, or about another product, says nothing of this one
        return products.listings(row, asked_at) if products.product_id(row) == item_id else ()

    return from_reads(ids, listings, is_gone=lambda refusal: refusal.code == errors.NOT_FOUND)


def product_row(client: ChannelClient, item_id: str) -> Row:
    """Return one product as Sendo writes it, {} when the answer holds none. Raises Rejected for one it does not know."""
    found = get(client, "product", (("id", item_id),))
    return found if isinstance(found, Mapping) else {}


def changed_listings(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of products of the days of the span, or of all there are. Rows show no variants and, as far as known, no time.

    A row without a time gets the beginning of the first day as its version: else each sweep would read anew, one by one, all
    that changed that day. A product that changes again after it was read is found by the check of its numbers, which sees its variants.
    """
    filters: dict[str, Any] = {}
    version = None
    if since is not None:
        first = fields.day(since)
        version = datetime.combine(first, time(), fields.VIETNAM).astimezone(UTC)
        filters = {"date_from": f"{first:%Y-%m-%d}", "date_to": f"{fields.day(open_end(until)):%Y-%m-%d}"}
    for rows in pages(shop_client(access), PRODUCTS, filters, key=products.product_id, moving=True):
        yield Page(
            tuple(
                Change(item_id, fields.or_none(fields.moment, row, "updated_date_timestamp") or version)
                for row in rows
                if (item_id := products.product_id(row))
            )
        )


LISTINGS = Reader(read=read_listings, changed=changed_listings, batch=20)
