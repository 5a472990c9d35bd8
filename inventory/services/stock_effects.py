"""Stock effects of order lines: only the difference to what each line already did is posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.db import columns, execute, fetch, named_columns
from inventory.models import StockMovement
from inventory.services.levels import Level, lock_levels
from inventory.services.receipts import received_units
from inventory.services.shops import selling_warehouses

HOLD, SOFT, DEDUCT, PAST, NOTHING, ELSEWHERE = "hold", "soft", "deduct", "past", "nothing", "elsewhere"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineEffect:
    """Stock effect that an order line should have now. `parts`: units of each product for the whole line.

    `state`: hold (reserve), soft (reserve on a guess), deduct (the goods have left), past (they have left, and the sale
    is older than our count: only what we held ourselves is taken off), nothing, elsewhere (the goods never left from here: what
    was deducted before that was known is given back). `warehouse_id`: where it acts; None: at the one place that serves its order,
    never at `not_at`, the warehouse that stands for the platform's stock.
    """

    shop_id: int
    order_number: str
    line_key: str
    parts: Mapping[int, Decimal]
    state: str
    warehouse_id: int | None = None
    not_at: int | None = None

    def acts_at(self, warehouse_id: int) -> bool:
        """Return whether it acts at a warehouse where its line has a row."""
        if self.state == ELSEWHERE:
            return False
        return warehouse_id != self.not_at if self.warehouse_id is None else warehouse_id == self.warehouse_id


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
    # units of it that came back as a return: they are not given back once more
    returned: Decimal = ZERO

    @property
    def changed(self) -> bool:
        return (self.held, self.deducted, self.is_soft) != (self.wants_held, self.wants_deducted, self.wants_soft)

    def aim(self, units: Decimal, state: str) -> None:
        """Set the wanted values for `units` of its product. Goods that have left stay deducted, whatever follows, unless they never
        left from here.
        """
        if state == PAST:
            # shipped before we started counting: a POS has already deducted it
            state = DEDUCT if self.held and not self.level.pos_managed else NOTHING
        self.wants_soft = state == SOFT
        self.wants_deducted = self.deducted
        if state == ELSEWHERE:
            self.wants_held, self.wants_deducted = ZERO, min(self.deducted, self.returned)
        elif state == NOTHING or self.released:
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
    sources = selling_warehouses({effect.shop_id for effect in effects})
    # a shop may sell its own stock from there as well
    effects = [
        replace(effect, not_at=None) if effect.not_at in sources.get(effect.shop_id, ()) else effect
        for effect in effects
    ]
    levels = lock_levels(
        pairs={
            (product, warehouse)
            for effect in effects
            for product in effect.parts
            for warehouse in _places(effect, sources)
        },
        orders={(effect.shop_id, effect.order_number) for effect in effects},
    )
    # read once the levels are locked: another transaction may just have posted these lines
    rows = _rows(_existing(effects), levels)
    _find_returned(effects, rows.values())
    unassigned = _aim(effects, rows, levels, sources)
    changed = [row for row in rows.values() if row.changed]
    _store(changed)
    return Posted(frozenset(row.level.product_id for row in changed), frozenset(unassigned))


def _places(effect: LineEffect, sources: Mapping[int, list[int]]) -> Sequence[int]:
    """Return the warehouses that an effect may act at, first choice first."""
    return sources.get(effect.shop_id, ()) if effect.warehouse_id is None else (effect.warehouse_id,)


def _existing(effects: Sequence[LineEffect]) -> list[tuple[int, str, str, int, Decimal, Decimal, bool, bool]]:
    orders = sorted({(effect.shop_id, effect.order_number) for effect in effects})
    return fetch(_EXISTING, *columns(orders, 2))


RowKey = tuple[int, str, str, int]


def _find_returned(effects: Sequence[LineEffect], rows: Iterable[_Row]) -> None:
    """Note on the rows that are given back what came back of their goods; a return names its order, not the line."""
    by_line = {(effect.shop_id, effect.order_number, effect.line_key): effect for effect in effects}
    given_back = [
        row
        for row in rows
        if row.deducted
        and (effect := by_line.get((row.shop_id, row.order_number, row.line_key)))
        and not effect.acts_at(row.level.warehouse_id)
    ]
    if not given_back:
        return
    came_back = received_units({(row.shop_id, row.order_number, row.level.id) for row in given_back})
    for row in given_back:
        place = (row.shop_id, row.order_number, row.level.id)
        row.returned = min(row.deducted, came_back.get(place, ZERO))
        came_back[place] = came_back.get(place, ZERO) - row.returned


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
    apart = {(effect.shop_id, place) for effect in effects for place in (effect.warehouse_id, effect.not_at)}
    for row in rows.values():
        by_line[row.shop_id, row.order_number, row.line_key].append(row)
        if (row.held or row.deducted) and (row.shop_id, row.level.warehouse_id) not in apart:
            assigned.setdefault((row.shop_id, row.order_number), row.level.warehouse_id)
    by_order: dict[tuple[int, str], list[LineEffect]] = defaultdict(list)
    for effect in effects:
        by_order[effect.shop_id, effect.order_number].append(effect)

    unassigned = set()
    for order in sorted(by_order):
        named = by_order[order]
        together = [effect for effect in named if effect.warehouse_id is None]
        common = assigned.get(order) or _choose(together, sources.get(order[0], []), by_place)
        for effect in named:
            warehouse = common if effect.warehouse_id is None else effect.warehouse_id
            placed = _aim_rows(effect, by_line[effect.shop_id, effect.order_number, effect.line_key])
            for product, units in effect.parts.items():
                if product in placed or effect.state in (NOTHING, PAST, ELSEWHERE):
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


def _aim_rows(effect: LineEffect, rows: Iterable[_Row]) -> set[int]:
    """Set the wanted values of a line's stored rows; return the products that have one where the line acts."""
    placed = set()
    for row in rows:
        is_here, units = effect.acts_at(row.level.warehouse_id), effect.parts.get(row.level.product_id, ZERO)
        if is_here:
            row.aim(units, effect.state if units else NOTHING)
            placed.add(row.level.product_id)
        else:
            # held or deducted before it was known from where the line is sent
            row.aim(ZERO, ELSEWHERE)
    return placed


def _choose(
    effects: Sequence[LineEffect], choices: Sequence[int], by_place: Mapping[tuple[int, int], Level]
) -> int | None:
    """Return the first warehouse that can serve the whole order, else the first: an order is sent from one place."""
    need: dict[int, Decimal] = defaultdict(Decimal)
    for effect in effects:
        if effect.state not in (NOTHING, PAST, ELSEWHERE):
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
