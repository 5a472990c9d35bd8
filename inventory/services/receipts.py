"""Goods that come back into a warehouse."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.db import execute, fetch, named_columns
from inventory.models import StockMovement
from inventory.services.levels import lock_levels
from inventory.services.wanted import refresh_wanted


@dataclass(frozen=True, slots=True)
class Receipt:
    """Cause of a receipt: the shop and order they were sold by, a note, and who received them."""

    shop_id: int
    order_number: str
    note: str
    actor_id: int | None


_MOVEMENTS = f"""
INSERT INTO inventory_stockmovement (level_id, quantity, kind, shop_id, order_number, note, actor_id)
SELECT level_id, quantity, '{StockMovement.Kind.RECEIPT}', %(shop)s, %(order)s, %(note)s, %(actor)s
FROM unnest(%(levels)s::bigint[], %(units)s::numeric[]) AS n(level_id, quantity)
"""

_LEVELS = """
UPDATE inventory_stocklevel level SET on_hand = level.on_hand + n.units
FROM unnest(%(levels)s::bigint[], %(units)s::numeric[]) AS n(id, units) WHERE level.id = n.id
"""


_RECEIVED = f"""
SELECT m.shop_id, m.order_number, m.level_id, sum(m.quantity)
FROM inventory_stockmovement m
JOIN unnest(%(shops)s::bigint[], %(numbers)s::text[], %(levels)s::bigint[]) AS n(shop_id, order_number, level_id)
    ON n.shop_id = m.shop_id AND n.order_number = m.order_number AND n.level_id = m.level_id
WHERE m.kind = '{StockMovement.Kind.RECEIPT}' GROUP BY 1, 2, 3
"""


def received_units(places: Collection[tuple[int, str, int]]) -> dict[tuple[int, str, int], Decimal]:
    """Return what came back of orders to levels, by (shop, order number, level); what did not is left out."""
    rows = fetch(_RECEIVED, **named_columns("shops numbers levels", sorted(places)))
    return {(shop, number, level): units for shop, number, level, units in rows}


def post_receipt(warehouse_id: int, units: Mapping[int, Decimal], receipt: Receipt) -> bool:
    """Add units, by product, to a warehouse that is managed here. Not repeatable.

    False, and nothing is changed, where a POS manages the warehouse: it has no way in for stock, people post it there.
    Runs inside the caller's transaction; locks the levels in id order.
    """
    levels = lock_levels(pairs={(product, warehouse_id) for product in units})
    if any(level.pos_managed for level in levels.values()):
        return False
    if units:
        moved = {"levels": list(levels), "units": [units[level.product_id] for level in levels.values()]}
        execute(
            _MOVEMENTS, **moved, shop=receipt.shop_id, order=receipt.order_number, note=receipt.note,
            actor=receipt.actor_id,
        )  # fmt: skip
        execute(_LEVELS, **moved)
        refresh_wanted(units)
    return True
