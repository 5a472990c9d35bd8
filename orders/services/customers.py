"""Buyers of all channels meet in one row, on a telephone number that nobody has masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import phonenumbers

from inventory.sql import columns, execute, fetch
from orders.services.truth import is_newer
from orders.snapshots import CustomerSnapshot, OrderSnapshot

MASKS = ("*", "•", "x", "X", "#")


def real_phone(told: str, region: str = "VN") -> str:
    """The number as +84901234567, or "" when it is masked, cut or none: a masked value never identifies anybody."""
    if any(mask in told for mask in MASKS):
        return ""
    try:
        number = phonenumbers.parse(told, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_masked(told: str) -> bool:
    """Whether a channel hid a part of this value."""
    return "*" in told or "•" in told


_CREATE = """
INSERT INTO orders_customeridentity (shop_id, external_id, name, code, phone, email, address, asked_at)
SELECT %s, external_id, '', '', '', '', '', 'epoch' FROM unnest(%s::text[]) AS n(external_id)
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
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
    %s::timestamptz[]) AS n(id, customer_id, name, code, phone, email, address, version, asked_at)
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


def store_customers(shop_id: int, snapshots: Sequence[CustomerSnapshot]) -> dict[str, int]:
    """Store how a shop knows these people; returns the customer of each external id. May be repeated, in any order.

    Runs inside the caller's transaction. Who was known without a number, and now has one, becomes the customer with that number.
    """
    newest = {s.external_id: s for s in sorted(snapshots, key=lambda s: s.asked_at) if s.external_id}
    if not newest:
        return {}
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
        execute(_STORE, *columns(rows, 9))
    _merge(merged)
    return found


def _row(identity_id: int, customer_id: int, s: CustomerSnapshot) -> tuple[object, ...]:
    return (
        identity_id, customer_id, s.name[:200], s.code[:64], s.phone[:40], s.email[:254], s.address[:500], s.version, s.asked_at,
    )  # fmt: skip


def identify_buyers(shop_id: int, orders: Sequence[OrderSnapshot]) -> dict[str, int]:
    """The customer of each order by its number, as far as it tells: by the buyer's id, else by an unmasked telephone."""
    told = {
        s.buyer_id: CustomerSnapshot(
            s.buyer_id, s.recipient.get("name") or s.buyer_name, s.asked_at, phone=s.recipient.get("phone", ""),
            version=s.placed_at,
        )
        for s in sorted(orders, key=lambda s: s.placed_at)
    }  # fmt: skip
    by_id = store_customers(shop_id, list(told.values()))
    phones = {s.number: real_phone(s.recipient.get("phone", "")) for s in orders if not s.buyer_id}
    names = {phone: s.recipient.get("name") or s.buyer_name for s in orders if (phone := phones.get(s.number))}
    by_phone = customers_by_phone(names)
    return {s.number: by_id[s.buyer_id] for s in orders if s.buyer_id in by_id} | {
        number: by_phone[phone] for number, phone in phones.items() if phone
    }


def customers_by_phone(names: Mapping[str, str]) -> dict[str, int]:
    """The customer with each of these numbers (as `real_phone` writes them), made where there is none yet."""
    if not names:
        return {}
    execute(
        "INSERT INTO orders_customer (name, phone, email) SELECT left(name, 200), phone, ''"
        " FROM unnest(%s::text[], %s::text[]) AS n(phone, name) ORDER BY phone ON CONFLICT (phone) WHERE phone <> '' DO NOTHING",
        *columns(sorted(names.items()), 2),
    )
    return dict(fetch("SELECT phone, id FROM orders_customer WHERE phone = ANY(%s)", sorted(names)))


def _new(names: Sequence[str]) -> list[int]:
    """A customer without a number for each name, in order."""
    if not names:
        return []
    rows = fetch(
        "WITH made AS (INSERT INTO orders_customer (name, phone, email)"
        " SELECT left(name, 200), '', '' FROM unnest(%s::text[]) WITH ORDINALITY AS n(name, place) ORDER BY place RETURNING id)"
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
    """Customers without a number turn out to be others: everything of theirs moves, and they are gone."""
    if not merged:
        return
    pairs = columns(sorted(merged.items()), 2)
    for move in _MOVES:
        execute(move, *pairs)
    execute("DELETE FROM orders_customer WHERE id = ANY(%s)", sorted(merged))
