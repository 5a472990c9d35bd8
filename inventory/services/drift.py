"""Drift: numbers that a channel shows and should not, found by the five-minute check. The only writer of its table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db import execute, fetch, named_columns
from inventory.models import StockDrift
from inventory.services.events import emit_drifts
from inventory.services.unmapping import end_giving_back, remember_first

WAITING, PUT_RIGHT, LEFT = StockDrift.Decision.WAITING, StockDrift.Decision.PUT_RIGHT, StockDrift.Decision.LEFT
CAMPAIGN, UNKNOWN = StockDrift.Cause.CAMPAIGN, StockDrift.Cause.UNKNOWN


@dataclass(frozen=True, slots=True)
class Shown:
    """The number that a listing shows, as its channel answered."""

    item_id: str
    variation_id: str
    warehouse: str
    sellable: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that is not what it should be."""

    stock_id: int
    listing_id: int
    sellable: int
    held: int


# A number that is on its way, may still arrive, or was accepted only after the question is not compared.
_COMPARED = """
    stock.pushing IS NULL AND stock.unsettled IS NULL AND (stock.pushed_at IS NULL OR stock.pushed_at < %(asked)s)
    AND (stock.observed_at IS NULL OR stock.observed_at < %(asked)s)
"""
_SEEN = """
seen AS (
    SELECT listing.id AS listing_id, n.warehouse, n.sellable, n.held
    FROM unnest(%(items)s::text[], %(variations)s::text[], %(warehouses)s::text[], %(sellable)s::int[], %(held)s::int[])
        AS n(item_id, variation_id, warehouse, sellable, held)
    JOIN inventory_listing listing ON listing.shop_id = %(shop)s AND listing.item_id = n.item_id
        AND listing.variation_id = n.variation_id AND listing.status = 'active'
)
"""
_DIFFERENCES = f"""
WITH {_SEEN}
SELECT stock.id, stock.listing_id, seen.sellable, seen.held
FROM inventory_listingstock stock JOIN seen ON seen.listing_id = stock.listing_id AND seen.warehouse = stock.warehouse
WHERE {_COMPARED} AND stock.expected <> seen.sellable AND stock.wanted IS NOT NULL
"""
# what nobody was sure of is known now, and what was asked for has been answered
_LEARN = f"""
WITH {_SEEN}, locked AS (
    SELECT stock.id, seen.sellable, seen.held FROM inventory_listingstock stock
    JOIN seen ON seen.listing_id = stock.listing_id AND seen.warehouse = stock.warehouse
    WHERE {_COMPARED} AND (stock.expected IS NULL
        OR stock.expected IS DISTINCT FROM seen.sellable AND stock.wanted IS NULL
        OR stock.expected = seen.sellable AND (stock.read_back_due OR stock.observed IS DISTINCT FROM seen.sellable
            OR stock.promotion_reserved <> seen.held))
    ORDER BY stock.listing_id, stock.id FOR NO KEY UPDATE OF stock
)
UPDATE inventory_listingstock stock SET observed = locked.sellable, observed_at = %(asked)s, expected = locked.sellable,
    promotion_reserved = locked.held, read_back_due = false, {remember_first("locked.sellable", "%(asked)s")},
    {end_giving_back("locked.sellable")}
FROM locked WHERE stock.id = locked.id
"""


def compare(shop_id: int, shown: Sequence[Shown], *, asked_at: datetime) -> list[Difference]:
    """Return the listings that show another number than expected, and store what was not known. Nothing else is written.

    Runs inside the caller's transaction. What is returned may be a sale that is not known yet: see `record`.
    """
    rows = sorted((s.item_id, s.variation_id, s.warehouse, s.sellable, s.held) for s in shown)
    params = named_columns("items variations warehouses sellable held", rows)
    found = fetch(_DIFFERENCES, shop=shop_id, asked=asked_at, **params)
    execute(_LEARN, shop=shop_id, asked=asked_at, **params)
    return [Difference(*row) for row in found]


