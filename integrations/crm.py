"""Marketplace orders in the customer book (a CRM): the buyer and the order when it is to ship, later only its new state.

Driven by state, as the hand-over to a POS: whenever orders change, the state that was told last is compared with the one that
should be. Everything is written by code, so telling it twice tells it once:
- a buyer by the code that the CRM has for this telephone, else by one made of it; whoever is masked by the one customer that
  stands for the shop;
- an order by the shop and its number.

The options of a `crm_customer` are {customer: {code, name, phone, address, is_personal}}; those of a `crm_order` {code, state,
customer (its code), title, placed_at (ISO), recipient, names (SKU -> title)}, with `state` in our words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from django.db import transaction

from integrations import wake
from integrations.connectors import channels, connector_class
from integrations.connectors.base import Command, CommandLine
from integrations.handover.writing import step_of
from integrations.models import Connection
from integrations.wire.errors import Rejected
from inventory.sql import columns, fetch
from orders.services import fulfilments
from orders.services.customers import is_masked
from orders.services.fulfilments import ClaimedCommand, WantedCommand

CUSTOMER, ORDER = "crm_customer", "crm_order"
# what the CRM is told of an order in each of our states; in others it is told nothing new
TOLD_AS: Mapping[str, str] = {
    "to_ship": "to_ship",
    "packed": "to_ship",
    "shipped": "shipped",
    "delivered": "shipped",
    "completed": "completed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One command there is for an order: its kind, the state it tells ("" for a customer), and how far it is."""

    id: int
    kind: str
    tells: str
    state: str


@dataclass(frozen=True, slots=True)
class Todo:
    """What is to be told now ("": nothing), in which round, and which waiting commands no longer matter."""

    tell: str = ""
    round: int = 0
    drop: tuple[int, ...] = ()


def todo(status: str, told: Sequence[Told]) -> Todo:
    """The difference between what the CRM should know of an order and what it was told, oldest first. Pure.

    What was sent, done or refused stands: after a refusal a person decides. What still waits and is overtaken is dropped.
    """
    tells = TOLD_AS.get(status, "")
    orders = [one for one in told if one.kind == ORDER]
    living = [one.tells for one in orders if one.state != "dropped"]
    if not tells or living[-1:] == [tells]:
        return Todo()
    written = [one.tells for one in orders if one.state not in ("dropped", "wanted")]
    # a customer that waits is needed by what was written, and by nobody else
    waiting = tuple(one.id for one in told if one.state == "wanted" and (one.kind == ORDER or not written))
    # nobody need hear of an order that was called off before it was told
    known = written[-1] if written else "cancelled"
    return Todo(drop=waiting) if known == tells else Todo(tells, len(orders) + 1, waiting)


_ORDERS = """
SELECT o.id, o.status, book.id, book.shop_id
FROM orders_order o
JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_connection book ON book.id = mine.crm_id AND book.is_active
WHERE o.id = ANY(%s) AND (shop.stock_since IS NULL OR o.placed_at >= shop.stock_since)
AND NOT EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = o.id AND line.quantity > 0
    AND line.status <> 'cancelled' AND line.product_id IS NULL)
ORDER BY o.id
"""

_TOLD = """
SELECT order_id, id, kind, coalesce(options ->> 'state', ''), state FROM orders_fulfilment
WHERE order_id = ANY(%s) AND kind IN ('crm_customer', 'crm_order') ORDER BY id FOR UPDATE
"""

# the code that the CRM has for whoever has this telephone, else one made of it; without a telephone the shop's own
_CODES = """
SELECT o.id, coalesce(known.code,
    CASE WHEN coalesce(buyer.phone, '') <> '' THEN 'KH-' || regexp_replace(regexp_replace(buyer.phone, '^[+]84', '0'), '^[+]', '')
         ELSE coalesce(nullif(book.settings ->> 'collective_customer', ''), 'SAN-' || shop.channel || '-' || mine.external_id)
    END)
FROM orders_order o
JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_connection book ON book.id = mine.crm_id
LEFT JOIN orders_customer buyer ON buyer.id = o.customer_id
LEFT JOIN LATERAL (
    SELECT i.code FROM orders_customeridentity i
    WHERE i.customer_id = buyer.id AND i.shop_id = book.shop_id AND i.code <> '' AND buyer.phone <> '' ORDER BY i.id LIMIT 1
) known ON true
WHERE o.id = ANY(%s)
"""

_IN_THE_BOOK = """
SELECT DISTINCT f.target_id, f.code FROM unnest(%s::bigint[], %s::text[]) AS n(target_id, code)
JOIN orders_fulfilment f ON f.target_id = n.target_id AND f.code = n.code AND f.kind = 'crm_customer' AND f.state = 'done'
"""


