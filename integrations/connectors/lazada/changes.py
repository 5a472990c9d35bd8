"""What changed: lists that neither miss nor endlessly repeat a row while rows move under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.lazada import reading
from integrations.connectors.lazada.calls import get, packed, told
from integrations.connectors.lazada.mapping import fields, products, returns
from integrations.connectors.lazada.reading import BORDER, ORDERS_PAGE, PRODUCTS_PAGE, stamp
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import TryLater
from integrations.wire.http import UNREADABLE, Line
from inventory.snapshots import ListingSnapshot
from orders.snapshots import ReturnSnapshot

# an offset beyond this is refused (orders), or deprecated (products)
ORDERS_OFFSET = 5_000
PRODUCTS_OFFSET = 10_000
RETURNS_PAGE = 100
# "all orders there are": Lazada's marketplaces opened in 2012
BEGINNING = datetime(2012, 1, 1, tzinfo=UTC)
# Lazada's clock may be ahead of ours; near the present our clock must not hide rows from us
SKEW = timedelta(minutes=5)
# a span that ended so long ago is history: its list brings the whole orders, which nobody knows yet
HISTORY = timedelta(hours=1)
# how often a list may shift under us before we come back later
_PASSES = 5
# how often rows may leave a second that is being read
_SHIFTS = 20
# deleted products are in no list of "all"
_FILTERS = ("all", "deleted")


def orders(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of orders by update time, oldest first; each page begins where the last one ended, a second before.

    A row that changes meanwhile moves to the end and is met again there. Inside a crowded second pages overlap by one row; when
    another row stands there, one has left, and the second is read from its top.
    """
    whole = until < datetime.now(UTC) - HISTORY
    start, end = (since or BEGINNING) - BORDER, _open_end(until) + BORDER
    offset, shifts, last = 0, 0, ("", "")
    known: frozenset[tuple[str, str]] = frozenset()
    while True:
        rows = reading.orders_page(line, update_after=start, update_before=end, offset=offset)
        keys = [(fields.text(row, "order_id"), fields.text(row, "updated_at")) for row in rows]
        if offset and keys[:1] != [last]:
            offset, shifts = 0, shifts + 1
            if shifts > _SHIFTS:
                raise TryLater("Lazada's order list changes faster than it can be read")
            continue
        fresh = {key[0]: row for key, row in zip(keys, rows, strict=True) if key[0] and key not in known}
        if fresh:
            truth = reading.whole_orders(line, fresh, until) if whole else None
            yield Page(tuple(Change(number, _version(row)) for number, row in fresh.items()), truth)
        if len(rows) < ORDERS_PAGE:
            return
        known = known | frozenset(keys) if offset else frozenset(keys)
        ended = _version(rows[-1])
        if ended is not None and ended - BORDER > start:
            start, offset, shifts = ended - BORDER, 0, 0
        else:
            offset, last = offset + len(rows) - 1, keys[-1]
        if offset > ORDERS_OFFSET:
            raise TryLater("Lazada lists more orders of one second than can be read")


def oldest_order(line: Line) -> datetime | None:
    """When the first order was placed; None for a shop without any."""
    params = {"created_after": stamp(BEGINNING), "sort_by": "created_at", "sort_direction": "ASC", "limit": "1"}
    rows = answers.rows(told(get(line, "/orders/get", params)), "orders")
    return fields.moment(rows[0], "created_at") if rows else None


# --- products ---


def listings(
    line: Line, *, since: datetime | None, until: datetime, warehouse: str, currency: str
) -> Iterator[Page]:  # fmt: skip
    """Pages of whole products by update time; a span with more than an offset reaches is halved."""

    def page(rows: Sequence[Row]) -> Page:
        return _products(rows, until, warehouse, currency)

    for word in _FILTERS:
        yield from _span(line, word, since or BEGINNING, _open_end(until), page)


def _span(
    line: Line, word: str, since: datetime, until: datetime, page: Callable[[Sequence[Row]], Page]
) -> Iterator[Page]:
    params = {"filter": word, "update_after": stamp(since - BORDER), "update_before": stamp(until + BORDER)}

    def ask(offset: int) -> tuple[int, list[Row]]:
        body = get(line, "/products/get", params | {"limit": str(PRODUCTS_PAGE), "offset": str(offset)})
        return _total(told(body), "total_products"), answers.rows(told(body), "products")

    total, rows = ask(0)
    if total > PRODUCTS_OFFSET and until - since > BORDER:
        middle = since + (until - since) / 2
        yield from _span(line, word, since, middle, page)
        yield from _span(line, word, middle, until, page)
        return
    yield from _joined(total, rows, ask, "item_id", page)


