"""Products, with the stock ledger of each warehouse."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from integrations.connectors.misa_crm.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from inventory.snapshots import ChannelStock, ListingSnapshot

# code as compared -> units per warehouse
Held = Mapping[str, Mapping[str, Decimal]]


def listing(row: Row, asked_at: datetime, held: Held | None = None) -> ListingSnapshot:
    """Return one product, by its code: sale orders name it so. Raises ValueError when it has no code.

    Nothing is sold in a customer book, so it is never active and no unit is set aside for it.
    """
    code = fields.text(row, "product_code")
    if not code:
        raise ValueError("a product without code")
    return ListingSnapshot(
        item_id=code,
        variation_id="",
        sku=code,
        title=fields.text(row, "product_name"),
        status="inactive",
        asked_at=asked_at,
        version=fields.version(row),
        price=fields.or_none(fields.amount, row, "unit_price"),
        category_id=fields.text(row, "product_category"),
        category_name=fields.text(row, "product_category"),
        cost=fields.or_none(fields.amount, row, "purchased_price"),
        stock=tuple(
            ChannelStock(max(0, math.floor(units)), warehouse=warehouse)
            for warehouse, units in sorted((held or {}).get(fields.folded(code), {}).items())
        ),
        raw=answers.plain(row),
    )


def held(ledgers: Mapping[str, Iterable[Row]], quantity: str) -> Held:
    """Return the stock from {warehouse: its ledger's rows}. A row without that quantity is unknown, which is not zero."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for warehouse, rows in ledgers.items():
        for row in rows:
            units = fields.or_none(fields.amount, row, quantity)
            if units is not None:
                found[fields.folded(fields.text(row, "product_code"))][warehouse] = units
    return found
