"""Reverse orders -> returns. List and detail name their parts differently; both are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
from orders.snapshots import ReturnLineSnapshot, ReturnSnapshot

# the words of the lines (REQUEST_...) and of the pushes (RTM to the seller, RTW to Lazada's warehouse) -> ours
STATUS = {
    "REQUEST_INITIATE": "requested",
    "REQUEST_REJECT": "refused",
    "REQUEST_CANCEL": "withdrawn",
    "CANCEL_INIT": "requested",
    "CANCEL_SUCCESS": "approved",
    "CANCEL_REFUND_ISSUED": "refunded",
    "RTM_INIT": "requested",  # "initiated": does not say whether the seller has agreed
    "RTM_CANCELED": "withdrawn",
    "RTM_SHIPPING_BACK": "in_transit",
    "RTM_RECEIVE_ITEM": "received",
    "RTW_INIT": "requested",
    "RTW_CANCELED": "withdrawn",
    "RTW_SHIPPING_BACK": "in_transit",
    "RTW_REJECT": "refused",
    "RTW_REFUND_PENDING": "received",
    "REFUND_INIT": "requested",
    "REFUND_PENDING": "approved",
    "REFUND_SUCCESS": "refunded",
    "REFUND_REJECTED": "refused",
}
_OVER = frozenset({"refused", "withdrawn"})
# words of an item's `return_status` that mean: the buyer's wish stands
OPEN_RETURN = frozenset(word for word, status in STATUS.items() if status not in _OVER)
RETURN, ONLY_REFUND = "RETURN", "ONLY_REFUND"
KINDS = (RETURN, ONLY_REFUND)
# how far a line has come: the return is where its least advanced line is that still counts
_ADVANCE = ("requested", "approved", "in_transit", "received", "refunded", "refused", "withdrawn")


def reverse_lines(row: Row) -> list[Row]:
    """Return the lines, by either name."""
    return answers.rows(row, "reverse_order_lines") or answers.rows(row, "reverseOrderLineDTOList")


def returned(row: Row, asked_at: datetime) -> ReturnSnapshot:
    """Map one reverse order. Raises ValueError when it has no number; every other field may be unknown."""
    odd = Oddities()
    units = answers.last_of_each(
        enumerate(reverse_lines(row)), lambda unit: fields.id_or_none(unit[1], "reverse_order_line_id") or unit[0]
    )
    lines = [line for _, line in units]
    words = [fields.text(line, "reverse_status") for line in lines]
    statuses = [STATUS.get(word, "") for word in words]
    snapshots = odd.lines(_line(odd, line) for line in lines)
    refunds = [line.refund for line in snapshots if line.refund is not None]
    first = lines[0] if lines else {}
    return ReturnSnapshot(
        number=fields.first_id(row, "reverse_order_id"),
        order_number=fields.text(row, "trade_order_id"),
        status=min(statuses, key=_ADVANCE.index) if statuses and all(statuses) else "",
        channel_status=", ".join(dict.fromkeys(words)),
        asked_at=asked_at,
        lines=snapshots,
        version=_latest(odd, lines, "return_order_line_gmt_modified"),
        requested_at=odd.read(fields.moment, first, "return_order_line_gmt_create"),
        answer_by=odd.read(fields.moment, first, "sla"),
        goods_come_back=fields.text(row, "request_type") != ONLY_REFUND and fields.flag(row, "is_rtm"),
        reason=fields.text(first, "reason_text"),
        refund=sum(refunds, Decimal(0)) if refunds else None,
        tracking_number=next((word for line in lines if (word := fields.text(line, "tracking_number"))), ""),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def _line(odd: Oddities, row: Row) -> ReturnLineSnapshot:
    product = answers.part(row, "product") or answers.part(row, "productDTO")
    sku = fields.text(row, "platform_sku_id") or fields.text(product, "product_sku") or fields.text(product, "sku")
    return ReturnLineSnapshot(
        item_id=fields.text(product, "product_id") or sku.partition("_")[0],
        variation_id=sku.rpartition("-")[2],
        quantity=1,
        sku=fields.text(row, "seller_sku_id"),
        line_key=fields.text(row, "trade_order_line_id"),
        refund=odd.read(fields.amount, row, "refund_amount"),
    )


def _latest(odd: Oddities, lines: Sequence[Row], key: str) -> datetime | None:
    return max((at for line in lines if (at := odd.read(fields.moment, line, key))), default=None)
