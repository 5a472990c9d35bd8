"""Shelves: where in a warehouse a product lies, for whoever picks it."""

from __future__ import annotations

from collections.abc import Mapping

from core.db import columns, execute
from core.transactions import in_transaction
from inventory.models import StockLevel
from inventory.services.levels import lock_levels

SHELF_LENGTH = StockLevel._meta.get_field("shelf").max_length or 0

_SET = """
UPDATE inventory_stocklevel level SET shelf = n.shelf
FROM unnest(%s::bigint[], %s::text[]) AS n(id, shelf) WHERE level.id = n.id AND level.shelf <> n.shelf
"""


@in_transaction
def set_shelves(shelves: Mapping[int, str]) -> int:
    """Set the shelf of stock levels, by their ids; "" for none. Returns how many changed. May be repeated."""
    lock_levels(level_ids=shelves.keys())
    rows = sorted((level, " ".join(shelf.split())[:SHELF_LENGTH]) for level, shelf in shelves.items())
    return execute(_SET, *columns(rows, 2))
