"""The commands there are for orders, by order and warehouse."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from core.db import fetch_as
from integrations.documents.difference import Existing

_EXISTING = """
SELECT order_id, warehouse_id, id, kind, state, options, target_id FROM integrations_command
WHERE order_id = ANY(%(orders)s) AND kind = ANY(%(kinds)s) ORDER BY id
"""

# (order, warehouse or None) -> its commands, oldest first
ByPlace = dict[tuple[int, "int | None"], list[Existing]]


class _Row(NamedTuple):
    order_id: int
    warehouse_id: int | None
    id: int
    kind: str
    state: str
    options: Any
    target_id: int


def existing_of(order_ids: Sequence[int], kinds: Collection[str], *, lock: bool = False) -> ByPlace:
    """Return the commands of these kinds for orders. `lock` their rows: after the levels, as everywhere.

    Locked, one that is just being claimed has either been sent, and stays, or it waits for us, and can be dropped.
    """
    found: ByPlace = defaultdict(list)
    statement = _EXISTING + " FOR NO KEY UPDATE" * lock
    for row in fetch_as(_Row, statement, orders=list(order_ids), kinds=sorted(kinds)):
        command = Existing(row.id, row.kind, row.state, json.loads(row.options), row.target_id)
        found[row.order_id, row.warehouse_id].append(command)
    return found
