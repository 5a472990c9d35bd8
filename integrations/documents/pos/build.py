"""Write requests of documents for the POS: component lines at one branch, with the money that was paid for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from core.db import fetch
from core.money import smallest_step
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.documents.commands.store import Claimed
from integrations.documents.errors import NotNeeded
from integrations.documents.pos.desired import INVOICE, ORDER, VOID
from integrations.models import Connection
from inventory.queries import held_products
from orders.queries import SoldPart, sold_parts

ZERO = Decimal(0)


_EARLIER = """
SELECT state, external_id FROM integrations_command
WHERE order_id = %(order)s AND target_id = %(target)s AND warehouse_id = %(warehouse)s AND kind = 'pos_order'
    AND id < %(before)s AND state <> 'dropped'
ORDER BY id DESC LIMIT 1
"""

_PLACE = """
SELECT warehouse.external_id, placed.currency, placed.buyer_name
FROM inventory_warehouse warehouse, orders_order placed WHERE warehouse.id = %s AND placed.id = %s
"""


def build(pos: Connection, claimed: Claimed) -> WriteRequest:
    """Return the document to write or to void. Raises NotNeeded when nothing is left to write, Rejected when it cannot be."""
    [(branch, currency, buyer)] = fetch(_PLACE, claimed.warehouse_id, claimed.order_id)
    options = {"customer_name": buyer} | dict(claimed.options) if buyer else dict(claimed.options)
    if claimed.kind == VOID:
        options.setdefault("document", ORDER)
    return WriteRequest(
        kind=claimed.kind,
        order_number=claimed.order_number,
        reference=claimed.reference,
        # a lost one is looked up by its reference: what it said no longer matters
        lines=() if claimed.kind == VOID or claimed.was_sent else _lines(pos, claimed, currency),
        options=options,
        warehouse=branch,
        external_id="" if claimed.kind == ORDER else _order_document(pos, claimed),
    )


def _order_document(pos: Connection, claimed: Claimed) -> str:
    rows = fetch(_EARLIER, order=claimed.order_id, target=pos.pk, warehouse=claimed.warehouse_id, before=claimed.id)
    if rows and rows[0][0] == "done":
        return str(rows[0][1])
    if claimed.kind == INVOICE:
        raise Rejected("its order document was refused at the POS: see there first, then try again")
    raise NotNeeded("there is no order document at the POS to void")


def _lines(pos: Connection, claimed: Claimed, currency: str) -> tuple[WriteLine, ...]:
    held = held_products(
        claimed.order_shop_id, claimed.order_number, warehouse_id=claimed.warehouse_id, book_shop_id=pos.shop_id
    )
    if not held:
        raise NotNeeded("no units of this order are held at this branch any more")
    prices = unit_prices(sold_parts(claimed.order_id), currency)
    lines = []
    for row in held:
        if row.item_id is None or row.variation_id is None or row.pos_code is None:
            raise Rejected(f"{row.sku} is not in the POS' product book: create it there, then try again")
        if row.units != int(row.units):
            raise Rejected(f"{row.sku}: {row.units:f} is no whole number of units")
        price = prices.get(row.product_id, ZERO)
        lines.append(WriteLine(row.item_id, row.variation_id, row.pos_code, int(row.units), price))
    return tuple(lines)


def unit_prices(sold: Sequence[SoldPart], currency: str) -> dict[int, Decimal]:
    """Return what was paid for one unit of each product, in the currency's smallest step.

    A bundle's price is split over its parts by their own prices, or by units where they have none.
    """
    has_prices = {part.line_id: True for part in sold}
    for part in sold:
        has_prices[part.line_id] = has_prices[part.line_id] and part.price > 0
    shares = [part.units * (part.price if has_prices[part.line_id] else 1) for part in sold]
    weights: dict[int, Decimal] = defaultdict(Decimal)
    for part, share in zip(sold, shares, strict=True):
        weights[part.line_id] += share
    paid: dict[int, Decimal] = defaultdict(Decimal)
    count: dict[int, Decimal] = defaultdict(Decimal)
    for part, share in zip(sold, shares, strict=True):
        paid[part.product_id] += part.pieces * part.paid_price * (share / weights[part.line_id])
        count[part.product_id] += part.pieces * part.units
    return {
        product: (paid[product] / count[product]).quantize(smallest_step(currency), ROUND_HALF_UP) for product in paid
    }
