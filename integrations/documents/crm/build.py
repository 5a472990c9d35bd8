"""Write requests of documents for the CRM: a buyer, or an order as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from core.contacts import is_masked
from core.db import decode, fetch, fetch_as
from integrations.contract import reasons
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.documents.amounts import whole_amounts
from integrations.documents.commands.store import Claimed
from integrations.documents.crm.customers import known_codes
from integrations.documents.crm.desired import CUSTOMER
from integrations.documents.errors import NotNeeded
from integrations.documents.quantities import units_in
from integrations.models import Connection
from orders.queries import BookLine, book_lines

_ORDER = """
SELECT shop.name AS shop_name, o.placed_at, o.currency, coalesce(nullif(o.recipient ->> 'name', ''), o.buyer_name) AS name,
       coalesce(o.recipient ->> 'phone', '') AS phone, coalesce(o.recipient ->> 'address', '') AS address,
       coalesce(buyer.phone, '') AS own_phone
FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
LEFT JOIN orders_customer buyer ON buyer.id = o.customer_id WHERE o.id = %(order)s
"""

_CUSTOMER_STATE = """
SELECT state FROM integrations_command
WHERE order_id = %(order)s AND target_id = %(target)s AND kind = 'crm_customer' AND id < %(before)s AND state <> 'dropped'
ORDER BY id DESC LIMIT 1
"""

_WRITTEN = """
SELECT external_id, options::text FROM integrations_command
WHERE order_id = %(order)s AND target_id = %(target)s AND kind = 'crm_order' AND id < %(before)s AND state = 'done'
ORDER BY id DESC
"""


class _Order(NamedTuple):
    """The buyer and the recipient of an order. `phone` may be masked; `own_phone` is the customer's, if it is known."""

    shop_name: str
    placed_at: datetime
    currency: str
    name: str
    phone: str
    address: str
    own_phone: str


def build(book: Connection, claimed: Claimed) -> WriteRequest:
    """Return what is written now. Raises NotNeeded for a customer that is there, Rejected when the order's was refused."""
    [order] = fetch_as(_Order, _ORDER, order=claimed.order_id)
    if claimed.kind == CUSTOMER:
        code = str(claimed.options["code"])
        # a lost one is looked up all the same: what it left there is to be known
        if not claimed.was_sent and known_codes([(book.pk, code)]):
            raise NotNeeded(reasons.CUSTOMER_KNOWN)
        return _message(claimed, {"customer": _customer(code, order)})
    if _lacks_customer(book, claimed):
        raise Rejected(reasons.CUSTOMER_REFUSED)
    rows = book_lines(claimed.order_id, book.shop_id)
    facts = {
        "code": f"{claimed.order_shop_id}-{claimed.order_number}",
        "title": order.shop_name,
        "placed_at": order.placed_at.isoformat(),
        "recipient": {"name": order.name, "phone": _unmasked(order.phone), "address": _unmasked(order.address)},
        "names": {row.sku: row.title for row in rows},
    }
    amounts = whole_amounts([(row.quantity * row.units, row.paid_price / row.units) for row in rows], order.currency)
    lines = tuple(_line(row, price) for row, price in zip(rows, amounts.prices, strict=True))
    said = {name: value for name, value in claimed.options.items() if name != "units"}
    message = replace(_message(claimed, facts | said, lines), discount=amounts.discount)
    written = fetch(_WRITTEN, order=claimed.order_id, target=book.pk, before=claimed.id)
    if not written:
        return message
    is_corrected = _is_corrected(claimed.options, [decode(options) for _, options in written])
    options = dict(message.options) | ({"is_corrected": True} if is_corrected else {})
    return replace(message, external_id=written[0][0], options=options)


def _is_corrected(options: Mapping[str, Any], written: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the lines are others than those written last. `written`: options of what was, newest first."""
    last = next((units for earlier in written if (units := units_in(earlier)) is not None), None)
    return last is not None and units_in(options) not in (None, last)


def _lacks_customer(book: Connection, claimed: Claimed) -> bool:
    """Return whether the order's customer was refused, and not written with another order since."""
    states = fetch(_CUSTOMER_STATE, order=claimed.order_id, target=book.pk, before=claimed.id)
    return states == [("refused",)] and not known_codes([(book.pk, str(claimed.options.get("customer", "")))])


def _message(claimed: Claimed, options: Mapping[str, Any], lines: tuple[WriteLine, ...] = ()) -> WriteRequest:
    return WriteRequest(claimed.kind, claimed.order_number, claimed.reference, lines=lines, options=options)


def _customer(code: str, order: _Order) -> dict[str, Any]:
    """Return a person with a telephone of their own, or the one customer for all whom the shop masks."""
    if not order.own_phone:
        return {"code": code, "name": order.shop_name, "phone": "", "address": "", "is_personal": False}
    phone = order.own_phone.replace("+84", "0", 1)
    return {
        "code": code, "name": order.name, "phone": phone, "address": _unmasked(order.address), "is_personal": True,
    }  # fmt: skip


def _unmasked(text: str) -> str:
    return "" if is_masked(text) else text


def _line(row: BookLine, unit_price: Decimal) -> WriteLine:
    """Return a line in units of the product itself, where a listing sells several at once."""
    return WriteLine(row.sku, "", row.sku, row.quantity * row.units, unit_price)