def _products(rows: Sequence[Row], asked_at: datetime, warehouse: str, currency: str) -> Page:
    changes: list[Change] = []
    found: list[ListingSnapshot] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        item_id = fields.text(row, "item_id")
        try:
            found += products.listings(row, asked_at, warehouse=warehouse, currency=currency)
            changes.append(Change(item_id, fields.epoch(row, "updated_time")))
        except ValueError as error:
            unreadable[item_id] = str(error)
            changes.append(Change(item_id))
    return Page(tuple(changes), Truth(listings=tuple(found), unreadable=unreadable))


# --- returns ---


def reverse_orders(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of whole returns by the time their lines changed."""
    span = {
        "ReverseOrderLineModifiedTimeRangeStart": _millis((since or BEGINNING) - BORDER),
        "ReverseOrderLineModifiedTimeRangeEnd": _millis(_open_end(until) + BORDER),
        "request_type_list": packed(list(returns.KINDS)),
        "page_size": str(RETURNS_PAGE),
    }

    def ask(offset: int) -> tuple[int, list[Row]]:
        params = span | {"page_no": str(offset // RETURNS_PAGE + 1)}
        result = answers.part(get(line, "/reverse/getreverseordersforseller", params), "result")
        return _total(result, "total"), answers.rows(result, "items")

    yield from _numbered(ask, until)


def _numbered(ask: Callable[[int], tuple[int, list[Row]]], until: datetime) -> Iterator[Page]:
    """Numbered pages cannot overlap: they are read again until a pass tells nothing new."""
    seen: set[tuple[str, datetime | None]] = set()
    for _ in range(_PASSES):
        offset, added = 0, 0
        while True:
            total, rows = ask(offset)
            page = _returns(rows, until)
            keys = {(change.external_id, change.version) for change in page.changes}
            added += len(keys - seen)
            if keys - seen:
                yield page
            seen |= keys
            offset += RETURNS_PAGE
            if offset >= total or not rows:
                break
        if offset <= RETURNS_PAGE or not added:
            return


def _returns(rows: Sequence[Row], asked_at: datetime) -> Page:
    changes: list[Change] = []
    found: list[ReturnSnapshot] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        number = fields.text(row, "reverse_order_id")
        if not number:
            continue
        try:
            snapshot = returns.returned(row, asked_at)
            found.append(snapshot)
            changes.append(Change(number, snapshot.version))
        except ValueError as error:
            unreadable[number] = str(error)
            changes.append(Change(number))
    return Page(tuple(changes), Truth(returns=tuple(found), unreadable=unreadable))


# --- pages that join ---


def _joined(
    total: int,
    rows: list[Row],
    ask: Callable[[int], tuple[int, list[Row]]],
    key: str,
    page: Callable[[Sequence[Row]], Page],
) -> Iterator[Page]:
    """Offset pages that overlap by one row; when another row stands there the list has shifted and is read from the top."""
    for _ in range(_PASSES):
        offset, last = 0, ""
        while True:
            overlap = 1 if last else 0
            if last and (not rows or fields.text(rows[0], key) != last):
                break
            named = [row for row in rows[overlap:] if fields.text(row, key)]
            if named:
                yield page(named)
            offset += max(0, len(rows) - 1)
            if len(rows) <= overlap or offset + 1 >= total:
                return
            last = fields.text(rows[-1], key)
            total, rows = ask(offset)
        total, rows = ask(0)
    raise TryLater("Lazada's product list changes faster than it can be read")


def _total(row: Row, key: str) -> int:
    try:
        return fields.count(row, key)
    except ValueError as error:
        raise TryLater(f"the answer of Lazada makes no sense: {error}", code=UNREADABLE) from None


def _version(row: Mapping[str, object]) -> datetime | None:
    try:
        return fields.moment(row, "updated_at")
    except ValueError:
        return None


def _open_end(until: datetime) -> datetime:
    return until + SKEW if until > datetime.now(UTC) - SKEW else until


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
