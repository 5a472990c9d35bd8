"""Cancellations: by the seller, and the answers to a buyer's request."""

from __future__ import annotations

from collections import Counter
from typing import Any

from integrations.connectors.tiktok_shop import buyer_requests, command_fields, parcels
from integrations.connectors.tiktok_shop.buyer_requests import CANCELLATIONS
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import fields, orders
from integrations.contract.access import Access
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.known_orders import with_known

_CANCELLED = "CANCELLED"


def cancel(access: Access, command: WriteRequest) -> WriteOutcome:
    """Cancel the whole order, by SKUs and pieces. Option: `reason`."""
    client = shop_client(access)
    return with_known(
        command.known,
        lambda: parcels.order_row(client, command.order_number),
        lambda order: _cancel(client, command, order),
        waits=lambda order: answers.rows(order, "line_items"),
    )


def _cancel(client: ShopClient, command: WriteRequest, order: Row) -> WriteOutcome:
    pieces = Counter(
        fields.text(unit, "sku_id")
        for unit in answers.rows(order, "line_items")
        if fields.text(unit, "display_status") != _CANCELLED
    )
    usual = client.access.settings.get("cancel_reason") or command_fields.CANCEL_REASON
    body = {
        "order_id": command.order_number,
        "cancel_reason": str(command.options.get("reason") or usual),
        "skus": [{"sku_id": sku, "quantity": quantity} for sku, quantity in pieces.items()],
    }
    answer = client.write(CANCELLATIONS, body)
    return WriteOutcome(fields.text(answer, "cancel_id"), raw=answers.plain(answer))


def find_cancelled(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the order is cancelled."""
    order = parcels.order_row(shop_client(access), command.order_number)
    is_cancelled = fields.text(order, "status") == _CANCELLED
    return WriteOutcome(command.order_number, raw=_facts(order)) if is_cancelled else None


# --- a buyer's request to cancel ---


def accept(access: Access, command: WriteRequest) -> WriteOutcome:
    """Let the buyer cancel."""
    client = shop_client(access)
    return _answer("approve", client, command, {})


def reject(access: Access, command: WriteRequest) -> WriteOutcome:
    """Keep the order that the buyer wants to cancel. Options: `reason`, `text`."""
    client = shop_client(access)
    usual = buyer_requests.usual_reason(client)
    return _answer("reject", client, command, buyer_requests.refusal(client, command, usual))


def find_rejected(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the order lives on and no request waits any more."""
    order = parcels.order_row(shop_client(access), command.order_number)
    if fields.flag(order, "is_buyer_request_cancel") or fields.text(order, "status") == _CANCELLED:
        return None
    return WriteOutcome(command.order_number, raw=_facts(order))


def _answer(verb: str, client: ShopClient, command: WriteRequest, body: Row) -> WriteOutcome:
    number = buyer_requests.waiting_cancellation(client, command)
    client.write(
        f"{CANCELLATIONS}/{number}/{verb}",
        body,
        buyer_requests.idempotency(command),
        endpoint=f"{CANCELLATIONS}//{verb}",
        repeatable=True,
    )
    return WriteOutcome(number)


def _facts(order: Row) -> dict[str, Any]:
    return {"status": fields.text(order, "status"), "packages": orders.packages(order)}
