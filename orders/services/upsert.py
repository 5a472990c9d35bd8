"""Storing orders: rows, lines, stock effects, parcels and history, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.contacts import real_phone
from core.db import execute, fetch, named_columns
from core.repeats import newest_of_each
from core.results import ReadRequest, Stored
from core.versions import is_newer
from inventory.models import Shop
from orders.services.customers import MOVING_ORDERS, identify_buyers
from orders.services.erasure import without_erased_buyers
from orders.services.events import HISTORY
from orders.services.fitting import fitted_order
from orders.services.incomplete import flag_incomplete, hollow_orders
from orders.services.lines import listings_of, store_lines, unmapped_problem
from orders.services.order_rows import insert_orders, order_row, problems_of, set_problems, update_orders
from orders.services.parcels import store_parcels
from orders.services.returns import adopt_returns, unassigned_return_ids
from orders.services.settled_amounts import adopt_settled_amounts
from orders.signals import orders_changed
from orders.snapshots import OrderSnapshot

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
    rows = [order_row(due[number], early[number], buyers.get(number)) for number in sorted(early)]
    made = insert_orders(shop.id, rows)
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
        order_row(t.snapshot, problems.get(t.id, ()), buyers.get(t.snapshot.number)) | {"id": t.id}
        for t in taken
        if t.before is not None
    ]
    update_orders(rows)


def _add_problems(
    new: Sequence[Taken], problems: Mapping[int, Sequence[str]], early: Mapping[str, Sequence[str]]
) -> None:
    """Write the problems of new orders that were not known when their rows were inserted: no warehouse serves them."""
    rows = [
        {"id": t.id, "problems": problems_of(t.snapshot, found)}
        for t in new
        if set(found := problems.get(t.id, ())) != set(early[t.snapshot.number])
    ]
    set_problems(rows)


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
