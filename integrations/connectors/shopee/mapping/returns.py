"""Returns of `get_return_detail` -> snapshots."""

from __future__ import annotations

from datetime import datetime

from integrations.connectors.shopee.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
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
    """Map one return. Raises ValueError when it has no number; every other field may be unknown."""
    word, currency = fields.text(row, "status"), fields.text(row, "currency") or "VND"
    odd = Oddities()
    return ReturnSnapshot(
        number=return_sn(row),
        order_number=fields.text(row, "order_sn"),
        status=_status(row, word),
        channel_status=word,
        asked_at=asked_at,
        lines=odd.lines(_line(odd, item, currency) for item in answers.rows(row, "item")),
        version=odd.read(fields.moment, row, "update_time"),
        requested_at=odd.read(fields.moment, row, "create_time"),
        answer_by=odd.read(fields.moment, row, _ANSWER_BY[word]) if word in _ANSWER_BY else None,
        goods_come_back=_goods_come_back(row),
        reason=fields.text(row, "reason"),
        note=fields.text(row, "text_reason"),
        refund=odd.money(row, "refund_amount", currency),
        currency=currency,
        tracking_number=fields.text(row, "tracking_number"),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def _status(row: Row, word: str) -> str:
    ours = STATUS.get(word, "")
    return PARCEL.get(fields.text(row, "logistics_status"), ours) if word == _ON_ITS_WAY else ours


def _line(odd: Oddities, item: Row, currency: str) -> ReturnLineSnapshot:
    """Map one line, known by item and model: a return does not name the place of its order's line."""
    return ReturnLineSnapshot(
        item_id=odd.product(fields.id_or_none(item, "item_id")),
        variation_id=fields.model_id(item),
        quantity=odd.pieces(item, "amount"),
        sku=fields.text(item, "variation_sku") or fields.text(item, "item_sku"),
        refund=odd.money(item, "refund_amount", currency),
    )


def _goods_come_back(row: Row) -> bool:
    if fields.text(row, "return_solution") in _MERE_REFUND:
        return False
    return row.get("needs_logistics") is not False