# A variation that is shown and not known, or, where an item's answer is whole, one on sale that its item no longer names: the item
# was changed since it was read.
_CHANGED = """
WITH seen AS (SELECT * FROM unnest(%(items)s::text[], %(variations)s::text[]) AS n(item_id, variation_id))
SELECT seen.item_id FROM seen WHERE NOT EXISTS (
    SELECT FROM inventory_listing listing WHERE listing.shop_id = %(shop)s AND listing.item_id = seen.item_id
        AND listing.variation_id = seen.variation_id AND listing.status <> 'deleted')
UNION
SELECT listing.item_id FROM inventory_listing listing
WHERE %(whole)s AND listing.shop_id = %(shop)s AND listing.item_id IN (SELECT item_id FROM seen) AND listing.status = 'active'
    AND listing.asked_at < %(asked)s
    AND NOT EXISTS (SELECT FROM seen WHERE (seen.item_id, seen.variation_id) = (listing.item_id, listing.variation_id))
ORDER BY 1
"""


def changed_items(shop_id: int, shown: Sequence[Shown], *, asked_at: datetime, whole: bool) -> list[str]:
    """Return the items whose variations are others than those we know. `whole`: the answer names all variations of each item."""
    seen = sorted({(s.item_id, s.variation_id) for s in shown})
    rows = fetch(_CHANGED, shop=shop_id, asked=asked_at, whole=whole, **named_columns("items variations", seen))
    return [row[0] for row in rows]


# still a difference, now that all sales are known; `asks`: nothing is put right by itself
_RECORD = f"""
WITH n AS (SELECT * FROM unnest(%(ids)s::bigint[], %(sellable)s::int[], %(held)s::int[]) AS n(id, sellable, held)),
locked AS (
    SELECT stock.id, stock.expected, n.sellable, n.held FROM inventory_listingstock stock JOIN n ON n.id = stock.id
    WHERE {_COMPARED} AND stock.expected <> n.sellable AND stock.wanted IS NOT NULL
    ORDER BY stock.listing_id, stock.id FOR NO KEY UPDATE OF stock
), known AS (
    UPDATE inventory_listingstock stock SET observed = locked.sellable, observed_at = %(asked)s,
        promotion_reserved = locked.held, read_back_due = false,
        expected = CASE WHEN shop.asks_about_drift AND NOT stock.giving_back THEN stock.expected ELSE locked.sellable END,
        {end_giving_back("locked.sellable")}
    FROM locked, inventory_shop shop WHERE stock.id = locked.id AND shop.id = %(shop)s
)
INSERT INTO inventory_stockdrift (shop_id, stock_id, expected, observed, cause, decision, found_at)
SELECT shop.id, locked.id, locked.expected, locked.sellable, CASE WHEN locked.held > 0 THEN %(campaign)s ELSE %(unknown)s END,
    CASE WHEN shop.asks_about_drift THEN %(waiting)s ELSE %(put_right)s END, %(asked)s
FROM locked, inventory_shop shop WHERE shop.id = %(shop)s
ON CONFLICT (stock_id) WHERE ended_at IS NULL DO UPDATE SET observed = excluded.observed, expected = excluded.expected
RETURNING id, xmax = 0
"""


def record(shop_id: int, differences: Sequence[Difference], *, asked_at: datetime) -> int:
    """Record the differences that remain, inside the caller's transaction; return how many. The caller knows of all sales until
    `asked_at`, and has left out what was sold since.

    Where the shop does not ask, the number found becomes the expected one, so that the right one is due.
    """
    rows = sorted((d.stock_id, d.sellable, d.held) for d in differences)
    found = fetch(
        _RECORD,
        shop=shop_id,
        asked=asked_at,
        campaign=CAMPAIGN,
        unknown=UNKNOWN,
        waiting=WAITING,
        put_right=PUT_RIGHT,
        **named_columns("ids sellable held", rows),
    )
    emit_drifts([drift_id for drift_id, is_new in found if is_new])
    return len(found)


