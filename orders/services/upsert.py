"""Storing orders: rows, lines, stock effects, parcels and history, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from core.contacts import real_phone
from core.db import encode, execute, fetch, named_columns
from core.repeats import newest_of_each
from core.results import ReadRequest, Stored
from core.versions import is_newer
from inventory.models import Shop
from orders.schema import BREAKS, breach
from orders.services.attention import REFUSED
from orders.services.customers import MOVING_ORDERS, identify_buyers
from orders.services.erasure import without_erased_buyers
from orders.services.events import HISTORY
from orders.services.fitting import fitted_order
from orders.services.incomplete import flag_incomplete, hollow_orders
from orders.services.lines import listings_of, store_lines, unmapped_problem
from orders.services.parcels import store_parcels
from orders.services.returns import adopt_returns, unassigned_return_ids
from orders.services.searching import order_search
from orders.services.settled_amounts import FACTS, adopt_settled_amounts
from orders.signals import orders_changed
from orders.snapshots import OrderSnapshot
from orders.statuses import statuses

log = structlog.get_logger(__name__)

_SETS_SHIPPED_AT = statuses("sets_shipped_at")

# one source for all orders, or each one's own by its number
Source = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order row, locked by this transaction."""

    id: int
    number: str
    status: str
    version: datetime | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that is stored: its order's id, and the row before, None for a new order."""

    id: int
    snapshot: OrderSnapshot
    before: StoredOrder | None


# with the orders that may move to another customer, all in one order
_TO_LOCK = f"SELECT id FROM orders_order WHERE shop_id = %(shop)s AND number = ANY(%(numbers)s) UNION {MOVING_ORDERS}"
_LOCK = f"""
SELECT id, number, status, version, asked_at FROM orders_order WHERE id = ANY(ARRAY({_TO_LOCK}))
ORDER BY id FOR NO KEY UPDATE
"""

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

_HISTORY = """
INSERT INTO orders_statuschange (order_id, before, after, channel_status, source, version)
SELECT * FROM unnest(%(orders)s::bigint[], %(before)s::text[], %(after)s::text[], %(statuses)s::text[], %(sources)s::text[],
    %(versions)s::timestamptz[])
"""


def upsert_orders(shop: Shop, snapshots: Sequence[OrderSnapshot], *, source: Source, history: bool = False) -> Stored:
    """Store these orders: rows, lines, parcels, status history, stock. May be repeated, late and in any order.

    Runs inside the caller's transaction; a snapshot that is not newer than the stored row is refused and named in `stale`.
    The number of statements does not depend on the number of orders. `history`: read by a backfill, so that nothing is
    done about them; those placed since the shop counts stock are to be read once more, as current ones. A live order that is
    told without its lines stays as it is, flagged, and is named in `incomplete`; one that never had any is stored, and named in
    `hollow`.
    """
    newest = newest_of_each(without_erased_buyers(shop.id, map(fitted_order, snapshots)), lambda s: s.number)
    if not newest:
        return Stored()
    returns = unassigned_return_ids(shop.id, list(newest), lock=True)
    known = _locked(shop.id, newest.keys(), newest.values())
    due = {number: s for number, s in newest.items() if number not in known or is_newer(s, known[number])}
    incomplete = flag_incomplete({known[number].id: due[number] for number in due.keys() & known.keys()})
    due = {number: s for number, s in due.items() if number not in incomplete}
    if not due:
        wanted = frozenset(_again(incomplete) if history else ())
        return Stored(stale=frozenset(newest) - incomplete, incomplete=incomplete, wanted=wanted)
    listings = listings_of(shop.id, due.values())
    # before the new rows: whoever inserts the same orders at the same time waits here, and holds none of them yet
    buyers = identify_buyers(shop.id, list(due.values()))
    early = {number: unmapped_problem(shop, s, listings) for number, s in due.items() if number not in known}
    rows = [_row(due[number], early[number], buyers.get(number)) for number in sorted(early)]
    made: dict[str, int] = dict(fetch(_INSERT, shop.id, encode(rows))) if rows else {}
    if len(made) < len(rows):
        # stored by another transaction between our lock and our insert
        known |= _locked(shop.id, early.keys() - made.keys())
    taken = [
        Taken(made.get(number) or known[number].id, s, known.get(number))
        for number, s in sorted(due.items())
        if number in made or is_newer(s, known[number])
    ]
    if taken:
        problems = store_lines(
            shop, [(t.id, t.snapshot) for t in taken], listings, is_new=all(t.before is None for t in taken)
        )
        _store_known(taken, problems, buyers)
        _add_problems([t for t in taken if t.before is None], problems, early)
        _note_history(taken, source)
        store_parcels([(t.id, t.snapshot) for t in taken])
        if made:
            adopt_settled_amounts(shop, made.keys())
        if returns:
            adopt_returns([t.id for t in taken])
        _send_changed(shop, taken, source, history)
    hollow = hollow_orders({t.id: t.snapshot for t in taken})
    return Stored(
        stale=frozenset(newest) - incomplete - {t.snapshot.number for t in taken},
        incomplete=incomplete,
        hollow=hollow,
        wanted=frozenset((*_current(shop, taken), *_again(incomplete | hollow)) if history else ()),
    )


