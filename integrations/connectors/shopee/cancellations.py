"""Cancellations: by the seller, and the answers to a buyer's request."""

from __future__ import annotations

from typing import Any

from integrations.connectors.shopee import parcels
from integrations.connectors.shopee.client import integer_id, post, response, shop_client
from integrations.connectors.shopee.command_fields import CANCEL_REASONS, CUSTOMER_REQUEST, OUT_OF_STOCK
from integrations.connectors.shopee.mapping import errors, fields
from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.http import ChannelClient

_ASKED_TO_CANCEL = "IN_CANCEL"
_CANCELLED = "CANCELLED"


def cancel(access: Access, command: WriteRequest) -> WriteOutcome:
    """Cancel an order. Option: `reason`, CUSTOMER_REQUEST by default."""
    reason = str(command.options.get("reason") or CUSTOMER_REQUEST)
    if reason not in CANCEL_REASONS:
        raise errors.refusal("error_param", f"cancel_reason: {', '.join(CANCEL_REASONS)}")
    client = shop_client(access)
    body: dict[str, Any] = {"order_sn": command.order_number, "cancel_reason": reason}
    if reason == OUT_OF_STOCK:
        body["item_list"] = _items(client, command)
    return WriteOutcome(command.order_number, raw=answers.plain(response(post(client, "order/cancel_order", body))))


def find_cancelled(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the order is cancelled."""
    order = parcels.order_row(shop_client(access), command.order_number)
    is_cancelled = fields.text(order, "order_status") == _CANCELLED
    return WriteOutcome(command.order_number, raw=parcels.facts(order)) if is_cancelled else None


def _items(client: ChannelClient, command: WriteRequest) -> list[dict[str, int]]:
    """Return the items that are out of stock: the command's, else all of the order."""
    named = [(row.item_id, row.variation_id) for row in command.lines] or [
        (fields.first_id(row, "item_id"), fields.model_id(row))
        for row in answers.rows(parcels.order_row(client, command.order_number), "item_list")
    ]
    return [
        {"item_id": integer_id(item, "item id"), "model_id": integer_id(model or "0", "model id")}
        for item, model in dict.fromkeys(named)
    ]


# --- a buyer's request to cancel ---


def accept(access: Access, command: WriteRequest) -> WriteOutcome:
    """Let the buyer cancel."""
    return _answer("ACCEPT", access, command)


def reject(access: Access, command: WriteRequest) -> WriteOutcome:
    """Keep the order that the buyer wants to cancel."""
    return _answer("REJECT", access, command)


def find_rejected(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the order lives on and no request waits any more."""
    order = parcels.order_row(shop_client(access), command.order_number)
    is_rejected = fields.text(order, "order_status") not in {_ASKED_TO_CANCEL, _CANCELLED}
    return WriteOutcome(command.order_number, raw=parcels.facts(order)) if is_rejected else None


def _answer(operation: str, access: Access, command: WriteRequest) -> WriteOutcome:
    body = {"order_sn": command.order_number, "operation": operation}
    answer = response(post(shop_client(access), "order/handle_buyer_cancellation", body))
    return WriteOutcome(command.order_number, raw=answers.plain(answer))
