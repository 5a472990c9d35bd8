"""Stock pushes: which numbers are due, and their outcomes.

A number is written down before it leaves, one in flight per row. An answer counts only for the push it answers. Without
an answer nobody knows what the channel shows: the row is pushed at once, and again when the lost call can no longer take
effect, so that a late one never has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import tunables
from core.db import columns, execute, fetch, named_columns
from core.reasons import Cause, stored
from inventory.queries import PARTS


@dataclass(frozen=True, slots=True)
class DuePush:
    """A number that is due: the wanted one, or the least a campaign lets the channel take.

    `observed`: what the channel showed when it was last read, None when it never was. `rises`: above what may be shown now.
    """

    stock_id: int
    listing_id: int
    item_id: str
    variation_id: str
    outlet_item_id: str
    sku: str
    warehouse: str
    number: int
    observed: int | None
    rises: bool = False
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A push in flight. `started_at` tells this push from any other of the same row."""

    stock_id: int
    number: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class PushRefusal:
    """A refused push. `floor`: the least number it takes now, where it said so."""

    push: InFlight
    code: str
    reason: Cause
    floor: int | None = None


# In a rush every sale changes a number in every other shop, more than channels take. Where there is plenty (twice what the
# shop calls scarce), one that was shown so recently waits: the calls belong to numbers that can be oversold, and to wrong ones.
PLENTY_PAUSE_SECONDS = tunables.PLENTY_PAUSE_SECONDS

# What a campaign holds keeps a number from falling lower, and is never a reason to raise one: when pieces of it are sold,
# to show them again would sell them twice. Of a number nobody is sure of, the floor counts once the channel has named it.
_FLOOR = """least(s.promotion_reserved,
    coalesce(s.expected, CASE WHEN s.failures > 0 THEN s.promotion_reserved ELSE 0 END))"""
_TARGET = f"greatest(s.wanted, {_FLOOR})"

# A listing that is not mapped wants a number only while it gives back the one from before (unmapping.py).
# The first two lines are the condition of the index `listing_stock_due`. `stale_after` is the interval after which a push that
# nobody answered for is due again: its worker is gone.
_IS_DUE = f"""
    s.wanted IS NOT NULL
    AND (s.expected IS NULL OR s.wanted <> s.expected OR s.unsettled IS NOT NULL OR s.pushing IS NOT NULL)
    AND CASE WHEN s.pushing IS NOT NULL THEN s.push_started_at < clock_timestamp() - %(stale_after)s::interval
        ELSE s.expected IS NULL OR {_TARGET} <> s.expected OR s.unsettled_until <= clock_timestamp() END
    AND (s.blocked_until IS NULL OR s.blocked_until <= clock_timestamp())
    AND l.status = 'active'
    AND NOT coalesce(s.pushing IS NULL AND s.unsettled IS NULL AND s.expected IS NOT NULL AND NOT s.giving_back
        AND s.pushed_at > clock_timestamp() - interval '{PLENTY_PAUSE_SECONDS} seconds'
        AND least({_TARGET}, s.expected) >= (SELECT 2 * shop.scarce_below FROM inventory_shop shop WHERE shop.id = l.shop_id),
        false)
"""

# A cut to half of what is shown, or less: right even when sales of the shop itself are still unknown.
_IS_DEEP_CUT = f"(s.expected > 0 AND 2 * {_TARGET} <= s.expected AND s.pushing IS NULL)"

# What a channel may be showing at most: a number on its way counts, and one that may still arrive; an unknown one counts
# as the largest we know of.
_SHOWN = """greatest(coalesce(s.pushing, 0), coalesce(s.unsettled, 0), CASE WHEN s.expected IS NOT NULL THEN s.expected
    ELSE greatest(coalesce(s.published, 0), coalesce(s.observed, 0)) END)"""

