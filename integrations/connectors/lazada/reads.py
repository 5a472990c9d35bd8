"""Reads of orders and listings: their current state, and what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from integrations.connectors.lazada.account import warehouse_of
from integrations.connectors.lazada.client import compact, get, payload, payload_rows, shop_client
from integrations.connectors.lazada.mapping import errors, fields, orders, products
from integrations.connectors.lazada.paging import BEGINNING, BORDER, stamp, total
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.reasons import LIST_MOVES
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.paging import OffsetPage, open_end, overlapping
from integrations.wire.partial_answers import from_rows
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot

# orders whose items one call returns
BATCH = 50
ORDERS_PAGE = 100
PRODUCTS_PAGE = 50
# an offset beyond this is refused (orders), or deprecated (products)
ORDERS_OFFSET = 5_000
PRODUCTS_OFFSET = 10_000
# so many orders are asked for one by one; more by a list of what changed lately, as far as it goes
ONE_BY_ONE = 1
LIST_PAGES = 3
# a span that ended so long ago is history: its list brings the whole orders, which are not stored yet
HISTORY = timedelta(hours=1)
# how often rows may leave a second that is being read
_SHIFTS = 20
# deleted products are in no list of "all"
DELETED = "deleted"
_FILTERS = ("all", DELETED)


def found_or_none(ask: Callable[[], Row], codes: frozenset[str]) -> Row | None:
    """Return what `ask` found; None when it was refused with one of these codes for unknown things."""
    try:
        return ask()
    except Rejected as refused:
        if errors.is_missing(refused, codes):
            return None
        raise


# --- orders ---


def read_orders(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read up to 50 orders: headers from a list or one by one, and the items of all in one call."""
    client = shop_client(access)
    headers, gone = _order_headers(client, list(dict.fromkeys(ids)), since)
    return replace(_whole_orders(client, headers, asked_at), gone=tuple(gone))


def _whole_orders(client: ChannelClient, headers: Mapping[str, Row], asked_at: datetime) -> Answer:
    """Complete headers to orders, their items asked for 50 orders at a time. One that the answer leaves out is left out."""
    found: list[OrderSnapshot] = []
    unreadable: dict[str, str] = {}
    numbers = list(headers)
    for start in range(0, len(numbers), BATCH):
        for number, items in items_by_order(client, numbers[start : start + BATCH]).items():
            try:
                found.append(orders.order(headers[number], items, asked_at))
            except ValueError as error:
                unreadable[number] = str(error)
    return Answer(snapshots=tuple(found), unreadable=unreadable)


def _order_headers(client: ChannelClient, ids: Sequence[str], since: datetime) -> tuple[dict[str, Row], list[str]]:
    """Return the headers by number, and the numbers that the shop does not have."""
    headers: dict[str, Row] = {}
    if len(ids) > ONE_BY_ONE:
        headers = _recent_headers(client, set(ids), since)
    gone: list[str] = []
    for number in ids:
        if number not in headers:
            row = found_or_none(partial(_order_header, client, number), errors.UNKNOWN_ORDERS)
            if row is None:
                gone.append(number)
            elif fields.text(row, "order_id"):
                headers[number] = row
    return headers, gone


def _order_header(client: ChannelClient, number: str) -> Row:
    """Return one order without its items. Raises Rejected when the shop has none such."""
    return payload(get(client, "/order/get", {"order_id": number}))


def _recent_headers(client: ChannelClient, wanted: set[str], since: datetime) -> dict[str, Row]:
    """Return the wanted among the orders changed lately, newest first: a row that jumps is read alone."""
    found: dict[str, Row] = {}
    for page in range(LIST_PAGES):
        rows = orders_page(client, update_after=since - BORDER, offset=page * ORDERS_PAGE, direction="DESC")
        for row in rows:
            number = fields.text(row, "order_id")
            if number in wanted:
                found.setdefault(number, row)
        if len(rows) < ORDERS_PAGE or len(found) == len(wanted):
            break
    return found


def orders_page(
    client: ChannelClient,
    *,
    update_after: datetime,
    update_before: datetime | None = None,
    offset: int = 0,
    direction: str = "ASC",
) -> list[Row]:
    """Return one page of the order list by update time."""
    params = {
        "update_after": stamp(update_after),
        "sort_by": "updated_at",
        "sort_direction": direction,
        "limit": str(ORDERS_PAGE),
        "offset": str(offset),
    }
    if update_before is not None:
        params["update_before"] = stamp(update_before)
    return answers.rows(payload(get(client, "/orders/get", params)), "orders")


def order_items(client: ChannelClient, number: str) -> list[Row]:
    """Return one order's items. Raises Rejected when the shop has no such order."""
    return payload_rows(get(client, "/order/items/get", {"order_id": number}))


def items_by_order(client: ChannelClient, numbers: Sequence[str]) -> dict[str, list[Row]]:
    """Return the items of up to 50 orders by order. One that the answer leaves out is left out here too."""
    if not numbers:
        return {}
    body = get(
        client,
        "/orders/items/get",
        {"order_ids": compact([int(number) if number.isdecimal() else number for number in numbers])},
    )
    rows = ((fields.text(row, "order_id"), answers.rows(row, "order_items")) for row in payload_rows(body))
    return {number: items for number, items in rows if number in numbers}


