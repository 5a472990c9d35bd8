"""An order as ORDERS.json has it."""

from __future__ import annotations

from typing import Any

from commissions.rules.order import Line, Order

_TEXTS = ("price", "seller_discount", "platform_discount", "platform_voucher", "coins", "tax")


def as_document(order: Order) -> dict[str, Any]:
    """Return an order as `reading.story_of` reads it back: the same lines, without those of quantity 0. No events."""
    return {
        "number": order.number,
        "channel": order.channel,
        "shop": order.shop,
        "shop_type": order.shop_type,
        "legal_form": order.legal_form,
        "payment_method": order.payment_method,
        "created_at": order.created_at.isoformat(),
        "shipping": format(order.shipping, "f"),
        "parcels": order.parcels,
        "currency": order.currency,
        "lines": [_line(line) for line in order.lines if line.quantity],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "quantity": line.quantity,
        "sku": line.sku,
        "category": line.category,
        "campaigns": list(line.campaigns),
        "rates": {kind: format(rate, "f") for kind, rate in line.rates.items()},
        "payees": dict(line.payees),
        **{name: format(getattr(line, name), "f") for name in _TEXTS},
    }
