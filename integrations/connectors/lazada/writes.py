"""Commands to Lazada: shipping here, cancelling and returns in modules of their own.

Each begins by reading where the order is, so doing one again goes on where it broke off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.lazada import cancellations, command_fields, returns
from integrations.connectors.lazada.cancellations import ITEMS
from integrations.connectors.lazada.client import shop_client
from integrations.connectors.lazada.mapping import errors, fields, orders
from integrations.connectors.lazada.mass_shipping import TO_HAND_OVER, TO_PACK, TOGETHER, hand_over, pack, shipped
from integrations.connectors.lazada.reads import order_items
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.known_orders import with_known


def ship(access: Access, command: WriteRequest) -> WriteOutcome:
    """Pack what is not packed, then hand every package over."""
    client = shop_client(access)
    return with_known(
        command.known,
        lambda: {ITEMS: order_items(client, command.order_number)},
        lambda order: _ship(client, command, orders.own(answers.rows(order, ITEMS))),
        waits=lambda order: any(fields.text(row, "status") in TO_PACK for row in answers.rows(order, ITEMS)),
    )


def _ship(client: ChannelClient, command: WriteRequest, items: Sequence[Row]) -> WriteOutcome:
    if waiting := [row for row in items if fields.text(row, "status") in TO_PACK]:
        _pack(client, command.order_number, waiting)
        items = orders.own(order_items(client, command.order_number))
    packed = [row for row in items if fields.text(row, "status") in TO_HAND_OVER]
    try:
        _raise_first(hand_over(client, orders.package_ids(packed)))
    except TryLater as error:
        # packed orders stay packed: a retry resumes from here
        error.maybe_done = error.maybe_done or bool(waiting)
        raise
    return shipped(command.order_number, items)


def find_shipped(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Look up whether every remaining item was handed over."""
    items = orders.own(order_items(shop_client(access), command.order_number))
    left = [row for row in items if fields.text(row, "status") in TO_PACK | TO_HAND_OVER]
    return None if left or not items else shipped(command.order_number, items)


def _pack(client: ChannelClient, number: str, rows: Sequence[Row]) -> None:
    if any(orders.is_cancel_asked(row) for row in rows):
        raise errors.refusal(errors.NOT_PACKABLE)
    _raise_first(pack(client, [(number, rows)]))


def _raise_first(failed: Mapping[str, Row]) -> None:
    for row in failed.values():
        found = errors.problem(fields.text(row, "item_err_code"), fields.text(row, "msg"))
        if fields.flag(row, "retry") and isinstance(found, Rejected):
            raise TryLater(found.reason, code=found.code)
        raise found


WRITES = {
    "ship": Writer(perform=ship, outcome_of=find_shipped, together=TOGETHER),
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