# No number of ours is wanted any more: the listing is not mapped. Put right: the right number was accepted since. Otherwise:
# what is shown is as expected again.
_END = """
UPDATE inventory_stockdrift drift SET ended_at = clock_timestamp()
FROM inventory_listingstock stock
WHERE drift.shop_id = %(shop)s AND drift.ended_at IS NULL AND stock.id = drift.stock_id AND stock.pushing IS NULL
    AND CASE WHEN stock.wanted IS NULL THEN true WHEN drift.decision = %(put_right)s
        THEN stock.expected = greatest(stock.wanted, least(stock.promotion_reserved, stock.expected))
        ELSE stock.observed = stock.expected OR stock.pushed_at > drift.found_at END
"""


def end_settled(shop_id: int) -> int:
    """End the drifts of a shop that are over; return how many. May be repeated."""
    return execute(_END, shop=shop_id, put_right=PUT_RIGHT)


# the number found becomes the expected one: the right one is due
_PUT_RIGHT = """
WITH locked AS (
    SELECT stock.id FROM inventory_listingstock stock
    WHERE stock.id IN (SELECT stock_id FROM inventory_stockdrift WHERE id = ANY(%(ids)s) AND ended_at IS NULL)
    ORDER BY stock.listing_id, stock.id FOR NO KEY UPDATE OF stock
), chosen AS (
    UPDATE inventory_stockdrift SET decision = %(put_right)s, decided_by_id = %(actor)s
    WHERE id = ANY(%(ids)s) AND ended_at IS NULL AND decision <> %(put_right)s AND stock_id IN (SELECT id FROM locked)
    RETURNING stock_id, shop_id
), due AS (
    UPDATE inventory_listingstock stock SET expected = stock.observed
    WHERE stock.id IN (SELECT stock_id FROM chosen) AND stock.pushing IS NULL AND stock.observed IS NOT NULL
)
SELECT DISTINCT shop_id FROM chosen
"""
_LEAVE = """
UPDATE inventory_stockdrift SET decision = %s, decided_by_id = %s WHERE id = ANY(%s) AND ended_at IS NULL AND decision = %s
"""


def put_right(drift_ids: Collection[int], *, actor_id: int | None) -> list[int]:
    """Have the right numbers sent, as a person decided; return the shops whose numbers are due. May be repeated."""
    rows = fetch(_PUT_RIGHT, ids=sorted(drift_ids), actor=actor_id, put_right=PUT_RIGHT)
    return [row[0] for row in rows]


def leave(drift_ids: Collection[int], *, actor_id: int | None) -> int:
    """Leave these numbers as they are until the next change; return how many. May be repeated."""
    return execute(_LEAVE, LEFT, actor_id, sorted(drift_ids), WAITING)


def items_to_read(shop_id: int, *, after: str, limit: int) -> list[str]:
    """Return the next items on sale in the order of their ids, from `after` on."""
    return [
        row[0]
        for row in fetch(
            "SELECT item_id FROM inventory_listing WHERE shop_id = %s AND item_id > %s AND status = 'active'"
            " GROUP BY item_id ORDER BY item_id LIMIT %s",
            shop_id, after, limit,
        )
    ]  # fmt: skip


def asked_for(shop_id: int, *, limit: int) -> list[str]:
    """Return the items of which a number is to be read back: a push was refused, or its answer was lost."""
    return [
        row[0]
        for row in fetch(
            "SELECT DISTINCT l.item_id FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id"
            " WHERE l.shop_id = %s AND l.status = 'active' AND s.read_back_due ORDER BY 1 LIMIT %s",
            shop_id, limit,
        )
    ]  # fmt: skip


def count_items(shop_id: int) -> int:
    """Count the items that a shop has on sale."""
    [(count,)] = fetch(
        "SELECT count(DISTINCT item_id) FROM inventory_listing WHERE shop_id = %s AND status = 'active'", shop_id
    )
    return int(count)
