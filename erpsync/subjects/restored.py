"""Erasure after a restore: rows of listed people that came back with the backup are erased again.

A backup from before an erasure has neither the wiped rows nor the list's newest hashes; the list is kept beside the backups
(`manage.py data_subject list`). Of hashes alone nobody is found, so all rows are read and hashed: 1 M orders in minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from core import erased
from core.contacts import real_email, real_phone
from core.db import fetch
from core.erased import Erased, Identity
from erpsync.subjects.erase import Erasure, erase_found
from erpsync.subjects.find import Found, add_what_follows

ROWS = 5_000
Row = TypeVar("Row", "_Order", "_Person")


class _Order(NamedTuple):
    id: int
    shop_id: int
    number: str
    placed_at: datetime
    buyer_id: str
    phone: str
    names: list[str]

    @property
    def buyer(self) -> list[Identity]:
        known = [erased.buyer(self.shop_id, self.buyer_id)] if self.buyer_id else []
        return [*known, *erased.contacts(phone=self.phone)]

    def is_of(self, known: Erased) -> bool:
        is_listed = erased.order(self.shop_id, self.number) in known
        return is_listed or any(known.before(one, self.placed_at) for one in self.buyer)


class _Person(NamedTuple):
    """A customer row, or an identity of one in a shop."""

    id: int
    customer_id: int
    shop_id: int | None
    external_id: str
    name: str
    code: str
    phone: str
    email: str

    @property
    def identities(self) -> list[Identity]:
        known = [] if self.shop_id is None else [erased.buyer(self.shop_id, self.external_id)]
        return [*known, *erased.contacts(self.phone, self.email)]


_ORDERS = """
SELECT id, shop_id, number, placed_at, buyer_id, coalesce(recipient ->> 'phone', ''),
    array_remove(ARRAY[buyer_name, recipient ->> 'name'], NULL)
FROM orders_order WHERE id > %s AND (recipient <> '{}' OR buyer_name <> '' OR raw <> '{}') ORDER BY id LIMIT %s
"""
_IDENTITIES = """
SELECT id, coalesce(customer_id, 0), shop_id, external_id, name, code, phone, email FROM orders_customeridentity
WHERE id > %s AND external_id NOT LIKE 'erased-%%' ORDER BY id LIMIT %s
"""
_CUSTOMERS = """
SELECT id, id, NULL::bigint, '', name, '', phone, email FROM orders_customer WHERE id > %s AND (phone, email) <> ('', '')
ORDER BY id LIMIT %s
"""
# whoever has an order that is not erased is a customer
_STAY = """
SELECT DISTINCT customer_id FROM orders_order WHERE customer_id = ANY(%s) AND (recipient <> '{}' OR buyer_name <> '')
"""


def erase_listed() -> int:
    """Erase the rows of listed people; return how many rows were written. May be repeated."""
    erased.forget_cache()
    done = Erasure()
    for orders in _batches(_ORDERS, _Order):
        _erase_orders(orders, done)
    for statement, part in ((_IDENTITIES, "identities"), (_CUSTOMERS, "customers")):
        for people in _batches(statement, _Person):
            _erase_people(people, part, done)
    return sum(done.counts.values())


def _erase_orders(orders: Sequence[_Order], done: Erasure) -> None:
    known = erased.look_up(one for o in orders for one in (erased.order(o.shop_id, o.number), *o.buyer))
    hit = [o for o in orders if o.is_of(known)]
    if hit:
        found = Found(
            orders={o.id for o in hit},
            numbers={(o.shop_id, o.number) for o in hit},
            buyers={(o.shop_id, o.buyer_id) for o in hit if erased.buyer(o.shop_id, o.buyer_id) in known},
            phones={real_phone(o.phone) for o in hit} - {""},
            names={name for o in hit for name in o.names} - {""},
        )
        add_what_follows(found)
        erase_found(found, done, announce=False)


def _erase_people(people: Sequence[_Person], part: str, done: Erasure) -> None:
    known = erased.look_up(one for p in people for one in p.identities)
    hit = [p for p in people if any(one in known for one in p.identities)]
    stay = {row[0] for row in fetch(_STAY, [p.customer_id for p in hit])} if hit else set()
    gone = [p for p in hit if p.customer_id not in stay]
    if gone:
        found = Found(
            buyers={(p.shop_id, p.external_id) for p in gone if p.shop_id is not None},
            phones={real_phone(p.phone) for p in gone} - {""},
            emails={real_email(p.email) for p in gone} - {""},
            codes={p.code for p in gone} - {""},
            names={p.name for p in gone} - {""},
        )
        getattr(found, part).update(p.id for p in gone)
        add_what_follows(found)
        erase_found(found, done, announce=False)


def _batches(statement: str, row_class: type[Row]) -> Iterator[list[Row]]:
    """Yield the rows of a statement in batches, by id."""
    last = 0
    while rows := [row_class(*row) for row in fetch(statement, last, ROWS)]:
        yield rows
        last = rows[-1].id
