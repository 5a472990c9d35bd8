"""Where the units of orders are held: each branch gets a document of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.db import fetch
from integrations.documents.difference import OrderFacts
from integrations.documents.pos.desired import KINDS
from integrations.documents.references import reference_for

_PLACES = """
SELECT DISTINCT o.id, warehouse.id
FROM unnest(%(orders)s::bigint[], %(targets)s::bigint[]) AS asked(order_id, target_id)
JOIN orders_order o ON o.id = asked.order_id
JOIN integrations_connection pos ON pos.id = asked.target_id
JOIN inventory_reservation held ON held.shop_id = o.shop_id AND held.order_number = o.number AND held.quantity > 0
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = pos.shop_id
"""


def branches(orders: Sequence[OrderFacts]) -> Mapping[int, set[int | None]]:
    """Return the branches of the POS that hold units of each order."""
    found: dict[int, set[int | None]] = defaultdict(set)
    asked = {"orders": [order.id for order in orders], "targets": [order.target_id for order in orders]}
    for order_id, warehouse_id in fetch(_PLACES, **asked):
        found[order_id].add(warehouse_id)
    return found


def reference(order: OrderFacts, kind: str, round_number: int, warehouse_id: int | None) -> str:
    """Return the reference of a document, found again in its text at the POS."""
    assert kind in KINDS, kind
    return reference_for(order.shop_id, order.number, f"{kind.removeprefix('pos_')}{round_number}", warehouse_id)
