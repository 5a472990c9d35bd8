"""Customers: the buyers of all channels, matched by unmasked telephone number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.contacts import real_phone
from core.db import columns, execute, fetch, named_columns
from core.repeats import newest_of_each
from core.results import Stored
from core.versions import is_newer
from orders.services.erasure import without_erased_people
from orders.services.fitting import fitted_customer
from orders.services.searching import identity_search
from orders.snapshots import CustomerSnapshot, OrderSnapshot

_CREATE = """
INSERT INTO orders_customeridentity (shop_id, external_id, asked_at)
SELECT %s, external_id, 'epoch' FROM unnest(%s::text[]) AS n(external_id)
ORDER BY external_id ON CONFLICT (shop_id, external_id) DO NOTHING
"""

_LOCK = """
SELECT i.id, i.external_id, i.customer_id, i.version, i.asked_at, coalesce(c.phone, '')
FROM orders_customeridentity i LEFT JOIN orders_customer c ON c.id = i.customer_id
WHERE i.shop_id = %s AND i.external_id = ANY(%s) ORDER BY i.id FOR NO KEY UPDATE OF i
"""

_STORE = """
UPDATE orders_customeridentity i SET customer_id = n.customer_id, name = n.name, code = n.code, phone = n.phone,
    email = n.email, address = n.address, version = n.version, asked_at = n.asked_at, search_text = n.search_text,
    search_grams = string_to_array(n.search_grams, ' ')
FROM unnest(%(ids)s::bigint[], %(customers)s::bigint[], %(names)s::text[], %(codes)s::text[], %(phones)s::text[],
    %(emails)s::text[], %(addresses)s::text[], %(versions)s::timestamptz[], %(asked)s::timestamptz[],
    %(search_texts)s::text[], %(search_grams)s::text[])
    AS n(id, customer_id, name, code, phone, email, address, version, asked_at, search_text, search_grams)
WHERE i.id = n.id
"""


@dataclass(frozen=True, slots=True)
class _Identity:
    id: int
    external_id: str
    customer: int | None
    version: datetime | None
    asked_at: datetime
    phone: str


@dataclass(frozen=True, slots=True)
class Identified:
    """The customer of each external id and of each telephone, and the external ids whose snapshots were refused as not newer."""

    customers: Mapping[str, int]
    stale: frozenset[str] = frozenset()
    by_phone: Mapping[str, int] = field(default_factory=dict)


def identity_ids(shop_id: int, external_ids: Sequence[str]) -> list[int]:
    """Return the ids of the stored identities with these external ids."""
    rows = fetch(
        "SELECT id FROM orders_customeridentity WHERE shop_id = %s AND external_id = ANY(%s)", shop_id, external_ids
    )
    return [row[0] for row in rows]


# SQL: the ids of orders that move to another customer when the buyers %(buyers)s of %(shop)s, known without a telephone, turn
# out to have one
MOVING_ORDERS = """
    SELECT o.id FROM orders_customeridentity i
    JOIN orders_customer c ON c.id = i.customer_id AND c.phone = '' JOIN orders_order o ON o.customer_id = c.id
    WHERE i.shop_id = %(shop)s AND i.external_id = ANY(%(buyers)s)
