"""Comparison of notices about stock and numbers with the results expected of our own writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from core.db import fetch, fetch_as

# Since the last reading our own documents lower what is on hand (invoices that no reading has shown yet), and change what is
# reserved (orders that are open there now instead of those that were then).
_EXPECTED = """
SELECT listing.item_id, warehouse.external_id AS warehouse,
    level.on_hand - coalesce(own.invoiced, 0) AS on_hand,
    level.pos_reserved - level.pos_own + coalesce(own.open, 0) AS reserved
FROM inventory_listing listing
JOIN inventory_product product ON product.id = listing.product_id AND NOT product.is_bundle
JOIN inventory_stocklevel level ON level.product_id = listing.product_id AND level.read_at IS NOT NULL
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = listing.shop_id
LEFT JOIN LATERAL (
    SELECT sum(r.quantity) FILTER (WHERE r.invoiced_at IS NOT NULL AND NOT r.released) AS invoiced,
        sum(r.pos_quantity) FILTER (WHERE r.pos_written_at IS NOT NULL AND r.pos_closed_at IS NULL) AS open
    FROM inventory_reservation r WHERE r.level_id = level.id
        AND (r.quantity > 0 OR r.pos_written_at IS NOT NULL AND r.pos_closed_at IS NULL)
) own ON true
WHERE listing.shop_id = %(shop)s AND listing.item_id = ANY(%(items)s)
"""


class _Units(NamedTuple):
    on_hand: Decimal
    reserved: Decimal


class _Level(NamedTuple):
    item_id: str
    warehouse: str
    on_hand: Decimal
    reserved: Decimal


def stock_as_expected(shop_id: int, said: Mapping[str, Sequence[Mapping[str, str]]]) -> set[str]:
    """Return the items of a POS of which the notices say nothing but what our own documents made.

    At each branch the newest of them must say what is expected now. None may say less than that is on hand: our own documents
    only lower it, so an earlier one of ours says more, and a sale at the till less.
    """
    levels: dict[str, dict[str, _Units]] = {item: {} for item in said}
    for row in fetch_as(_Level, _EXPECTED, shop=shop_id, items=sorted(said)):
        levels[row.item_id][row.warehouse] = _Units(row.on_hand, row.reserved)
    return {item for item, notices in said.items() if levels[item] and _are_ours(levels[item], notices)}


def _are_ours(levels: Mapping[str, _Units], notices: Sequence[Mapping[str, str]]) -> bool:
    newest: dict[str, _Units] = {}
    try:
        for notice in notices:
            units = _Units(Decimal(notice["on_hand"]), Decimal(notice["reserved"]))
            expected = levels.get(notice["warehouse"])
            if expected is None or units.on_hand < expected.on_hand:
                return False
            newest[notice["warehouse"]] = units
    except (KeyError, InvalidOperation):
        return False
    return all(levels[warehouse] == units for warehouse, units in newest.items())


_UNSETTLED = """
SELECT listing.item_id, %(after)s - extract(epoch FROM clock_timestamp() - min(r.invoiced_at))
FROM inventory_listing listing
JOIN inventory_stocklevel level ON level.product_id = listing.product_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = listing.shop_id
JOIN inventory_reservation r ON r.level_id = level.id AND r.quantity > 0 AND r.invoiced_at IS NOT NULL AND NOT r.released
WHERE listing.shop_id = %(shop)s AND listing.item_id = ANY(%(items)s) GROUP BY 1
"""


def seconds_to_settle(shop_id: int, items: Collection[str], after: float) -> dict[str, float]:
    """Return the items of which invoices wait for a reading to end their reservations, and the seconds until it is to be made.

    Nothing hurries: until then the units are held instead of gone, which leaves as many for sale.
    """
    return {item: float(left) for item, left in fetch(_UNSETTLED, shop=shop_id, items=list(items), after=after)}


_SHOWN = """
SELECT listing.item_id, s.warehouse, s.expected, s.published FROM inventory_listing listing
JOIN inventory_listingstock s ON s.listing_id = listing.id AND s.unsettled IS NULL
WHERE listing.shop_id = %(shop)s AND listing.item_id = ANY(%(items)s) AND listing.status = 'active'
"""


def numbers_as_expected(shop_id: int, said: Mapping[str, Sequence[Mapping[str, str]]]) -> set[str]:
    """Return the items whose newest notice says the number that is expected, or that we published last.

    Only of items with one number: a notice does not say which of several it means.
    """
    shown: dict[str, list[tuple[str, int | None, int | None]]] = {item: [] for item in said}
    for item, *rest in fetch(_SHOWN, shop=shop_id, items=sorted(said)):
        shown[item].append((rest[0], rest[1], rest[2]))
    found = set()
    for item, notices in said.items():
        rows = shown[item]
        if len(rows) == 1 and notices and notices[-1].get("sellable") in {str(rows[0][1]), str(rows[0][2])}:
            found.add(item)
    return found
