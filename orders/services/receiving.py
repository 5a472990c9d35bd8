"""The receipt of returned goods, piece by piece, and what people put back at a POS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from core.db import columns, decode, execute, fetch
from core.transactions import in_transaction
from inventory.services.receipts import Receipt, post_receipt
from orders.services.return_events import emit_return_changes


class NotReceivable(ValueError):
    """The goods of this return cannot be received; the code says why.

    no_goods, already, other_lines, other_quantity, no_product, more_than_sold.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Pieces(NamedTuple):
    """Pieces of a return line by the condition in which a person found them. What is missing did not come."""

    sellable: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def condition(self) -> str:
        """Condition of the line: that of its pieces, mixed where they differ."""
        found = [name for name, number in zip(self._fields, self, strict=True) if number]
        return found[0] if len(found) == 1 else "mixed"


def all_in(condition: str, quantity: int) -> Pieces:
    """Return all pieces of a line in one condition."""
    return Pieces(**{condition: quantity})


@in_transaction
def posted(line_ids: Sequence[int]) -> int:
    """Mark lines that people put back at the POS; returns how many were still to be done. May be repeated."""
    fetch(_LOCK_OF_LINES, list(line_ids))
    return execute(
        "UPDATE orders_returnline SET restock = 'posted' WHERE id = ANY(%s) AND restock = 'at_pos'", list(line_ids)
    )


_LOCK_OF_LINES = """
SELECT id FROM orders_return WHERE id IN (SELECT ret_id FROM orders_returnline WHERE id = ANY(%s)) ORDER BY id FOR NO KEY UPDATE
"""


# What this return and those received before bring, against what was sold: of each line of the order that a return names, and of
# each item (a return that names no line may mean any line with it). What is missing did not come. Of what was received the pieces that
# were found count: its channel may tell another quantity later. `lines`, `came`: of this return.
_TOO_MANY = """
WITH came AS (
    SELECT line.id AS line_id, line.order_id, line.item_id, line.variation_id, l.key = line.key AS is_named,
        CASE WHEN r.id = %(ret)s THEN now.came WHEN l.sellable_quantity + l.damaged_quantity + l.missing_quantity = 0 THEN l.quantity
            ELSE l.sellable_quantity + l.damaged_quantity END AS quantity
    FROM orders_returnline l JOIN orders_return r ON r.id = l.ret_id JOIN orders_orderline line ON line.id = l.order_line_id
    LEFT JOIN unnest(%(lines)s::bigint[], %(came)s::int[]) AS now(id, came) ON now.id = l.id
    WHERE line.order_id = (SELECT order_id FROM orders_return WHERE id = %(ret)s)
      AND CASE WHEN r.id = %(ret)s THEN now.came > 0 ELSE r.received_at IS NOT NULL AND l.condition <> 'missing' END
)
SELECT FROM came JOIN orders_orderline line ON line.id = came.line_id WHERE came.is_named
GROUP BY line.id, line.quantity HAVING sum(came.quantity) > line.quantity
UNION ALL
SELECT FROM came GROUP BY order_id, item_id, variation_id HAVING sum(quantity) > (
    SELECT sum(sold.quantity) FROM orders_orderline sold WHERE sold.order_id = came.order_id
      AND sold.item_id = came.item_id AND sold.variation_id = came.variation_id)
"""

_LOCK_ORDER = """
SELECT o.id FROM orders_order o JOIN orders_return r ON r.order_id = o.id WHERE r.id = %s FOR NO KEY UPDATE OF o
"""

_RECEIVED = """
SELECT l.id, l.quantity, coalesce(line.parts, '{}'::jsonb)
FROM orders_returnline l LEFT JOIN orders_orderline line ON line.id = l.order_line_id
WHERE l.ret_id = %s ORDER BY l.id FOR NO KEY UPDATE OF l
"""


@in_transaction
def receive(
    return_id: int,
    found: Mapping[int, Pieces],
    *,
    warehouse_id: int,
    put_back: bool,
    actor_id: int | None,
    reason: str = "",
) -> str:
    """Receive the goods of a return: the pieces `found` by return line id, as many as the line has. Once per return.

    At most what was sold comes back, per line of the order and over all its returns; more only with a person's `reason`.

    Sellable units go back on sale only when `put_back` says so: as a receipt where the warehouse is managed here; a POS
    has no way in for stock, there the lines are marked `at_pos` for people to post. Returns here, at_pos or no. Raises NotReceivable.
    """
    [(shop_id, order_number, number, goods, received)] = fetch(
        "SELECT shop_id, order_number, number, goods_come_back, received_at FROM orders_return WHERE id = %s FOR NO KEY UPDATE",
        return_id,
    )
    if received is not None or not goods:
        raise NotReceivable("already" if received else "no_goods")
    lines = fetch(_RECEIVED, return_id)
    if {row[0] for row in lines} != set(found):
        raise NotReceivable("other_lines")
    if any(sum(found[line_id]) != quantity or min(found[line_id]) < 0 for line_id, quantity, _parts in lines):
        raise NotReceivable("other_quantity")
    # two returns of one piece that are received at once: the second sees the first
    fetch(_LOCK_ORDER, return_id)
    came = [pieces.sellable + pieces.damaged for pieces in found.values()]
    if fetch(_TOO_MANY, ret=return_id, lines=list(found), came=came) and not (reason.strip() and actor_id is not None):
        raise NotReceivable("more_than_sold")
    units: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, _quantity, parts in lines:
        if sellable := found[line_id].sellable:
            for product, share in decode(parts).items():
                units[int(product)] += Decimal(share) * sellable
    if put_back and not units and any(pieces.sellable for pieces in found.values()):
        raise NotReceivable("no_product")
    end = "no"
    if put_back:
        note = f"return {number}: {reason.strip()}" if reason.strip() else f"return {number}"
        receipt = Receipt(shop_id, order_number, note[:300], actor_id)
        end = "here" if post_receipt(warehouse_id, units, receipt) else "at_pos"
    execute(
        "UPDATE orders_returnline l SET condition = n.condition, warehouse_id = %s, sellable_quantity = n.sellable,"
        " damaged_quantity = n.damaged, missing_quantity = n.missing, restock = CASE WHEN n.sellable > 0 THEN %s ELSE 'no' END"
        " FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[], %s::int[]) AS n(id, condition, sellable, damaged, missing)"
        " WHERE l.id = n.id",
        warehouse_id, end, *columns(sorted((line_id, pieces.condition, *pieces) for line_id, pieces in found.items()), 5),
    )  # fmt: skip
    execute(
        "UPDATE orders_return SET received_at = clock_timestamp(), received_by_id = %s WHERE id = %s",
        actor_id,
        return_id,
    )
    emit_return_changes([return_id])
    return end
