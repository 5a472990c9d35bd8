"""Lines of an order in the CRM: units of each product. The CRM has no places: there is one for each order with lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from integrations.documents.difference import OrderFacts
from orders.queries import book_units


def units_of(orders: Sequence[OrderFacts]) -> Mapping[int, Mapping[int | None, Mapping[int, Decimal] | None]]:
    """Return the one place of each order, with its units; an order without lines has none."""
    found: dict[int, dict[int | None, dict[int, Decimal]]] = {}
    for order_id, key, units in book_units([order.id for order in orders]):
        found.setdefault(order_id, {None: {}})[None][key] = units
    return found
