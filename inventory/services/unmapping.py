"""Numbers that go back to a channel when a mapping ends: what it showed before, less what the shop itself sold since.

A row that gives its number back is `giving_back`, and due like any other until the channel shows that number; then the hub
leaves the listing alone. Pauses, lost answers and repeats need nothing of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.db import execute
from core.transactions import in_transaction

# a number that is still on its way back is the one from before; the channel does not show it yet
_REMEMBER = """
UPDATE inventory_listingstock s SET giving_back = false, wanted = NULL,
    before_mapping = CASE WHEN s.giving_back THEN s.before_mapping ELSE coalesce(s.expected, s.observed) END,
    before_at = CASE WHEN s.giving_back THEN s.before_at ELSE greatest(s.pushed_at, s.observed_at) END
WHERE s.listing_id = ANY(%s)
"""

# A product without parts is an empty bundle, of which nothing can be sold. A number nobody knows is 0: nothing is oversold.
_GIVE_BACK = """
WITH ended AS (
    SELECT s.id, target.number, (s.published IS NOT NULL OR s.pushing IS NOT NULL OR s.unsettled IS NOT NULL)
        AND NOT (s.pushing IS NULL AND s.unsettled IS NULL AND s.expected IS NOT DISTINCT FROM target.number) AS is_ours
    FROM inventory_listingstock s
    JOIN inventory_listing l ON l.id = s.listing_id
    JOIN inventory_shop shop ON shop.id = l.shop_id
    LEFT JOIN inventory_product product ON product.id = l.product_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN shop.zero_when_unmapped THEN 0 ELSE coalesce(s.before_mapping, 0) END AS number) target
    WHERE s.listing_id = ANY(%s) AND (product.id IS NULL OR product.is_bundle AND NOT EXISTS (
        SELECT FROM inventory_bundlecomponent part WHERE part.bundle_id = product.id))
)
UPDATE inventory_listingstock s SET giving_back = ended.is_ours, wanted = CASE WHEN ended.is_ours THEN ended.number END,
    wanted_at = clock_timestamp(), failures = 0, blocked_until = NULL, failure_code = '', failure = '{}'
FROM ended WHERE s.id = ended.id
"""

_LEAVE = """
WITH locked AS (
    SELECT id FROM inventory_listingstock WHERE listing_id = ANY(%s) AND giving_back ORDER BY listing_id, id FOR UPDATE
)
UPDATE inventory_listingstock SET giving_back = false, wanted = NULL WHERE id IN (SELECT id FROM locked)
"""


def remember_first(shown: str, asked_at: str) -> str:
    """Return SQL assignments for a number that was read (inventory_listingstock as `stock`): before the first push, it is the
    number from before the mapping."""
    is_first = "stock.published IS NULL AND stock.unsettled IS NULL AND stock.before_mapping IS NULL"
    return (
        f"before_mapping = CASE WHEN {is_first} THEN {shown} ELSE stock.before_mapping END,"
        f" before_at = CASE WHEN {is_first} THEN {asked_at} ELSE stock.before_at END"
    )


def end_giving_back(shown: str) -> str:
    """Return SQL assignments for a number that was read with nothing on its way: the one from before the mapping is back."""
    is_back = f"stock.giving_back AND stock.unsettled IS NULL AND stock.wanted = {shown}"
    return f"giving_back = stock.giving_back AND NOT ({is_back}), wanted = CASE WHEN {is_back} THEN NULL ELSE stock.wanted END"


def remember_shown(listing_ids: Sequence[int]) -> None:
    """Remember what the channel shows for listings that were just mapped. Their numbers are locked by the caller."""
    execute(_REMEMBER, list(listing_ids))


def give_back(listing_ids: Sequence[int]) -> None:
    """Want the numbers from before the mapping of those of the listings that sell nothing of ours any more. As above."""
    execute(_GIVE_BACK, list(listing_ids))


@in_transaction
def leave_numbers(listing_ids: Sequence[int]) -> int:
    """Leave the channel's numbers as they are instead of giving back those from before. May be repeated."""
    return execute(_LEAVE, list(listing_ids))
