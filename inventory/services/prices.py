"""Prices of listings: what a person may set, which are due for their channel, and the outcomes of price pushes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from core import tracing
from core.db import columns, execute, fetch
from core.money import BOOK_CURRENCY, is_amount
from core.reasons import Cause, stored
from core.transactions import in_transaction
from inventory.queries import PARTS
from inventory.services.events import emit_prices


class PriceDoubt(NamedTuple):
    """A reason to ask again before a price is set. `moves`: too far from `reference`, the price of now; `below_cost`: `reference`
    is what one sold piece costs."""

    code: str
    reference: Decimal


class PriceRefused(ValueError):
    """A price that nobody can pay: less than the smallest step of its currency, or no multiple of it."""


class PriceNeedsConfirmation(Exception):
    """A price that is set only when it is confirmed, with the doubts."""

    def __init__(self, doubts: Sequence[PriceDoubt]) -> None:
        super().__init__(", ".join(f"{doubt.code} {doubt.reference:f}" for doubt in doubts))
        self.doubts = tuple(doubts)


class WantedPrice(NamedTuple):
    """A price that a listing should have; None: leave the channel's alone. `product_id` and `units`: a mapping that is about to be
    stored, where it is another."""

    listing_id: int
    price: Decimal | None
    confirmed: bool = False
    product_id: int | None = None
    units: int | None = None


# what the prices of listings are compared with; a cost of 0 is one that nobody entered
_REFERENCES = f"""
SELECT l.id, l.currency, shop.price_move_percent,
    coalesce(l.price, l.wanted_price, CASE WHEN l.currency = %(book)s THEN product.price * mapping.units END),
    CASE WHEN l.currency = %(book)s THEN mapping.units * coalesce(nullif(product.cost, 0), (
        SELECT CASE WHEN bool_and(component.cost > 0) THEN sum(component.cost * part.units) END
        FROM ({PARTS}) part JOIN inventory_product component ON component.id = part.product_id
        WHERE part.sold_id = product.id)) END
