"""Expected number at a channel (`ListingStock.expected`): lowered by the shop's own sales, raised by some cancellations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db import columns, execute


@dataclass(frozen=True, slots=True)
class OwnSale:
    """One line that the shop itself sold: the channel has lowered its own number by `pieces`, at about `placed_at` by its clock."""

    listing_id: int
    pieces: int
    placed_at: datetime


# what was sold since the number from before the mapping was read; too close to tell counts: fewer are never oversold
_SINCE = """(SELECT coalesce(sum(line.pieces), 0) FROM line
        WHERE line.listing_id = s.listing_id AND line.placed_at > s.before_at - interval '2 seconds')"""
_OWN_SALES = """
WITH line AS (
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS s(listing_id, pieces, placed_at)
), sold AS (
    SELECT listing_id, sum(pieces) AS pieces, min(placed_at) AS first, max(placed_at) AS last FROM line GROUP BY listing_id
), locked AS (
    SELECT s.id FROM inventory_listingstock s JOIN sold USING (listing_id) ORDER BY s.listing_id, s.id FOR NO KEY UPDATE OF s
)
UPDATE inventory_listingstock s SET expected = CASE
    WHEN s.expected IS NULL THEN NULL
    WHEN s.pushing IS NULL AND s.unsettled IS NULL AND sold.last <= clock_timestamp() + interval '2 seconds'
        AND sold.first > greatest(s.pushed_at, s.observed_at) + interval '2 seconds'
        THEN greatest(s.expected - sold.pieces, 0)
    WHEN s.pushing IS NULL AND sold.last < s.push_started_at - interval '2 seconds'
        AND (s.observed_at IS NULL OR s.observed_at <= s.pushed_at) THEN s.expected
    ELSE NULL END,
    before_mapping = CASE WHEN s.before_mapping IS NOT NULL THEN greatest(s.before_mapping - {since}, 0) END,
    wanted = CASE WHEN s.giving_back THEN least(s.wanted, greatest(s.before_mapping - {since}, 0)) ELSE s.wanted END,
    shelf_moved = s.pushing IS NOT NULL
FROM sold WHERE s.listing_id = sold.listing_id AND s.id IN (SELECT id FROM locked)
""".replace("{since}", _SINCE)


def note_own_sales(sales: Sequence[OwnSale]) -> None:
    """Lower the expected numbers by the channel's own sales where the order of events is clear.

    A sale before the last push left was overwritten by it; one after its answer lowers the number; one in between, too close
    to tell, or from a clock that is off makes the number unknown, so that it is pushed again. Not repeatable: name each line once.
    """
    if sales:
        rows = sorted((sale.listing_id, sale.pieces, sale.placed_at) for sale in sales)
        execute(_OWN_SALES, *columns(rows, 3))


def forget_expected(listing_ids: Sequence[int]) -> None:
    """Make expected numbers unknown, hence due: a cancelled sale may or may not have raised them. May be repeated."""
    if listing_ids:
        execute(
            "WITH locked AS (SELECT id FROM inventory_listingstock WHERE listing_id = ANY(%s) ORDER BY listing_id, id FOR NO KEY UPDATE)"
            " UPDATE inventory_listingstock SET expected = NULL, shelf_moved = pushing IS NOT NULL"
            " WHERE id IN (SELECT id FROM locked)",
            list(listing_ids),
        )
