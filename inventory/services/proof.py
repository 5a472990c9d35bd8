"""Nightly consistency checks: each rule one query over everything, each breach a row with its repair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop as _

from core.db import execute, fetch, named_columns
from inventory.services.levels import lock_levels
from inventory.services.wanted import refresh_wanted


@dataclass(frozen=True, slots=True)
class Check:
    """One consistency check. `query` finds its breaches: (id, subject in words, expected, found), none when all is well.

    `repair` mends the breach with this id and may be repeated; None where only a person can tell what is right.
    """

    code: str
    title: str
    advice: str
    query: str
    repair: Callable[[int], None] | None = None


_LEVEL = """
SELECT level.id, product.sku || ' @ ' || warehouse.name, {expected}, {found}
FROM inventory_stocklevel level JOIN inventory_product product ON product.id = level.product_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
LEFT JOIN {rows} part ON part.level_id = level.id
GROUP BY level.id, product.sku, warehouse.name HAVING {expected} <> {found}
"""

_MOVED = "coalesce(sum(part.quantity), 0)"


def _repair_on_hand(level_id: int) -> None:
    """Repair a level: on a POS-managed one the reading is right and gets the missing movement, elsewhere the movements are."""
    with transaction.atomic():
        level = lock_levels(level_ids={level_id})[level_id]
        [(moved,)] = fetch(
            "SELECT coalesce(sum(quantity), 0) FROM inventory_stockmovement WHERE level_id = %s", level_id
        )
        if level.pos_managed and moved != level.on_hand:
            execute(
                "INSERT INTO inventory_stockmovement (level_id, quantity, kind, note)"
                " VALUES (%s, %s, 'correction', 'the proof: a movement was missing')",
                level_id, level.on_hand - moved,
            )  # fmt: skip
        elif not level.pos_managed:
            execute("UPDATE inventory_stocklevel SET on_hand = %s WHERE id = %s", moved, level_id)
        refresh_wanted({level.product_id})


def _repair_reserved(level_id: int) -> None:
    with transaction.atomic():
        level = lock_levels(level_ids={level_id})[level_id]
        execute(
            "UPDATE inventory_stocklevel SET reserved ="
            " (SELECT coalesce(sum(quantity), 0) FROM inventory_reservation WHERE level_id = %s) WHERE id = %s",
            level_id, level_id,
        )  # fmt: skip
        refresh_wanted({level.product_id})


CHECKS = (
    Check(
        "on_hand",
        _("On hand is the sum of its movements"),
        _("Repair adds the missing movement, or counts the movements again."),
        _LEVEL.format(rows="inventory_stockmovement", expected=_MOVED, found="level.on_hand"),
        _repair_on_hand,
    ),
    Check(
        "reserved",
        _("Reserved is the sum of the reservations"),
        _("Repair counts the reservations again."),
        _LEVEL.format(rows="inventory_reservation", expected=_MOVED, found="level.reserved"),
        _repair_reserved,
    ),
    Check(
        "deducted_twice",
        _("A shipped unit is deducted once"),
        _("Look at the movements of this order line and post a correction."),
        """SELECT min(m.id), m.order_number || ' ' || product.sku, 1, count(*) FROM inventory_stockmovement m
        JOIN inventory_stocklevel level ON level.id = m.level_id JOIN inventory_product product ON product.id = level.product_id
        WHERE m.kind = 'sale'
        GROUP BY m.shop_id, m.order_number, m.line_key, m.level_id, product.sku
        HAVING count(*) FILTER (WHERE m.quantity < 0) - count(*) FILTER (WHERE m.quantity > 0) > 1""",
    ),
)

_KEEP = """
INSERT INTO inventory_breach AS known (check_code, subject_id, subject, expected, found)
SELECT %(check)s, * FROM unnest(%(ids)s::bigint[], %(subjects)s::text[], %(expected)s::numeric[], %(found)s::numeric[])
ON CONFLICT (check_code, subject_id) WHERE ended_at IS NULL DO UPDATE
SET last_seen_at = clock_timestamp(), expected = excluded.expected, found = excluded.found
"""

_END = """
UPDATE inventory_breach SET ended_at = clock_timestamp()
WHERE check_code = %s AND ended_at IS NULL AND subject_id <> ALL(%s)
"""


def prove(checks: Sequence[Check]) -> int:
    """Run the checks over everything and return how many breaches are open. May be repeated: one row per breach.

    A breach that is no longer found is ended, never deleted.
    """
    found = 0
    for check in checks:
        with transaction.atomic():
            rows: list[tuple[int, str, Decimal, Decimal]] = fetch(check.query)
            if rows:
                kept = [(i, subject[:200], expected, seen) for i, subject, expected, seen in rows]
                execute(_KEEP, check=check.code, **named_columns("ids subjects expected found", kept))
            execute(_END, check.code, [row[0] for row in rows])
        found += len(rows)
    return found
