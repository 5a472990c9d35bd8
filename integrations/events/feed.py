"""The change feed: numbered events in the order of their positions, for readers who keep their own place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core import tunables
from core.db import fetch
from core.event_types import event_types
from core.feed import feed_position
from integrations.events.messages import EventRow

# feed positions looked through for one page: 7 ms where none is wanted and all are in memory
WINDOW = tunables.FEED_WINDOW


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filter of a reader. `shops`: None for a reader of all; `kinds`: of entities; `things`: "order/17"; both empty: everything."""

    types: Sequence[str]
    shops: Sequence[int] | None
    kinds: Sequence[str] = ()
    things: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Events after a position. `position`: where the next page begins; `has_more`: it need not be waited for."""

    events: Sequence[EventRow]
    position: int
    has_more: bool


_COLUMNS = (
    "e.id, e.position, e.type, e.source, e.entity, e.entity_id, e.version, e.time, e.data::text, e.traceparent, false,"
    " false, NULL::int, false"
)
_OF_SHOPS = "(%(everything)s OR e.shop_ids && %(shops)s::bigint[])"
_PAGE = f"""
SELECT {_COLUMNS} FROM core_outboxevent e
WHERE e.position > %(after)s AND e.position <= %(upto)s AND e.type = ANY(%(types)s) AND {_OF_SHOPS}
    AND (%(any_thing)s OR e.entity = ANY(%(kinds)s) OR e.entity || '/' || e.entity_id = ANY(%(things)s))
ORDER BY e.position LIMIT %(limit)s
"""
_ONE = f"""
SELECT {_COLUMNS} FROM core_outboxevent e
WHERE e.id = %(id)s AND e.position IS NOT NULL AND e.type = ANY(%(types)s) AND {_OF_SHOPS}
"""
_IS_KEPT = """
SELECT e.time >= clock_timestamp() - make_interval(days => %(days)s) FROM core_outboxevent e WHERE e.position = %(first)s
"""


def page_after(after: int, wanted: Wanted, *, limit: int) -> Page:
    """Return the next events after a position. The end of the feed is taken first: up to it no event is missing."""
    end = feed_position()
    upto = min(after + WINDOW, end)
    if upto <= after:
        return Page((), after, has_more=False)
    rows = fetch(
        _PAGE, after=after, upto=upto, limit=limit + 1, types=list(wanted.types), any_thing=not wanted.kinds and not wanted.things,
        kinds=list(wanted.kinds), things=list(wanted.things), **_shops(wanted.shops),
    )  # fmt: skip
    found = [EventRow(*row) for row in rows[:limit]]
    if len(rows) > limit:
        return Page(found, found[-1].position, has_more=True)
    return Page(found, upto, has_more=upto < end)


def event_of(event_id: UUID, shops: Sequence[int] | None) -> EventRow | None:
    """Return a numbered event of a published type, None for one that is not there or not of these shops."""
    rows = fetch(_ONE, id=event_id, types=list(event_types()), **_shops(shops))
    return EventRow(*rows[0]) if rows else None


def is_complete_after(after: int, *, days: int) -> bool:
    """Return whether every event after a position is there: it is no position of the future, and retention has not come that far.

    A position beyond the end was given by a database that is no longer this one: it was restored to an earlier moment.
    """
    end = feed_position()
    if after >= end:
        return after == end
    rows = fetch(_IS_KEPT, first=after + 1, days=days)
    return bool(rows and rows[0][0])


def _shops(shops: Sequence[int] | None) -> dict[str, object]:
    return {"everything": shops is None, "shops": list(shops or ())}
