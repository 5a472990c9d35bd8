"""Lag and failure of sinks: what the pages show, and when a sink is switched off."""

from __future__ import annotations

from typing import NamedTuple

from core.db import fetch, fetch_as
from integrations.events.switching import switch_off
from integrations.models import EventSink

# Judged by rate over a window: a receiver that fails now and then stays, one that is down for a day does not.
_FAILING = """
SELECT sink_id FROM integrations_deliveryattempt JOIN integrations_eventsink sink ON sink.id = sink_id AND sink.is_active
WHERE at > clock_timestamp() - interval '24 hours' AND NOT is_test
GROUP BY sink_id
HAVING count(*) >= 20 AND min(at) < clock_timestamp() - interval '23 hours'
    AND count(*) FILTER (WHERE outcome = 'failed') >= 0.95 * count(*)
"""


def switch_off_failing() -> list[int]:
    """Switch off the sinks of which nearly everything has failed for a day; return them. May be repeated."""
    found = [row[0] for row in fetch(_FAILING)]
    for sink_id in found:
        switch_off(sink_id, EventSink.Off.FAILING)
    return found


class Lag(NamedTuple):
    """Lag of a sink: positions and seconds of the feed, events that wait for another try, and dead letters."""

    sink_id: int
    events: int
    seconds: float
    waiting: int
    parked: int


_LAGS = """
SELECT sink.id AS sink_id, greatest(feed.position - sink.cursor, 0) AS events,
    coalesce(extract(epoch FROM clock_timestamp() - least(
        (SELECT e.time FROM core_outboxevent e WHERE e.position > sink.cursor ORDER BY e.position LIMIT 1), waits.oldest)), 0)::float
        AS seconds,
    waits.waiting, waits.parked
FROM integrations_eventsink sink
CROSS JOIN (SELECT coalesce(max(position), 0) AS position FROM core_feed) feed
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.state = 'waiting') AS waiting, count(*) FILTER (WHERE d.state = 'parked') AS parked,
        min(d.first_tried_at) FILTER (WHERE d.state = 'waiting') AS oldest
    FROM integrations_eventdelivery d WHERE d.sink_id = sink.id) waits
ORDER BY sink.id
"""


def lags() -> list[Lag]:
    """Return the lag of every sink."""
    return fetch_as(Lag, _LAGS)
