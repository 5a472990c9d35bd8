"""Returns of `get_return_detail` -> snapshots."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from integrations.connectors.shopee.mapping import fields
from integrations.connectors.shopee.mapping.orders import WHOLE_MONEY
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import ReturnLineSnapshot, ReturnSnapshot

# every status of the v2 reference -> ours; the reference only lists the words, so their meanings are inferred
STATUS = {
    "REQUESTED": "requested",
    "SELLER_DISPUTE": "requested",  # we objected; not decided
    "JUDGING": "requested",  # Shopee decides
    "PROCESSING": "approved",  # the goods come back
    "ACCEPTED": "refunded",
    "CANCELLED": "withdrawn",  # by the buyer
    "CLOSED": "refused",
}
# status of a return that is being processed, by its parcel (`logistics_status` of the detail)
PARCEL = {
    "LOGISTICS_PICKUP_DONE": "in_transit",
    "LOGISTICS_DELIVERY_DONE": "received",
}
_ON_ITS_WAY = "PROCESSING"
# until when a seller must have answered, by status
_ANSWER_BY = {"REQUESTED": "due_date", "PROCESSING": "return_seller_due_date"}
# `return_solution` is a number in answers and a word in negotiations
_MERE_REFUND = frozenset({"1", "REFUND"})


def return_sn(row: Row) -> str:
    """Return the return's number. Raises ValueError when there is none."""
    found = fields.text(row, "return_sn")
    if not found:
        raise ValueError("no return_sn")
    return found


def snapshot(row: Row, asked_at: datetime) -> ReturnSnapshot:
    """Map one return. Raises ValueError for a malformed field."""
    word, currency = fields.text(row, "status"), fields.text(row, "currency") or "VND"
    refund = _money(row, "refund_amount")
    return ReturnSnapshot(
        number=return_sn(row),
        order_number=fields.text(row, "order_sn"),
        status=_status(row, word),
        channel_status=word,
        asked_at=asked_at,
        lines=tuple(_line(item) for item in answers.rows(row, "item")),
        version=fields.moment(row, "update_time"),
        requested_at=fields.moment(row, "create_time"),
        answer_by=fields.moment(row, _ANSWER_BY[word]) if word in _ANSWER_BY else None,
        goods_come_back=_goods_come_back(row),
        reason=fields.text(row, "reason"),
        note=fields.text(row, "text_reason"),
        refund=refund,
        currency=currency,
        tracking_number=fields.text(row, "tracking_number"),
        problems=_problems(row, refund, currency),
        raw=answers.plain(row),
    )


def _status(row: Row, word: str) -> str:
    ours = STATUS.get(word, "")
    return PARCEL.get(fields.text(row, "logistics_status"), ours) if word == _ON_ITS_WAY else ours


def _line(item: Row) -> ReturnLineSnapshot:
    """Map one line, known by item and model: a return does not name the place of its order's line."""
    return ReturnLineSnapshot(
        item_id=fields.first_id(item, "item_id"),
        variation_id=fields.model_id(item),
        quantity=max(0, fields.count(item, "amount")),
        sku=fields.text(item, "variation_sku") or fields.text(item, "item_sku"),
        refund=_money(item, "refund_amount"),
    )


def _goods_come_back(row: Row) -> bool:
    if fields.text(row, "return_solution") in _MERE_REFUND:
        return False
    return row.get("needs_logistics") is not False


def _money(row: Row, key: str) -> Decimal | None:
    return answers.number(row, key) if row.get(key) is not None else None


def _problems(row: Row, refund: Decimal | None, currency: str) -> tuple[str, ...]:
    checks = (
        ("no_lines", not answers.rows(row, "item")),
        ("fractional_money", refund is not None and currency in WHOLE_MONEY and not answers.is_whole(refund)),
    )
    return tuple(code for code, applies in checks if applies)
