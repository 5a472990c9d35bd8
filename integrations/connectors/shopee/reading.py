"""What Shopee says now of orders and items, and what changed."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime

from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.shopee import paging
from integrations.connectors.shopee.calls import get, response
from integrations.connectors.shopee.mapping import errors, fields, items, orders
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from integrations.wire.http import Line
from inventory.snapshots import ListingSnapshot, WarehouseSnapshot
from orders.snapshots import OrderSnapshot

BATCH = 50
# a parcel has a tracking number that only the package detail tells
_LABELLED = frozenset({"PROCESSED", "RETRY_SHIP", "SHIPPED"})


def read_orders(line: Line, ids: Sequence[str], asked_at: datetime, *, line_prices: bool = False) -> Truth:
    """The truth of up to 50 orders. One that Shopee leaves out is not told; one it does not know, asked alone, is gone."""
    wanted = list(dict.fromkeys(ids))
    try:
        rows = order_rows(line, wanted)
    except Rejected as refusal:
        return _gone(wanted, refusal)
    tracking = _tracking_numbers(line, rows)
    found: list[OrderSnapshot] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        try:
            found.append(orders.order(row, asked_at, tracking=tracking, line_prices=line_prices))
        except ValueError as error:
            unreadable[fields.text(row, "order_sn")] = str(error)
    return Truth(orders=tuple(found), unreadable=unreadable)


def order_rows(line: Line, numbers: Sequence[str]) -> list[Row]:
    """Up to 50 orders as Shopee writes them, with every optional field."""
    params = (
        ("order_sn_list", ",".join(numbers)),
        ("response_optional_fields", orders.OPTIONAL_FIELDS),
        ("request_order_status_pending", "true"),
    )
    return answers.rows(response(get(line, "order/get_order_detail", params)), "order_list")


def package_rows(line: Line, numbers: Sequence[str]) -> list[Row]:
    """Parcels as Shopee writes them, 50 a call."""
    found: list[Row] = []
    for start in range(0, len(numbers), BATCH):
        params = (("package_number_list", ",".join(numbers[start : start + BATCH])),)
        found += answers.rows(response(get(line, "order/get_package_detail", params)), "package_list")
    return found


def _tracking_numbers(line: Line, rows: Iterable[Row]) -> dict[str, str]:
    """Package -> tracking number. The orders count without them: a refusal here costs no order its truth."""
    numbers = [
        number
        for row in rows
        if fields.text(row, "order_status") in _LABELLED
        for number in orders.package_numbers(row)
    ]
    try:
        packages = package_rows(line, numbers)
    except (TryLater, Rejected):
        return {}
    return {fields.text(row, "package_number"): fields.text(row, "tracking_number") for row in packages}


def _gone(ids: Sequence[str], refusal: Rejected) -> Truth:
    if len(ids) == 1 and refusal.code in errors.NOT_FOUND:
        return Truth(gone=tuple(ids))
    raise refusal


def read_items(line: Line, ids: Sequence[str], asked_at: datetime, *, location: str = "") -> Truth:
    """The truth of up to 50 items, one call more for each that has models. One that Shopee leaves out is gone."""
    wanted = list(dict.fromkeys(ids))
    try:
        rows = _item_rows(line, wanted)
    except Rejected as refusal:
        return _gone(wanted, refusal)
    found: list[ListingSnapshot] = []
    gone, unreadable = set(wanted) - {fields.text(row, "item_id") for row in rows}, {}
    for row in rows:
        item_id = fields.text(row, "item_id")
        try:
            found += item_listings(line, row, asked_at, location)
        except ValueError as error:
            unreadable[item_id] = str(error)
        except Rejected as refusal:
            if refusal.code not in errors.NOT_FOUND:
                unreadable[item_id] = refusal.reason
            else:
                gone.add(item_id)
    return Truth(listings=tuple(found), gone=tuple(sorted(gone)), unreadable=unreadable)


def _item_rows(line: Line, ids: Sequence[str]) -> list[Row]:
    params = (("item_id_list", ",".join(ids)),)
    return answers.rows(response(get(line, "product/get_item_base_info", params)), "item_list")


def item_listings(line: Line, row: Row, asked_at: datetime, location: str) -> tuple[ListingSnapshot, ...]:
    """An item's listings, its models asked for when it has any. Raises ValueError for what makes no sense."""
    models: Row = {}
    if items.has_models(row):
        models = response(get(line, "product/get_model_list", (("item_id", fields.item_id(row, "item_id")),)))
    tiers = answers.rows(models, "tier_variation")
    return items.listings(row, answers.rows(models, "model"), tiers, asked_at, location=location)


def item_stock(line: Line, item_id: str, asked_at: datetime, location: str) -> dict[str, int]:
    """Model ("" for none) -> the units a promotion holds of it now."""
    held: dict[str, int] = {}
    for row in _item_rows(line, [item_id]):
        for listing in item_listings(line, row, asked_at, location):
            held[listing.variation_id] = listing.stock[0].promotion_reserved
    return held


def warehouses(line: Line) -> tuple[WarehouseSnapshot, ...]:
    """The seller's warehouses; none where the shop may not have several."""
    try:
        body = get(line, "shop/get_warehouse_detail")
    except Rejected as refusal:
        if refusal.code == errors.NO_WAREHOUSES:
            return ()
        raise
    return items.warehouses(answers.rows(body, "response"))


# --- what changed ---


def changed_orders(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of orders whose update time lies in the span. The list tells their status, but not that time."""
    return paging.changed(lambda start, end: _order_pages(line, start, end), since=since, until=until)


def _order_pages(line: Line, start: int, end: int) -> Iterator[Page]:
    cursor = ""
    while True:
        listed = response(get(line, "order/get_order_list", _order_page(start, end, cursor)))
        rows = answers.rows(listed, "order_list")
        told = ((fields.text(row, "order_sn"), fields.text(row, "order_status")) for row in rows)
        yield Page(tuple(Change(number, state=word) for number, word in told if number))
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


def changed_items(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of items, deleted ones too, from the top again when rows moved meanwhile."""
    params = [("item_status", status) for status in items.STATUS]
    if since is not None:
        params.append(("update_time_from", str(math.floor(since.timestamp()))))
        params.append(("update_time_to", str(math.ceil(paging.open_end(until).timestamp()))))
    for _ in range(paging.PASSES):
        if (yield from _one_pass(line, params)):
            return
    raise TryLater("Shopee's item list changes faster than it can be read")


def _one_pass(line: Line, params: Sequence[tuple[str, str]]) -> Generator[Page, None, bool]:
    """Each page begins with the last row of the one before; if another row stands there, the list has shifted."""
    offset, last = 0, ""
    while True:
        asked = [("offset", str(offset)), ("page_size", str(paging.PAGE_SIZE)), *params]
        listed = response(get(line, "product/get_item_list", asked))
        rows = answers.rows(listed, "item")
        overlap = 1 if last else 0
        if last and (not rows or fields.text(rows[0], "item_id") != last):
            return False
        yield Page(tuple(_changes(rows[overlap:])))
        if listed.get("has_next_page") is not True:
            return True
        if len(rows) == overlap:
            return False
        offset, last = offset + len(rows) - 1, fields.text(rows[-1], "item_id")


def _changes(rows: Iterable[Row]) -> Iterator[Change]:
    for row in rows:
        item_id = fields.text(row, "item_id")
        try:
            version = fields.moment(row, "update_time")
        except ValueError:
            version = None
        if item_id:
            yield Change(item_id, version)