def changed_orders(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of orders by update time, oldest first; each page begins where the last one ended, a second before.

    A row that changes meanwhile moves to the end and is met again there. Inside a crowded second pages overlap by one row; when
    another row stands there, one has left, and the second is read from its top.
    """
    client = shop_client(access)
    whole = until < datetime.now(UTC) - HISTORY
    start, end = (since or BEGINNING) - BORDER, open_end(until) + BORDER
    offset, shifts, last = 0, 0, ("", "")
    known: frozenset[tuple[str, str]] = frozenset()
    while True:
        rows = orders_page(client, update_after=start, update_before=end, offset=offset)
        keys = [(fields.text(row, "order_id"), fields.text(row, "updated_at")) for row in rows]
        if offset and keys[:1] != [last]:
            offset, shifts = 0, shifts + 1
            if shifts > _SHIFTS:
                raise TryLater(LIST_MOVES(list="Lazada"))
            continue
        fresh = {key[0]: row for key, row in zip(keys, rows, strict=True) if key[0] and key not in known}
        if fresh:
            answer = _whole_orders(client, fresh, until) if whole else None
            yield Page(
                tuple(
                    Change(number, fields.or_none(fields.moment, row, "updated_at")) for number, row in fresh.items()
                ),
                answer,
            )
        if len(rows) < ORDERS_PAGE:
            return
        known = known | frozenset(keys) if offset else frozenset(keys)
        ended = fields.or_none(fields.moment, rows[-1], "updated_at")
        if ended is not None and ended - BORDER > start:
            start, offset, shifts = ended - BORDER, 0, 0
        else:
            offset, last = offset + len(rows) - 1, keys[-1]
        if offset > ORDERS_OFFSET:
            raise TryLater(errors.CROWDED_SECOND)


def earliest_order(access: Access) -> datetime | None:
    """Return when the first order was placed; None for a shop without any."""
    params = {"created_after": stamp(BEGINNING), "sort_by": "created_at", "sort_direction": "ASC", "limit": "1"}
    rows = answers.rows(payload(get(shop_client(access), "/orders/get", params)), "orders")
    return fields.moment(rows[0], "created_at") if rows else None


ORDERS = Reader(read=read_orders, changed=changed_orders, batch=BATCH, earliest=earliest_order)


# --- listings ---


def read_listings(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read some products, one call each: there is no batch by item id, and a sale moves no list."""
    client, warehouse = shop_client(access), warehouse_of(access)
    found: list[ListingSnapshot] = []
    gone, unreadable = [], {}
    for item_id in dict.fromkeys(ids):
        row = found_or_none(partial(product, client, item_id), errors.UNKNOWN_ITEM)
        if row is None or products.is_deleted(row):
            gone.append(item_id)
            continue
        try:
            found += products.listings(row, asked_at, warehouse=warehouse, currency=access.currency)
        except ValueError as error:
            unreadable[item_id] = str(error)
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)


def product(client: ChannelClient, item_id: str) -> Row:
    """Return one product. Raises Rejected when the shop has none such."""
    return payload(get(client, "/product/item/get", {"item_id": item_id}))


def changed_listings(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of whole products by update time; a span with more than an offset reaches is halved."""
    client, warehouse = shop_client(access), warehouse_of(access)

    def page(word: str, rows: Sequence[Row]) -> Page:
        # a live product may stand among the deleted with those of its SKUs alone that are: it is read as a whole
        whole = [row for row in rows if word != DELETED or products.is_deleted(row)]
        return _listings_page(rows, whole, until, warehouse, access.currency)

    for word in _FILTERS:
        yield from _products_of_span(client, word, since or BEGINNING, open_end(until), partial(page, word))


def _products_of_span(
    client: ChannelClient, word: str, since: datetime, until: datetime, page: Callable[[Sequence[Row]], Page]
) -> Iterator[Page]:
    params = {"filter": word, "update_after": stamp(since - BORDER), "update_before": stamp(until + BORDER)}

    def fetch(offset: int) -> OffsetPage:
        paging = {"limit": str(PRODUCTS_PAGE), "offset": str(offset)}
        body = payload(get(client, "/products/get", params | paging))
        rows = tuple(answers.rows(body, "products"))
        # nothing but the repeated row is the end, whatever the total says
        return OffsetPage(rows, total(body, "total_products") if len(rows) > 1 else offset + len(rows))

    listed = overlapping(fetch, _item_id, name="Lazada's product list")
    first = next(listed)
    if first.total > PRODUCTS_OFFSET and until - since > BORDER:
        middle = since + (until - since) / 2
        yield from _products_of_span(client, word, since, middle, page)
        yield from _products_of_span(client, word, middle, until, page)
        return
    for found in chain([first], listed):
        if named := [row for row in found.rows if _item_id(row)]:
            yield page(named)


def _item_id(row: Row) -> str:
    return fields.text(row, "item_id")


def _listings_page(
    rows: Sequence[Row], whole: Sequence[Row], asked_at: datetime, warehouse: str, currency: str
) -> Page:
    answer = from_rows(
        whole, lambda row: products.listings(row, asked_at, warehouse=warehouse, currency=currency), _item_id
    )
    versions = {
        item_id: fields.or_none(fields.moment, row, "updated_time")
        for row in rows
        if (item_id := _item_id(row)) not in answer.unreadable
    }
    return Page(tuple(Change(item_id, versions.get(item_id)) for item_id in map(_item_id, rows)), answer)


LISTINGS = Reader(read=read_listings, changed=changed_listings, batch=20)