def want_in_crm(order_ids: Iterable[int]) -> None:
    """Want what the CRM lacks of these orders and drop what is overtaken. May be repeated.

    Runs inside the transaction that changed the orders, in as many queries for one as for many. An order with an unmapped line
    waits: it is written once.
    """
    rows = fetch(_ORDERS, sorted(order_ids))
    if not rows:
        return
    told: dict[int, list[Told]] = defaultdict(list)
    for order_id, *one in fetch(_TOLD, [row[0] for row in rows]):
        told[order_id].append(Told(*one))
    due = {order_id: todo(status, told[order_id]) for order_id, status, *_ in rows}
    fulfilments.drop([one for found in due.values() for one in found.drop], reason="the order no longer needs it")
    telling = [(order_id, book_id, book_shop_id) for order_id, _, book_id, book_shop_id in rows if due[order_id].tell]
    if not telling:
        return
    codes = dict(fetch(_CODES, [order_id for order_id, *_ in telling]))
    known = set(fetch(_IN_THE_BOOK, *columns([(shop_id, codes[order_id]) for order_id, _, shop_id in telling], 2)))
    wanted: list[WantedCommand] = []
    for order_id, _, book_shop_id in telling:
        now, code = due[order_id], codes[order_id]
        if (book_shop_id, code) not in known:
            wanted.append(_wanted(order_id, CUSTOMER, book_shop_id, now.round, {"code": code}))
        options = {"state": now.tell, "customer": code}
        wanted.append(_wanted(order_id, ORDER, book_shop_id, now.round, options))
    fulfilments.want(wanted)
    transaction.on_commit(partial(wake.ring, "tell", {book_id for _, book_id, _ in telling}))


def _wanted(order_id: int, kind: str, target_id: int, round_number: int, options: Mapping[str, str]) -> WantedCommand:
    """The CRM never sees the reference (it knows codes), so our own id of the order will do: it cannot grow too long."""
    return WantedCommand(order_id, kind, target_id, f"{order_id}-{kind}{round_number}", options=options)


def book_channels() -> list[str]:
    """The channels that are customer books: those that take orders written as such."""
    return [channel for channel in channels() if ORDER in connector_class(channel).commands]


# --- what it is told ---

_ORDER_TOLD = """
SELECT shop.name, o.placed_at, o.currency, coalesce(nullif(o.recipient ->> 'name', ''), o.buyer_name),
       coalesce(o.recipient ->> 'phone', ''), coalesce(o.recipient ->> 'address', ''), coalesce(buyer.phone, '')
FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
LEFT JOIN orders_customer buyer ON buyer.id = o.customer_id WHERE o.id = %s
"""

# an order that is off is told with the lines it had
_LINES = """
SELECT coalesce(book.sku, nullif(product.sku, ''), line.sku), line.title, line.quantity, coalesce(listing.units, 1),
       line.paid_price
FROM orders_orderline line
JOIN orders_order placed ON placed.id = line.order_id
LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
LEFT JOIN inventory_product product ON product.id = line.product_id
LEFT JOIN LATERAL (
    SELECT l.sku FROM inventory_listing l
    WHERE l.shop_id = %s AND l.product_id = line.product_id AND l.units = 1 AND l.sku <> '' AND l.status <> 'deleted'
    ORDER BY l.id LIMIT 1
) book ON true
WHERE line.order_id = %s AND line.quantity > 0 AND (line.status <> 'cancelled' OR placed.status = 'cancelled')
ORDER BY line.id
"""

_CUSTOMER_STATE = """
SELECT state FROM orders_fulfilment WHERE order_id = %s AND target_id = %s AND kind = 'crm_customer' AND id < %s AND state <> 'dropped'
ORDER BY id DESC LIMIT 1
"""


def crm_command(book: Connection, claimed: ClaimedCommand) -> Command:
    """What the CRM is told now. Raises Rejected when the order's customer was refused there."""
    [(shop_name, placed_at, currency, name, phone, address, real_phone)] = fetch(_ORDER_TOLD, claimed.order_id)
    if claimed.kind == CUSTOMER:
        buyer = _customer(str(claimed.options["code"]), shop_name, name, real_phone, _unmasked(address))
        return _command(claimed, {"customer": buyer})
    if fetch(_CUSTOMER_STATE, claimed.order_id, book.shop_id, claimed.id) == [("refused",)]:
        raise Rejected("the CRM refused its customer: see there first, then try again")
    rows = fetch(_LINES, book.shop_id, claimed.order_id)
    names = {sku: title for sku, title, *_ in rows}
    lines = tuple(_line(sku, quantity, units, price, currency) for sku, _, quantity, units, price in rows)
    told = {
        "code": f"{claimed.order_shop_id}-{claimed.order_number}",
        "title": shop_name,
        "placed_at": placed_at.isoformat(),
        "recipient": {"name": name, "phone": _unmasked(phone), "address": _unmasked(address)},
        "names": names,
    }
    return _command(claimed, told | dict(claimed.options), lines)


def _command(claimed: ClaimedCommand, options: Mapping[str, Any], lines: tuple[CommandLine, ...] = ()) -> Command:
    return Command(claimed.kind, claimed.order_number, claimed.reference, lines=lines, options=options)


def _customer(code: str, shop_name: str, name: str, phone: str, address: str) -> dict[str, Any]:
    """A person with a telephone of their own, or the one customer for all whom the shop masks."""
    if not phone:
        return {"code": code, "name": shop_name, "phone": "", "address": "", "is_personal": False}
    return {"code": code, "name": name, "phone": phone.replace("+84", "0", 1), "address": address, "is_personal": True}


def _unmasked(told: str) -> str:
    return "" if is_masked(told) else told


def _line(sku: str, quantity: int, units: int, price: Decimal, currency: str) -> CommandLine:
    """So many of the product itself, where a listing sells several at once."""
    unit_price = (price / units).quantize(step_of(currency), ROUND_HALF_UP)
    return CommandLine(sku, "", sku, quantity * units, unit_price)
