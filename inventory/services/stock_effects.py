"""Stock effects of order lines: only the difference to what each line already did is posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.db import columns, execute, fetch, named_columns
from inventory.models import StockMovement
from inventory.services.levels import Level, lock_levels

HOLD, SOFT, DEDUCT, PAST, NOTHING = "hold", "soft", "deduct", "past", "nothing"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineEffect:
    """Stock effect that an order line should have now. `parts`: units of each product for the whole line.

    `state`: hold (reserve), soft (reserve on a guess), deduct (the goods have left), past (they have left, and the sale
    is older than our count: only what we held ourselves is taken off), nothing.
    """

    shop_id: int
    order_number: str
    line_key: str
    parts: Mapping[int, Decimal]
    state: str


@dataclass(frozen=True, slots=True)
class Posted:
    """Result of posting: products whose availability moved, and orders that no warehouse could be found for."""

    products: frozenset[int]
    unassigned: frozenset[tuple[int, str]]


@dataclass(slots=True)
class _Row:
    """Stored reservation and its wanted values."""

    shop_id: int
    order_number: str
    line_key: str
    level: Level
    held: Decimal = ZERO
    deducted: Decimal = ZERO
    is_soft: bool = False
    released: bool = False
    wants_held: Decimal = ZERO
    wants_deducted: Decimal = ZERO
    wants_soft: bool = False

    @property
    def changed(self) -> bool:
        return (self.held, self.deducted, self.is_soft) != (self.wants_held, self.wants_deducted, self.wants_soft)

    def aim(self, units: Decimal, state: str) -> None:
        """Set the wanted values for `units` of its product. Goods that have left stay deducted, whatever follows."""
        if state == PAST:
            # shipped before we started counting: a POS has already deducted it
            state = DEDUCT if self.held and not self.level.pos_managed else NOTHING
        self.wants_soft = state == SOFT
        self.wants_deducted = self.deducted
        if state == NOTHING or self.released:
            self.wants_held = ZERO
        elif state == DEDUCT and not self.level.pos_managed:
            self.wants_deducted = max(self.deducted, units)
            self.wants_held = ZERO
        else:
            # a POS-managed level is lowered by its readings: until the one after the invoice, the units stay held
            self.wants_held = max(ZERO, units - self.deducted)


_EXISTING = """
SELECT r.shop_id, r.order_number, r.line_key, r.level_id, r.quantity, r.deducted, r.is_soft, r.released
FROM inventory_reservation r
JOIN unnest(%s::bigint[], %s::text[]) AS o(shop_id, number) ON o.shop_id = r.shop_id AND o.number = r.order_number
"""

_STORE = """
INSERT INTO inventory_reservation (shop_id, order_number, line_key, level_id, quantity, deducted, is_soft)
SELECT * FROM unnest(%(shops)s::bigint[], %(numbers)s::text[], %(keys)s::text[], %(levels)s::bigint[], %(held)s::numeric[],
    %(deducted)s::numeric[], %(soft)s::bool[])
ON CONFLICT (shop_id, order_number, line_key, level_id) DO UPDATE
SET quantity = excluded.quantity, deducted = excluded.deducted, is_soft = excluded.is_soft
"""

_MOVE_LEVELS = """
UPDATE inventory_stocklevel level
SET reserved = level.reserved + moved.held, on_hand = level.on_hand - moved.deducted
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS moved(id, held, deducted)
WHERE level.id = moved.id
"""

_MOVEMENTS = f"""
INSERT INTO inventory_stockmovement (level_id, quantity, kind, shop_id, order_number, line_key)
SELECT level_id, quantity, '{StockMovement.Kind.SALE}', shop_id, order_number, line_key
FROM unnest(%(levels)s::bigint[], %(units)s::numeric[], %(shops)s::bigint[], %(numbers)s::text[], %(keys)s::text[])
    AS new(level_id, quantity, shop_id, order_number, line_key)
