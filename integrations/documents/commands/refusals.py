"""Open refusals: refused commands that were neither tried again, nor succeeded later, nor closed. Their orders have a problem.

The orders are locked before the commands, as everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.db import fetch
from core.transactions import in_transaction
from integrations.work.closing import ClosableRows
from orders.services.attention import flag_refused, lock_orders

_OF = "SELECT DISTINCT order_id FROM integrations_command WHERE id = ANY(%s) AND order_id IS NOT NULL"
_OPEN = """
SELECT DISTINCT order_id FROM integrations_command
WHERE order_id = ANY(%s) AND state = 'refused' AND closed_at IS NULL
"""


def lock_orders_of(command_ids: Sequence[int]) -> list[int]:
    """Lock the orders that these commands are about and return their ids."""
    orders: list[int] = [row[0] for row in fetch(_OF, list(command_ids))]
    lock_orders(orders)
    return orders


def flag_orders(order_ids: Collection[int]) -> None:
    """Store whether these locked orders have an open refusal."""
    if order_ids:
        flag_refused(order_ids, [row[0] for row in fetch(_OPEN, sorted(order_ids))])


_REFUSED = ClosableRows("integrations_command", "refused")


@in_transaction
def close(command_ids: Sequence[int], *, note: str, actor_id: int | None) -> int:
    """Close open refusals for a reason; returns how many. Others stay as they are."""
    orders = lock_orders_of(command_ids)
    closed = _REFUSED.close(command_ids, note=note, actor_id=actor_id)
    flag_orders(orders)
    return closed


@in_transaction
def reopen(command_ids: Sequence[int]) -> int:
    """Open closed refusals again; returns how many. Others stay as they are."""
    orders = lock_orders_of(command_ids)
    opened = _REFUSED.reopen(command_ids)
    flag_orders(orders)
    return opened


# the condition that a refused command asked for the same as another one
SAME = """
    refused.target_id = done.target_id AND refused.kind = done.kind AND refused.subject = done.subject
    AND refused.order_id IS NOT DISTINCT FROM done.order_id AND refused.warehouse_id IS NOT DISTINCT FROM done.warehouse_id
    AND refused.options->>'return_number' IS NOT DISTINCT FROM done.options->>'return_number'
    AND refused.state = 'refused' AND refused.closed_at IS NULL
"""
_SUPERSEDE = f"""
WITH superseded AS (
    SELECT refused.id FROM integrations_command done JOIN integrations_command refused ON {SAME}
    WHERE done.reference = ANY(%(references)s) AND done.state = 'done'
    ORDER BY refused.id FOR NO KEY UPDATE OF refused
)
UPDATE integrations_command c SET closed_at = clock_timestamp()
FROM superseded WHERE c.id = superseded.id RETURNING c.order_id
"""


def supersede(references: Sequence[str]) -> None:
    """Close the open refusals of what these commands have done since. Their orders are locked by the caller."""
    rows = fetch(_SUPERSEDE, references=list(references))
    flag_orders({row[0] for row in rows if row[0] is not None})
