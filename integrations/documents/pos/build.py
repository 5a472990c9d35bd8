"""Write requests of documents for the POS: component lines at one branch, with the money that was paid for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from core.db import fetch
from integrations.contract import reasons
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.documents.amounts import whole_amounts
from integrations.documents.commands.store import Claimed
from integrations.documents.errors import NotNeeded
from integrations.documents.pos.desired import CORRECTION, INVOICE, ORDER, VOID
from integrations.documents.quantities import units_in
from integrations.models import Connection
from inventory.queries import HeldProduct, book_products, held_units
from orders.queries import SoldPart, sold_parts

ZERO = Decimal(0)


_EARLIER = """
SELECT state, external_id, reference FROM integrations_command
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
    options = {"customer_name": buyer} if buyer else {}
    options |= {name: value for name, value in claimed.options.items() if name != "units"}
    if claimed.kind == VOID:
        options.setdefault("document", ORDER)
    request = WriteRequest(
        claimed.kind, claimed.order_number, claimed.reference, options=options, warehouse=branch
    )  # fmt: skip
    if claimed.kind != ORDER:
        external_id, reference = _order_document(pos, claimed)
        # what is corrected stays known by the reference it was written with
        request = replace(request, external_id=external_id)
        request = replace(request, reference=reference) if claimed.kind == CORRECTION else request
    # a lost one is looked up by its reference: what it said no longer matters, unless it is what changed
    return request if _says_nothing(claimed) else _with_lines(request, pos, claimed, currency)


def _says_nothing(claimed: Claimed) -> bool:
    return claimed.kind == VOID or (claimed.was_sent and claimed.kind != CORRECTION)


def _order_document(pos: Connection, claimed: Claimed) -> tuple[str, str]:
    """Return (id at the POS, our reference) of the order document."""
    rows = fetch(_EARLIER, order=claimed.order_id, target=pos.pk, warehouse=claimed.warehouse_id, before=claimed.id)
    if rows and rows[0][0] == "done":
        return str(rows[0][1]), str(rows[0][2])
    if claimed.kind in (INVOICE, CORRECTION):
        raise Rejected(reasons.ORDER_REFUSED)
    raise NotNeeded(reasons.NOTHING_TO_VOID)


def _with_lines(request: WriteRequest, pos: Connection, claimed: Claimed, currency: str) -> WriteRequest:
    units = units_in(claimed.options)
    if units is None:
        units = held_units(claimed.order_shop_id, claimed.order_number, warehouse_id=claimed.warehouse_id)
    rows = book_products(units, book_shop_id=pos.shop_id)
    if not rows:
        raise NotNeeded(reasons.NOTHING_HELD)
    prices = unit_prices(sold_parts(claimed.order_id))
    amounts = whole_amounts([(_whole(row), prices.get(row.product_id, ZERO)) for row in rows], currency)
    lines = tuple(_line(row, price) for row, price in zip(rows, amounts.prices, strict=True))
    return replace(request, lines=lines, discount=amounts.discount)


def _line(row: HeldProduct, price: Decimal) -> WriteLine:
    if row.item_id is None or row.variation_id is None or row.pos_code is None:
        raise Rejected(reasons.NOT_IN_PRODUCT_BOOK(sku=row.sku))
    return WriteLine(row.item_id, row.variation_id, row.pos_code, _whole(row), price)


def _whole(row: HeldProduct) -> int:
    if row.units != int(row.units):
        raise Rejected(reasons.NO_WHOLE_UNITS(sku=row.sku, units=f"{row.units:f}"))
    return int(row.units)


def unit_prices(sold: Sequence[SoldPart]) -> dict[int, Decimal]:
    """Return what was paid for one unit of each product; it may be a fraction.

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
    return {product: paid[product] / count[product] for product in paid}
