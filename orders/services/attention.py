"""Problems of orders that another app finds: it says which orders have one, this one keeps the flag."""

from __future__ import annotations

from collections.abc import Collection

from core.db import execute, fetch

# a command about the order was refused, and is still open
REFUSED = "command_refused"

_FLAG = """
UPDATE orders_order o SET problems = n.problems, has_problem = n.problems <> '[]'::jsonb
FROM (SELECT id, CASE WHEN NOT id = ANY(%(having)s) THEN problems - %(problem)s::text
                      WHEN problems @> to_jsonb(%(problem)s::text) THEN problems
                      ELSE problems || to_jsonb(%(problem)s::text) END AS problems
      FROM orders_order WHERE id = ANY(%(orders)s)) n
WHERE o.id = n.id AND o.problems <> n.problems
"""


def lock_orders(order_ids: Collection[int]) -> None:
    """Lock these orders inside the caller's transaction, before whatever their problem is about."""
    if order_ids:
        fetch("SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(order_ids))


def flag_refused(order_ids: Collection[int], having: Collection[int]) -> None:
    """Store which of these orders, locked by the caller, have a refused command that is open. May be repeated."""
    if order_ids:
        execute(_FLAG, orders=sorted(order_ids), having=sorted(having), problem=REFUSED)
