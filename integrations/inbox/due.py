"""Due work of the inbox: polled by the leader's tick, because wake-ups may be lost."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from core.db import fetch
from integrations.work import wakeups


class Due(NamedTuple):
    """A job with due events: drain (key: connection) or drain_app (key: app)."""

    job: str
    key: int


_DUE = """
SELECT 'drain', c.id FROM integrations_connection c WHERE c.is_active AND EXISTS (
    SELECT FROM integrations_inboxevent e WHERE e.connection_id = c.id AND e.state = 'pending'
        AND e.due_at <= clock_timestamp() AND (e.lease IS NULL OR e.lease_until < clock_timestamp()))
UNION ALL
SELECT DISTINCT 'drain_app', e.app_id FROM integrations_inboxevent e WHERE e.connection_id IS NULL AND e.state = 'pending'
    AND e.due_at <= clock_timestamp() AND (e.lease IS NULL OR e.lease_until < clock_timestamp())
ORDER BY 1, 2
"""


def due() -> list[Due]:
    """Return all jobs that have due events now, in one query."""
    return [Due(*row) for row in fetch(_DUE)]


def enqueue_due() -> None:
    """Wake a worker for everything that is due: the inbox part of the leader's tick."""
    for job, found in groupby(due(), attrgetter("job")):
        wakeups.enqueue_once(job, [one.key for one in found])
