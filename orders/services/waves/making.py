"""Making of waves, in a number of statements that does not depend on the number of orders."""

from __future__ import annotations

from collections.abc import Sequence

from core.db import execute, fetch, named_columns
from core.transactions import in_transaction
from orders.models import Wave
from orders.services.attention import lock_orders
from orders.services.waves import planning
from orders.services.waves.planning import Plan

_WAVE = """
INSERT INTO orders_wave (carrier, shop_ids, warehouse_id, cut_off, begin_by, size_limit, person_id, actor_id)
SELECT n.carrier, ARRAY(SELECT jsonb_array_elements_text(n.shops::jsonb)::bigint), %(warehouse)s, n.cut_off, n.begin_by,
    n.size, %(person)s, %(actor)s
FROM unnest(%(carriers)s::text[], %(shops)s::text[], %(cut_offs)s::timestamptz[], %(begin_bys)s::timestamptz[], %(sizes)s::int[])
    WITH ORDINALITY AS n(carrier, shops, cut_off, begin_by, size, position)
ORDER BY n.position RETURNING id
"""

_PLACES = """
INSERT INTO orders_waveorder (wave_id, order_id, position)
SELECT * FROM unnest(%(waves)s::bigint[], %(orders)s::bigint[], %(positions)s::int[])
"""


@in_transaction
def make_waves(
    plans: Sequence[Plan], *, actor_id: int | None, person_id: int | None = None, warehouse_id: int | None = None
) -> list[Wave]:
    """Make the planned waves and return them, those with orders. May be repeated: an order that joined one meanwhile is left out.

    What has changed since the plan was drawn is read again under the orders' locks.
    """
    ids = [order.id for plan in plans for order in plan.orders]
    lock_orders(ids)
    unable = planning.left_out(planning.chosen(ids))
    kept = [(plan, [order for order in plan.orders if order.id not in unable]) for plan in plans]
    kept = [(plan, orders) for plan, orders in kept if orders]
    if not kept:
        return []
    rows = [
        (plan.carrier, str(sorted({order.shop_id for order in orders})), plan.cut_off, plan.begin_by, plan.size_limit)
        for plan, orders in kept
    ]
    made = [
        row[0]
        for row in fetch(
            _WAVE, warehouse=warehouse_id, person=person_id, actor=actor_id,
            **named_columns("carriers shops cut_offs begin_bys sizes", rows),
        )
    ]  # fmt: skip
    places = [
        (wave, order.id, position)
        for wave, (_plan, orders) in zip(made, kept, strict=True)
        for position, order in enumerate(orders, 1)
    ]
    execute(_PLACES, **named_columns("waves orders positions", places))
    return list(Wave.objects.filter(pk__in=made).order_by("pk"))
