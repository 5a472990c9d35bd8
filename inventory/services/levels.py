"""Locking stock levels, always in id order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from core.db import columns, fetch


@dataclass(slots=True)
class Level:
    """A locked stock level. `unpromised`: its available units when it was locked; `taken`: those that the running
    transaction has reserved since."""

    id: int
    product_id: int
    warehouse_id: int
    on_hand: Decimal
    reserved: Decimal
    pos_reserved: Decimal
    pos_own: Decimal
    unpromised: Decimal
    read_at: datetime | None
    discard_before: datetime | None
    pos_managed: bool
    taken: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """Units that nobody has reserved, the running transaction included."""
        return self.unpromised - self.taken


_CREATE = """
INSERT INTO inventory_stocklevel (product_id, warehouse_id)
SELECT product_id, warehouse_id FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(product_id, warehouse_id)
ORDER BY product_id, warehouse_id ON CONFLICT DO NOTHING RETURNING id
"""

_LOCK = """
SELECT level.id, level.product_id, level.warehouse_id, level.on_hand, level.reserved, level.pos_reserved, level.pos_own,
       level.available, level.read_at, level.discard_before, warehouse.shop_id IS NOT NULL
FROM inventory_stocklevel level JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
WHERE level.id IN (
    SELECT unnest(%(ids)s::bigint[])
    UNION ALL
    SELECT named.id FROM inventory_stocklevel named JOIN unnest(%(products)s::bigint[], %(warehouses)s::bigint[])
        AS wanted(product_id, warehouse_id) USING (product_id, warehouse_id)
    UNION ALL
    SELECT held.level_id FROM inventory_reservation held JOIN unnest(%(shops)s::bigint[], %(numbers)s::text[])
        AS sold(shop_id, order_number) USING (shop_id, order_number))
ORDER BY level.id FOR NO KEY UPDATE OF level
"""


def lock_levels(
    *,
    pairs: Collection[tuple[int, int]] = (),
    level_ids: Collection[int] = (),
    orders: Collection[tuple[int, str]] = (),
) -> dict[int, Level]:
    """Lock the levels of these (product, warehouse) pairs, creating those that do not exist, of these ids, and those that
    these (shop, number) orders have reservations on; by id, inside the caller's transaction.

    Call it once per transaction: locks taken in two steps are not in order. A level that we created is ours without a lock.
    One that somebody else created in the meantime may have an id below those locked already: the locks are given up (rollback
    to a savepoint) and taken anew.
    """
    if not pairs:
        return _locked(pairs, level_ids, orders)
    while True:
        with transaction.atomic():
            found = _locked(pairs, level_ids, orders)
            missing = set(pairs) - {(level.product_id, level.warehouse_id) for level in found.values()}
            if not missing:
                return found
            if len(fetch(_CREATE, *columns(sorted(missing), 2))) == len(missing):
                return found | _locked(missing)
            transaction.set_rollback(True)


def _locked(
    pairs: Collection[tuple[int, int]], level_ids: Collection[int] = (), orders: Collection[tuple[int, str]] = ()
) -> dict[int, Level]:
    products, warehouses = columns(sorted(pairs), 2)
    shops, numbers = columns(sorted(orders), 2)
    params = {
        "ids": sorted(level_ids),
        "products": products,
        "warehouses": warehouses,
        "shops": shops,
        "numbers": numbers,
    }
    return {row[0]: Level(*row) for row in fetch(_LOCK, **params)}
