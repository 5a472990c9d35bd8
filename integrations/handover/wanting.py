"""Wanting the POS documents that orders lack, in the transaction that changed the orders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from django.db import transaction

from integrations import wake
from integrations.handover.steps import VOID, Standing, steps
from inventory.sql import fetch
from orders.services import fulfilments
from orders.services.fulfilments import WantedCommand

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")

_ORDERS = """
SELECT o.id, o.number, o.shop_id, o.status, pos.id, pos.shop_id,
       EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = o.id AND line.quantity > 0
               AND line.status <> 'cancelled' AND line.product_id IS NULL)
FROM orders_order o
JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection mine ON mine.shop_id = o.shop_id AND NOT mine.pos_imports_itself
JOIN integrations_connection pos ON pos.id = mine.pos_id AND pos.is_active
WHERE o.id = ANY(%s) AND (shop.stock_since IS NULL OR o.placed_at >= shop.stock_since)
ORDER BY o.id
"""

_PLACES = """
SELECT DISTINCT o.id, warehouse.id
FROM orders_order o
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_connection pos ON pos.id = mine.pos_id
JOIN inventory_reservation held ON held.shop_id = o.shop_id AND held.order_number = o.number AND held.quantity > 0
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = pos.shop_id
WHERE o.id = ANY(%s)
"""

_STANDING = """
SELECT order_id, warehouse_id, kind, state, id FROM orders_fulfilment
WHERE order_id = ANY(%s) AND kind IN ('pos_order', 'pos_invoice', 'pos_void') ORDER BY id
"""


def want_documents(order_ids: Iterable[int]) -> None:
    """Want the POS documents these orders lack and drop those they no longer need. May be repeated.

    Runs inside the transaction that changed the orders. An order with an unmapped line waits: a document is written once.
    """
    rows = fetch(_ORDERS, sorted(order_ids))
    if not rows:
        return
    ids = [row[0] for row in rows]
    # one that is just being claimed has either been sent, and is voided, or it waits for us, and is dropped
    standing = standing_of(ids, lock=True)
    places: dict[int, set[int]] = defaultdict(set)
    for order_id, warehouse_id in fetch(_PLACES, ids):
        places[order_id].add(warehouse_id)
    wanted: list[WantedCommand] = []
    dropped: list[int] = []
    targets: set[int] = set()
    for order_id, number, shop_id, status, pos_id, pos_shop_id, has_unmapped in rows:
        for warehouse_id in sorted(places[order_id] | standing[order_id].keys()):
            now = standing[order_id].get(warehouse_id, Standing())
            todo = steps(status, now)
            dropped += [now.ids[kind] for kind in todo.drop]
            for kind, round_number in todo.want:
                if kind != VOID and (has_unmapped or warehouse_id not in places[order_id]):
                    continue
                reference = _reference(shop_id, number, kind, round_number, warehouse_id)
                wanted.append(WantedCommand(order_id, kind, pos_shop_id, reference, warehouse_id))
                targets.add(pos_id)
    fulfilments.drop(dropped, reason="the order no longer needs it")
    fulfilments.want(wanted)
    if targets:
        transaction.on_commit(partial(wake.ring, "perform", targets))


def standing_of(order_ids: Sequence[int], *, lock: bool = False) -> dict[int, dict[int, Standing]]:
    """The documents of orders as they stand, by order and warehouse. `lock` their rows: after the levels, as all do."""
    commands: dict[tuple[int, int], list[tuple[str, str, int]]] = defaultdict(list)
    for order_id, warehouse_id, *command in fetch(_STANDING + " FOR UPDATE" * lock, list(order_ids)):
        commands[order_id, warehouse_id].append((command[0], command[1], command[2]))
    found: dict[int, dict[int, Standing]] = defaultdict(dict)
    for (order_id, warehouse_id), rows in commands.items():
        found[order_id][warehouse_id] = Standing.of(rows)
    return found


def _reference(shop_id: int, number: str, kind: str, round_number: int, warehouse_id: int) -> str:
    """Ours, found again in the POS document's text: no spaces, no brackets, the same for the same document."""
    return _UNSAFE.sub("_", f"{shop_id}-{number}-{kind.removeprefix('pos_')}{round_number}-{warehouse_id}")[:80]
