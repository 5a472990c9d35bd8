"""Returns and refunds -> snapshots, and the decision that answers each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
from orders.snapshots import ReturnLineSnapshot, ReturnSnapshot

PENDING, SHIPPED = "RETURN_OR_REFUND_REQUEST_PENDING", "BUYER_SHIPPED_ITEM"
# every status; of replacements those that the SDK's sources name
STATUS = {
    PENDING: "requested",
    "REFUND_OR_RETURN_REQUEST_REJECT": "refused",
    "AWAITING_BUYER_SHIP": "approved",
    "AWAITING_BUYER_RESPONSE": "requested",
    SHIPPED: "in_transit",
    "REJECT_RECEIVE_PACKAGE": "refused",
    "RETURN_OR_REFUND_REQUEST_SUCCESS": "refunded",
    "RETURN_OR_REFUND_REQUEST_CANCEL": "withdrawn",
    "RETURN_OR_REFUND_REQUEST_COMPLETE": "refunded",
    "REPLACEMENT_REQUEST_PENDING": "requested",
    "REPLACEMENT_REQUEST_REJECT": "refused",
    "REPLACEMENT_REQUEST_REFUND_SUCCESS": "refunded",
    "REPLACEMENT_REQUEST_CANCEL": "withdrawn",
    "REPLACEMENT_REQUEST_COMPLETE": "received",
}
REFUND, GOODS = "REFUND", "RETURN_AND_REFUND"
# (kind, status) -> what the seller decides on now, to be written behind APPROVE_ or REJECT_
_DECISIONS: Mapping[tuple[str, str], str] = {
    (REFUND, PENDING): "REFUND",
    (GOODS, PENDING): "RETURN",
    (GOODS, SHIPPED): "RECEIVED_PACKAGE",
}
# both spellings were seen
CANCEL_PENDING = "CANCELLATION_REQUEST_PENDING"
CANCEL_ENDS: Mapping[str, str] = {
    "CANCELLATION_REQUEST_SUCCESS": "accept_cancellation",
    "CANCELLATION_REQUEST_COMPLETE": "accept_cancellation",
    "CANCELLATION_REQUEST_CANCEL": "reject_cancellation",
    "CANCELLATION_REQUEST_CANCELLED": "reject_cancellation",
}


def decision(row: Row) -> str:
    """Return the decision that this return waits for; "" for none."""
    return _DECISIONS.get((fields.text(row, "return_type"), fields.text(row, "return_status")), "")


def return_id(row: Row) -> str:
    """Return the return's number. Raises ValueError when there is none."""
    return fields.first_id(row, "return_id")


def returned(row: Row, asked_at: datetime) -> ReturnSnapshot:
    """Map one return. Raises ValueError when it has no number; every other field may be unknown."""
    refund, word = answers.part(row, "refund_amount"), fields.text(row, "return_status")
    currency = fields.text(refund, "currency") or "VND"
    odd = Oddities()
    return ReturnSnapshot(
        number=return_id(row),
        order_number=fields.id_or_none(row, "order_id"),
        status=STATUS.get(word, ""),
        channel_status=word,
        asked_at=asked_at,
        lines=odd.lines(_line(odd, line, currency) for line in answers.rows(row, "return_line_items")),
        version=odd.read(fields.moment, row, "update_time"),
        requested_at=odd.read(fields.moment, row, "create_time"),
        answer_by=_deadline(odd, answers.rows(row, "seller_next_action_response")),
        goods_come_back=fields.text(row, "return_type") != REFUND,
        reason=fields.text(row, "return_reason_text") or fields.text(row, "return_reason"),
        refund=odd.money(refund, "refund_total", currency),
        currency=currency,
        tracking_number=fields.text(row, "return_tracking_number"),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def _line(odd: Oddities, row: Row, currency: str) -> ReturnLineSnapshot:
    """Map one piece, known by the order's line item; the product may be left out."""
    return ReturnLineSnapshot(
        item_id=fields.text(row, "product_id"),
        variation_id=fields.text(row, "sku_id"),
        quantity=1,
        sku=fields.text(row, "seller_sku"),
        line_key=fields.text(row, "order_line_item_id"),
        refund=odd.money(answers.part(row, "refund_amount"), "refund_total", currency),
    )


def _deadline(odd: Oddities, actions: Sequence[Row]) -> datetime | None:
    return min(filter(None, (odd.read(fields.moment, action, "deadline") for action in actions)), default=None)
