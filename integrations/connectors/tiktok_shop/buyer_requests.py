"""Requests of buyers that the seller answers: to cancel an order, and to return goods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from integrations.connectors.tiktok_shop import pictures
from integrations.connectors.tiktok_shop.client import Params, ShopClient
from integrations.connectors.tiktok_shop.mapping import errors, fields, returns
from integrations.contract.writes import WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row

# these words are not published; a shop's setting replaces them
REJECT_REASON = "seller_reject_apply_product_has_been_packed"
CANCELLATIONS = "/return_refund/202309/cancellations"
RETURNS = "/return_refund/202309/returns"
_REASONS = "/return_refund/202309/reject_reasons"
_PAGE_SIZE = "50"


def waiting_cancellation(client: ShopClient, command: WriteRequest) -> str:
    """Return the number of the buyer's request to cancel that waits for an answer. Raises Rejected when there is none."""
    body = {"order_ids": [command.order_number]}
    answer = client.search(f"{CANCELLATIONS}/search", body, (("page_size", _PAGE_SIZE),))
    for row in answers.rows(answer, "cancellations"):
        is_ours = fields.text(row, "order_id") == command.order_number
        if is_ours and fields.text(row, "cancel_status") == returns.CANCEL_PENDING:
            return fields.first_id(row, "cancel_id")
    raise errors.refusal("not_asked")


def return_rows(client: ShopClient, wanted: Row) -> list[Row]:
    """Return one page of returns as TikTok Shop writes them."""
    answer = client.search(f"{RETURNS}/search", wanted, (("page_size", _PAGE_SIZE),))
    return answers.rows(answer, "return_orders")


def return_row(client: ShopClient, command: WriteRequest) -> Row:
    """Return the return that the options name, else the order's newest. Raises Rejected when there is none."""
    named = str(command.options.get("return_number") or command.external_id)
    wanted = {"return_ids": [named]} if named else {"order_ids": [command.order_number]}
    found = [
        row
        for row in return_rows(client, wanted)
        if named in ("", fields.text(row, "return_id")) and fields.text(row, "order_id") == command.order_number
    ]
    if not found:
        raise errors.refusal("gone", named or command.order_number)
    return max(found, key=lambda row: fields.count(row, "create_time"))


def refusal_reasons(client: ShopClient, number: str) -> Sequence[Row]:
    """Return the reasons for which a cancellation or return may be refused: rows of `name` and `text`."""
    return answers.rows(client.get(_REASONS, (("return_or_cancel_id", number),)), "reasons")


def usual_reason(client: ShopClient) -> str:
    """Return the reason for which the shop refuses to cancel, unless a person chooses another."""
    return client.access.settings.get("reject_reason") or REJECT_REASON


def reason_for(rows: Sequence[Row]) -> str:
    """Return the reason to refuse a return for, of those on offer: "packed" is said of orders, so any other goes before it."""
    names = list(filter(None, (fields.text(row, "name") for row in rows)))
    return next((name for name in names if name != REJECT_REASON), REJECT_REASON)


def refusal(client: ShopClient, command: WriteRequest, usual: str) -> dict[str, Any]:
    """Return the part of a body that says why a request is refused, its pictures uploaded. Options: `reason`, `text`."""
    body: dict[str, Any] = {"reject_reason": str(command.options.get("reason") or usual)}
    comment = str(command.options.get("text") or "")
    body |= {"comment": comment} if comment else {}
    return body | ({"images": pictures.uploaded(client, command.pictures)} if command.pictures else {})


def idempotency(command: WriteRequest) -> Params:
    """Return the key of a command, always the same, so that an answer given twice counts once."""
    return [("idempotency_key", str(uuid5(NAMESPACE_URL, command.reference)))]
