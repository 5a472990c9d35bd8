"""What TikTok Shop says now of orders, products, returns and statements, and what changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.tiktok_shop.calls import Api
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders, products, returns
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from inventory.snapshots import ListingSnapshot

ORDER_BATCH = 50
ORDER_PAGE = 100
PRODUCT_BATCH = 20
PRODUCT_PAGE = 100
RETURN_BATCH = RETURN_PAGE = 50
# TikTok Shop's clock may be ahead of ours; near the present our clock must not hide rows from us
SKEW = timedelta(minutes=5)
# how often a list of products may shift under us before we come back later
_PASSES = 5
ORDERS_SEARCH, ORDERS = "/order/202309/orders/search", "/order/202309/orders"
PRODUCTS_SEARCH, PRODUCTS = "/product/202502/products/search", "/product/202309/products"
INVENTORY = "/product/202309/inventory/search"
RETURNS_SEARCH = "/return_refund/202309/returns/search"

Thing = TypeVar("Thing")


# --- what is ---


def read_orders(api: Api, ids: Sequence[str], asked_at: datetime) -> Truth:
    """The truth of up to 50 orders. One that is left out is not told; left out when asked alone, it is gone."""
    wanted = list(dict.fromkeys(ids))
    rows = order_rows(api, wanted)
    found, unreadable = _mapped(rows, lambda row: orders.order(row, asked_at), "id")
    return Truth(orders=tuple(found), gone=_gone(wanted, rows, "id"), unreadable=unreadable)


def order_rows(api: Api, ids: Sequence[str]) -> list[Row]:
    """Up to 50 orders as TikTok Shop writes them."""
    return answers.rows(api.get(ORDERS, (("ids", ",".join(ids)),)), "orders")


def read_products(api: Api, ids: Sequence[str], asked_at: datetime, *, warehouse: str = "") -> Truth:
    """The truth of some products: one call for all their stock, then one for each."""
    wanted = list(dict.fromkeys(ids))
    inventory = inventory_rows(api, wanted)
    found: list[ListingSnapshot] = []
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    for product_id in wanted:
        try:
            row = api.get(f"{PRODUCTS}/{product_id}", endpoint=f"{PRODUCTS}/")
            found += products.listings(row, inventory, asked_at, warehouse=warehouse)
        except ValueError as error:
            unreadable[product_id] = str(error)
        except Rejected as refusal:
            if not errors.is_gone(refusal):
                raise
            gone.append(product_id)
    return Truth(listings=tuple(found), gone=tuple(gone), unreadable=unreadable)


def inventory_rows(api: Api, product_ids: Sequence[str]) -> dict[str, Row]:
    """Stock by SKU; without what TikTok Shop does not tell now, for the products tell numbers, too."""
    try:
        return products.by_sku(api.search(INVENTORY, {"product_ids": list(product_ids)}))
    except Rejected:
        return {}


def read_returns(api: Api, ids: Sequence[str], asked_at: datetime) -> Truth:
    """The truth of up to 50 returns, as read_orders."""
    wanted = list(dict.fromkeys(ids))
    rows = return_rows(api, {"return_ids": wanted})
    found, unreadable = _mapped(rows, lambda row: returns.returned(row, asked_at), "return_id")
    return Truth(returns=tuple(found), gone=_gone(wanted, rows, "return_id"), unreadable=unreadable)


def return_rows(api: Api, wanted: Row) -> list[Row]:
    """One page of returns as TikTok Shop writes them."""
    answer = api.search(RETURNS_SEARCH, wanted, (("page_size", str(RETURN_PAGE)),))
    return answers.rows(answer, "return_orders")


def _mapped(rows: Iterable[Row], read: Callable[[Row], Thing], key: str) -> tuple[list[Thing], dict[str, str]]:
    """What could be mapped, and why the rest could not, by id."""
    found: list[Thing] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        try:
            found.append(read(row))
        except ValueError as error:
            unreadable[fields.text(row, key)] = str(error)
    unreadable.pop("", None)
    return found, unreadable


def _gone(wanted: Sequence[str], rows: Iterable[Row], key: str) -> tuple[str, ...]:
    told = {fields.text(row, key) for row in rows}
    return tuple(wanted) if len(wanted) == 1 and wanted[0] not in told else ()


# --- what changed ---


class Search(Protocol):
    """One page of rows with a time in [first, last) (last None: open), oldest first, and the token of the next."""

    def __call__(self, first: int, last: int | None, token: str) -> tuple[list[Row], str]: ...


def changed_orders(api: Api, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of orders whose update time lies in the span, whole; they count as asked for at `until`."""

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        answer = api.search(ORDERS_SEARCH, _span("update_time", first, last), _paging(ORDER_PAGE, token, "update_time"))
        return answers.rows(answer, "orders"), fields.text(answer, "next_page_token")

    for rows in walk(search, "update_time", since, until):
        changes = _changes(rows, "id", "update_time", "status")
        found, unreadable = _mapped(rows, lambda row: orders.order(row, until), "id")
        yield Page(changes, Truth(orders=tuple(found), unreadable=unreadable))


