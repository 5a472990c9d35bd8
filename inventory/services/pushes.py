"""Stock on its way to a channel: which numbers are due, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from inventory.services.levels import available_sql
from inventory.sql import columns, execute, fetch


@dataclass(frozen=True, slots=True)
class DuePush:
    """A number that should leave. `expected` None: nobody knows what the channel shows."""

    stock_id: int
    listing_id: int
    item_id: str
    variation_id: str
    outlet_item_id: str
    sku: str
    warehouse: str
    wanted: int
    expected: int | None


# What a channel may be showing at most: a number on its way counts, an unknown one counts as the largest we know of.
_SHOWN = """greatest(coalesce(s.pushing, 0), CASE WHEN s.expected IS NOT NULL THEN s.expected
    ELSE greatest(coalesce(s.published, 0), coalesce(s.observed, 0)) END)"""

# A raise of a scarce product waits until the cuts that make room for it were accepted: what all listings may be
# showing, this one at its new number, must fit into the stock.
_DUE = """
WITH due AS (
    SELECT s.*, l.shop_id, l.item_id, l.variation_id, l.outlet_item_id, l.sku, l.product_id, l.units
    FROM inventory_listingstock s
    JOIN inventory_listing l ON l.id = s.listing_id
    WHERE l.shop_id = %s AND l.status = 'active' AND l.product_id IS NOT NULL
      AND s.wanted IS NOT NULL AND (s.expected IS NULL OR s.wanted <> s.expected)
      AND (s.pushing IS NULL OR s.push_started_at < clock_timestamp() - %s::interval)
      AND (s.blocked_until IS NULL OR s.blocked_until <= clock_timestamp())
), part AS (
    SELECT c.bundle_id AS sold_id, c.product_id, c.units FROM inventory_bundlecomponent c
    UNION ALL SELECT p.id, p.id, 1 FROM inventory_product p WHERE NOT p.is_bundle
), raised AS (
    SELECT due.id, part.product_id, due.wanted * due.units * part.units AS takes
    FROM due JOIN part ON part.sold_id = due.product_id WHERE due.wanted > coalesce(due.expected, -1)
), stock AS (
    SELECT v.product_id, sum({available}) AS units
    FROM inventory_stocklevel v JOIN inventory_warehouse w ON w.id = v.warehouse_id AND w.is_active
    WHERE v.product_id IN (SELECT product_id FROM raised) GROUP BY v.product_id
), others AS (
    SELECT raised.id, raised.product_id, coalesce(sum({shown} * l.units * part.units), 0) AS shown
    FROM raised
    JOIN stock ON stock.product_id = raised.product_id AND stock.units < %s
    JOIN part ON part.product_id = raised.product_id
    JOIN inventory_listing l ON l.product_id = part.sold_id AND l.status = 'active'
    JOIN inventory_shop shop ON shop.id = l.shop_id AND NOT shop.keeps_stock
    JOIN inventory_listingstock s ON s.listing_id = l.id AND s.id <> raised.id
    GROUP BY raised.id, raised.product_id
)
SELECT due.id, due.listing_id, due.item_id, due.variation_id, due.outlet_item_id, due.sku, due.warehouse, due.wanted, due.expected
FROM due
WHERE NOT EXISTS (
    SELECT FROM raised JOIN others USING (id, product_id) JOIN stock USING (product_id)
    WHERE raised.id = due.id AND raised.takes > 0 AND raised.takes + others.shown > stock.units
)
ORDER BY (due.wanted > coalesce(due.expected, due.wanted - 1)), due.wanted, due.id
LIMIT %s
"""


def due_pushes(shop_id: int, *, limit: int, scarce_below: int, stale_after: timedelta) -> list[DuePush]:
    """Numbers of one shop that should leave now, cuts before raises. A push unanswered for `stale_after` is due again."""
    statement = _DUE.replace("{shown}", _SHOWN).replace("{available}", available_sql("v"))
    return [DuePush(*row) for row in fetch(statement, shop_id, stale_after, scarce_below, limit)]


def start_pushes(numbers: Sequence[tuple[int, int]], *, stale_after: timedelta) -> set[int]:
    """Write down (stock id, number) BEFORE it leaves; returns the ids that are ours to push: one in flight per row."""
    rows = fetch(
        "WITH n AS (SELECT * FROM unnest(%s::bigint[], %s::int[]) AS n(id, number)), mine AS ("
        " SELECT s.id, n.number FROM inventory_listingstock s JOIN n ON n.id = s.id"
        " WHERE s.pushing IS NULL OR s.push_started_at < clock_timestamp() - %s::interval"
        " ORDER BY s.listing_id, s.id FOR UPDATE OF s)"
        " UPDATE inventory_listingstock s SET pushing = mine.number, push_started_at = clock_timestamp() FROM mine"
        " WHERE s.id = mine.id RETURNING s.id",
        *columns(sorted(numbers), 2),
        stale_after,
    )
    return {row[0] for row in rows}


def pushes_accepted(numbers: Sequence[tuple[int, int]]) -> None:
    """The channel took these (stock id, number)."""
    execute(
        "UPDATE inventory_listingstock s SET published = n.number, expected = n.number, pushing = NULL,"
        " pushed_at = clock_timestamp(), failures = 0, blocked_until = NULL, failure_code = '', failure = ''"
        " FROM unnest(%s::bigint[], %s::int[]) AS n(id, number) WHERE s.id = n.id AND s.pushing = n.number",
        *columns(sorted(numbers), 2),
    )


def pushes_unknown(stock_ids: Sequence[int]) -> None:
    """Nobody knows whether these were taken: due again at once, and read back."""
    execute(
        "UPDATE inventory_listingstock SET published = NULL, expected = NULL, observed = greatest(observed, pushing, published),"
        " pushing = NULL, read_back_due = true, pushed_at = clock_timestamp() WHERE id = ANY(%s)",
        list(stock_ids),
    )


def pushes_not_sent(stock_ids: Sequence[int], *, after: float) -> None:
    """The call was not made or surely had no effect: the channel still shows what it did. Tried again after `after` seconds."""
    execute(
        "UPDATE inventory_listingstock SET pushing = NULL, blocked_until = clock_timestamp() + make_interval(secs => %s)"
        " WHERE id = ANY(%s)",
        after, list(stock_ids),
    )  # fmt: skip


def pushes_refused(refusals: Sequence[tuple[int, str, str, int | None]]) -> None:
    """The channel said no: (stock id, code, reason, floor). Tried again later and later, at once when the number changes."""
    execute(
        "UPDATE inventory_listingstock s SET pushing = NULL, failures = least(s.failures + 1, 100), failure_code = n.code,"
        " failure = n.reason, promotion_reserved = coalesce(n.floor, s.promotion_reserved), read_back_due = true,"
        " blocked_until = clock_timestamp() + least(interval '30 seconds' * power(2, least(s.failures, 7)), interval '1 hour')"
        " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[]) AS n(id, code, reason, floor) WHERE s.id = n.id",
        *columns([(i, code[:100], reason[:300], floor) for i, code, reason, floor in sorted(refusals)], 4),
    )


def read_backs_due(shop_id: int, *, older_than: timedelta, limit: int) -> list[str]:
    """Item ids whose numbers should be read back: asked for, or not read for `older_than`; oldest first."""
    return [
        row[0]
        for row in fetch(
            "SELECT l.item_id FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id"
            " WHERE l.shop_id = %s AND l.status = 'active' AND (s.read_back_due OR s.observed_at IS NULL"
            " OR s.observed_at < clock_timestamp() - %s::interval)"
            " GROUP BY l.item_id ORDER BY bool_or(s.read_back_due) DESC, min(s.observed_at) NULLS FIRST LIMIT %s",
            shop_id, older_than, limit,
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnSale:
    """A line this shop sold: the channel has lowered its own number by `pieces`, at about `placed_at` by its clock."""

    listing_id: int
    pieces: int
    placed_at: datetime


_OWN_SALES = """
WITH sold AS (
    SELECT listing_id, sum(pieces) AS pieces, min(placed_at) AS first, max(placed_at) AS last
    FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS s(listing_id, pieces, placed_at) GROUP BY listing_id
), locked AS (
    SELECT s.id FROM inventory_listingstock s JOIN sold USING (listing_id) ORDER BY s.listing_id, s.id FOR UPDATE OF s
)
UPDATE inventory_listingstock s SET expected = CASE
    WHEN s.expected IS NULL THEN NULL
    WHEN s.pushing IS NULL AND sold.last <= clock_timestamp() + interval '2 seconds'
        AND sold.first > greatest(s.pushed_at, s.observed_at) + interval '2 seconds'
        THEN greatest(s.expected - sold.pieces, 0)
    WHEN s.pushing IS NULL AND sold.last < s.pushed_at - interval '2 seconds'
        AND (s.observed_at IS NULL OR s.observed_at <= s.pushed_at) THEN s.expected
    ELSE NULL END
