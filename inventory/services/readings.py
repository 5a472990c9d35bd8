"""Storing stock readings of a POS, and noting our own documents there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.db import columns, execute, fetch, named_columns
from core.repeats import newest_of_each
from core.results import ReadRequest, Stored
from inventory.models import StockMovement
from inventory.services.levels import Level, lock_levels
from inventory.snapshots import StockReading

ZERO = Decimal(0)


_PLACES = """
SELECT listing.item_id, listing.product_id, product.is_bundle OR listing.status = 'deleted' FROM inventory_listing listing
JOIN inventory_product product ON product.id = listing.product_id
WHERE listing.shop_id = %s AND listing.item_id = ANY(%s)
"""

_OPEN_AT_POS = """
SELECT level_id, pos_quantity, pos_written_at, pos_closed_at FROM inventory_reservation
WHERE level_id = ANY(%s) AND pos_written_at IS NOT NULL
  AND (pos_closed_at IS NULL OR pos_closed_at >= %s)
"""

_RELEASE = """
WITH reading AS (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(level_id, asked_at)),
ended AS (
    UPDATE inventory_reservation held SET released = true, quantity = 0
    FROM (
        SELECT r.id, r.quantity FROM inventory_reservation r JOIN reading ON reading.level_id = r.level_id
        WHERE NOT r.released AND r.invoiced_at < reading.asked_at FOR NO KEY UPDATE OF r
    ) AS was
    WHERE held.id = was.id
    RETURNING held.level_id, was.quantity
)
SELECT level_id, sum(quantity) FROM ended GROUP BY level_id
"""

_STORE = """
UPDATE inventory_stocklevel level
SET on_hand = new.on_hand, pos_reserved = new.pos_reserved, pos_own = new.pos_own, read_at = new.read_at,
    reserved = level.reserved - new.released
FROM unnest(%(ids)s::bigint[], %(on_hand)s::numeric[], %(reserved)s::numeric[], %(own)s::numeric[], %(asked)s::timestamptz[],
    %(released)s::numeric[]) AS new(id, on_hand, pos_reserved, pos_own, read_at, released)
