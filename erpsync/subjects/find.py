"""Search for a person's rows by telephone, mail and the channels' ids.

The hub knows a person by a customer row, to which identities of shops and orders refer. From what was asked for we go to those
rows, and on to the telephones, addresses and ids that they hold, until nothing new is found.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import erased
from core.contacts import is_masked, real_email, real_phone
from core.db import fetch
from core.erased import Identity
from core.search import grams, phone_words

# rows refer to rows only twice; more rounds than this would be another person
MOST_ROUNDS = 5
# shorter words would be found in everything
SHORTEST_ID, SHORTEST_NAME = 6, 5


@dataclass(frozen=True, slots=True)
class Terms:
    """Search terms: a telephone number in any form, a mail address, a buyer's id or code at a channel."""

    phone: str = ""
    email: str = ""
    buyer: str = ""

    @property
    def is_sound(self) -> bool:
        """Return whether a search is possible: at least one term, and each of them complete and unmasked."""
        given = (self.phone, self.email, self.buyer)
        return any(given) and bool(real_phone(self.phone)) >= bool(self.phone) and (
            bool(real_email(self.email)) >= bool(self.email)
        )  # fmt: skip


@dataclass(slots=True)
class Found:
    """Search result: ids of the rows about a person, and the person's identifiers. False when nobody was found."""

    customers: set[int] = field(default_factory=set)
    identities: set[int] = field(default_factory=set)
    orders: set[int] = field(default_factory=set)
    returns: set[int] = field(default_factory=set)
    inbox_events: set[int] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    buyers: set[tuple[int, str]] = field(default_factory=set)
    numbers: set[tuple[int, str]] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.customers or self.identities or self.orders)

    @property
    def shops(self) -> set[int]:
        """Shops that know the person."""
        return {shop for shop, _one in self.buyers | self.numbers}

    def listed(self) -> list[Identity]:
        """Return the identities that the list of erased people gets."""
        return [
            *(one for phone in self.phones for one in erased.contacts(phone=phone)),
            *(one for email in self.emails for one in erased.contacts(email=email)),
            *(erased.buyer(shop, external_id) for shop, external_id in self.buyers),
            *(erased.order(shop, number) for shop, number in self.numbers),
        ]

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of `PersonalTable.about` and of the search for words."""
        strong = [*map(_number_pattern, self.phones), *map(re.escape, self.emails), *map(_word_pattern, self._ids())]
        names = [re.escape(name) for name in self.names if len(name) >= SHORTEST_NAME and not is_masked(name)]
        return {
            "customers": sorted(self.customers),
            "identities": sorted(self.identities),
            "orders": sorted(self.orders),
            "returns": sorted(self.returns),
            "inbox_events": sorted(self.inbox_events),
            "order_texts": [str(pk) for pk in sorted(self.orders)],
            "return_texts": [str(pk) for pk in sorted(self.returns)],
            "words": _any_of(strong),
            "names": _any_of([*strong, *names]),
        }

    def pseudonyms(self) -> dict[str, Any]:
        """Return the parameters of an erasure: the buyer's ids and what takes their place. Somebody was erased by now."""
        buyers = sorted((shop, one) for shop, one in self.buyers if not one.startswith(erased.PSEUDONYM_PREFIX))
        return {
            "shops": [shop for shop, _ in buyers],
            "buyers": [one for _, one in buyers],
            "pseudonyms": [erased.pseudonym(erased.buyer(shop, one)) for shop, one in buyers],
        }

    def _ids(self) -> Iterable[str]:
        ids = {one for _, one in self.buyers} | self.codes
        return sorted(one for one in ids if len(one) >= SHORTEST_ID and not one.startswith(erased.PSEUDONYM_PREFIX))


def _any_of(patterns: Sequence[str]) -> str:
    # a pattern that nothing matches, where there is no word to look for
    return "|".join(sorted(set(patterns))) or "$^ "


def _number_pattern(phone: str) -> str:
    """Return a pattern of a number as people write it, with or without the country, spaces and points, and not within a longer
    number. Bytes that are no ASCII stand before it as backslash and three digits.
    """
    [national] = phone_words(phone)
    return r"(?:^|[^0-9]|\\[0-7]{3})(?:00|\+)?(?:84|0)?[ .()-]?" + "[ .()-]?".join(national) + "(?:$|[^0-9])"


def _word_pattern(word: str) -> str:
    return rf"\m{re.escape(word)}\M"