FROM unnest(%(listings)s::bigint[], %(products)s::bigint[], %(units)s::int[]) AS n(listing_id, product_id, units)
JOIN inventory_listing l ON l.id = n.listing_id
JOIN inventory_shop shop ON shop.id = l.shop_id
CROSS JOIN LATERAL (SELECT coalesce(n.product_id, l.product_id) AS product_id, coalesce(n.units, l.units) AS units) mapping
LEFT JOIN inventory_product product ON product.id = mapping.product_id
ORDER BY l.id FOR NO KEY UPDATE OF l
"""
Refusal = PriceRefused | PriceNeedsConfirmation


def price_doubts(
    listing_id: int, price: Decimal, *, product_id: int | None = None, units: int | None = None
) -> list[PriceDoubt]:
    """Return the reasons to ask again before this price is set; inside a transaction, the listing stays locked.

    `product_id` and `units`: the mapping that is about to be stored, where it is another. Raises PriceRefused.
    """
    refusal = price_refusals([WantedPrice(listing_id, price, product_id=product_id, units=units)]).get(listing_id)
    if isinstance(refusal, PriceRefused):
        raise refusal
    return list(refusal.doubts) if refusal else []


def price_refusals(wanted: Sequence[WantedPrice]) -> dict[int, Refusal]:
    """Return why prices would not be set, by listing; inside a transaction, the listings that get one stay locked."""
    prices = {each.listing_id: each for each in wanted if each.price is not None}
    rows = fetch(
        _REFERENCES, listings=list(prices), products=[each.product_id for each in prices.values()],
        units=[each.units for each in prices.values()], book=BOOK_CURRENCY,
    )  # fmt: skip
    found: dict[int, Refusal] = {}
    for listing, currency, percent, current, cost in rows:
        price = prices[listing].price or Decimal(0)
        if not is_amount(price, currency):
            found[listing] = PriceRefused(f"{price:f} {currency}")
        elif not prices[listing].confirmed and (doubts := _doubts(price, percent, current, cost)):
            found[listing] = PriceNeedsConfirmation(doubts)
    return found


def _doubts(price: Decimal, percent: int, current: Decimal | None, cost: Decimal | None) -> list[PriceDoubt]:
    doubts = []
    if current and abs(price - current) * 100 > current * percent:
        doubts.append(PriceDoubt("moves", current))
    if cost and price < cost:
        doubts.append(PriceDoubt("below_cost", cost))
    return doubts


@in_transaction
def set_wanted_price(listing_id: int, price: Decimal | None, *, confirmed: bool = False) -> None:
    """Set the price the channel should charge, None to leave it alone; it leaves with the next push round. May be repeated.

    Raises PriceRefused, and PriceNeedsConfirmation unless `confirmed`: nothing is stored then.
    """
    for refusal in set_wanted_prices([WantedPrice(listing_id, price, confirmed)]).values():
        raise refusal


@in_transaction
def set_wanted_prices(wanted: Sequence[WantedPrice]) -> dict[int, Refusal]:
    """Set the prices of several listings, as `set_wanted_price`; return why some were not set, by listing. May be repeated."""
    refused = price_refusals(wanted)
    kept = [(each.listing_id, each.price) for each in wanted if each.listing_id not in refused]
    execute(
        "UPDATE inventory_listing l SET wanted_price = n.price, price_failure = '{}',"
        " traceparent = CASE WHEN n.price IS NULL OR n.price = l.price THEN '' ELSE %s END"
        " FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, price) WHERE l.id = n.id",
        tracing.traceparent(), *columns(kept, 2),
    )  # fmt: skip
    return refused


@dataclass(frozen=True, slots=True)
class DuePrice:
    """A price that is due for its channel."""

    listing_id: int
    item_id: str
    variation_id: str
    sku: str
    price: Decimal
    traceparent: str = ""


def due_prices(shop_id: int, *, limit: int) -> list[DuePrice]:
    """Return the prices of one shop that differ from what the channel shows and were not refused since they were set."""
    return [
        DuePrice(*row)
        for row in fetch(
            "SELECT id, item_id, variation_id, sku, wanted_price, traceparent FROM inventory_listing WHERE shop_id = %s"
            " AND status = 'active' AND wanted_price IS NOT NULL AND wanted_price IS DISTINCT FROM price"
            " AND price_failure = '{}' ORDER BY item_id, id LIMIT %s",
            shop_id, limit,
        )
    ]  # fmt: skip


# in the lock order of listings
_LOCK = "SELECT id, price FROM inventory_listing WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


@in_transaction
def settle_prices(accepted: Sequence[DuePrice], refused: Sequence[tuple[DuePrice, Cause]]) -> None:
    """Record the outcomes of price pushes. A price that was set anew meanwhile is due again. May be repeated."""
    before = dict(fetch(_LOCK, sorted({due.listing_id for due in accepted} | {due.listing_id for due, _ in refused})))
    execute(
        "UPDATE inventory_listing l SET price = n.price,"
        # a later push of the same price has another cause
        " traceparent = CASE WHEN l.wanted_price = n.price THEN '' ELSE l.traceparent END"
        " FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, price) WHERE l.id = n.id",
        *columns(sorted((due.listing_id, due.price) for due in accepted), 2),
    )
    execute(
        "UPDATE inventory_listing l SET price_failure = n.reason"
        " FROM unnest(%s::bigint[], %s::numeric[], %s::jsonb[]) AS n(id, price, reason)"
        " WHERE l.id = n.id AND l.wanted_price = n.price",
        *columns(sorted((due.listing_id, due.price, stored(reason)) for due, reason in refused), 3),
    )
    emit_prices({due.listing_id: before[due.listing_id] for due in accepted if due.listing_id in before})