WHERE level.id = new.id
"""

_MOVEMENTS = """
INSERT INTO inventory_stockmovement (level_id, quantity, kind)
SELECT * FROM unnest(%s::bigint[], %s::numeric[], %s::text[])
"""


_LEVELS_OF_ITEMS = """
SELECT level.id FROM inventory_listing listing
JOIN inventory_stocklevel level ON level.product_id = listing.product_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = listing.shop_id
WHERE listing.shop_id = %s AND listing.item_id = ANY(%s)
"""


def level_ids(shop_id: int, item_ids: Sequence[str]) -> list[int]:
    """Return the ids of the levels of these items at the branches of a POS."""
    return [row[0] for row in fetch(_LEVELS_OF_ITEMS, shop_id, item_ids)]


def record_readings(shop_id: int, readings: Sequence[StockReading]) -> Stored:
    """Store stock readings of a POS; the difference to the last reading becomes a movement. May be repeated.

    Runs inside the caller's transaction and locks the levels in id order. A reading that is not newer than the stored one is
    refused as stale; one asked for before the answer to our last write on that product is refused and to be asked for again.
    Products that are not in the book are wanted; a bundle holds no stock of its own, nor does a deleted product: their readings
    are dropped.
    A reservation ends here, with the first reading asked for after its invoice was known.
    """
    items = sorted({reading.item_id for reading in readings})
    if not items:
        return Stored()
    book = fetch(_PLACES, shop_id, items)
    products = {item: product for item, product, has_no_stock in book if not has_no_stock}
    branches = dict(fetch("SELECT external_id, id FROM inventory_warehouse WHERE shop_id = %s AND is_active", shop_id))
    unknown = set(items) - {item for item, _, _ in book}
    placed = newest_of_each(
        (reading for reading in readings if reading.item_id in products and reading.warehouse in branches),
        lambda reading: (products[reading.item_id], branches[reading.warehouse]),
    )
    levels = lock_levels(pairs=placed)
    taken: list[tuple[Level, StockReading]] = []
    again, stale = set(), set()
    for level in levels.values():
        reading = placed[level.product_id, level.warehouse_id]
        if level.discard_before and reading.asked_at <= level.discard_before:
            again.add(reading.item_id)
        elif level.read_at is None or reading.asked_at > level.read_at:
            taken.append((level, reading))
        else:
            stale.add(reading.item_id)
    return Stored(
        stale=frozenset(stale - again - {reading.item_id for _, reading in taken}),
        again=frozenset(again),
        wanted=frozenset(ReadRequest("product", item, item) for item in unknown),
        products=frozenset(_store(taken)),
    )


def _store(taken: Sequence[tuple[Level, StockReading]]) -> set[int]:
    if not taken:
        return set()
    released: dict[int, Decimal] = dict(fetch(_RELEASE, *columns([(lv.id, rd.asked_at) for lv, rd in taken], 2)))
    own = _own_orders(taken)
    execute(
        _STORE,
        **named_columns(
            "ids on_hand reserved own asked released",
            [(lv.id, rd.on_hand, rd.reserved, own[lv.id], rd.asked_at, released.get(lv.id, ZERO)) for lv, rd in taken],
        ),
    )
    moved = [
        (lv.id, rd.on_hand - lv.on_hand, StockMovement.Kind.READING if lv.read_at else StockMovement.Kind.OPENING)
        for lv, rd in taken
        if rd.on_hand != lv.on_hand
    ]
    if moved:
        execute(_MOVEMENTS, *columns(moved, 3))
    return {
        lv.product_id
        for lv, rd in taken
        if (rd.on_hand, rd.reserved, own[lv.id]) != (lv.on_hand, lv.pos_reserved, lv.pos_own) or released.get(lv.id)
    }


def _own_orders(taken: Sequence[tuple[Level, StockReading]]) -> dict[int, Decimal]:
    """Return the units of our own open orders in what the POS had reserved at each reading, by level id."""
    own: dict[int, Decimal] = defaultdict(Decimal)
    asked = {level.id: reading.asked_at for level, reading in taken}
    for level, quantity, written, closed in fetch(_OPEN_AT_POS, sorted(asked), min(asked.values())):
        if written < asked[level] and (closed is None or closed >= asked[level]):
            own[level] += quantity
    return own


@dataclass(frozen=True, slots=True)
class PosDocument:
    """A document at the POS for one order at one warehouse. `kind`: pos_order, pos_correction (of it), pos_invoice or pos_void.

    `units` of each product that the order document says now; None: as many as were held when it became known.
    """

    kind: str
    shop_id: int
    order_number: str
    warehouse_id: int
    units: Mapping[int, Decimal] | None = None


_TOUCHED = """
SELECT r.level_id FROM inventory_reservation r
JOIN inventory_stocklevel level ON level.id = r.level_id
JOIN unnest(%s::bigint[], %s::text[], %s::bigint[]) AS d(shop_id, number, warehouse_id)
  ON d.shop_id = r.shop_id AND d.number = r.order_number AND d.warehouse_id = level.warehouse_id
"""

_NOTE = """
UPDATE inventory_reservation r
SET pos_written_at = CASE WHEN d.kind <> 'pos_order' THEN r.pos_written_at
        WHEN r.pos_closed_at IS NOT NULL AND r.invoiced_at IS NULL THEN %(known_at)s
        ELSE coalesce(r.pos_written_at, %(known_at)s) END,
    pos_quantity = CASE WHEN d.kind = 'pos_order' AND r.pos_written_at IS NULL THEN r.quantity ELSE r.pos_quantity END,
    invoiced_at = CASE WHEN d.kind = 'pos_invoice' THEN coalesce(r.invoiced_at, %(known_at)s) ELSE r.invoiced_at END,
    pos_closed_at = CASE
        WHEN d.kind <> 'pos_order' AND r.pos_written_at IS NOT NULL THEN coalesce(r.pos_closed_at, %(known_at)s)
        -- written again after a void
        WHEN d.kind = 'pos_order' AND r.invoiced_at IS NULL THEN NULL
        ELSE r.pos_closed_at END
FROM inventory_stocklevel level, unnest(%(kinds)s::text[], %(shops)s::bigint[], %(numbers)s::text[], %(warehouses)s::bigint[])
    AS d(kind, shop_id, number, warehouse_id)
WHERE level.id = r.level_id AND d.shop_id = r.shop_id AND d.number = r.order_number
  AND d.warehouse_id = level.warehouse_id
