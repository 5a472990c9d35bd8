"""Locking stock levels: one place, always in id order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from inventory.sql import columns, execute, fetch


@dataclass(slots=True)
class Level:
    """A locked stock level. `taken` is what the running transaction has added to its reservations so far."""

    id: int
    product_id: int
    warehouse_id: int
    on_hand: Decimal
    reserved: Decimal
    pos_reserved: Decimal
    pos_own: Decimal
    read_at: datetime | None
    discard_before: datetime | None
    pos_managed: bool
    taken: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """Units nobody has spoken for."""
        others_at_pos = max(self.pos_reserved - self.pos_own, Decimal(0))
        return self.on_hand - others_at_pos - self.reserved - self.taken


_CREATE = """
INSERT INTO inventory_stocklevel (product_id, warehouse_id, on_hand, reserved, pos_reserved, pos_own)
SELECT product_id, warehouse_id, 0, 0, 0, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
WHERE NOT EXISTS (
    SELECT FROM inventory_stocklevel level
    WHERE level.product_id = wanted.product_id AND level.warehouse_id = wanted.warehouse_id
)
ON CONFLICT DO NOTHING
"""

_LOCK = """
SELECT level.id, level.product_id, level.warehouse_id, level.on_hand, level.reserved, level.pos_reserved, level.pos_own,
       level.read_at, level.discard_before, warehouse.shop_id IS NOT NULL
FROM inventory_stocklevel level JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
WHERE level.id = ANY(%s) OR (level.product_id, level.warehouse_id) IN (
    SELECT product_id, warehouse_id FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
)
ORDER BY level.id FOR UPDATE OF level
"""


def lock_levels(*, pairs: Collection[tuple[int, int]] = (), level_ids: Collection[int] = ()) -> dict[int, Level]:
    """Lock the levels of these (product, warehouse) pairs and ids, creating those that do not exist; by id.

    Call it once per transaction: locks taken in two steps are not in order.
    """
    products, warehouses = columns(sorted(pairs), 2)
    if pairs:
        execute(_CREATE, products, warehouses)
    return {row[0]: Level(*row) for row in fetch(_LOCK, sorted(level_ids), products, warehouses)}


def available_sql(level: str) -> str:
    """`Level.available` as SQL over the stock level aliased `level`."""
    return f"{level}.on_hand - greatest({level}.pos_reserved - {level}.pos_own, 0) - {level}.reserved"
