"""Commands to Lazada: shipping here, cancelling and returns in modules of their own.

Each begins by reading where the order is, so doing one again goes on where it broke off.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.lazada import cancellations, command_fields, returns
from integrations.connectors.lazada.client import compact, payload, post, shop_client
from integrations.connectors.lazada.mapping import errors, fields, orders
from integrations.connectors.lazada.reads import order_items
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

# Lazada's batches of packages
_MOST = 20
_TO_PACK = frozenset({"pending", "repacked", "topack"})
_TO_HAND_OVER = frozenset({"packed"})


def ship(access: Access, command: WriteRequest) -> WriteOutcome:
    """Pack what is not packed, then hand every package over."""
    client = shop_client(access)
    items = orders.remaining(order_items(client, command.order_number))
    if waiting := [row for row in items if fields.text(row, "status") in _TO_PACK]:
        _pack(client, command.order_number, waiting)
        items = orders.remaining(order_items(client, command.order_number))
    packed = [row for row in items if fields.text(row, "status") in _TO_HAND_OVER]
    try:
        _hand_over(client, orders.package_ids(packed))
    except TryLater as error:
        # packed orders stay packed: a retry resumes from here
        error.maybe_done = error.maybe_done or bool(waiting)
        raise
    return _shipped(command.order_number, items)


def find_shipped(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up whether every remaining item was handed over."""
    items = orders.remaining(order_items(shop_client(access), command.order_number))
    left = [row for row in items if fields.text(row, "status") in _TO_PACK | _TO_HAND_OVER]
    return None if left or not items else _shipped(command.order_number, items)


def _pack(client: ChannelClient, number: str, rows: Sequence[Row]) -> None:
    if any(orders.is_cancel_asked(row) for row in rows):
        raise errors.refusal(errors.NOT_PACKABLE)
    ids = [int(fields.first_id(row, "order_item_id")) for row in rows]
    request = {
        "pack_order_list": [{"order_id": int(number), "order_item_list": ids}],
        "delivery_type": "dropship",
        "shipping_allocate_type": "TFS",
    }
    body = post(client, "/order/fulfill/pack", {"packReq": compact(request)})
    for order in answers.rows(payload(body), "pack_order_list"):
        _raise_first_failure(answers.rows(order, "order_item_list"))


def _hand_over(client: ChannelClient, packages: Sequence[str]) -> None:
    for start in range(0, len(packages), _MOST):
        request = {"packages": [{"package_id": package} for package in packages[start : start + _MOST]]}
        body = post(client, "/order/package/rts", {"readyToShipReq": compact(request)})
        _raise_first_failure(answers.rows(payload(body), "packages"))


def _raise_first_failure(rows: Sequence[Row]) -> None:
    """Raise the first row's error. `success` does not mean done: every row has a code of its own, "0" when it is."""
    for row in rows:
        code = fields.text(row, "item_err_code")
        if code in ("", errors.OK):
            continue
        found = errors.problem(code, fields.text(row, "msg"))
        if fields.flag(row, "retry") and isinstance(found, Rejected):
            raise TryLater(found.reason, code=code)
        raise found


def _shipped(number: str, items: Sequence[Row]) -> WriteOutcome:
    """Return the order's first package, and its tracking number."""
    first = next((row for row in items if fields.text(row, "package_id")), {})
    return WriteOutcome(
        fields.text(first, "package_id") or number, fields.text(first, "tracking_code"), orders.progress(items)
    )


WRITES = {
    "ship": Writer(perform=ship, outcome_of=find_shipped),
    "cancel": Writer(
        perform=cancellations.cancel, outcome_of=cancellations.find_cancelled, fields=command_fields.cancel_fields
    ),
    "accept_cancellation": Writer(perform=cancellations.accept, outcome_of=cancellations.find_cancelled),
    "reject_cancellation": Writer(
        perform=cancellations.reject,
        outcome_of=cancellations.find_rejected,
        fields=command_fields.reject_cancellation_fields,
    ),
    "accept_return": Writer(perform=returns.accept, outcome_of=returns.find_accepted),
    "reject_return": Writer(
        perform=returns.reject, outcome_of=returns.find_rejected, fields=command_fields.reject_return_fields
    ),
}