FROM sold WHERE s.listing_id = sold.listing_id AND s.id IN (SELECT id FROM locked)
"""


def note_own_sales(sales: Sequence[OwnSale]) -> None:
    """The channel lowered its own numbers by these sales; what it shows follows, where the order of things is clear.

    A sale before the last push was overwritten by it; one after it lowers the number; one too close to tell (or from a
    clock that is off) makes the number unknown, so that it is pushed again. Not repeatable: name each line once.
    """
    if sales:
        rows = sorted((sale.listing_id, sale.pieces, sale.placed_at) for sale in sales)
        execute(_OWN_SALES, *columns(rows, 3))


def forget_expected(listing_ids: Sequence[int]) -> None:
    """A cancelled sale may or may not have gone back on the channel's shelf: the number is unknown and due. May be repeated."""
    if listing_ids:
        execute(
            "WITH locked AS (SELECT id FROM inventory_listingstock WHERE listing_id = ANY(%s) ORDER BY listing_id, id FOR UPDATE)"
            " UPDATE inventory_listingstock SET expected = NULL WHERE id IN (SELECT id FROM locked)",
            list(listing_ids),
        )


@dataclass(frozen=True, slots=True)
class DuePrice:
    """A price that should leave."""

    listing_id: int
    item_id: str
    variation_id: str
    sku: str
    price: Decimal


def due_prices(shop_id: int, *, limit: int) -> list[DuePrice]:
    """Prices of one shop that differ from what the channel shows and were not refused since they were set."""
    return [
        DuePrice(*row)
        for row in fetch(
            "SELECT id, item_id, variation_id, sku, wanted_price FROM inventory_listing WHERE shop_id = %s"
            " AND status = 'active' AND wanted_price IS NOT NULL AND wanted_price IS DISTINCT FROM price"
            " AND price_failure = '' ORDER BY item_id, id LIMIT %s",
            shop_id, limit,
        )
    ]  # fmt: skip


def settle_prices(accepted: Sequence[int], refused: Sequence[tuple[int, str]]) -> None:
    """What became of price pushes: listing ids taken, and (listing id, reason) refused."""
    execute("UPDATE inventory_listing SET price = wanted_price WHERE id = ANY(%s)", list(accepted))
    execute(
        "UPDATE inventory_listing l SET price_failure = left(n.reason, 300)"
        " FROM unnest(%s::bigint[], %s::text[]) AS n(id, reason) WHERE l.id = n.id",
        *columns(sorted(refused), 2),
    )
