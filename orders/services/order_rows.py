"""Rows of orders: the statements that write them, and the row that a snapshot makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog

from core.db import encode, execute, fetch
from orders.schema import BREAKS, breach
from orders.services.attention import REFUSED
from orders.services.searching import order_search
from orders.services.settled_amounts import FACTS
from orders.snapshots import OrderSnapshot
from orders.statuses import statuses

log = structlog.get_logger(__name__)

_SETS_SHIPPED_AT = statuses("sets_shipped_at")

_TYPES = {
    "status": "text", "channel_status": "text", "currency": "text", "total": "numeric", "shipping_fee": "numeric",
    "seller_discount": "numeric", "platform_discount": "numeric", "seller_voucher": "numeric", "platform_voucher": "numeric",
    "coins": "numeric", "seller_shipping": "numeric", "tax": "numeric", "placed_at": "timestamptz",
    "paid_at": "timestamptz", "ship_by": "timestamptz", "buyer_id": "text", "buyer_name": "text", "recipient": "jsonb",
    "cash_on_delivery": "boolean", "payment_method": "text", "staff_id": "text", "staff_name": "text",
    "branch_id": "text", "branch_name": "text", "carrier": "text", "cancel_reason": "text", "note": "text",
    "problems": "jsonb", "has_problem": "boolean", "version": "timestamptz", "asked_at": "timestamptz", "raw": "jsonb",
    "search_text": "text", "search_grams": "text[]",
}  # fmt: skip
_ROWS = (
    "jsonb_to_recordset(%s::jsonb) AS n(id bigint, number text, has_shipped boolean, customer_id bigint, "
    + ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    + ")"
)

# sorted: two transactions that store the same new orders wait for each other in the same order
_INSERT = f"""
INSERT INTO orders_order (shop_id, number, customer_id, shipped_at, {", ".join(_TYPES)})
SELECT %s, n.number, n.customer_id, CASE WHEN n.has_shipped THEN coalesce(n.version, n.asked_at) END,
    {", ".join(f"n.{name}" for name in _TYPES)}
FROM {_ROWS} ORDER BY n.number
ON CONFLICT (shop_id, number) DO NOTHING RETURNING number, id
"""

# what another app found stays until it says otherwise
_KEPT = f"o.problems @> '[\"{REFUSED}\"]'::jsonb"
_SET = (
    {name: f"n.{name}" for name in _TYPES}
    | {
        # what a settlement told stays until the order tells it
        name: f"coalesce(n.{name}, CASE WHEN '{name}' = ANY(o.settled_facts) THEN o.{name} END)"
        for name in FACTS
    }
    | {
        "problems": f"CASE WHEN {_KEPT} THEN n.problems || '[\"{REFUSED}\"]'::jsonb ELSE n.problems END",
        "has_problem": f"n.has_problem OR {_KEPT}",
    }
)
_UPDATE = f"""
UPDATE orders_order o SET {", ".join(f"{name} = {value}" for name, value in _SET.items())},
    shipped_at = CASE WHEN n.has_shipped THEN coalesce(o.shipped_at, n.version, n.asked_at) ELSE o.shipped_at END,
    customer_id = coalesce(n.customer_id, o.customer_id),
    settled_facts = array_remove(ARRAY[{
    ", ".join(f"CASE WHEN n.{name} IS NULL AND '{name}' = ANY(o.settled_facts) THEN '{name}' END" for name in FACTS)
}], NULL)
FROM {_ROWS} WHERE o.id = n.id
"""

_PROBLEMS = """
UPDATE orders_order o SET problems = n.problems, has_problem = true
FROM jsonb_to_recordset(%s::jsonb) AS n(id bigint, problems jsonb) WHERE o.id = n.id
"""


def insert_orders(shop_id: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert rows of `order_row`, by number; returns the ids of those that no other transaction inserted first, by number."""
    return dict(fetch(_INSERT, shop_id, encode(rows))) if rows else {}


def update_orders(rows: Sequence[Mapping[str, Any]]) -> None:
    """Update orders by rows of `order_row` with their `id`. May be repeated."""
    if rows:
        execute(_UPDATE, encode(rows))


def set_problems(rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the problems of orders: rows of `id` and `problems`. May be repeated."""
    if rows:
        execute(_PROBLEMS, encode(rows))


def order_row(s: OrderSnapshot, problems: Sequence[str], customer_id: int | None) -> dict[str, Any]:
    """Return the row that a snapshot makes."""
    found = problems_of(s, problems)
    search_text, search_grams = order_search(s)
    return {
        "number": s.number,
        "status": s.status,
        "channel_status": s.channel_status,
        "currency": s.currency,
        "total": s.total,
        "shipping_fee": s.shipping_fee,
        "seller_discount": s.seller_discount,
        "platform_discount": s.platform_discount,
        "seller_voucher": s.seller_voucher,
        "platform_voucher": s.platform_voucher,
        "coins": s.coins,
        "seller_shipping": s.seller_shipping,
        "tax": s.tax,
        "placed_at": s.placed_at,
        "paid_at": s.paid_at,
        "ship_by": s.ship_by,
        "has_shipped": s.status in _SETS_SHIPPED_AT,
        "customer_id": customer_id,
        "buyer_id": s.buyer_id,
        "buyer_name": s.buyer_name,
        "recipient": s.recipient,
        "cash_on_delivery": s.cash_on_delivery,
        "payment_method": s.payment_method,
        "staff_id": s.staff_id,
        "staff_name": s.staff_name,
        "branch_id": s.branch_id,
        "branch_name": s.branch_name,
        "carrier": s.carrier,
        "cancel_reason": s.cancel_reason,
        "note": s.note,
        "problems": found,
        "has_problem": bool(found),
        "version": s.version,
        "asked_at": s.asked_at,
        "raw": s.raw,
        "search_text": search_text,
        "search_grams": search_grams,
    }


def problems_of(s: OrderSnapshot, found: Sequence[str]) -> list[str]:
    """Return an order's problems: those that its channel told, those that were found, and those of its own data."""
    return sorted({*s.problems, *found, *_flaws(s)})


def _flaws(s: OrderSnapshot) -> Iterator[str]:
    if not s.status:
        yield "unknown_status"
    if where := breach(s):
        log.warning("order_breaks_schema", number=s.number, where=where)
        yield BREAKS
