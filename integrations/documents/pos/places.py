"""Branches where the units of orders are held: each gets a document of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.db import fetch
from integrations.documents.difference import OrderFacts
from integrations.documents.pos.desired import KINDS
from integrations.documents.references import reference_for

_PLACES = """
SELECT o.id, warehouse.id, level.product_id, sum(held.quantity)
FROM unnest(%(orders)s::bigint[], %(targets)s::bigint[]) AS asked(order_id, target_id)
JOIN orders_order o ON o.id = asked.order_id
JOIN integrations_connection pos ON pos.id = asked.target_id
JOIN inventory_reservation held ON held.shop_id = o.shop_id AND held.order_number = o.number
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = pos.shop_id
GROUP BY 1, 2, 3
"""


def branches(orders: Sequence[OrderFacts]) -> Mapping[int, Mapping[int | None, Mapping[int, Decimal] | None]]:
    """Return the branches of the POS that hold units of each order, and what they hold; None for one that held some before."""
    found: dict[int, dict[int | None, dict[int, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    asked = {"orders": [order.id for order in orders], "targets": [order.target_id for order in orders]}
    for order_id, warehouse_id, product_id, units in fetch(_PLACES, **asked):
        place = found[order_id][warehouse_id]
        if units:
            place[product_id] = units
    return {order: {place: units or None for place, units in places.items()} for order, places in found.items()}


def reference(order: OrderFacts, kind: str, round_number: int, warehouse_id: int | None) -> str:
    """Return the reference of a document, found again in its text at the POS."""
    assert kind in KINDS, kind
    return reference_for(order.shop_id, order.number, f"{kind.removeprefix('pos_')}{round_number}", warehouse_id)