# A raise of a scarce product waits until the cuts that make room for it were accepted: what all listings may be
# showing, this one at its new number, must fit into the stock.
_DUE = """
WITH due AS (
    SELECT s.*, {target} AS target, {shown} AS shown, l.item_id, l.variation_id, l.outlet_item_id, l.sku, l.product_id,
        l.units
    FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id
    WHERE l.shop_id = %(shop)s AND {is_due} AND (NOT %(deep_cuts)s OR {is_deep_cut})
), part AS (
    {parts}
), raised AS (
    SELECT due.id, part.product_id, due.target * due.units * part.units AS takes
    FROM due JOIN part ON part.sold_id = due.product_id WHERE due.target > due.shown
), stock AS (
    SELECT v.product_id, sum(v.available) AS units
    FROM inventory_stocklevel v JOIN inventory_warehouse w ON w.id = v.warehouse_id AND w.is_active
    WHERE v.product_id IN (SELECT product_id FROM raised) GROUP BY v.product_id
), others AS (
    SELECT raised.id, raised.product_id, coalesce(sum({shown} * l.units * part.units), 0) AS shown
    FROM raised
    JOIN stock ON stock.product_id = raised.product_id AND stock.units < %(scarce_below)s
    JOIN part ON part.product_id = raised.product_id
    JOIN inventory_listing l ON l.product_id = part.sold_id AND l.status = 'active'
    JOIN inventory_shop shop ON shop.id = l.shop_id AND NOT shop.keeps_stock
    JOIN inventory_listingstock s ON s.listing_id = l.id AND s.id <> raised.id
    GROUP BY raised.id, raised.product_id
)
SELECT due.id, due.listing_id, due.item_id, due.variation_id, due.outlet_item_id, due.sku, due.warehouse, due.target,
    due.observed, due.target > due.shown, due.traceparent
FROM due
WHERE NOT EXISTS (
    SELECT FROM raised JOIN others USING (id, product_id) JOIN stock USING (product_id)
    WHERE raised.id = due.id AND raised.takes > 0 AND raised.takes + others.shown > stock.units
)
ORDER BY (due.target > due.shown), due.target, due.id
LIMIT %(limit)s
"""
_DUE = (
    _DUE.replace("{shown}", _SHOWN)
    .replace("{parts}", PARTS)
    .replace("{is_due}", _IS_DUE)
    .replace("{is_deep_cut}", _IS_DEEP_CUT)
    .replace("{target}", _TARGET)
)

_SHOPS_TO_CUT = f"""
SELECT l.shop_id FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id
WHERE {_IS_DUE} AND {_IS_DEEP_CUT}
"""
_SHOPS_DUE = f"""
SELECT l.shop_id FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id WHERE {_IS_DUE}
UNION SELECT shop_id FROM inventory_listing WHERE wanted_price IS NOT NULL AND wanted_price IS DISTINCT FROM price
    AND price_failure = '{{}}' AND status = 'active'
"""


def due_pushes(
    shop_id: int, *, limit: int, scarce_below: int, stale_after: timedelta, deep_cuts: bool = False
) -> list[DuePush]:
    """Return the numbers of one shop that are due, cuts before raises. A push unanswered for `stale_after` is due again.

    `deep_cuts`: only numbers that fall to half of what is shown, or less. They may leave though sales of the shop are unknown.
    """
    params = {
        "shop": shop_id,
        "stale_after": stale_after,
        "deep_cuts": deep_cuts,
        "scarce_below": scarce_below,
        "limit": limit,
    }
    return [DuePush(*row) for row in fetch(_DUE, **params)]


def shops_due_sql(*, stale_after: timedelta, deep_cuts: bool = False) -> tuple[str, dict[str, object]]:
    """Return a query for the `shop_id` of shops with a number or a price that is due, and its parameters. As `due_pushes`."""
    return _SHOPS_TO_CUT if deep_cuts else _SHOPS_DUE, {"stale_after": stale_after}


def deep_cut_sql() -> str:
    """Return an SQL condition on inventory_listingstock as `s`: this number should fall to half of what is shown, or less."""
    return _IS_DEEP_CUT


# A push that was left behind by a dead worker may have arrived: until a new one is answered the row stays due.
_START = f"""
WITH n AS (SELECT * FROM unnest(%s::bigint[], %s::int[]) AS n(id, number)), mine AS (
    SELECT s.id, n.number FROM inventory_listingstock s JOIN n ON n.id = s.id
    WHERE (s.pushing IS NULL OR s.push_started_at < clock_timestamp() - %s::interval) AND {_TARGET} = n.number
    ORDER BY s.listing_id, s.id FOR NO KEY UPDATE OF s
)
UPDATE inventory_listingstock s SET pushing = mine.number, push_started_at = clock_timestamp(), shelf_moved = false,
    unsettled = CASE WHEN s.pushing IS NULL THEN s.unsettled ELSE greatest(s.unsettled, s.pushing) END,
    unsettled_until = CASE WHEN s.pushing IS NULL THEN s.unsettled_until
        ELSE coalesce(s.unsettled_until, s.push_started_at) END
FROM mine WHERE s.id = mine.id RETURNING s.id, s.pushing, s.push_started_at
"""


def start_pushes(numbers: Sequence[tuple[int, int]], *, stale_after: timedelta) -> list[InFlight]:
    """Record (stock id, number) BEFORE the call and return those that may be pushed: one in flight per row.

    A number that is no longer the one that should leave is not returned.
    """
    return [InFlight(*row) for row in fetch(_START, *columns(sorted(numbers), 2), stale_after)]


