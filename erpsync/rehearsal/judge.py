"""Rule 4: which oversold units could the hub have kept from being sold?

Not those that it could not know of. A unit is excused when, by what the hub had heard five seconds before the buyer pressed
the button, there were still enough: every sale that had happened by then, but that the hub learned of later (a webhook
dropped, late, or answered by a hub that was away), counts as still on the shelf. Time in which the hub had no database
does not count towards the five seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from erpsync.rehearsal.shapes import OrderKey, Oversale, Place

PUSH_LATENCY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Sale:
    """Units of one SKU that left the shelf for a buyer, on any channel and at the till."""

    order: OrderKey
    place: Place
    units: int
    sold_at: datetime
    # what was on the shelf unpromised just before
    available: int


def judge(
    sales: Iterable[Sale], known_at: Mapping[OrderKey, datetime], away: Sequence[tuple[datetime, datetime]] = ()
) -> tuple[Oversale, ...]:
    """Every oversale among these sales, excused or not.

    `known_at`: when the hub had the order's row. `away`: from when until when the hub had no database, oldest first.
    """
    by_place: dict[Place, list[Sale]] = defaultdict(list)
    for sale in sorted(sales, key=lambda sale: sale.sold_at):
        by_place[sale.place].append(sale)
    return tuple(
        _judged(sale, earlier[:number], known_at, _five_seconds_before(sale.sold_at, away))
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


def _judged(sale: Sale, earlier: Sequence[Sale], known_at: Mapping[OrderKey, datetime], limit: datetime) -> Oversale:
    unheard = sum(past.units for past in earlier if past.order not in known_at or known_at[past.order] > limit)
    found = Oversale(sale.order, *sale.place, sale.units - max(0, sale.available), sale.sold_at, unavoidable=False)
    return replace(found, unavoidable=sale.available + unheard >= sale.units)