def order_ids(shop_id: int, snapshots: Sequence[OrderSnapshot]) -> list[int]:
    """Return the ids of the stored orders that storing these changes."""
    return [
        row[0]
        for row in fetch(_TO_LOCK, shop=shop_id, numbers=[s.number for s in snapshots], buyers=_buyers(snapshots))
    ]


def _locked(shop_id: int, numbers: Collection[str], snapshots: Iterable[OrderSnapshot] = ()) -> dict[str, StoredOrder]:
    """Lock the stored orders with these numbers, and those that the snapshots' buyers may move; returns the former."""
    rows = fetch(_LOCK, shop=shop_id, numbers=list(numbers), buyers=_buyers(snapshots))
    return {row[1]: StoredOrder(*row) for row in rows if row[1] in numbers}


def _buyers(snapshots: Iterable[OrderSnapshot]) -> list[str]:
    return sorted({s.buyer_id for s in snapshots if s.buyer_id and real_phone(s.recipient.get("phone", ""))})


def _store_known(taken: Sequence[Taken], problems: Mapping[int, Sequence[str]], buyers: Mapping[str, int]) -> None:
    rows = [
        _row(t.snapshot, problems.get(t.id, ()), buyers.get(t.snapshot.number)) | {"id": t.id}
        for t in taken
        if t.before is not None
    ]
    if rows:
        execute(_UPDATE, encode(rows))


def _add_problems(
    new: Sequence[Taken], problems: Mapping[int, Sequence[str]], early: Mapping[str, Sequence[str]]
) -> None:
    """Write the problems of new orders that were not known when their rows were inserted: no warehouse serves them."""
    rows = [
        {"id": t.id, "problems": _problems(t.snapshot, found)}
        for t in new
        if set(found := problems.get(t.id, ())) != set(early[t.snapshot.number])
    ]
    if rows:
        execute(_PROBLEMS, encode(rows))


def _is_past(shop: Shop, s: OrderSnapshot) -> bool:
    return shop.stock_since is not None and s.placed_at < shop.stock_since


def _current(shop: Shop, taken: Sequence[Taken]) -> Iterator[ReadRequest]:
    """Yield orders whose new status a backfill met first and that are no history, placed since the shop counts stock: no
    sweep would find them unknown.
    """
    for t in taken:
        is_news = t.before is None or t.before.status != t.snapshot.status
        if is_news and shop.stock_since is not None and not _is_past(shop, t.snapshot):
            yield ReadRequest("order", t.snapshot.number, t.snapshot.number)


def _again(numbers: Iterable[str]) -> Iterator[ReadRequest]:
    """Yield requests for orders that no event waits for."""
    return (ReadRequest("order", number, number) for number in numbers)


def _send_changed(shop: Shop, taken: Sequence[Taken], source: Source, history: bool) -> None:
    # where a shop does not say since when it counts stock, an order that a backfill asked for is history
    past = {
        t.id
        for t in taken
        if history or _is_past(shop, t.snapshot) or (shop.stock_since is None and _source_of(t, source) == HISTORY)
    }
    orders_changed.send(sender=None, order_ids={t.id for t in taken} - past, history_ids=past)


def _source_of(t: Taken, source: Source) -> str:
    return source if isinstance(source, str) else source[t.snapshot.number]


def _row(s: OrderSnapshot, problems: Sequence[str], customer_id: int | None) -> dict[str, Any]:
    found = _problems(s, problems)
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


def _problems(s: OrderSnapshot, found: Sequence[str]) -> list[str]:
    return sorted({*s.problems, *found, *_flaws(s)})


def _flaws(s: OrderSnapshot) -> Iterator[str]:
    if not s.status:
        yield "unknown_status"
    if where := breach(s):
        log.warning("order_breaks_schema", number=s.number, where=where)
        yield BREAKS


def _note_history(taken: Sequence[Taken], source: Source) -> None:
    steps = [
        (
            t.id, t.before.status if t.before else "", t.snapshot.status, t.snapshot.channel_status,
            _source_of(t, source), t.snapshot.version,
        )
        for t in taken
        if t.before is None or t.before.status != t.snapshot.status
    ]  # fmt: skip
    if steps:
        execute(_HISTORY, **named_columns("orders before after statuses sources versions", steps))
