"""Discounts and shipping of orders as their settlement tells them, where the order itself does not.

What the order's own answer says stays. `Order.settled_facts` names the columns that came from a settlement: a later one may change
them, and an order that is read again without them keeps them. Amounts that come before their order wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.db import decode, encode, execute, fetch
from core.repeats import newest_of_each
from core.results import Stored
from inventory.models import Shop
from orders.signals import orders_changed
from orders.snapshots import SettledAmountsSnapshot

# columns of an order, and of its lines, that a settlement may tell
FACTS = (
    "shipping_fee", "seller_discount", "platform_discount", "seller_voucher", "platform_voucher", "coins", "seller_shipping",
)  # fmt: skip
LINE_FACTS = ("seller_discount", "platform_discount", "platform_voucher", "coins")


def _takes(name: str) -> str:
    return f"n.{name} IS NOT NULL AND (o.{name} IS NULL OR '{name}' = ANY(o.settled_facts))"


def _columns(names: Sequence[str], alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


_NUMERIC = ", ".join(f"{name} numeric" for name in FACTS)
_SETTLE = f"""
UPDATE orders_order o SET {
    ", ".join(f"{name} = CASE WHEN {_takes(name)} THEN n.{name} ELSE o.{name} END" for name in FACTS)
},
    settled_facts = array_remove(ARRAY[{
    ", ".join(f"CASE WHEN {_takes(name)} OR '{name}' = ANY(o.settled_facts) THEN '{name}' END" for name in FACTS)
}], NULL),
    settled_asked_at = n.asked_at
FROM jsonb_to_recordset(%s::jsonb) AS n(number text, asked_at timestamptz, {_NUMERIC}), orders_order before
WHERE o.shop_id = %s AND o.number = n.number AND before.id = o.id
  AND (o.settled_asked_at IS NULL OR o.settled_asked_at <= n.asked_at)
RETURNING o.id, o.number, o.placed_at, ({_columns(FACTS, "o")}) IS DISTINCT FROM ({_columns(FACTS, "before")})
"""
# of an item with several lines in the order nothing says which of them is meant
_SETTLE_LINES = f"""
UPDATE orders_orderline line SET {", ".join(f"{name} = n.{name}" for name in LINE_FACTS)}, has_settled_facts = true
FROM jsonb_to_recordset(%s::jsonb) AS n(order_id bigint, item_id text, variation_id text,
    {", ".join(f"{name} numeric" for name in LINE_FACTS)})
WHERE line.order_id = n.order_id AND line.item_id = n.item_id AND line.variation_id = n.variation_id
  AND (line.has_settled_facts OR num_nonnulls({_columns(LINE_FACTS, "line")}) = 0)
  AND NOT EXISTS (SELECT FROM orders_orderline other WHERE other.order_id = n.order_id AND other.item_id = n.item_id
      AND other.variation_id = n.variation_id AND other.id <> line.id)
  AND ({_columns(LINE_FACTS, "line")}) IS DISTINCT FROM ({_columns(LINE_FACTS, "n")})
RETURNING line.order_id
"""

_WAIT = """
INSERT INTO orders_waitingsettlement AS known (shop_id, number, asked_at, amounts)
SELECT %s, n.number, n.asked_at, n.amounts FROM jsonb_to_recordset(%s::jsonb) AS n(number text, asked_at timestamptz, amounts jsonb)
WHERE NOT EXISTS (SELECT FROM orders_order o WHERE o.shop_id = %s AND o.number = n.number)
ORDER BY n.number
ON CONFLICT (shop_id, number) DO UPDATE SET asked_at = excluded.asked_at, amounts = excluded.amounts
WHERE known.asked_at < excluded.asked_at
"""
# two transactions may each have missed what the other wrote: whoever stores next takes what was left
_TAKE = """
DELETE FROM orders_waitingsettlement w USING orders_order o
WHERE w.shop_id = %(shop)s AND o.shop_id = w.shop_id AND o.number = w.number
    AND (%(numbers)s::text[] IS NULL OR w.number = ANY(%(numbers)s))
