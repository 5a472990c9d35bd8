"""Queues only wake people up: `ring` asks a worker to look, and losing a ring costs a second, never an event.

A flag in Redis keeps rings for the same work from piling up: whoever sets it enqueues the job, and the job takes it down as
its first act, so that what comes while it works rings again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import django_rq
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.queue import Queue

from inventory.sql import fetch

log = structlog.get_logger(__name__)

# job in integrations.jobs -> the queue it waits in
QUEUES = {
    "cut": "cuts",
    "drain": "orders",
    "drain_app": "orders",
    "perform": "orders",
    "pull": "orders",
    "publish": "pushes",
    "tell": "bulk",
    "sweep": "bulk",
    "backfill": "bulk",
}
# a flag whose job died unseen blocks its work no longer than this
FLAG_SECONDS = 10
# a wake-up nobody took for so long is void; the tick has rung again by then
JOB_SECONDS = 60
FAILED_SECONDS = 600
# while Redis is away nobody waits for it again and again: rings are skipped for so long after a failed one
AWAY_SECONDS = 2.0

_away_until = 0.0


def ring(job: str, keys: Iterable[int]) -> None:
    """Wake a worker for `job` of each key (`QUEUES` names the jobs). Call it after the commit. Never raises for Redis.

    May be repeated: while a wake-up waits, another one for the same key does nothing.
    """
    global _away_until  # noqa: PLW0603  (one Redis per process, one opinion about it)
    wanted = sorted(set(keys))
    if not wanted or time.monotonic() < _away_until:
        return
    try:
        _enqueue(job, wanted)
    except RedisError as error:
        if not _away_until:
            log.warning("ring_failed", job=job, error=str(error))
        _away_until = time.monotonic() + AWAY_SECONDS
    else:
        _away_until = 0.0


def _enqueue(job: str, keys: list[int]) -> None:
    flags = _redis(QUEUES[job])
    with flags.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.set(_flag(job, key), 1, nx=True, ex=FLAG_SECONDS)
        ours = [key for key, taken in zip(keys, pipe.execute(), strict=True) if taken]
    if ours:
        queue = django_rq.get_queue(QUEUES[job], connection=flags)
        queue.enqueue_many(
            [
                Queue.prepare_data(
                    f"integrations.jobs.{job}", (key,), ttl=JOB_SECONDS, result_ttl=JOB_SECONDS,
                    failure_ttl=FAILED_SECONDS, timeout=queue._default_timeout,
                )
                for key in ours
            ]
        )  # fmt: skip


def clear(job: str, key: int) -> None:
    """Take the flag down: the first act of a job, so that news from now on rings again. Never raises for Redis."""
    try:
        _redis(QUEUES[job]).delete(_flag(job, key))
    except RedisError as error:
        log.warning("clear_failed", job=job, error=str(error))


@cache
def _redis(queue: str) -> Redis:
    """One client for the life of the process: a new one per ring cost more than all else that a webhook does."""
    found: Redis = django_rq.get_connection(queue)
    return found


def _flag(job: str, key: int) -> str:
    return f"erpsync:rung:{job}:{key}"


class Due(NamedTuple):
    """Work that waits in the inbox: `job` is drain (key: connection) or drain_app (key: app)."""

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
    """Everything in the inbox that could be worked on now, in one query."""
    return [Due(*row) for row in fetch(_DUE)]


def ring_due() -> None:
    """Ring for everything that is due: the inbox part of the leader's tick."""
    for job, works in groupby(due(), attrgetter("job")):
        ring(job, [work.key for work in works])
