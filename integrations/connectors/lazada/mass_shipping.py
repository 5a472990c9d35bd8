"""Many orders packed and handed over in three calls: pack all, read their items, hand all packages over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from integrations.connectors.lazada.cancellations import ITEMS
from integrations.connectors.lazada.client import compact, payload, post, shop_client
from integrations.connectors.lazada.mapping import errors, fields, orders
from integrations.connectors.lazada.reads import items_by_order
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected, TryLater
from integrations.contract.writes import Together, WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

# orders to pack, or packages, of one call
BATCH = 20
TO_PACK = frozenset({"pending", "repacked", "topack"})
TO_HAND_OVER = frozenset({"packed"})

Outcomes = dict[str, WriteOutcome | ChannelError]


def ship_together(access: Access, commands: Sequence[WriteRequest]) -> Outcomes:
    """Ship up to 20 orders, as `ship` does one. One that is not known, or of which a unit or a package fails, has no entry: alone
    it goes on where it stands.
    """
    client = shop_client(access)
    waiting = [(command, rows) for command in commands if (rows := _to_pack(command))]
    if len(waiting) < 2:
        return {}
    try:
        failed = pack(client, [(command.order_number, rows) for command, rows in waiting])
    except Rejected:
        return {}
    except ChannelError as error:
        return {command.reference: error for command, _ in waiting}
    packed = [command for command, _ in waiting if command.order_number not in failed]
    try:
        return _handed_over(client, packed) if packed else {}
    except Rejected:
        return {}
    except ChannelError as error:
        if isinstance(error, TryLater):
            # packed orders stay packed
            error.maybe_done = True
        return {command.reference: error for command in packed}


TOGETHER = Together(perform=ship_together, batch=BATCH)


def pack(client: ChannelClient, waiting: Iterable[tuple[str, Sequence[Row]]]) -> dict[str, Row]:
    """Pack units of orders; return order -> its first row that failed. `success` does not mean done: every row has a code."""
    request = {
        "pack_order_list": [
            {"order_id": int(number), "order_item_list": [int(fields.first_id(row, "order_item_id")) for row in rows]}
            for number, rows in waiting
        ],
        "delivery_type": "dropship",
        "shipping_allocate_type": "TFS",
    }
    body = post(client, "/order/fulfill/pack", {"packReq": compact(request)})
    found: dict[str, Row] = {}
    for order in answers.rows(payload(body), "pack_order_list"):
        for row in failures(answers.rows(order, "order_item_list")):
            found.setdefault(fields.text(order, "order_id"), row)
    return found


def hand_over(client: ChannelClient, packages: Sequence[str]) -> dict[str, Row]:
    """Hand packages over; return those that failed, with their rows."""
    found: dict[str, Row] = {}
    for start in range(0, len(packages), BATCH):
        request = {"packages": [{"package_id": package} for package in packages[start : start + BATCH]]}
        body = post(client, "/order/package/rts", {"readyToShipReq": compact(request)})
        found |= {fields.text(row, "package_id"): row for row in failures(answers.rows(payload(body), "packages"))}
    return found


def failures(rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose code is not that of success."""
    return [row for row in rows if fields.text(row, "item_err_code") not in ("", errors.OK)]


def shipped(number: str, items: Sequence[Row]) -> WriteOutcome:
    """Return the order's first package, and its tracking number."""
    first = next((row for row in items if fields.text(row, "package_id")), {})
    return WriteOutcome(
        fields.text(first, "package_id") or number, fields.text(first, "tracking_code"), orders.progress(items)
    )


def _to_pack(command: WriteRequest) -> list[Row]:
    """Return the units of a known order that wait to be packed; none where one of them waits for an answer to its buyer, or is
    sent by Lazada.
    """
    left = orders.remaining(answers.rows(command.known, ITEMS))
    rows = [row for row in left if fields.text(row, "status") in TO_PACK]
    is_alone = any(orders.is_cancel_asked(row) for row in rows) or any(orders.is_by_lazada(row) for row in left)
    return [] if is_alone or not command.order_number.isdecimal() else rows


def _handed_over(client: ChannelClient, commands: Sequence[WriteRequest]) -> Outcomes:
    items = items_by_order(client, [command.order_number for command in commands])
    left = [(command, orders.remaining(items.get(command.order_number, ()))) for command in commands]
    ready = [(command, rows) for command, rows in left if rows and not _statuses(rows) & TO_PACK]
    failed = hand_over(client, [package for _, rows in ready for package in _packed(rows)])
    return {
        command.reference: shipped(command.order_number, rows)
        for command, rows in ready
        if failed.keys().isdisjoint(orders.package_ids(rows))
    }


def _statuses(rows: Iterable[Row]) -> set[str]:
    return {fields.text(row, "status") for row in rows}


def _packed(rows: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    return orders.package_ids(row for row in rows if fields.text(row, "status") in TO_HAND_OVER)