RETURNING w.amounts
"""
_ORDER_IDS = """
SELECT o.id FROM orders_order o WHERE o.shop_id = %(shop)s
    AND (o.number = ANY(%(numbers)s) OR o.number IN (SELECT w.number FROM orders_waitingsettlement w WHERE w.shop_id = %(shop)s))
"""


def store_settled_amounts(shop: Shop, found: Sequence[SettledAmountsSnapshot], *, history: bool = False) -> Stored:
    """Store what settlements tell of these orders, inside the transaction that holds their locks. May be repeated and late.

    Those of an order that is not here yet wait for it. The number of statements does not depend on that of orders.
    """
    newest = newest_of_each([*found, *_taken(shop)], lambda one: one.number)
    if not newest:
        return Stored()
    if waiting := [{"number": one.number, "asked_at": one.asked_at, "amounts": one} for one in newest.values()]:
        execute(_WAIT, shop.pk, encode(waiting), shop.pk)
    changed = _settle(shop, newest)
    if changed:
        past = {pk for pk, placed in changed.items() if history or _is_past(shop, placed)}
        orders_changed.send(sender=None, order_ids=changed.keys() - past, history_ids=past)
    return Stored()


def adopt_settled_amounts(shop: Shop, numbers: Collection[str]) -> None:
    """Bring the amounts that waited for these orders, stored in this transaction, into them. Announces nothing. May be repeated."""
    if found := _taken(shop, numbers):
        _settle(shop, newest_of_each(found, lambda one: one.number))


def _taken(shop: Shop, numbers: Collection[str] | None = None) -> list[SettledAmountsSnapshot]:
    """Take the amounts that waited for these orders, None: for any of the shop's that is stored by now."""
    rows = fetch(_TAKE, shop=shop.pk, numbers=None if numbers is None else sorted(numbers))
    return [msgspec.convert(decode(row[0]), SettledAmountsSnapshot, strict=False) for row in rows]


def _settle(shop: Shop, newest: Mapping[str, SettledAmountsSnapshot]) -> dict[int, datetime]:
    """Write these amounts; return when the changed orders were placed, by id."""
    rows = fetch(_SETTLE, encode([_row(one) for one in newest.values()]), shop.pk)
    ids = {number: pk for pk, number, _placed, _is_changed in rows}
    lines = [row for number, pk in ids.items() for row in _lines(pk, newest[number])]
    changed = {pk for pk, _number, _placed, is_changed in rows if is_changed}
    if lines:
        changed |= {order_id for (order_id,) in fetch(_SETTLE_LINES, encode(lines))}
    return {pk: placed for pk, _number, placed, _is_changed in rows if pk in changed}


def order_ids(shop_id: int, found: Sequence[SettledAmountsSnapshot]) -> list[int]:
    """Return the ids of the stored orders that storing these changes."""
    return [row[0] for row in fetch(_ORDER_IDS, shop=shop_id, numbers=[one.number for one in found])]


def _is_past(shop: Shop, placed_at: datetime) -> bool:
    return shop.stock_since is not None and placed_at < shop.stock_since


def _row(one: SettledAmountsSnapshot) -> Mapping[str, Any]:
    return {"number": one.number, "asked_at": one.asked_at} | {name: getattr(one, name) for name in FACTS}


def _lines(order_id: int, one: SettledAmountsSnapshot) -> Iterator[Mapping[str, Any]]:
    """Yield the lines that are the only ones of their item and variation."""
    counts = Counter((line.item_id, line.variation_id) for line in one.lines)
    for line in one.lines:
        facts = {name: getattr(line, name) for name in LINE_FACTS}
        if counts[line.item_id, line.variation_id] == 1 and any(value is not None for value in facts.values()):
            yield {"order_id": order_id, "item_id": line.item_id, "variation_id": line.variation_id} | facts