"""


# What the order document says of a product stands on the first reservation of the order at that level: it is added up by level.
_SAY = """
WITH said AS (
    SELECT * FROM unnest(%(shops)s::bigint[], %(numbers)s::text[], %(warehouses)s::bigint[], %(products)s::bigint[],
        %(units)s::numeric[]) AS s(shop_id, number, warehouse_id, product_id, units)
), placed AS (
    SELECT r.id, said.units, row_number() OVER (PARTITION BY r.shop_id, r.order_number, r.level_id ORDER BY r.id) AS place
    FROM inventory_reservation r JOIN inventory_stocklevel level ON level.id = r.level_id
    JOIN (SELECT DISTINCT shop_id, number, warehouse_id FROM said) d
      ON d.shop_id = r.shop_id AND d.number = r.order_number AND d.warehouse_id = level.warehouse_id
    LEFT JOIN said ON said.shop_id = r.shop_id AND said.number = r.order_number
        AND said.warehouse_id = level.warehouse_id AND said.product_id = level.product_id
)
UPDATE inventory_reservation r SET pos_quantity = CASE WHEN placed.place = 1 THEN coalesce(placed.units, 0) ELSE 0 END,
    pos_written_at = coalesce(r.pos_written_at, %(known_at)s)
FROM placed WHERE r.id = placed.id
"""


def document_level_ids(documents: Sequence[PosDocument]) -> list[int]:
    """Return the ids of the levels that noting these documents changes."""
    places = sorted((d.shop_id, d.order_number, d.warehouse_id) for d in documents)
    return [row[0] for row in fetch(_TOUCHED, *columns(places, 3))]


def note_pos_documents(documents: Sequence[PosDocument], *, known_at: datetime) -> set[int]:
    """Note documents at the POS that became known at database time `known_at`; may be repeated.

    Readings asked for until then describe a time that is over: they are refused, and the products that are returned
    must be read again. Runs inside the caller's transaction; locks the levels in id order.
    """
    rows = sorted((d.kind, d.shop_id, d.order_number, d.warehouse_id) for d in documents)
    if not rows:
        return set()
    levels = lock_levels(level_ids=set(document_level_ids(documents)))
    for kind in ("pos_order", "pos_invoice", "pos_void"):
        named = named_columns("kinds shops numbers warehouses", [row for row in rows if row[0] == kind])
        execute(_NOTE, known_at=known_at, **named)
        if kind == "pos_order":
            _note_units(documents, known_at)
    execute(
        "UPDATE inventory_stocklevel SET discard_before = greatest(discard_before, %s) WHERE id = ANY(%s)",
        known_at, sorted(levels),
    )  # fmt: skip
    return {level.product_id for level in levels.values()}


_LOWER = """
UPDATE inventory_reservation r SET pos_quantity = r.quantity
FROM unnest(%s::bigint[], %s::text[]) AS o(shop_id, number)
WHERE r.shop_id = o.shop_id AND r.order_number = o.number AND r.pos_quantity > r.quantity
    AND r.pos_written_at IS NOT NULL AND r.pos_closed_at IS NULL AND r.invoiced_at IS NULL
"""


def lower_pos_units(orders: Collection[tuple[int, str]]) -> None:
    """Count no more units of these orders (shop, number) as reserved at the POS for us than are held here.

    For documents that the POS keeps by itself: it may have taken units out of them, and until it has, those count as reserved for
    others, which is safe. Runs inside the transaction that locked the levels of the orders; may be repeated.
    """
    execute(_LOWER, *columns(sorted(orders), 2))


def _note_units(documents: Sequence[PosDocument], known_at: datetime) -> None:
    said = [
        (d.shop_id, d.order_number, d.warehouse_id, product, units)
        for d in documents
        if d.units is not None and d.kind in ("pos_order", "pos_correction")
        for product, units in sorted(d.units.items())
    ]
    if said:
        execute(_SAY, known_at=known_at, **named_columns("shops numbers warehouses products units", said))


def post_movement(level_id: int, quantity: Decimal, *, kind: str, note: str, actor_id: int | None) -> int:
    """Change a level that is managed here by hand, with its cause; returns the product. Not repeatable.

    Raises ValueError on a level that a POS manages: its number is the POS', correct it there.
    """
    level = lock_levels(level_ids={level_id})[level_id]
    if level.pos_managed:
        raise ValueError("this warehouse is managed by a POS: correct the number there")
    execute("UPDATE inventory_stocklevel SET on_hand = on_hand + %s WHERE id = %s", quantity, level_id)
    execute(
        "INSERT INTO inventory_stockmovement (level_id, quantity, kind, note, actor_id)"
        " VALUES (%(level)s, %(quantity)s, %(kind)s, %(note)s, %(actor)s)",
        level=level_id, quantity=quantity, kind=kind, note=note, actor=actor_id,
    )  # fmt: skip
    return level.product_id
