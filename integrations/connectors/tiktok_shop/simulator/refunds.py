"""Parts that cancellations and returns share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.book import Cancellation, Return, Unit
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, Refusal, invalid

Thing = TypeVar("Thing", Cancellation, Return)
MOST = 100
# how an answer that comes too late is refused [inf]
NOT_NOW = 25011001


def not_now(message: str) -> Refusal:
    """Refusal of an action that the state does not allow."""
    return Refusal(NOT_NOW, message)


def in_order(call: Call, found: Iterable[Thing]) -> list[Thing]:
    """Sort as the query says, oldest first by default."""
    name = call.text("sort_field", "create_time")
    if name not in {"create_time", "update_time"}:
        raise invalid("sort_field")
    return sorted(found, key=lambda one: (getattr(one, name), one.id), reverse=not call.rising("ASC"))


def line(unit: Unit) -> Fields:
    """Return the identifiers of a piece."""
    return {
        "order_line_item_id": unit.id,
        "product_name": unit.product_name,
        "sku_id": unit.sku_id,
        "sku_name": unit.sku_name,
        "seller_sku": unit.seller_sku,
    }


def amount(money: int) -> Fields:
    """Return the amounts of a refund without freight."""
    return {
        "currency": facts.CURRENCY,
        "refund_total": str(money),
        "refund_subtotal": str(money),
        "refund_shipping_fee": "0",
        "refund_tax": "0",
    }