"""


def post_effects(effects: Sequence[LineEffect]) -> Posted:
    """Post the effects of order lines: the difference to what each already did. May be repeated.

    Runs inside the caller's transaction, after its order locks; locks the levels in id order. A line that is not named
    keeps what it did: name it with state `nothing` to let go.
    """
    if not effects:
        return Posted(frozenset(), frozenset())
    sources = _sources({effect.shop_id for effect in effects})
    levels = lock_levels(
        pairs={
            (product, warehouse)
            for effect in effects
            for product in effect.parts
            for warehouse in sources.get(effect.shop_id, ())
        },
        orders={(effect.shop_id, effect.order_number) for effect in effects},
    )
    # read once the levels are locked: another transaction may just have posted these lines
    rows = _rows(_existing(effects), levels)
    unassigned = _aim(effects, rows, levels, sources)
    changed = [row for row in rows.values() if row.changed]
    _store(changed)
    return Posted(frozenset(row.level.product_id for row in changed), frozenset(unassigned))


def _existing(effects: Sequence[LineEffect]) -> list[tuple[int, str, str, int, Decimal, Decimal, bool, bool]]:
    orders = sorted({(effect.shop_id, effect.order_number) for effect in effects})
    return fetch(_EXISTING, *columns(orders, 2))


def _sources(shop_ids: set[int]) -> dict[int, list[int]]:
    """Return the active warehouses each shop sells from, first choice first."""
    found: dict[int, list[int]] = defaultdict(list)
    for shop, warehouse in fetch(
        "SELECT s.shop_id, w.id FROM inventory_shop_sells_from s JOIN inventory_warehouse w ON w.id = s.warehouse_id"
        " WHERE w.is_active AND s.shop_id = ANY(%s) ORDER BY w.position, w.id",
        list(shop_ids),
    ):
        found[shop].append(warehouse)
    return found


RowKey = tuple[int, str, str, int]


def _rows(
    stored: Iterable[tuple[int, str, str, int, Decimal, Decimal, bool, bool]], levels: Mapping[int, Level]
) -> dict[RowKey, _Row]:
    return {
        (shop, number, key, level): _Row(
            shop, number, key, levels[level], held, deducted, soft, released, held, deducted, soft
        )
        for shop, number, key, level, held, deducted, soft, released in stored
    }


def _aim(
    effects: Sequence[LineEffect],
    rows: dict[RowKey, _Row],
    levels: Mapping[int, Level],
    sources: Mapping[int, list[int]],
) -> set[tuple[int, str]]:
    """Set the wanted values of every row of these lines, adding rows of new lines; return orders without a warehouse."""
    by_place = {(level.product_id, level.warehouse_id): level for level in levels.values()}
    by_line: dict[tuple[int, str, str], list[_Row]] = defaultdict(list)
    assigned: dict[tuple[int, str], int] = {}
    for row in rows.values():
        by_line[row.shop_id, row.order_number, row.line_key].append(row)
        if row.held or row.deducted:
            assigned.setdefault((row.shop_id, row.order_number), row.level.warehouse_id)
    by_order: dict[tuple[int, str], list[LineEffect]] = defaultdict(list)
    for effect in effects:
        by_order[effect.shop_id, effect.order_number].append(effect)

    unassigned = set()
    for order in sorted(by_order):
        named = by_order[order]
        warehouse = assigned.get(order) or _choose(named, sources.get(order[0], []), by_place)
        for effect in named:
            line_rows = by_line[effect.shop_id, effect.order_number, effect.line_key]
            held_products = set()
            for row in line_rows:
                units = effect.parts.get(row.level.product_id, ZERO)
                row.aim(units, effect.state if units else NOTHING)
                held_products.add(row.level.product_id)
            for product, units in effect.parts.items():
                if product in held_products or effect.state in (NOTHING, PAST):
                    continue
                if warehouse is None:
                    unassigned.add(order)
                    continue
                level = by_place[product, warehouse]
                row = _Row(effect.shop_id, effect.order_number, effect.line_key, level)
                row.aim(units, effect.state)
                level.taken += row.wants_held
                rows[effect.shop_id, effect.order_number, effect.line_key, level.id] = row
    return unassigned


def _choose(
    effects: Sequence[LineEffect], choices: Sequence[int], by_place: Mapping[tuple[int, int], Level]
) -> int | None:
    """Return the first warehouse that can serve the whole order, else the first: an order is sent from one place."""
    need: dict[int, Decimal] = defaultdict(Decimal)
    for effect in effects:
        if effect.state not in (NOTHING, PAST):
            for product, units in effect.parts.items():
                need[product] += units
    for warehouse in choices:
        if all(by_place[product, warehouse].available >= units for product, units in need.items()):
            return warehouse
    return choices[0] if choices else None


def _store(rows: Sequence[_Row]) -> None:
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row.level.id, row.shop_id, row.order_number, row.line_key))
    execute(
        _STORE,
        **named_columns(
            "shops numbers keys levels held deducted soft",
            [
                (r.shop_id, r.order_number, r.line_key, r.level.id, r.wants_held, r.wants_deducted, r.wants_soft)
                for r in ordered
            ],
        ),
    )
    moved: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in ordered:
        moved[row.level.id][0] += row.wants_held - row.held
        moved[row.level.id][1] += row.wants_deducted - row.deducted
    execute(_MOVE_LEVELS, *columns([(level, held, deducted) for level, (held, deducted) in sorted(moved.items())], 3))
    shipped = [
        (row.level.id, row.deducted - row.wants_deducted, row.shop_id, row.order_number, row.line_key)
        for row in ordered
        if row.wants_deducted != row.deducted
    ]
    if shipped:
        execute(_MOVEMENTS, **named_columns("levels units shops numbers keys", shipped))
