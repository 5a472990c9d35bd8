"""Customers: the buyers of all channels, matched by unmasked telephone number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import phonenumbers

from core.db import columns, execute, fetch, named_columns
from core.results import Stored
from core.versions import is_newer
from orders.snapshots import CustomerSnapshot, OrderSnapshot

MASKS = ("*", "•", "x", "X", "#")


def real_phone(text: str, region: str = "VN") -> str:
    """Return the number as +84901234567, or "" when it is masked, cut or none: a masked value identifies nobody."""
    if any(mask in text for mask in MASKS):
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_masked(text: str) -> bool:
    """Return whether a channel has hidden a part of this value."""
    return "*" in text or "•" in text


_CREATE = """
INSERT INTO orders_customeridentity (shop_id, external_id, asked_at)
SELECT %s, external_id, 'epoch' FROM unnest(%s::text[]) AS n(external_id)
ORDER BY external_id ON CONFLICT (shop_id, external_id) DO NOTHING
"""

_LOCK = """
SELECT i.id, i.external_id, i.customer_id, i.version, i.asked_at, coalesce(c.phone, '')
FROM orders_customeridentity i LEFT JOIN orders_customer c ON c.id = i.customer_id
WHERE i.shop_id = %s AND i.external_id = ANY(%s) ORDER BY i.id FOR UPDATE OF i
"""

_STORE = """
UPDATE orders_customeridentity i SET customer_id = n.customer_id, name = n.name, code = n.code, phone = n.phone,
    email = n.email, address = n.address, version = n.version, asked_at = n.asked_at
FROM unnest(%(ids)s::bigint[], %(customers)s::bigint[], %(names)s::text[], %(codes)s::text[], %(phones)s::text[],
    %(emails)s::text[], %(addresses)s::text[], %(versions)s::timestamptz[], %(asked)s::timestamptz[])
    AS n(id, customer_id, name, code, phone, email, address, version, asked_at)
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
    """The customer of each external id, and the external ids whose snapshots were refused as not newer."""

    customers: Mapping[str, int]
    stale: frozenset[str] = frozenset()


def identity_ids(shop_id: int, external_ids: Sequence[str]) -> list[int]:
    """Return the ids of the stored identities with these external ids."""
    rows = fetch(
        "SELECT id FROM orders_customeridentity WHERE shop_id = %s AND external_id = ANY(%s)", shop_id, external_ids
    )
    return [row[0] for row in rows]


def store_customers(shop_id: int, snapshots: Sequence[CustomerSnapshot]) -> Stored:
    """Store how a shop knows these people. May be repeated, late and in any order. Inside the caller's transaction."""
    return Stored(stale=identify(shop_id, snapshots).stale)


def identify(shop_id: int, snapshots: Sequence[CustomerSnapshot]) -> Identified:
    """Store how a shop knows these people and return their customers. May be repeated, late and in any order.

    Runs inside the caller's transaction; locks the identities in id order. A customer without a number who turns out to have
    one is merged into the customer with that number.
    """
    newest = {s.external_id: s for s in sorted(snapshots, key=lambda s: s.asked_at) if s.external_id}
    if not newest:
        return Identified({})
    execute(_CREATE, shop_id, sorted(newest))
    known = [_Identity(*row) for row in fetch(_LOCK, shop_id, sorted(newest))]
    by_phone = customers_by_phone({phone: s.name for s in newest.values() if (phone := real_phone(s.phone))})
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
        execute(_STORE, **named_columns("ids customers names codes phones emails addresses versions asked", rows))
    _merge(merged)
    return Identified(found, frozenset(newest) - {i.external_id for i in taken})


def _row(identity_id: int, customer_id: int, s: CustomerSnapshot) -> tuple[object, ...]:
    return (
        identity_id, customer_id, s.name[:200], s.code[:64], s.phone[:40], s.email[:254], s.address[:500], s.version, s.asked_at,
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
    by_id = identify(shop_id, list(snapshots.values())).customers
    phones = {s.number: real_phone(s.recipient.get("phone", "")) for s in orders if not s.buyer_id}
    names = {phone: s.recipient.get("name") or s.buyer_name for s in orders if (phone := phones.get(s.number))}
    by_phone = customers_by_phone(names)
    return {s.number: by_id[s.buyer_id] for s in orders if s.buyer_id in by_id} | {
        number: by_phone[phone] for number, phone in phones.items() if phone
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
