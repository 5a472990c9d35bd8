"""Price pushes: which prices are due, and their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.db import columns, execute, fetch


@dataclass(frozen=True, slots=True)
class DuePrice:
    """A price that is due for its channel."""

    listing_id: int
    item_id: str
    variation_id: str
    sku: str
    price: Decimal


def due_prices(shop_id: int, *, limit: int) -> list[DuePrice]:
    """Return the prices of one shop that differ from what the channel shows and were not refused since they were set."""
    return [
        DuePrice(*row)
        for row in fetch(
            "SELECT id, item_id, variation_id, sku, wanted_price FROM inventory_listing WHERE shop_id = %s"
            " AND status = 'active' AND wanted_price IS NOT NULL AND wanted_price IS DISTINCT FROM price"
            " AND price_failure = '' ORDER BY item_id, id LIMIT %s",
            shop_id, limit,
        )
    ]  # fmt: skip


def settle_prices(accepted: Sequence[DuePrice], refused: Sequence[tuple[DuePrice, str]]) -> None:
    """Record the outcomes of price pushes. A price that was set anew meanwhile is due again. May be repeated."""
    execute(
        "UPDATE inventory_listing l SET price = n.price FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, price)"
        " WHERE l.id = n.id",
        *columns(sorted((due.listing_id, due.price) for due in accepted), 2),
    )
    execute(
        "UPDATE inventory_listing l SET price_failure = left(n.reason, 300)"
        " FROM unnest(%s::bigint[], %s::numeric[], %s::text[]) AS n(id, price, reason)"
        " WHERE l.id = n.id AND l.wanted_price = n.price",
        *columns(sorted((due.listing_id, due.price, reason) for due, reason in refused), 3),
    )