_OF_SHOPS = "(%(shop_ids)s::bigint[] IS NULL OR {row}.shop_id = ANY(%(shop_ids)s::bigint[]))"
_IDENTITIES = f"""
SELECT i.id, i.shop_id, i.external_id, i.customer_id, i.name, i.code, i.phone, i.email FROM orders_customeridentity i
WHERE {_OF_SHOPS.format(row="i")} AND (
    i.customer_id = ANY(%(customers)s) OR i.id = ANY(%(identities)s) OR lower(i.email) = ANY(%(emails)s)
    OR (i.shop_id, i.external_id) IN (SELECT * FROM unnest(%(buyer_shops)s::bigint[], %(buyers)s::text[]))
    OR (%(buyer)s <> '' AND (i.external_id = %(buyer)s OR i.code = %(buyer)s)){{has_phone}})
"""
_CUSTOMERS = """
SELECT c.id, c.name, c.phone, c.email FROM orders_customer c
WHERE c.phone = ANY(%(phones)s) OR lower(c.email) = ANY(%(emails)s) OR c.id = ANY(%(customers)s)
"""
# a buyer that a shop knows as somebody else is not this person
_ORDERS = f"""
SELECT o.id, o.shop_id, o.number, o.buyer_name, coalesce(o.recipient ->> 'name', ''),
    CASE WHEN i.id IS NULL OR i.id = ANY(%(identities)s) THEN o.buyer_id ELSE '' END
FROM orders_order o LEFT JOIN orders_customeridentity i ON i.shop_id = o.shop_id AND i.external_id = o.buyer_id
WHERE {_OF_SHOPS.format(row="o")} AND (o.customer_id = ANY(%(customers)s){{has_phone}})
"""
_RETURNS = "SELECT id FROM orders_return WHERE order_id = ANY(%(orders)s)"
_INBOX = """
SELECT e.id FROM integrations_inboxevent e JOIN integrations_connection c ON c.id = e.connection_id
JOIN (
    SELECT shop_id, number AS thing FROM orders_order WHERE id = ANY(%(orders)s)
    UNION SELECT shop_id, number FROM orders_return WHERE id = ANY(%(returns)s)
    UNION SELECT * FROM unnest(%(shops)s::bigint[], %(buyers)s::text[])
) known ON known.shop_id = c.shop_id AND known.thing = e.external_id
"""


def find(terms: Terms, *, shops: Collection[int] | None = None, known: Found | None = None) -> Found:
    """Return everything about a person. `shops`: only what these know, and no row over all channels; None: everything.

    `known`: what was found before, for whoever looks again after it was wiped.
    """
    known = known or Found()
    found = Found(
        phones=({real_phone(terms.phone)} | known.phones) - {""},
        emails=({real_email(terms.email)} | known.emails) - {""},
        buyers={pair for pair in known.buyers if not pair[1].startswith(erased.PSEUDONYM_PREFIX)},
    )
    for _round in range(MOST_ROUNDS):
        before = _size(found)
        _extend(found, terms, shops)
        if _size(found) == before:
            break
    if found:
        add_what_follows(found)
    if shops is not None:
        found.customers = set()
    return found


def add_what_follows(found: Found) -> None:
    """Add the returns of the orders found, and the inbox events about all of it."""
    found.returns = {row[0] for row in fetch(_RETURNS, orders=sorted(found.orders))}
    shops_of, buyers = [shop for shop, _ in sorted(found.buyers)], [one for _, one in sorted(found.buyers)]
    events = fetch(_INBOX, orders=sorted(found.orders), returns=sorted(found.returns), shops=shops_of, buyers=buyers)
    found.inbox_events = {row[0] for row in events}


def _extend(found: Found, terms: Terms, shops: Collection[int] | None) -> None:
    digits = [word for phone in sorted(found.phones) for word in phone_words(phone)]
    known: dict[str, Any] = {
        "shop_ids": None if shops is None else sorted(shops),
        "customers": sorted(found.customers),
        "identities": sorted(found.identities),
        "phones": sorted(found.phones),
        "emails": sorted(found.emails),
        "buyer": terms.buyer.strip(),
        "buyer_shops": [shop for shop, _ in sorted(found.buyers)],
        "buyers": [one for _, one in sorted(found.buyers)],
        **{f"grams_{n}": grams([word]) for n, word in enumerate(digits)},
        **{f"like_{n}": f"% {word} %" for n, word in enumerate(digits)},
    }
    for pk, shop, external_id, customer, name, code, phone, email in fetch(
        _with_phones(_IDENTITIES, "i", digits), **known
    ):
        found.identities.add(pk)
        found.buyers.add((shop, external_id))
        found.customers |= {customer} - {None}
        found.codes |= {code} - {""}
        _take_contacts(found, name, phone, email)
    for pk, name, phone, email in fetch(_CUSTOMERS, **known):
        found.customers.add(pk)
        _take_contacts(found, name, phone, email)
    known |= {"customers": sorted(found.customers), "identities": sorted(found.identities)}
    for pk, shop, number, name, recipient, buyer in fetch(_with_phones(_ORDERS, "o", digits), **known):
        found.orders |= {pk}
        found.numbers.add((shop, number))
        found.names |= {name, recipient} - {""}
        found.buyers |= {(shop, buyer)} if buyer else set()


def _with_phones(statement: str, row: str, digits: Sequence[str]) -> str:
    """Return a statement that also finds rows by the telephone numbers they are searched by, through their index."""
    return statement.format(
        has_phone="".join(
            f" OR ({row}.search_grams @> %(grams_{n})s::text[] AND {row}.search_text LIKE %(like_{n})s)"
            for n in range(len(digits))
        )
    )


def _take_contacts(found: Found, name: str, phone: str, email: str) -> None:
    found.names |= {name} - {""}
    found.phones |= {real_phone(phone)} - {""}
    found.emails |= {real_email(email)} - {""}


def _size(found: Found) -> int:
    return sum(len(part) for part in (found.customers, found.identities, found.orders, found.phones, found.emails))
