"""Commands to Tiki: confirm an order (ship) or refuse it (cancel), each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiki import command_fields
from integrations.connectors.tiki.account import warehouse_of
from integrations.connectors.tiki.client import get, send, shop_client, whole
from integrations.connectors.tiki.command_fields import PICKUP_TIME, pickup_slots
from integrations.connectors.tiki.mapping import errors, fields, orders, shipping
from integrations.connectors.tiki.reads import known_order
from integrations.contract.access import Access
from integrations.contract.reasons import declare
from integrations.contract.writes import WriteFields, WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.known_orders import with_known

_CANCELED = "canceled"
_LATE = declare("tiki.late", _("Tiki lets a seller refuse an order only until it is confirmed."))

# sends the command about an order that was just read
Send = Callable[[ChannelClient, WriteRequest, Row, str], None]


def _writer(send_command: Send, is_done: Callable[[Row], bool], options: WriteFields | None = None) -> Writer:
    """Return how a command is carried out whose outcome the order shows. One that is done already is not sent again."""

    def perform(access: Access, command: WriteRequest) -> WriteOutcome:
        client = shop_client(access)

        def act(row: Row) -> WriteOutcome:
            if not is_done(row):
                send_command(client, command, row, warehouse_of(access))
            return _outcome(row)

        return with_known(
            command.known,
            lambda: known_order(client, command.order_number),
            act,
            waits=lambda row: not is_done(row),
        )

    def outcome_of(access: Access, command: WriteRequest) -> WriteOutcome | None:
        row = known_order(shop_client(access), command.order_number)
        return _outcome(row) if is_done(row) else None

    return Writer(perform=perform, outcome_of=outcome_of, fields=options)


def _confirm(client: ChannelClient, command: WriteRequest, row: Row, warehouse: str) -> None:
    """Confirm that the goods are there. Options: seller_inventory_id, expected_pickup_time."""
    path = f"v2/orders/{command.order_number}/"
    inventory = str(command.options.get("seller_inventory_id") or warehouse) or _inventory(client, row)
    body: dict[str, Any] = {"seller_inventory_id": whole(inventory, "warehouse id")}
    if fields.text(row, "fulfillment_type") != shipping.DROPSHIP:
        body["available_item_ids"] = [_number(item) for item in answers.rows(row, "items")]
        send(client, "POST", f"{path}confirm-available", body)
        return
    body["confirmation_status"] = "seller_confirmed"
    if slot := _slot(client, command):
        body[PICKUP_TIME] = slot
    send(client, "POST", f"{path}dropship/confirm-available", body)


def _refuse(client: ChannelClient, command: WriteRequest, row: Row, warehouse: str) -> None:
    """Refuse an order: dropship says so by name, the others by leaving every item out."""
    if orders.WAITING not in orders.confirmations(row) or fields.text(row, "status") != orders.QUEUEING:
        raise errors.refusal(_LATE)
    path = f"v2/orders/{command.order_number}/"
    if fields.text(row, "fulfillment_type") == shipping.DROPSHIP:
        send(client, "POST", f"{path}dropship/confirm-available", {"confirmation_status": orders.REFUSED})
    else:
        send(client, "POST", f"{path}confirm-available", {"available_item_ids": []})


def _slot(client: ChannelClient, command: WriteRequest) -> str:
    """Return the pick-up time that was chosen, else the first that Tiki offers, if it offers any."""
    named = str(command.options.get(PICKUP_TIME) or "")
    return named or next(iter(pickup_slots(client)), "")


def _inventory(client: ChannelClient, row: Row) -> str:
    """Return the seller's warehouse that serves the Tiki warehouse of this order."""
    code = fields.text(answers.part(row, "tiki_warehouse"), "code")
    found = shipping.inventory(get(client, "v2/seller-inventories", [("tiki_warehouse_codes", code)]), code)
    if not found:
        raise errors.refusal(errors.WAREHOUSE)
    return found


def _number(item: Row) -> int:
    try:
        return whole(fields.first_id(item, "id"), "item id")
    except ValueError as error:
        raise errors.refusal(str(error)) from None


def _outcome(row: Row) -> WriteOutcome:
    tracking = fields.text(answers.part(row, "shipping"), "tracking_code")
    return WriteOutcome(fields.text(row, "code"), tracking, {"status": fields.text(row, "status")})


def _is_confirmed(row: Row) -> bool:
    """Return whether no item waits for the seller's answer, and one at least is there."""
    confirmations = orders.confirmations(row)
    is_over = orders.STATUS.get(fields.text(row, "status")) in {"packed", "shipped", "delivered", "completed"}
    is_answered = bool(confirmations) and orders.WAITING not in confirmations
    return is_over or (is_answered and bool(orders.CONFIRMED & set(confirmations)))


def _is_refused(row: Row) -> bool:
    return fields.text(row, "status") == _CANCELED or set(orders.confirmations(row)) == {orders.REFUSED}


WRITES = {
    "ship": _writer(_confirm, _is_confirmed, command_fields.ship_fields),
    "cancel": _writer(_refuse, _is_refused),
}
