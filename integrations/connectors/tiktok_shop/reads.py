"""Reads of orders and products: their current state, and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from integrations.connectors.tiktok_shop import paging
from integrations.connectors.tiktok_shop.account import warehouse_of
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders, products
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reads import Answer, Page, Reader
from integrations.contract.reasons import LIST_MOVES
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.paging import PASSES, past_end
from integrations.wire.partial_answers import from_rows
from inventory.snapshots import ListingSnapshot

ORDER_BATCH = 50
ORDER_PAGE = 100
PRODUCT_BATCH = 20
PRODUCT_PAGE = 100
ORDERS_SEARCH, ORDERS_PATH = "/order/202309/orders/search", "/order/202309/orders"
PRODUCTS_SEARCH, PRODUCTS_PATH = "/product/202502/products/search", "/product/202309/products"
INVENTORY = "/product/202309/inventory/search"


# --- orders ---


def read_orders(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return up to 50 orders. One that is left out is in neither list; left out when asked for alone, it is gone."""
    wanted = list(dict.fromkeys(ids))
    rows = order_rows(shop_client(access), wanted)
    return from_rows(rows, lambda row: [orders.order(row, asked_at)], order_id, gone=left_out(wanted, rows, "id"))


def changed_orders(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of orders whose update time lies in the span, whole; they count as asked for at `until`."""
    client = shop_client(access)

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        page = paging.page(ORDER_PAGE, token, sort="update_time")
        answer = client.search(ORDERS_SEARCH, paging.span("update_time", first, last), page)
        return answers.rows(answer, "orders"), fields.text(answer, "next_page_token")

    for rows in paging.walk(search, "update_time", since, until):
        changes = paging.changes(rows, "id", "update_time", "status")
        yield Page(changes, from_rows(rows, lambda row: [orders.order(row, until)], order_id))


def earliest_order(access: Access) -> datetime | None:
    """Return when the shop's oldest order was placed, before all its returns and settlements; None for a shop without any."""
    page = paging.page(1, sort="create_time")
    rows = answers.rows(shop_client(access).search(ORDERS_SEARCH, {"create_time_ge": 1}, page), "orders")
    return next((moment for row in rows if (moment := fields.moment(row, "create_time"))), None)


ORDERS = Reader(read=read_orders, changed=changed_orders, batch=ORDER_BATCH, earliest=earliest_order)


def order_id(row: Row) -> str:
    """Return the id of an order, "" where it was left out."""
    return fields.text(row, "id")


def order_rows(client: ShopClient, ids: Sequence[str]) -> list[Row]:
    """Return up to 50 orders as TikTok Shop writes them."""
    return answers.rows(client.get(ORDERS_PATH, (("ids", ",".join(ids)),)), "orders")


def left_out(wanted: Sequence[str], rows: Iterable[Row], id_key: str) -> tuple[str, ...]:
    """Return the id that was asked for alone and left out."""
    found = {fields.text(row, id_key) for row in rows}
    return tuple(wanted) if len(wanted) == 1 and wanted[0] not in found else ()


# --- products ---


def read_listings(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return some products: one call for all their stock, then one for each."""
    client, wanted = shop_client(access), list(dict.fromkeys(ids))
    inventory = inventory_rows(client, wanted)
    found: list[ListingSnapshot] = []
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    for product_id in wanted:
        try:
            row = client.get(f"{PRODUCTS_PATH}/{quote(product_id, safe='')}", endpoint=f"{PRODUCTS_PATH}/")
            if products.is_deleted(row):
                gone.append(product_id)
                continue
            found += products.listings(row, inventory, asked_at, warehouse=warehouse_of(access))
        except ValueError as error:
            unreadable[product_id] = str(error)
        except Rejected as refusal:
            if not errors.is_gone(refusal):
                raise
            gone.append(product_id)
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)


def changed_listings(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of products, from the top again while fewer were seen than there are: the list has no order to rely on."""
    client = shop_client(access)
    body: dict[str, object] = {"status": "ALL"}
    if since is not None:
        body["update_time_ge"] = max(1, math.floor(since.timestamp()))
        if end := past_end(until):
            body["update_time_le"] = math.ceil(end.timestamp())
    seen: set[str] = set()
    for _ in range(PASSES):
        token, total, pages = "", 0, 0
        while True:
            answer = client.search(PRODUCTS_SEARCH, body, paging.page(PRODUCT_PAGE, token))
            rows = answers.rows(answer, "products")
            pages += 1
            yield Page(paging.changes(rows, "id", "update_time", "status"))
            seen |= {fields.text(row, "id") for row in rows}
            total, following = _total(answer), fields.text(answer, "next_page_token")
            if not following or following == token or not rows:
                break
            token = following
        if pages == 1 or len(seen) >= total:
            return
    raise TryLater(LIST_MOVES(list="TikTok Shop"))


LISTINGS = Reader(read=read_listings, changed=changed_listings, batch=PRODUCT_BATCH)


def inventory_rows(client: ShopClient, product_ids: Sequence[str]) -> dict[str, Row]:
    """Return stock by SKU; empty when refused: the products have numbers, too."""
    try:
        return products.by_sku(client.search(INVENTORY, {"product_ids": list(product_ids)}))
    except Rejected:
        return {}


def _total(answer: Row) -> int:
    return fields.or_none(fields.count, answer, "total_count") or 0
