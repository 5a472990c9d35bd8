"""Judgement of rule 4: which oversold units the hub could have prevented.

A unit is excused when, by what the hub knew five seconds before the sale, there were still enough: every earlier sale that
the hub learned of later (a webhook dropped, late, or sent while the hub was down) counts as still on the shelf. Time in
which the hub had no database does not count towards the five seconds.

Units that a channel put back by itself are excused as well: when an order is cancelled, or a unit of it, its shop sells the
units again at once, before the hub can know. They are excused for as long as the hub could not have lowered the number, once each.
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
    """Sale of units of one SKU, on any channel or at the till."""

    order: OrderKey
    place: Place
    units: int
    sold_at: datetime
    # unpromised units on the shelf just before
    available: int
    # when the order was cancelled, and its shop sold the units again
    off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PutBack:
    """Units of an open order that were cancelled, and that its shop sold again; a whole order's are told by its `Sale`."""

    order: OrderKey
    place: Place
    units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HubKnowledge:
    """Times at which the hub stored an order, learned of its cancellation, and stored any change of it, oldest first. A missing
    key: never.
    """

    sold: Mapping[OrderKey, datetime] = field(default_factory=dict)
    off: Mapping[OrderKey, datetime] = field(default_factory=dict)
    changed: Mapping[OrderKey, Sequence[datetime]] = field(default_factory=dict)


def judge(
    sales: Iterable[Sale],
    known: HubKnowledge,
    outages: Sequence[tuple[datetime, datetime]] = (),
    put_back: Sequence[PutBack] = (),
) -> tuple[Oversale, ...]:
    """Return every oversale among these sales, excused or not. `outages`: (since, until) without a database, oldest first."""
    by_place: dict[Place, list[Sale]] = defaultdict(list)
    for sale in sorted(sales, key=lambda sale: sale.sold_at):
        by_place[sale.place].append(sale)
    return tuple(
        _judged(sale, earlier[:number], put_back, known, _five_seconds_before(sale.sold_at, outages))
        for _, earlier in sorted(by_place.items())
        for number, sale in enumerate(earlier)
        if sale.units > max(0, sale.available)
    )


def _five_seconds_before(moment: datetime, outages: Sequence[tuple[datetime, datetime]]) -> datetime:
    """Return the time five seconds earlier, outages not counted."""
    left, cursor = PUSH_LATENCY, moment
    for since, until in reversed(outages):
        worked = cursor - min(until, cursor)
        if since >= cursor:
            continue
        if worked >= left:
            break
        left, cursor = left - worked, since
    return cursor - left


def _judged(
    sale: Sale, earlier: Sequence[Sale], put_back: Sequence[PutBack], known: HubKnowledge, limit: datetime
) -> Oversale:
    unknown = sum(past.units for past in earlier if known.sold.get(past.order, _NEVER) > limit)
    there = max(0, sale.available + unknown) + _put_back_by_the_channel(sale, earlier, put_back, known, limit)
    found = Oversale(sale.order, *sale.place, sale.units - max(0, sale.available), sale.sold_at, unavoidable=False)
    return replace(found, unavoidable=there >= sale.units)


def _put_back_by_the_channel(
    sale: Sale, earlier: Sequence[Sale], put_back: Sequence[PutBack], known: HubKnowledge, limit: datetime
) -> int:
    """Return the units that the channel put back into the sale's shop by itself and has not sold since."""
    here = [past for past in earlier if past.order[:2] == sale.order[:2]]
    whole = [
        (past.off_at, past.units)
        for past in here
        if past.off_at is not None and past.off_at <= sale.sold_at and known.off.get(past.order, _NEVER) > limit
    ]
    parts = [
        (part.at, part.units)
        for part in put_back
        if (part.place, part.order[:2]) == (sale.place, sale.order[:2])
        and part.at <= sale.sold_at
        and next((when for when in known.changed.get(part.order, ()) if when >= part.at), _NEVER) > limit
    ]
    if not (back := whole + parts):
        return 0
    since = min(at for at, _ in back)
    return max(0, sum(units for _, units in back) - sum(past.units for past in here if past.sold_at > since))
