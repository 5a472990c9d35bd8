"""What Lazada says now of orders, products and returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from integrations.connectors.base import Truth
from integrations.connectors.lazada.calls import get, listed, packed, told
from integrations.connectors.lazada.mapping import errors, fields, orders, products, returns
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line
from inventory.snapshots import ListingSnapshot, WarehouseSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot

BATCH = 50
ORDERS_PAGE = 100
PRODUCTS_PAGE = 50
# so many orders are asked for one by one; more by a list of what changed lately, as far as it goes
ONE_BY_ONE = 1
LIST_PAGES = 3
# a list's borders are whole seconds, and nobody says whether they belong to it
BORDER = timedelta(seconds=1)


def read_orders(line: Line, ids: Sequence[str], asked_at: datetime, *, since: datetime) -> Truth:
    """The truth of up to 50 orders: headers from a list or one by one, and the items of all in one call."""
    wanted = list(dict.fromkeys(ids))
    headers, gone = order_headers(line, wanted, since)
    truth = whole_orders(line, headers, asked_at)
    return replace(truth, gone=tuple(gone))


def whole_orders(line: Line, headers: Mapping[str, Row], asked_at: datetime) -> Truth:
    """Orders from their headers, their items asked for 50 orders at a time. One that the answer leaves out is not told."""
    found: list[OrderSnapshot] = []
    unreadable: dict[str, str] = {}
    numbers = list(headers)
    for start in range(0, len(numbers), BATCH):
        for number, items in order_items(line, numbers[start : start + BATCH]).items():
            try:
                found.append(orders.order(headers[number], items, asked_at))
            except ValueError as error:
                unreadable[number] = str(error)
    return Truth(orders=tuple(found), unreadable=unreadable)


def order_headers(line: Line, ids: Sequence[str], since: datetime) -> tuple[dict[str, Row], list[str]]:
    """(headers by number, numbers the shop does not have)."""
    headers: dict[str, Row] = {}
    if len(ids) > ONE_BY_ONE:
        headers = _recent_headers(line, set(ids), since)
    gone: list[str] = []
    for number in ids:
        if number not in headers:
            row = _or_gone(lambda number=number: order_header(line, number), errors.UNKNOWN_ORDERS)  # type: ignore[misc]
            if row is None:
                gone.append(number)
            elif fields.text(row, "order_id"):
                headers[number] = row
    return headers, gone


def order_header(line: Line, number: str) -> Row:
    """One order without its items. Raises Rejected when the shop has none such."""
    if not (number.isascii() and number.isdecimal()):
        raise errors.refusal("16", number)
    return told(get(line, "/order/get", {"order_id": number}))


def _recent_headers(line: Line, wanted: set[str], since: datetime) -> dict[str, Row]:
    """What of the wanted lies among the orders changed lately, newest first: a row that jumps is read alone."""
    found: dict[str, Row] = {}
    for page in range(LIST_PAGES):
        rows = orders_page(line, update_after=since - BORDER, offset=page * ORDERS_PAGE, direction="DESC")
        for row in rows:
            number = fields.text(row, "order_id")
            if number in wanted:
                found.setdefault(number, row)
        if len(rows) < ORDERS_PAGE or len(found) == len(wanted):
            break
    return found


def orders_page(
    line: Line,
    *,
    update_after: datetime,
    update_before: datetime | None = None,
    offset: int = 0,
    direction: str = "ASC",
) -> list[Row]:
    """One page of the order list by update time."""
    params = {
        "update_after": stamp(update_after),
        "sort_by": "updated_at",
        "sort_direction": direction,
        "limit": str(ORDERS_PAGE),
        "offset": str(offset),
    }
    if update_before is not None:
        params["update_before"] = stamp(update_before)
    return answers.rows(told(get(line, "/orders/get", params)), "orders")


def order_items(line: Line, numbers: Sequence[str]) -> dict[str, list[Row]]:
    """The items of up to 50 orders by order. One that the answer leaves out is left out here too."""
    if not numbers:
        return {}
    body = get(line, "/orders/items/get", {"order_ids": packed([int(number) for number in numbers])})
    rows = ((fields.text(row, "order_id"), answers.rows(row, "order_items")) for row in listed(body))
    return {number: items for number, items in rows if number in numbers}


# --- products ---


def read_products(
    line: Line, ids: Sequence[str], asked_at: datetime, *, warehouse: str, currency: str
) -> Truth:  # fmt: skip
    """The truth of some products, one call each: there is no batch by item id, and a sale moves no list."""
    found: list[ListingSnapshot] = []
    gone, unreadable = [], {}
    for item_id in dict.fromkeys(ids):
        row = _or_gone(lambda item_id=item_id: product(line, item_id), errors.UNKNOWN_ITEM)  # type: ignore[misc]
        if row is None:
            gone.append(item_id)
            continue
        try:
            found += products.listings(row, asked_at, warehouse=warehouse, currency=currency)
        except ValueError as error:
            unreadable[item_id] = str(error)
    return Truth(listings=tuple(found), gone=tuple(gone), unreadable=unreadable)


def product(line: Line, item_id: str) -> Row:
    """One product. Raises Rejected when the shop has none such."""
    return told(get(line, "/product/item/get", {"item_id": item_id}))


def warehouses(line: Line) -> tuple[WarehouseSnapshot, ...]:
    """The seller's warehouses at Lazada."""
    body = get(line, "/seller/warehouse/get", {"addressTypes": packed(["warehouse"])})
    return products.warehouses(answers.rows(answers.part(body, "result"), "module"))


# --- returns ---


def read_returns(line: Line, ids: Sequence[str], asked_at: datetime) -> Truth:
    """The truth of some reverse orders, one call each."""
    found: list[ReturnSnapshot] = []
    gone, unreadable, ignored = [], {}, {}
    for number in dict.fromkeys(ids):
        row = _or_gone(lambda number=number: reverse_order(line, number), errors.UNKNOWN_RETURN)  # type: ignore[misc]
        if row is None:
            gone.append(number)
        elif (kind := fields.text(row, "request_type")) and kind not in returns.KINDS:
            ignored[number] = "a cancellation before delivery, which the order tells"
        else:
            try:
                found.append(returns.returned(row, asked_at))
            except ValueError as error:
                unreadable[number] = str(error)
    return Truth(returns=tuple(found), gone=tuple(gone), unreadable=unreadable, ignored=ignored)


def reverse_order(line: Line, number: str) -> Row:
    """One reverse order. Raises Rejected when the shop has none such."""
    if not (number.isascii() and number.isdecimal()):
        raise errors.refusal("106", number)
    body = get(line, "/order/reverse/return/detail/list", {"reverse_order_id": number})
    return told(body)


def stamp(at: datetime) -> str:
    """A time as the lists want it: whole seconds, with offset."""
    return at.isoformat(timespec="seconds")


def _or_gone(ask: Callable[[], Row], codes: frozenset[str]) -> Row | None:
    try:
        return ask()
    except Rejected as refused:
        if errors.is_missing(refused, codes):
            return None
        raise
