"""Rule 4: which oversold units could the hub have kept from being sold?

Not those that it could not know of. A unit is excused when, by what the hub had heard five seconds before the buyer pressed
the button, there were still enough: every sale that had happened by then, but that the hub learned of later (a webhook
dropped, late, or answered by a hub that was away), counts as still on the shelf. Time in which the hub had no database
does not count towards the five seconds.

Nor those that a channel put on its own shelf: when an order is called off, its shop sells the units again at once, before
anybody is told. They are excused for as long as the hub could not have lowered the number, once each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from erpsync.rehearsal.shapes import OrderKey, Oversale, Place

PUSH_LATENCY = timedelta(seconds=5)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sale:
    """Units of one SKU that left the shelf for a buyer, on any channel and at the till."""

    order: OrderKey
    place: Place
    units: int
    sold_at: datetime
    # what was on the shelf unpromised just before
    available: int
    # when the order was called off, and its shop sold the units again
    off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """When the hub had an order's row, and when it knew that the order was called off. What is missing it never heard."""

    sold: Mapping[OrderKey, datetime] = field(default_factory=dict)
    off: Mapping[OrderKey, datetime] = field(default_factory=dict)


def judge(sales: Iterable[Sale], heard: Heard, away: Sequence[tuple[datetime, datetime]] = ()) -> tuple[Oversale, ...]:
    """Every oversale among these sales, excused or not. `away`: from when until when the hub had no database, oldest first."""
    by_place: dict[Place, list[Sale]] = defaultdict(list)
    for sale in sorted(sales, key=lambda sale: sale.sold_at):
        by_place[sale.place].append(sale)
    return tuple(
        _judged(sale, earlier[:number], heard, _five_seconds_before(sale.sold_at, away))
        for _, earlier in sorted(by_place.items())
        for number, sale in enumerate(earlier)
        if sale.units > max(0, sale.available)
    )


def _five_seconds_before(moment: datetime, away: Sequence[tuple[datetime, datetime]]) -> datetime:
    """Five working seconds earlier."""
    left, cursor = PUSH_LATENCY, moment
    for since, until in reversed(away):
        worked = cursor - min(until, cursor)
        if since >= cursor:
            continue
        if worked >= left:
            break
        left, cursor = left - worked, since
    return cursor - left


def _judged(sale: Sale, earlier: Sequence[Sale], heard: Heard, limit: datetime) -> Oversale:
    unheard = sum(past.units for past in earlier if heard.sold.get(past.order, _NEVER) > limit)
    there = max(0, sale.available + unheard) + _put_back_by_the_channel(sale, earlier, heard, limit)
    found = Oversale(sale.order, *sale.place, sale.units - max(0, sale.available), sale.sold_at, unavoidable=False)
    return replace(found, unavoidable=there >= sale.units)


def _put_back_by_the_channel(sale: Sale, earlier: Sequence[Sale], heard: Heard, limit: datetime) -> int:
    """Units on the shelf of the sale's own shop that its channel put there by itself and has not sold since."""
    here = [past for past in earlier if past.order[:2] == sale.order[:2]]
    back = [
        (past.off_at, past.units)
        for past in here
        if past.off_at is not None and past.off_at <= sale.sold_at and heard.off.get(past.order, _NEVER) > limit
    ]
    if not back:
        return 0
    since = min(off_at for off_at, _ in back)
    return max(0, sum(units for _, units in back) - sum(past.units for past in here if past.sold_at > since))