# rows are locked in the hub's order first: an UPDATE alone takes them as its plan meets them
_LOCKED = """locked AS (
    SELECT s.id FROM inventory_listingstock s JOIN n ON n.id = s.id ORDER BY s.listing_id, s.id FOR NO KEY UPDATE OF s
)"""
_ANSWERS = f"WITH n AS (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(id, started_at)), {_LOCKED}"
_ANSWERED = """
    s.id IN (SELECT id FROM locked) AND s.id = n.id AND s.pushing IS NOT NULL AND s.push_started_at = n.started_at"""


# the channel took the number from before a mapping, and no lost call may still overwrite it
_GIVEN_BACK = """(s.giving_back AND s.wanted = s.pushing AND NOT s.shelf_moved
    AND NOT coalesce(s.unsettled_until > s.push_started_at, false))"""


def _in_flight(pushes: Sequence[InFlight]) -> list[tuple[int, datetime]]:
    return sorted((push.stock_id, push.started_at) for push in pushes)


def pushes_accepted(pushes: Sequence[InFlight]) -> None:
    """Record accepted pushes. An answer that comes after the row was pushed anew says nothing. May be repeated."""
    execute(
        f"{_ANSWERS} UPDATE inventory_listingstock s SET published = s.pushing, pushing = NULL, pushed_at = clock_timestamp(),"
        " expected = CASE WHEN NOT s.shelf_moved THEN s.pushing END, shelf_moved = false,"
        f" giving_back = s.giving_back AND NOT {_GIVEN_BACK}, wanted = CASE WHEN {_GIVEN_BACK} THEN NULL ELSE s.wanted END,"
        " unsettled = CASE WHEN s.unsettled_until > s.push_started_at THEN s.unsettled END,"
        " unsettled_until = CASE WHEN s.unsettled_until > s.push_started_at THEN s.unsettled_until END,"
        " failures = 0, blocked_until = NULL, failure_code = '', failure = '{}',"
        # a later push of the same number has another cause
        " traceparent = CASE WHEN s.wanted = s.pushing THEN '' ELSE s.traceparent END"
        f" FROM n WHERE {_ANSWERED}",
        *columns(_in_flight(pushes), 2),
    )


def pushes_unknown(pushes: Sequence[InFlight], *, settles_after: timedelta) -> None:
    """Record pushes with an unknown outcome: due again at once, once more when the call must be over, and read back."""
    execute(
        f"{_ANSWERS} UPDATE inventory_listingstock s SET expected = NULL, unsettled = greatest(s.unsettled, s.pushing),"
        " unsettled_until = clock_timestamp() + %s::interval, pushing = NULL, shelf_moved = false, read_back_due = true,"
        " pushed_at = clock_timestamp(), push_started_at = NULL"
        f" FROM n WHERE {_ANSWERED}",
        *columns(_in_flight(pushes), 2), settles_after,
    )  # fmt: skip


def pushes_not_sent(pushes: Sequence[InFlight]) -> None:
    """Record pushes that had no effect: the call was not made, or was surely not carried out."""
    execute(
        f"{_ANSWERS} UPDATE inventory_listingstock s SET pushing = NULL, shelf_moved = false, push_started_at = NULL"
        f" FROM n WHERE {_ANSWERED}",
        *columns(_in_flight(pushes), 2),
    )


_REFUSED = f"""
WITH n AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(started)s::timestamptz[], %(codes)s::text[], %(reasons)s::jsonb[], %(floors)s::int[])
        AS n(id, started_at, code, reason, floor)
), {_LOCKED}
UPDATE inventory_listingstock s SET pushing = NULL, shelf_moved = false, push_started_at = NULL, read_back_due = true,
    failures = least(s.failures + 1, 100), failure_code = n.code, failure = n.reason,
    promotion_reserved = coalesce(n.floor, s.promotion_reserved),
    blocked_until = CASE WHEN n.floor > s.pushing AND (n.floor <> s.promotion_reserved OR s.failures = 0) THEN NULL
        ELSE clock_timestamp() + least(interval '2 seconds' * power(4, least(s.failures, 6)), interval '1 hour') END
FROM n WHERE {_ANSWERED}
"""


def pushes_refused(refusals: Sequence[PushRefusal]) -> None:
    """Record refused pushes. Tried again later and later (2 s, 8 s, 32 s ... an hour: many a no means "busy"); at once when
    the number changes, or with a floor the channel has named."""
    rows = [(r.push.stock_id, r.push.started_at, r.code[:100], stored(r.reason), r.floor) for r in refusals]
    execute(_REFUSED, **named_columns("ids started codes reasons floors", sorted(rows, key=lambda row: row[0])))
