"""Corrections of stock that is managed here: what a person counted, or a partner's system knows better."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from core.db import execute
from core.transactions import in_transaction
from inventory.models import StockMovement
from inventory.services.levels import lock_levels
from inventory.services.wanted import refresh_wanted


class Correction(NamedTuple):
    """A correction of a level: to a number that was counted, or by so many units. One of the two is None."""

    level_id: int
    counted: Decimal | None
    change: Decimal | None
    note: str = ""


_MOVEMENTS = f"""
INSERT INTO inventory_stockmovement (level_id, quantity, kind, note, actor_id)
SELECT level_id, quantity, '{StockMovement.Kind.CORRECTION}', note, %(actor)s
FROM unnest(%(levels)s::bigint[], %(units)s::numeric[], %(notes)s::text[]) AS n(level_id, quantity, note)
"""
_LEVELS = """
UPDATE inventory_stocklevel level SET on_hand = level.on_hand + n.units
FROM unnest(%(levels)s::bigint[], %(units)s::numeric[]) AS n(id, units) WHERE level.id = n.id
"""


@in_transaction
def correct_stock(corrections: Sequence[Correction], *, actor_id: int | None) -> dict[int, Decimal]:
    """Correct levels and return by how much each moved, by level. To a counted number, it may be repeated; by a change not.

    Left out, and unchanged: levels that a POS manages (it has the last word) and that do not exist.
    """
    levels = lock_levels(level_ids={each.level_id for each in corrections})
    moved: dict[int, Decimal] = {}
    for each in corrections:
        level = levels.get(each.level_id)
        if level is not None and not level.pos_managed:
            moved[level.id] = each.counted - level.on_hand if each.counted is not None else each.change or Decimal(0)
    notes = {each.level_id: each.note for each in corrections}
    changed = {level: units for level, units in moved.items() if units}
    if changed:
        columns = {"levels": list(changed), "units": list(changed.values())}
        execute(_MOVEMENTS, **columns, notes=[notes[level] for level in changed], actor=actor_id)
        execute(_LEVELS, **columns)
        refresh_wanted({levels[level].product_id for level in changed})
    return moved