def changed_returns(api: Api, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of returns whose update time lies in the span, whole."""

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        paging = _paging(RETURN_PAGE, token, "update_time")
        answer = api.search(RETURNS_SEARCH, _span("update_time", first, last), paging)
        return answers.rows(answer, "return_orders"), fields.text(answer, "next_page_token")

    for rows in walk(search, "update_time", since, until):
        changes = _changes(rows, "return_id", "update_time", "return_status")
        found, unreadable = _mapped(rows, lambda row: returns.returned(row, until), "return_id")
        yield Page(changes, Truth(returns=tuple(found), unreadable=unreadable))


def walk(search: Search, key: str, since: datetime | None, until: datetime) -> Iterator[list[Row]]:
    """Pages of a list sorted by a time that moves while it is read.

    A page token may be an offset, and a row that moves to the end then pulls an unread one onto a page that was read. So
    each page starts at the time of the last row of the one before, which repeats rows and misses none; tokens are followed
    only through a second that fills a page.
    """
    first = max(1, math.floor(since.timestamp())) if since else 1
    last = None if until > datetime.now(UTC) - SKEW else math.ceil(until.timestamp()) + 1
    while last is None or first < last:
        rows, token = search(first, last, "")
        yield rows
        if not token or not rows:
            return
        reached = _time(rows[-1], key)
        if reached <= first:
            yield from _one_second(search, first)
            reached = first + 1
        first = reached


def _one_second(search: Search, second: int) -> Iterator[list[Row]]:
    """All pages of one second, which are too many for one page: nothing smaller can be asked for."""
    token = ""
    while True:
        rows, following = search(second, second + 1, token)
        yield rows
        if not rows or following in ("", token):
            return
        token = following


def changed_products(api: Api, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of products, from the top again while fewer were seen than there are: the list has no order to rely on."""
    body: dict[str, object] = {"status": "ALL"}
    if since is not None:
        body["update_time_ge"] = max(1, math.floor(since.timestamp()))
        if until <= datetime.now(UTC) - SKEW:
            body["update_time_le"] = math.ceil(until.timestamp())
    seen: set[str] = set()
    for _ in range(_PASSES):
        token, total, pages = "", 0, 0
        while True:
            answer = api.search(PRODUCTS_SEARCH, body, _paging(PRODUCT_PAGE, token))
            rows = answers.rows(answer, "products")
            pages += 1
            yield Page(_changes(rows, "id", "update_time", "status"))
            seen |= {fields.text(row, "id") for row in rows}
            total, following = _total(answer), fields.text(answer, "next_page_token")
            if not following or following == token or not rows:
                break
            token = following
        if pages == 1 or len(seen) >= total:
            return
    raise TryLater("TikTok Shop's list of products changes faster than it can be read")


def earliest_order(api: Api) -> datetime | None:
    """When the shop's oldest order was placed; None for a shop without any."""
    paging = (("page_size", "1"), ("sort_field", "create_time"), ("sort_order", "ASC"))
    rows = answers.rows(api.search(ORDERS_SEARCH, {"create_time_ge": 1}, paging), "orders")
    return next((moment for row in rows if (moment := fields.moment(row, "create_time"))), None)


def _span(name: str, first: int, last: int | None) -> dict[str, int]:
    return {f"{name}_ge": first} | ({f"{name}_lt": last} if last is not None else {})


def _paging(size: int, token: str, sort: str = "") -> list[tuple[str, str]]:
    found = [("page_size", str(size))]
    if token:
        found.append(("page_token", token))
    return [*found, ("sort_field", sort), ("sort_order", "ASC")] if sort else found


def _changes(rows: Iterable[Row], key: str, time_key: str, state: str) -> tuple[Change, ...]:
    return tuple(
        Change(thing, _version(row, time_key), fields.text(row, state))
        for row in rows
        if (thing := fields.text(row, key))
    )


def _version(row: Row, key: str) -> datetime | None:
    try:
        return fields.moment(row, key)
    except ValueError:
        return None


def _time(row: Row, key: str) -> int:
    try:
        return fields.count(row, key)
    except ValueError as error:
        raise TryLater(f"TikTok Shop's list makes no sense: {error}") from None


def _total(answer: Row) -> int:
    try:
        return fields.count(answer, "total_count")
    except ValueError:
        return 0
