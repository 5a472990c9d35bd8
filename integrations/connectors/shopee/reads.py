"""Reads of orders and items: their current state, and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from integrations.connectors.shopee import paging
from integrations.connectors.shopee.account import location_of
from integrations.connectors.shopee.client import get, response, shop_client
from integrations.connectors.shopee.mapping import errors, fields, items, orders
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.reasons import Cause
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.failures import UNREADABLE
from integrations.wire.http import ChannelClient
from integrations.wire.paging import OffsetPage, open_end, overlapping
from integrations.wire.partial_answers import from_rows
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot

BATCH = 50
# a parcel has a tracking number that only the package detail returns
_LABELLED = frozenset({"PROCESSED", "RETRY_SHIP", "SHIPPED"})


# --- orders ---


def read_orders(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return up to 50 orders. One that Shopee leaves out is in neither list; an unknown one, asked for alone, is gone."""
    client, wanted = shop_client(access), list(dict.fromkeys(ids))
    try:
        rows = order_rows(client, wanted)
    except Rejected as refusal:
        return _gone(wanted, refusal)
    tracking = _tracking_numbers(client, rows)
    line_prices = access.settings.get("item_prices") == orders.PER_LINE

    def snapshots(row: Row) -> list[OrderSnapshot]:
        return [orders.order(row, asked_at, tracking=tracking, line_prices=line_prices)]

    return from_rows(rows, snapshots, lambda row: fields.text(row, "order_sn"))


def changed_orders(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of orders whose update time lies in the span. The list has their status, but not that time."""
    client = shop_client(access)
    return paging.changed(lambda start, end: _order_pages(client, start, end), since=since, until=until)


ORDERS = Reader(read=read_orders, changed=changed_orders, batch=BATCH, window=paging.WINDOW)


def order_rows(client: ChannelClient, numbers: Sequence[str]) -> list[Row]:
    """Return up to 50 orders as Shopee writes them, with every optional field."""
    params = (
        ("order_sn_list", ",".join(numbers)),
        ("response_optional_fields", orders.OPTIONAL_FIELDS),
        ("request_order_status_pending", "true"),
    )
    return answers.rows(response(get(client, "order/get_order_detail", params)), "order_list")


def package_rows(client: ChannelClient, numbers: Sequence[str]) -> list[Row]:
    """Return parcels as Shopee writes them, 50 a call."""
    found: list[Row] = []
    for start in range(0, len(numbers), BATCH):
        params = (("package_number_list", ",".join(numbers[start : start + BATCH])),)
        found += answers.rows(response(get(client, "order/get_package_detail", params)), "package_list")
    return found


def _tracking_numbers(client: ChannelClient, rows: Iterable[Row]) -> dict[str, str]:
    """Return package -> tracking number; empty when refused: orders are complete without."""
    numbers = [
        number
        for row in rows
        if fields.text(row, "order_status") in _LABELLED
        for number in orders.package_numbers(row)
    ]
    try:
        packages = package_rows(client, numbers)
    except (TryLater, Rejected):
        return {}
    return {fields.text(row, "package_number"): fields.text(row, "tracking_number") for row in packages}


def _gone(ids: Sequence[str], refusal: Rejected) -> Answer:
    if len(ids) == 1 and refusal.code in errors.NOT_FOUND:
        return Answer(gone=tuple(ids))
    raise refusal


def _order_pages(client: ChannelClient, start: int, end: int) -> Iterator[Page]:
    cursor = ""
    while True:
        listed = response(get(client, "order/get_order_list", _order_page(start, end, cursor)))
        rows = answers.rows(listed, "order_list")
        found = ((fields.text(row, "order_sn"), fields.text(row, "order_status")) for row in rows)
        yield Page(tuple(Change(number, state=word) for number, word in found if number))
        following = fields.text(listed, "next_cursor")
        if listed.get("more") is not True or following in ("", cursor):
            return
        cursor = following


def _order_page(start: int, end: int, cursor: str) -> list[tuple[str, str]]:
    return [
        ("time_range_field", "update_time"),
        ("time_from", str(start)),
        ("time_to", str(end)),
        ("page_size", str(paging.PAGE_SIZE)),
        ("cursor", cursor),
        ("response_optional_fields", "order_status"),
        ("request_order_status_pending", "true"),
    ]


# --- items ---


def read_listings(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return up to 50 items, one call more for each that has models. One that Shopee leaves out is gone."""
    client, wanted = shop_client(access), list(dict.fromkeys(ids))
    try:
        rows = _item_rows(client, wanted)
    except Rejected as refusal:
        return _gone(wanted, refusal)
    found: list[ListingSnapshot] = []
    gone = set(wanted) - {fields.text(row, "item_id") for row in rows}
    unreadable: dict[str, Cause] = {}
    for row in rows:
        item_id = fields.text(row, "item_id")
        try:
            found += _item_listings(client, row, asked_at, location_of(access))
        except ValueError as error:
            unreadable[item_id] = str(error)
        except Rejected as refusal:
            if refusal.code not in errors.NOT_FOUND:
                unreadable[item_id] = refusal.reason
            else:
                gone.add(item_id)
    return Answer(snapshots=tuple(found), gone=tuple(sorted(gone)), unreadable=unreadable)


def changed_listings(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of items, deleted ones too, from the top again when rows moved meanwhile."""
    client = shop_client(access)
    params = [("item_status", status) for status in items.STATUS]
    if since is not None:
        params.append(("update_time_from", str(math.floor(since.timestamp()))))
        params.append(("update_time_to", str(math.ceil(open_end(until).timestamp()))))

    def fetch(offset: int) -> OffsetPage:
        page = [("offset", str(offset)), ("page_size", str(paging.PAGE_SIZE)), *params]
        listed = response(get(client, "product/get_item_list", page))
        rows, goes_on = answers.rows(listed, "item"), listed.get("has_next_page") is True
        if goes_on and not rows and not offset:
            raise TryLater(errors.ROWLESS_LIST, code=UNREADABLE)
        return OffsetPage(tuple(rows), offset + len(rows) + goes_on)

    for page in overlapping(fetch, _item_id, name="Shopee's item list"):
        yield Page(tuple(paging.changes(page.rows, "item_id", "update_time")))


def _item_id(row: Row) -> str:
    return fields.text(row, "item_id")


LISTINGS = Reader(read=read_listings, changed=changed_listings, batch=BATCH)


def promotion_held(access: Access, item_id: str, asked_at: datetime) -> dict[str, int]:
    """Return model ("" for none) -> the units of it that a promotion holds now."""
    client, held = shop_client(access), dict[str, int]()
    for row in _item_rows(client, [item_id]):
        for listing in _item_listings(client, row, asked_at, location_of(access)):
            held[listing.variation_id] = sum(place.promotion_reserved for place in listing.stock)
    return held


def _item_rows(client: ChannelClient, ids: Sequence[str]) -> list[Row]:
    params = (("item_id_list", ",".join(ids)),)
    return answers.rows(response(get(client, "product/get_item_base_info", params)), "item_list")


def _item_listings(client: ChannelClient, row: Row, asked_at: datetime, location: str) -> tuple[ListingSnapshot, ...]:
    """Return an item's listings, its models fetched when it has any. Raises ValueError for a malformed one."""
    models: Row = {}
    if items.has_models(row):
        models = response(get(client, "product/get_model_list", (("item_id", fields.first_id(row, "item_id")),)))
    tiers = answers.rows(models, "tier_variation")
    return items.listings(row, answers.rows(models, "model"), tiers, asked_at, location=location)
