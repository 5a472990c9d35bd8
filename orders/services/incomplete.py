"""Live orders that are told without any of their lines: "nothing told" is not "nothing there"."""

from __future__ import annotations

from collections.abc import Mapping

from core.db import fetch
from orders.snapshots import OrderSnapshot
from orders.statuses import statuses

NO_LINES = "no_lines"
_OFF = statuses("is_off")

_WITHOUT_LINES = """
SELECT o.number FROM orders_order o
WHERE o.id = ANY(%(orders)s) AND NOT EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = o.id)
"""
_FLAG = """
UPDATE orders_order o SET has_problem = true,
    problems = CASE WHEN o.problems @> to_jsonb(%(problem)s::text) THEN o.problems
               ELSE o.problems || to_jsonb(%(problem)s::text) END
WHERE o.id = ANY(%(orders)s) AND EXISTS (
    SELECT FROM orders_orderline line WHERE line.order_id = o.id AND line.quantity > 0)
RETURNING o.number
"""


def flag_incomplete(snapshots: Mapping[int, OrderSnapshot]) -> frozenset[str]:
    """Flag stored orders that have lines and are told without any; return their numbers: nothing else of them is stored.

    `snapshots`: by the id of the locked order. A cancellation needs no lines: it is taken as it is, and lets them all go.
    """
    silent = [order for order, s in snapshots.items() if not s.lines and s.status not in _OFF]
    if not silent:
        return frozenset()
    return frozenset(row[0] for row in fetch(_FLAG, orders=sorted(silent), problem=NO_LINES))


def hollow_orders(snapshots: Mapping[int, OrderSnapshot]) -> frozenset[str]:
    """Return the numbers of stored orders that were never told with a line, alive or not. `snapshots`: as `flag_incomplete`."""
    silent = sorted(order for order, s in snapshots.items() if not s.lines)
    return frozenset(row[0] for row in fetch(_WITHOUT_LINES, orders=silent)) if silent else frozenset()
