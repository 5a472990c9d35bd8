"""States of waves: brought up to what became of their orders, and changed by people."""

from __future__ import annotations

from collections.abc import Collection

from core.db import execute, fetch
from core.reasons import Text, stored
from core.transactions import in_transaction
from orders.models import Wave
from orders.queries import is_held_sql, is_out_sql, is_packed_sql
from orders.services.attention import lock_orders
from orders.services.waves import reasons
from orders.statuses import Status, statuses

State = Wave.State
UNDER_WAY = [state.value for state in Wave.UNDER_WAY]
_LEFT = sorted({*statuses("has_left")} - {Status.RETURNING.value, Status.RETURNED.value, Status.FAILED.value})

# An order that is not to be packed any more leaves its wave. Its row is locked by the caller, before its place.
_FALL_OUT = f"""
UPDATE orders_waveorder place SET is_active = false, left_at = clock_timestamp(), left_reason = CASE
    WHEN o.status = '{Status.CANCELLED}' THEN %(cancelled)s::jsonb
    WHEN o.status = '{Status.CANCELLING}' THEN %(cancelling)s::jsonb
    WHEN {is_held_sql("o")} THEN %(held)s::jsonb
    ELSE %(not_to_pack)s::jsonb END
FROM orders_order o
WHERE o.id = place.order_id AND place.is_active AND place.order_id = ANY(%(orders)s)
    AND (o.status <> ALL(%(staying)s) OR o.status <> ALL(%(left)s) AND {is_held_sql("o")})
"""

_WAVES_OF = """
SELECT DISTINCT wave_id FROM orders_waveorder WHERE order_id = ANY(%(orders)s) AND is_active ORDER BY 1
"""
_LOCK = (
    "SELECT id FROM orders_wave WHERE id = ANY(%(waves)s) AND state = ANY(%(under_way)s) ORDER BY id FOR NO KEY UPDATE"
)

# With nothing left in it a wave is over: dissolved when all its orders fell out. What people said of it is not taken back.
_ADVANCE = f"""
UPDATE orders_wave wave SET state = n.state, ended_at = CASE WHEN n.state = ANY(%(under_way)s) THEN NULL ELSE clock_timestamp() END
FROM (
    SELECT wave.id, CASE
        WHEN count(o.id) = 0 THEN '{State.DISSOLVED}'
        WHEN bool_and(o.status = ANY(%(left)s) OR {is_out_sql("o")}) THEN '{State.HANDED_OVER}'
        WHEN bool_and(o.status = ANY(%(left)s) OR {is_out_sql("o")} OR {is_packed_sql("o")}) THEN '{State.PACKED}'
        WHEN wave.state = '{State.OPEN}' AND bool_or({is_packed_sql("o")}) THEN '{State.PICKING}'
        ELSE wave.state END AS state
    FROM orders_wave wave
    LEFT JOIN orders_waveorder place ON place.wave_id = wave.id AND place.is_active
    LEFT JOIN orders_order o ON o.id = place.order_id
    WHERE wave.id = ANY(%(waves)s) AND wave.state = ANY(%(under_way)s)
    GROUP BY wave.id
) n
WHERE wave.id = n.id AND wave.state <> n.state RETURNING wave.id, wave.state
"""

_END_PLACES = """
UPDATE orders_waveorder SET is_active = false WHERE wave_id = ANY(%(waves)s) AND is_active
"""


def refresh_waves(order_ids: Collection[int]) -> None:
    """Let orders that are not to be packed any more fall out of their waves, and end waves with nothing left to do.

    Inside the caller's transaction, in which the orders are locked. May be repeated. One statement where no order is in a wave.
    """
    ids = sorted(order_ids)
    waves = [row[0] for row in fetch(_WAVES_OF, orders=ids)] if ids else []
    if not waves:
        return
    execute(
        _FALL_OUT, orders=ids, staying=sorted({*statuses("may_ship"), *_LEFT}), left=_LEFT, not_to_pack=stored(reasons.NOT_TO_PACK),
        cancelled=stored(reasons.CANCELLED), cancelling=stored(reasons.CANCELLING), held=stored(reasons.HELD),
    )  # fmt: skip
    advance(waves)


def advance_of(order_ids: Collection[int]) -> None:
    """Bring the waves of orders up to what was packed. Inside the caller's transaction. One statement where none is in a wave."""
    waves = [row[0] for row in fetch(_WAVES_OF, orders=sorted(order_ids))]
    if waves:
        advance(waves)


def advance(wave_ids: Collection[int]) -> None:
    """Bring the states of waves up to their orders. Inside the caller's transaction."""
    waves = sorted(wave_ids)
    fetch(_LOCK, waves=waves, under_way=UNDER_WAY)
    changed = fetch(_ADVANCE, waves=waves, under_way=UNDER_WAY, left=_LEFT)
    ended = [pk for pk, state in changed if state not in UNDER_WAY]
    if ended:
        execute(_END_PLACES, waves=ended)


@in_transaction
def start(wave_id: int, person_id: int | None) -> bool:
    """Note that a person picks a wave, and return whether it was to be picked. Who was named before stays."""
    return bool(
        execute(
            f"UPDATE orders_wave SET state = '{State.PICKING}', person_id = coalesce(person_id, %s)"
            f" WHERE id = %s AND state = '{State.OPEN}'",
            person_id, wave_id,
        )
    )  # fmt: skip


@in_transaction
def set_packed(wave_id: int) -> bool:
    """Note that all of a wave is packed, by a person's word, and return whether that was news."""
    return bool(
        execute(
            f"UPDATE orders_wave SET state = '{State.PACKED}' WHERE id = %s AND state = ANY(%s)",
            wave_id, [State.OPEN.value, State.PICKING.value],
        )
    )  # fmt: skip


@in_transaction
def set_handed_over(wave_id: int) -> bool:
    """Note that all of a wave went to the courier, by a person's word, and return whether that was news. Its orders are free again."""
    return _end(wave_id, State.HANDED_OVER, None)


@in_transaction
def dissolve(wave_id: int) -> bool:
    """Dissolve a wave and return whether it was under way. Its orders may join another one."""
    return _end(wave_id, State.DISSOLVED, reasons.DISSOLVED)


def _end(wave_id: int, state: str, reason: Text | None) -> bool:
    lock_orders(_orders_of(wave_id))
    done = execute(
        "UPDATE orders_wave SET state = %s, ended_at = clock_timestamp() WHERE id = %s AND state = ANY(%s)",
        state, wave_id, UNDER_WAY,
    )  # fmt: skip
    if done and reason is not None:
        execute(
            "UPDATE orders_waveorder SET left_at = clock_timestamp(), left_reason = %s::jsonb"
            " WHERE wave_id = %s AND is_active",
            stored(reason), wave_id,
        )  # fmt: skip
    if done:
        execute(_END_PLACES, waves=[wave_id])
    return bool(done)


@in_transaction
def take_out(wave_id: int, order_ids: Collection[int]) -> int:
    """Take orders out of a wave under way and return how many were in it."""
    lock_orders(order_ids)
    taken = execute(
        "UPDATE orders_waveorder SET is_active = false, left_at = clock_timestamp(), left_reason = %s::jsonb"
        " WHERE wave_id = %s AND order_id = ANY(%s) AND is_active",
        stored(reasons.TAKEN_OUT), wave_id, sorted(order_ids),
    )  # fmt: skip
    if taken:
        advance([wave_id])
    return taken


def _orders_of(wave_id: int) -> list[int]:
    return [row[0] for row in fetch("SELECT order_id FROM orders_waveorder WHERE wave_id = %s AND is_active", wave_id)]
