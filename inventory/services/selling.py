"""Selling of a product: stopped everywhere and taken up again, and what it costs us."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.db import columns, execute, fetch
from core.transactions import in_transaction
from inventory.queries import SELLING
from inventory.services.wanted import lock_products, refresh_wanted


@in_transaction
def stop_selling(product_id: int, *, stopped: bool = True) -> None:
    """Have every listing of a product, and of bundles with it, show 0; `stopped=False`: the stock again. May be repeated.

    A decision of people: readings of the stock master do not change it.
    """
    lock_products([product_id])
    execute("UPDATE inventory_product SET selling_stopped = %s WHERE id = %s", stopped, product_id)
    refresh_wanted([product_id])


def shops_selling(product_id: int) -> set[int]:
    """Return the shops with a listing of a product, or of a bundle with it."""
    rows = fetch(
        "SELECT DISTINCT listing.shop_id FROM inventory_listing listing JOIN inventory_shop shop ON shop.id = listing.shop_id"
        f" WHERE NOT shop.keeps_stock AND listing.status <> 'deleted' AND listing.product_id IN ({SELLING})",
        products=[product_id],
    )
    return {shop for (shop,) in rows}


@in_transaction
def set_costs(costs: Sequence[tuple[int, Decimal]]) -> None:
    """Set what products cost, by id. What was sold keeps its cost; a stock master that tells costs sets its own again."""
    execute(
        "UPDATE inventory_product product SET cost = new.cost, updated_at = clock_timestamp()"
        " FROM unnest(%s::bigint[], %s::numeric[]) AS new(id, cost) WHERE product.id = new.id",
        *columns(sorted(costs), 2),
    )
