"""Fees of an order's items. Tiki has no statements: an order tells its fees as they are now. Whole dong, half up for each item."""

from __future__ import annotations

from pathlib import Path

from integrations.connectors.tiki.simulator.book import Item, Order
from integrations.connectors.tiki.simulator.wire import Fields
from integrations.simulator.fees import COMMISSION, PAYMENT, Sold, read_schedule
from integrations.simulator.money_errors import MoneyError

FEES = read_schedule(Path(__file__).parent)
# kind -> Tiki's key and name; only the first was seen in a recorded answer
_NAMES = {COMMISSION: ("base_fee", "Phí cố định"), PAYMENT: ("percent_per_payment", "Phí thanh toán")}


def item_fees(order: Order, item: Item, error: MoneyError) -> list[Fields]:
    """Return `invoice.fees` of an item."""
    sold = [Sold(str(item.product_id), item.total)]
    found = []
    for place, (kind, (key, name)) in enumerate(_NAMES.items()):
        amount = FEES.total(kind, order.created_at, sold, error=error)
        found.append(
            {
                "id": item.id * 10 + place,
                "fee_type_key": key,
                "fee_type_name": name,
                "status": 1,
                "quantity": item.quantity,
                "base_amount": amount,
                "total_amount": -amount,
                "discount_amount": 0,
                "final_amount": -amount,
            }
        )
    return found
