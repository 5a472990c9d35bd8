"""Erased people: their orders, returns and identities are stored without them, and readers are told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from core import erased
from core.db import columns, execute, fetch
from core.erased import Erased
from core.json_sql import utc_sql
from core.outbox import Event, emit
from core.search import searched
from orders.payloads import CUSTOMER_ERASED
from orders.services.events import SOURCE
from orders.services.searching import order_words
from orders.snapshots import CustomerSnapshot, OrderSnapshot, ReturnSnapshot


def without_erased_buyers(shop_id: int, snapshots: Iterable[OrderSnapshot]) -> list[OrderSnapshot]:
    """Return these orders, those of erased people without them: orders erased, and orders of theirs from before that.

    A sweep, a backfill, a replay and a restored database hand them in with all that the channel still tells.
    """
    found = list(snapshots)
    known = erased.look_up(one for s in found for one in (erased.order(shop_id, s.number), *_buyer_of(shop_id, s)))
    return [_without_buyer(shop_id, s, known) if known else s for s in found]


def _buyer_of(shop_id: int, s: OrderSnapshot) -> list[erased.Identity]:
    buyer = [erased.buyer(shop_id, s.buyer_id)] if s.buyer_id else []
    return [*buyer, *erased.contacts(phone=s.recipient.get("phone") or "")]


def _without_buyer(shop_id: int, s: OrderSnapshot, known: Erased) -> OrderSnapshot:
    is_theirs = erased.order(shop_id, s.number) in known or any(
        known.before(one, s.placed_at) for one in _buyer_of(shop_id, s)
    )
    if not is_theirs:
        return s
    buyer = erased.buyer(shop_id, s.buyer_id)
    return replace(
        s,
        buyer_id=erased.pseudonym(buyer) if s.buyer_id and buyer in known else "",
        buyer_name="",
        recipient={},
        note="",
        cancel_reason="" if _names_buyer(s.cancel_reason, s) else s.cancel_reason,
        raw={},
    )


def _names_buyer(words: str, s: OrderSnapshot) -> bool:
    names = (name for name in (s.buyer_name, s.recipient.get("name")) if name)
    return bool(erased.mentioned(words)) or any(name in words for name in names)


def without_erased_returns(shop_id: int, snapshots: Iterable[ReturnSnapshot]) -> list[ReturnSnapshot]:
    """Return these returns, those of erased people's orders without what was said in them."""
    found = list(snapshots)
    known = erased.look_up(erased.order(shop_id, s.order_number) for s in found)
    return [
        replace(s, reason="", note="", raw={}) if erased.order(shop_id, s.order_number) in known else s for s in found
    ]


def without_erased_people(shop_id: int, snapshots: Iterable[CustomerSnapshot]) -> list[CustomerSnapshot]:
    """Return these people but those who were erased and have not bought again: a new order makes their identity anew."""
    found = list(snapshots)
    known = erased.look_up(one for s in found for one in _of_person(shop_id, s))
    if not known:
        return found
    gone = {s.external_id for s in found if any(one in known for one in _of_person(shop_id, s))}
    back = fetch(
        "SELECT external_id FROM orders_customeridentity WHERE shop_id = %s AND external_id = ANY(%s)",
        shop_id, sorted(gone),
    )  # fmt: skip
    gone -= {row[0] for row in back}
    return [s for s in found if s.external_id not in gone]


def _of_person(shop_id: int, s: CustomerSnapshot) -> list[erased.Identity]:
    return [erased.buyer(shop_id, s.external_id), *erased.contacts(s.phone, s.email)]


_WORDS = """
SELECT o.id, o.number, array_remove(array_agg(p.tracking_number ORDER BY p.id), NULL) FROM orders_order o
LEFT JOIN orders_parcel p ON p.order_id = o.id WHERE o.id = ANY(%s) GROUP BY o.id ORDER BY o.id
"""
_SEARCH = """
UPDATE orders_order o SET search_text = n.search_text, search_grams = string_to_array(n.search_grams, ' ')
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, search_text, search_grams) WHERE o.id = n.id
"""


def rebuild_search(order_ids: Sequence[int]) -> None:
    """Write what wiped orders are found by: their numbers."""
    rows = []
    for pk, number, tracking in fetch(_WORDS, list(order_ids)):
        text, found = searched(order_words(number, "", "", "", tracking))
        rows.append((pk, text, " ".join(found)))
    execute(_SEARCH, *columns(rows, 3))


_SHOPS = f"""
SELECT shop.id, shop.channel, {utc_sql("%(at)s::timestamptz")},
    ARRAY(SELECT o.id::text FROM orders_order o WHERE o.shop_id = shop.id AND o.id = ANY(%(orders)s) ORDER BY o.id),
    ARRAY(SELECT r.id::text FROM orders_return r WHERE r.shop_id = shop.id AND r.id = ANY(%(returns)s) ORDER BY r.id)
FROM inventory_shop shop WHERE shop.id IN (
    SELECT shop_id FROM orders_order WHERE id = ANY(%(orders)s)
    UNION SELECT shop_id FROM orders_customeridentity WHERE id = ANY(%(identities)s))
ORDER BY shop.id
"""


def emit_erased(
    entity_id: str, *, orders: Collection[int], returns: Collection[int], identities: Collection[int], at: datetime
) -> None:
    """Tell readers of each shop that a person is gone. `entity_id`: the customer's, whose row the caller holds."""
    rows = fetch(_SHOPS, orders=sorted(orders), returns=sorted(returns), identities=sorted(identities), at=at)
    emit([
        Event(CUSTOMER_ERASED.name, SOURCE, "customer", entity_id, {
            "customer_id": entity_id, "channel": channel, "shop_id": str(shop), "order_ids": order_ids,
            "return_ids": return_ids, "erased_at": moment,
            "partitionkeys": [*(f"order:{pk}" for pk in order_ids), *(f"return:{pk}" for pk in return_ids)],
        }, (shop,))
        for shop, channel, moment, order_ids, return_ids in rows
    ])  # fmt: skip