"""


def moving_order_ids(shop_id: int, snapshots: Sequence[CustomerSnapshot]) -> list[int]:
    """Return the ids of orders that storing these customers moves to another customer."""
    buyers = [s.external_id for s in snapshots if real_phone(s.phone)]
    return [row[0] for row in fetch(MOVING_ORDERS, shop=shop_id, buyers=buyers)] if buyers else []


def store_customers(shop_id: int, snapshots: Sequence[CustomerSnapshot]) -> Stored:
    """Store how a shop knows these people. May be repeated, late and in any order. Inside the caller's transaction."""
    snapshots = without_erased_people(shop_id, map(fitted_customer, snapshots))
    if moving := moving_order_ids(shop_id, snapshots):
        fetch("SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(moving))
    return Stored(stale=identify(shop_id, snapshots).stale)


def identify(shop_id: int, snapshots: Sequence[CustomerSnapshot], names: Mapping[str, str] | None = None) -> Identified:
    """Store how a shop knows these people and return their customers. May be repeated, late and in any order.

    `names`: of people who are known by their telephone alone. Runs inside the caller's transaction; locks the identities in id
    order, then makes customers in the order of their telephones. A customer without a number who turns out to have one is
    merged into the customer with that number; the caller holds the orders that move, see `MOVING_ORDERS`.
    """
    newest = newest_of_each((fitted_customer(s) for s in snapshots if s.external_id), lambda s: s.external_id)
    if not newest:
        return Identified({}, by_phone=customers_by_phone(names or {}))
    execute(_CREATE, shop_id, sorted(newest))
    known = [_Identity(*row) for row in fetch(_LOCK, shop_id, sorted(newest))]
    named = {phone: s.name for s in newest.values() if (phone := real_phone(s.phone))}
    by_phone = customers_by_phone({**(names or {}), **named})
    found = {i.external_id: i.customer for i in known if i.customer is not None}
    taken = [i for i in known if is_newer(newest[i.external_id], i)]
    merged: dict[int, int] = {}
    for identity in taken:
        phone = real_phone(newest[identity.external_id].phone)
        if phone:
            target = by_phone[phone]
            if identity.customer not in (None, target) and not identity.phone:
                merged[identity.customer or 0] = target
            found[identity.external_id] = target
    nameless = [i.external_id for i in taken if i.external_id not in found]
    found |= dict(zip(nameless, _new([newest[e].name for e in nameless]), strict=True))
    rows = [_row(i.id, found[i.external_id], newest[i.external_id]) for i in taken]
    if rows:
        execute(
            _STORE,
            **named_columns(
                "ids customers names codes phones emails addresses versions asked search_texts search_grams", rows
            ),
        )
    _merge(merged)
    return Identified(found, frozenset(newest) - {i.external_id for i in taken}, by_phone)


def _row(identity_id: int, customer_id: int, s: CustomerSnapshot) -> tuple[object, ...]:
    search_text, search_grams = identity_search(s)
    return (
        identity_id, customer_id, s.name, s.code, s.phone, s.email, s.address, s.version, s.asked_at, search_text,
        " ".join(search_grams),
    )  # fmt: skip


def identify_buyers(shop_id: int, orders: Sequence[OrderSnapshot]) -> dict[str, int]:
    """Return the customer of each order by its number: by the buyer's id, else by an unmasked telephone, else none."""
    snapshots = {
        s.buyer_id: CustomerSnapshot(
            s.buyer_id, s.recipient.get("name") or s.buyer_name, s.asked_at, phone=s.recipient.get("phone", ""),
            version=s.placed_at,
        )
        for s in sorted(orders, key=lambda s: s.placed_at)
    }  # fmt: skip
    phones = {s.number: real_phone(s.recipient.get("phone", "")) for s in orders if not s.buyer_id}
    names = {phone: s.recipient.get("name") or s.buyer_name for s in orders if (phone := phones.get(s.number))}
    known = identify(shop_id, list(snapshots.values()), names)
    return {s.number: known.customers[s.buyer_id] for s in orders if s.buyer_id in known.customers} | {
        number: known.by_phone[phone] for number, phone in phones.items() if phone
    }


def customers_by_phone(names: Mapping[str, str]) -> dict[str, int]:
    """Return the customer with each of these numbers (as `real_phone` writes them), made where there is none yet."""
    if not names:
        return {}
    execute(
        "INSERT INTO orders_customer (name, phone) SELECT left(name, 200), phone"
        " FROM unnest(%s::text[], %s::text[]) AS n(phone, name) ORDER BY phone ON CONFLICT (phone) WHERE phone <> '' DO NOTHING",
        *columns(sorted(names.items()), 2),
    )
    return dict(fetch("SELECT phone, id FROM orders_customer WHERE phone = ANY(%s)", sorted(names)))


def _new(names: Sequence[str]) -> list[int]:
    """Create a customer without a number for each name; ids in order."""
    if not names:
        return []
    rows = fetch(
        "WITH made AS (INSERT INTO orders_customer (name)"
        " SELECT left(name, 200) FROM unnest(%s::text[]) WITH ORDINALITY AS n(name, place) ORDER BY place RETURNING id)"
        " SELECT id FROM made ORDER BY id",
        list(names),
    )
    return [row[0] for row in rows]


_MOVES = (
    (
        "UPDATE orders_customeridentity i SET customer_id = n.new FROM unnest(%s::bigint[], %s::bigint[]) AS n(old, new)"
        " WHERE i.customer_id = n.old"
    ),
    (
        "UPDATE orders_order o SET customer_id = n.new FROM unnest(%s::bigint[], %s::bigint[]) AS n(old, new)"
        " WHERE o.customer_id = n.old"
    ),
)


def _merge(merged: Mapping[int, int]) -> None:
    """Merge customers without a number into others: identities and orders move, the rows are deleted."""
    if not merged:
        return
    pairs = columns(sorted(merged.items()), 2)
    for move in _MOVES:
        execute(move, *pairs)
    execute("DELETE FROM orders_customer WHERE id = ANY(%s)", sorted(merged))
