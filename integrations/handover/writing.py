"""What a POS is told about a marketplace order: component lines at one branch, with the money that was paid for them."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from integrations.connectors.base import Command, CommandLine
from integrations.handover.steps import INVOICE, ORDER, VOID
from integrations.models import Connection
from integrations.wire.errors import Rejected
from inventory.sql import fetch
from orders.services.fulfilments import ClaimedCommand

ZERO = Decimal(0)
# currencies whose smallest coin is one; all others have hundredths
_WHOLE = frozenset({"VND", "JPY", "KRW"})


class NotNeeded(Exception):
    """There is nothing left to be written."""


_HELD = """
SELECT held.product_id, held.units, product.sku, book.item_id, book.variation_id, book.sku
FROM (
    SELECT level.product_id, sum(r.quantity) AS units
    FROM inventory_reservation r JOIN inventory_stocklevel level ON level.id = r.level_id
    WHERE r.shop_id = %s AND r.order_number = %s AND level.warehouse_id = %s AND r.quantity > 0 GROUP BY 1
) held
JOIN inventory_product product ON product.id = held.product_id
LEFT JOIN LATERAL (
    SELECT item_id, variation_id, sku FROM inventory_listing l
    WHERE l.shop_id = %s AND l.product_id = held.product_id AND l.units = 1
    ORDER BY l.status <> 'active', l.id LIMIT 1
) book ON true
ORDER BY 1
"""

_SOLD = """
SELECT line.id, line.quantity, line.paid_price, part.key::bigint, part.value::numeric, coalesce(product.price, 0)
FROM orders_orderline line
CROSS JOIN LATERAL jsonb_each_text(line.parts) part
JOIN inventory_product product ON product.id = part.key::bigint
WHERE line.order_id = %s AND line.quantity > 0 AND line.status <> 'cancelled' ORDER BY line.id, 4
"""

_EARLIER = """
SELECT state, external_id FROM orders_fulfilment
WHERE order_id = %s AND target_id = %s AND warehouse_id = %s AND kind = %s AND id < %s AND state <> 'dropped'
ORDER BY id DESC LIMIT 1
"""

_PLACE = """
SELECT warehouse.external_id, placed.currency, placed.buyer_name
FROM inventory_warehouse warehouse, orders_order placed WHERE warehouse.id = %s AND placed.id = %s
"""


def pos_command(pos: Connection, claimed: ClaimedCommand) -> Command:
    """The document to write or to void. Raises NotNeeded when nothing is left to write, Rejected when it cannot be."""
    [(branch, currency, buyer)] = fetch(_PLACE, claimed.warehouse_id, claimed.order_id)
    options = {"customer_name": buyer} | dict(claimed.options) if buyer else dict(claimed.options)
    if claimed.kind == VOID:
        options.setdefault("document", ORDER)
    return Command(
        kind=claimed.kind,
        order_number=claimed.order_number,
        reference=claimed.reference,
        # a lost one is looked up by its reference: what it said no longer matters
        lines=() if claimed.kind == VOID or claimed.was_sent else _lines(pos, claimed, currency),
        options=options,
        warehouse=branch,
        external_id="" if claimed.kind == ORDER else _order_document(pos, claimed),
    )


def _order_document(pos: Connection, claimed: ClaimedCommand) -> str:
    rows = fetch(_EARLIER, claimed.order_id, pos.shop_id, claimed.warehouse_id, ORDER, claimed.id)
    if rows and rows[0][0] == "done":
        return str(rows[0][1])
    if claimed.kind == INVOICE:
        raise Rejected("its order document was refused at the POS: see there first, then try again")
    raise NotNeeded("there is no order document at the POS to void")


def _lines(pos: Connection, claimed: ClaimedCommand, currency: str) -> tuple[CommandLine, ...]:
    rows = fetch(_HELD, claimed.order_shop_id, claimed.order_number, claimed.warehouse_id, pos.shop_id)
    if not rows:
        raise NotNeeded("no units of this order are held at this branch any more")
    prices = unit_prices(fetch(_SOLD, claimed.order_id), currency)
    lines = []
    for product_id, units, sku, item_id, variation_id, pos_code in rows:
        if item_id is None:
            raise Rejected(f"{sku} is not in the POS' product book: create it there, then try again")
        if units != int(units):
            raise Rejected(f"{sku}: {units:f} is no whole number of units")
        lines.append(CommandLine(item_id, variation_id, pos_code, int(units), prices.get(product_id, ZERO)))
    return tuple(lines)


def unit_prices(sold: list[tuple[int, int, Decimal, int, Decimal, Decimal]], currency: str) -> dict[int, Decimal]:
    """What was paid for one unit of each product, in the currency's smallest step.

    `sold`: (line, pieces, price paid per piece, product, units per piece, the product's own price). A bundle's price is
    split over its parts by their own prices, or by units where they have none.
    """
    weights: dict[int, Decimal] = defaultdict(Decimal)
    has_prices = {line: True for line, *_ in sold}
    for line, _, _, _, _, price in sold:
        has_prices[line] = has_prices[line] and price > 0
    for line, _, _, _, units, price in sold:
        weights[line] += units * (price if has_prices[line] else 1)
    paid: dict[int, Decimal] = defaultdict(Decimal)
    count: dict[int, Decimal] = defaultdict(Decimal)
    for line, pieces, piece_price, product, units, price in sold:
        share = units * (price if has_prices[line] else 1) / weights[line]
        paid[product] += pieces * piece_price * share
        count[product] += pieces * units
    return {product: (paid[product] / count[product]).quantize(step_of(currency), ROUND_HALF_UP) for product in paid}


def step_of(currency: str) -> Decimal:
    """The smallest step of a currency's prices."""
    return Decimal(1) if currency in _WHOLE else Decimal("0.01")
