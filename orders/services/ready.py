"""`new_order`: an order that has become ready to ship, in the shape that order management systems take."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orders.snapshots import SELLER
from orders.statuses import Status

_OFF = Status.CANCELLED.value
_READY = Status.TO_SHIP.value


def new_order(whole: Mapping[str, Any], at: str) -> dict[str, Any] | None:
    """Return the payload of a normalised order that may be picked, None while it may not.

    `to_ship` means paid, or cash on delivery: `unpaid` and `on_hold` are statuses of their own. A line without a product waits for
    a person who maps its listing.
    """
    lines = [line for line in whole["lines"] if line["fulfilled_by"] == SELLER and line["status"] != _OFF]
    if whole["status"] != _READY or not lines or not all(line["sku"] for line in lines):
        return None
    order = whole["order"]
    totals, buyer = whole["totals"], whole["buyer"]
    same = ("created_at", "ship_by", "carrier", "parcels", "totals", "ship_to", "note", "revision")
    return {
        **{name: whole[name] for name in same},
        "event": "new_order",
        "order_number": f"{order['channel']}-{order['shop_id']}-{order['order_id']}",
        "channel": order["channel"],
        "shop_id": order["shop_id"],
        "channel_order_id": order["order_id"],
        "hub_order_id": order["hub_order_id"],
        "ready_at": at,
        "payment": {
            "method": whole["payment_method"],
            "cod": whole["cod"],
            "paid_at": whole["paid_at"],
            "to_collect": totals["buyer_paid"] if whole["cod"] else {**totals["goods"], "amount": "0"},
        },
        "customer": {"customer_id": buyer["buyer_id"], "name": buyer["name"]},
        "lines": [_line(line) for line in lines],
    }


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    total = Decimal(line["unit_price"]["amount"]) * line["quantity"]
    return {name: line[name] for name in ("line_id", "sku", "name", "quantity", "unit_price")} | {
        "line_total": {**line["unit_price"], "amount": f"{total.normalize():f}"}
    }
