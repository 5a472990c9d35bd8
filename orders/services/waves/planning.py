"""Planning of waves: which orders may join one, how they are spread over waves, and the order in which each is packed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.db import fetch_as
from core.reasons import Reason, as_reason
from orders.queries import is_held_sql, is_left_sql
from orders.services.waves import reasons
from orders.snapshots import SELLER
from orders.statuses import Status, statuses

# orders of one wave, and those that one plan reads
MOST_OF_WAVE, MOST_OF_PLAN = 1_000, 5_000
# parcels that a person packs in an hour, where nobody says otherwise
PACE = 60
# statuses of orders that are to be packed; those arranged have a parcel and a label
TO_PACK = statuses("may_ship")
ARRANGED = frozenset({Status.PACKED.value})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order as a plan sees it. `pieces`, `kinds`: of what our warehouse packs; `sku`: the first of them; `wave_id`: where it is."""

    id: int
    shop_id: int
    status: str
    carrier: str
    ship_by: datetime | None
    placed_at: datetime
    held: bool
    wave_id: int | None
    pieces: int
    kinds: int
    sku: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One wave that is to be made: its orders, in the order in which they are packed."""

    carrier: str
    cut_off: datetime | None
    begin_by: datetime | None
    size_limit: int
    orders: tuple[Candidate, ...]

    @property
    def singles(self) -> int:
        """Number of its parcels with a single piece."""
        return sum(order.pieces == 1 for order in self.orders)

    @property
    def pieces(self) -> int:
        """Number of pieces to pick."""
        return sum(order.pieces for order in self.orders)


_FACTS = f"""
SELECT o.id, o.shop_id, o.status, coalesce(nullif(o.carrier, ''), parcel.carrier, '') AS carrier, o.ship_by, o.placed_at,
    {is_held_sql("o")} AS held, place.wave_id, packed.pieces, packed.kinds, coalesce(packed.sku, '') AS sku
FROM orders_order o
LEFT JOIN orders_waveorder place ON place.order_id = o.id AND place.is_active
LEFT JOIN LATERAL (
    SELECT p.carrier FROM orders_parcel p
    WHERE p.order_id = o.id AND p.replaced_at IS NULL AND p.carrier <> '' ORDER BY p.id LIMIT 1
) parcel ON true
CROSS JOIN LATERAL (
    SELECT coalesce(sum(line.quantity), 0)::int AS pieces, count(DISTINCT (line.product_id, line.sku))::int AS kinds,
        min(coalesce(product.sku, nullif(line.sku, ''), line.title)) AS sku
    FROM orders_orderline line LEFT JOIN inventory_product product ON product.id = line.product_id
    WHERE line.order_id = o.id AND {is_left_sql("line")} AND line.fulfilled_by = '{SELLER}'
) packed
"""

_CHOSEN = f"{_FACTS} WHERE o.id = ANY(%(orders)s)"

_WAITING = f"""
SELECT * FROM ({_FACTS} WHERE o.shop_id = ANY(%(shops)s) AND o.status = ANY(%(statuses)s)) found
WHERE NOT held AND wave_id IS NULL AND pieces > 0
    AND (%(warehouse)s::bigint IS NULL OR EXISTS (
        SELECT FROM orders_order o JOIN inventory_reservation r ON r.shop_id = o.shop_id AND r.order_number = o.number
        JOIN inventory_stocklevel level ON level.id = r.level_id
        WHERE o.id = found.id AND level.warehouse_id = %(warehouse)s::bigint))
ORDER BY ship_by NULLS LAST, placed_at, id LIMIT %(most)s
"""


def chosen(order_ids: Collection[int]) -> list[Candidate]:
    """Return these orders, the most urgent first."""
    return sorted(fetch_as(Candidate, _CHOSEN, orders=sorted(order_ids)), key=_urgency)


def waiting(
    shop_ids: Collection[int], *, warehouse_id: int | None = None, only_arranged: bool = True
) -> list[Candidate]:
    """Return the orders of these shops that may join a wave, the most urgent first, at most `MOST_OF_PLAN`.

    `warehouse_id`: only orders that have goods reserved there.
    """
    return fetch_as(
        Candidate, _WAITING, shops=sorted(shop_ids), statuses=sorted(ARRANGED if only_arranged else TO_PACK),
        warehouse=warehouse_id, most=MOST_OF_PLAN,
    )  # fmt: skip


def why_not(order: Candidate) -> Reason | None:
    """Return why an order joins no wave; None where it may."""
    if order.wave_id is not None:
        return reasons.TAKEN(wave=order.wave_id)
    if order.held:
        return as_reason(reasons.HELD)
    if order.status == Status.CANCELLED:
        return as_reason(reasons.CANCELLED)
    if order.status == Status.CANCELLING:
        return as_reason(reasons.CANCELLING)
    if order.status not in TO_PACK:
        return as_reason(reasons.NOT_TO_PACK)
    return None if order.pieces else as_reason(reasons.BY_PLATFORM)


def planned(
    orders: Sequence[Candidate],
    *,
    size: int,
    cut_off: datetime | None = None,
    pace: int = PACE,
    by_carrier: bool = True,
) -> list[Plan]:
    """Spread orders, the most urgent first, over waves of at most `size`, backwards from the cut-off.

    Each courier has waves of its own unless `by_carrier` is False. The last one of a courier is packed at the cut-off, by a person
    who packs `pace` parcels an hour; each begins so much earlier as it, and those after it, take.
    """
    groups: dict[str, list[Candidate]] = {}
    for order in orders:
        groups.setdefault(order.carrier if by_carrier else "", []).append(order)
    return [plan for carrier, group in groups.items() for plan in _of_carrier(carrier, group, size, cut_off, pace)]


def _of_carrier(
    carrier: str, orders: Sequence[Candidate], size: int, cut_off: datetime | None, pace: int
) -> list[Plan]:  # fmt: skip
    parts = [orders[start : start + size] for start in range(0, len(orders), size)]
    left, found = len(orders), []
    for part in parts:
        begin_by = cut_off - timedelta(hours=left / pace) if cut_off else None
        found.append(Plan(carrier, cut_off, begin_by, size, tuple(sorted(part, key=_packing))))
        left -= len(part)
    return found


def _urgency(order: Candidate) -> tuple[bool, datetime, datetime, int]:
    return (order.ship_by is None, order.ship_by or order.placed_at, order.placed_at, order.id)


def _packing(order: Candidate) -> tuple[int, str, int, tuple[bool, datetime, datetime, int]]:
    """Sort key within a wave: parcels of one piece first, then those of one kind of goods, then mixed ones; the same SKU together."""
    group = 0 if order.pieces == 1 else 1 if order.kinds == 1 else 2
    return (group, order.sku, order.pieces, _urgency(order))


def left_out(orders: Sequence[Candidate]) -> Mapping[int, Reason]:
    """Return why orders join no wave, by id, only of those that do not."""
    return {order.id: reason for order in orders if (reason := why_not(order)) is not None}
