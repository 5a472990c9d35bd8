"""Goods that come back into a warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.db import execute
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
