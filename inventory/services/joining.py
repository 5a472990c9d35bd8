"""Joining two products into one: listings, stock, parts of bundles. Their rows are locked by `lock_joined` first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.db import execute, fetch
from inventory.services.levels import lock_levels
from inventory.services.wanted import lock_listing_stocks, refresh_wanted


@dataclass(frozen=True, slots=True)
class Joined:
    """Counts of rows moved from one product to another. `merged`: rows of both became one, which cannot be parted again."""

    listings: list[int]
    levels: list[int]
    components: list[int]
    merged: bool


def lock_joined(product_ids: Sequence[int]) -> list[int]:
    """Lock the levels and listings of these products and the numbers that follow, in the hub's order; returns the listings."""
    levels = fetch("SELECT id FROM inventory_stocklevel WHERE product_id = ANY(%s)", list(product_ids))
    lock_levels(level_ids=[row[0] for row in levels])
    listings = fetch(
        "SELECT id FROM inventory_listing WHERE product_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", list(product_ids)
    )
    found: list[int] = [row[0] for row in listings]
    lock_listing_stocks(product_ids, found)
    return found


_MOVE_LEVELS = """
UPDATE inventory_stocklevel level SET product_id = %(first)s WHERE level.product_id = %(second)s AND NOT EXISTS (
    SELECT FROM inventory_stocklevel kept WHERE kept.product_id = %(first)s AND kept.warehouse_id = level.warehouse_id)
RETURNING level.id
"""
_SHARED = """
SELECT level.id, kept.id FROM inventory_stocklevel level
JOIN inventory_stocklevel kept ON kept.product_id = %(first)s AND kept.warehouse_id = level.warehouse_id
WHERE level.product_id = %(second)s ORDER BY level.id
"""
# a line that holds of both in one warehouse is one reservation then
_ADD_HELD = """
WITH shared AS (
    SELECT kept.id, held.id AS other_id, held.quantity, held.deducted, held.pos_quantity FROM inventory_reservation held
    JOIN inventory_reservation kept ON kept.level_id = %(kept)s AND kept.shop_id = held.shop_id
        AND kept.order_number = held.order_number AND kept.line_key = held.line_key
    WHERE held.level_id = %(level)s
), gone AS (
    DELETE FROM inventory_reservation WHERE id IN (SELECT other_id FROM shared)
)
UPDATE inventory_reservation kept SET quantity = kept.quantity + shared.quantity, deducted = kept.deducted + shared.deducted,
    pos_quantity = kept.pos_quantity + shared.pos_quantity FROM shared WHERE shared.id = kept.id
"""
_ADD_LEVEL = """
UPDATE inventory_stocklevel kept SET on_hand = kept.on_hand + level.on_hand, reserved = kept.reserved + level.reserved,
    pos_reserved = kept.pos_reserved + level.pos_reserved, pos_own = kept.pos_own + level.pos_own
FROM inventory_stocklevel level WHERE kept.id = %(kept)s AND level.id = %(level)s
"""
_EMPTY = "UPDATE inventory_stocklevel SET on_hand = 0, reserved = 0, pos_reserved = 0, pos_own = 0 WHERE id = %(level)s"

_ADD_PARTS = """
WITH shared AS (
    SELECT kept.id, part.id AS other_id, part.units FROM inventory_bundlecomponent part
    JOIN inventory_bundlecomponent kept ON kept.bundle_id = part.bundle_id AND kept.product_id = %(first)s
    WHERE part.product_id = %(second)s
), gone AS (
    DELETE FROM inventory_bundlecomponent WHERE id IN (SELECT other_id FROM shared)
)
UPDATE inventory_bundlecomponent kept SET units = kept.units + shared.units FROM shared WHERE shared.id = kept.id RETURNING kept.id
"""
_MOVE_PARTS = """
UPDATE inventory_bundlecomponent SET product_id = %(first)s WHERE product_id = %(second)s RETURNING id
"""


def join_stock(first_id: int, second_id: int) -> Joined:
    """Make the second product a part of the first and take it off sale. May be repeated."""
    pair = {"first": first_id, "second": second_id}
    listings = fetch(
        "UPDATE inventory_listing SET product_id = %(first)s WHERE product_id = %(second)s RETURNING id", **pair
    )
    levels = fetch(_MOVE_LEVELS, **pair)
    shared = fetch(_SHARED, **pair)
    for level, kept in shared:
        _merge(level, kept)
    added = fetch(_ADD_PARTS, **pair)
    components = fetch(_MOVE_PARTS, **pair)
    execute(
        "UPDATE inventory_product SET is_active = false, gone_at = coalesce(gone_at, clock_timestamp()) WHERE id = %s",
        second_id,
    )
    refresh_wanted({first_id, second_id})
    return Joined(_ids(listings), _ids(levels), _ids(components), merged=bool(shared or added))


def _merge(level: int, kept: int) -> None:
    both = {"level": level, "kept": kept}
    execute(_ADD_HELD, **both)
    execute("UPDATE inventory_reservation SET level_id = %(kept)s WHERE level_id = %(level)s", **both)
    execute("UPDATE inventory_stockmovement SET level_id = %(kept)s WHERE level_id = %(level)s", **both)
    execute(_ADD_LEVEL, **both)
    execute(_EMPTY, level=level)


def part_stock(first_id: int, second_id: int, moved: Joined) -> None:
    """Give the second product back what had moved to the first, and put it on sale again."""
    for table, ids in (
        ("listing", moved.listings),
        ("stocklevel", moved.levels),
        ("bundlecomponent", moved.components),
    ):
        execute(
            f"UPDATE inventory_{table} SET product_id = %(second)s WHERE id = ANY(%(ids)s) AND product_id = %(first)s",
            first=first_id, second=second_id, ids=ids,
        )  # fmt: skip
    execute("UPDATE inventory_product SET is_active = true, gone_at = NULL WHERE id = %s", second_id)
    refresh_wanted({first_id, second_id})


def _ids(rows: Sequence[tuple[int, ...]]) -> list[int]:
    return sorted(row[0] for row in rows)
