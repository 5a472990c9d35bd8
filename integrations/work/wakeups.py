"""Wake-ups: jobs that ask a worker to look at the database. Losing one costs a second, never an event.

A flag in Redis deduplicates them: whoever sets it enqueues the job, and the job deletes it as its first act, so that work which
comes up while it runs enqueues another.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache

import django_rq
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.queue import Queue

log = structlog.get_logger(__name__)

# job in integrations.jobs -> the queue it waits in
QUEUES = {
    "cut": "cuts",
    "drain": "orders",
    "drain_app": "orders",
    "perform": "orders",
    "labels": "orders",
    "pull": "orders",
    "publish": "pushes",
    "perform_bulk": "bulk",
    "sweep": "bulk",
    "check_numbers": "bulk",
    "backfill": "bulk",
    "reaccrue": "bulk",
    "check_money": "bulk",
    "tracking": "bulk",
}
# a flag whose job was lost blocks its work no longer than this
FLAG_SECONDS = 10
# a wake-up that no worker took for so long is dropped; the tick has enqueued another by then
JOB_SECONDS = 60
FAILED_SECONDS = 600
# after a failed wake-up others are skipped for so long: a process does not wait for an absent Redis again and again
AWAY_SECONDS = 2.0

_away_until = 0.0


def enqueue_once(job: str, keys: Iterable[int]) -> None:
    """Wake a worker for `job` of each key (`QUEUES` names the jobs). Call it after the commit. Never raises for Redis.

    May be repeated: while a wake-up waits, another one for the same key does nothing.
    """
    global _away_until  # noqa: PLW0603  (one Redis per process, one state of it)
    wanted = sorted(set(keys))
    if not wanted or time.monotonic() < _away_until:
        return
    try:
        _enqueue(job, wanted)
    except RedisError as error:
        if not _away_until:
            log.warning("wakeup_failed", job=job, error=str(error))
        _away_until = time.monotonic() + AWAY_SECONDS
    else:
        _away_until = 0.0


def _enqueue(job: str, keys: list[int]) -> None:
    flags = _redis(QUEUES[job])
    with flags.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.set(_flag(job, key), 1, nx=True, ex=FLAG_SECONDS)
        new = [key for key, was_set in zip(keys, pipe.execute(), strict=True) if was_set]
    if new:
        queue = django_rq.get_queue(QUEUES[job], connection=flags)
        queue.enqueue_many(
            [
                Queue.prepare_data(
                    f"integrations.jobs.{job}", (key,), ttl=JOB_SECONDS, result_ttl=JOB_SECONDS,
                    failure_ttl=FAILED_SECONDS, timeout=queue._default_timeout,
                )
                for key in new
            ]
        )  # fmt: skip


def mark_started(job: str, key: int) -> None:
    """Delete the flag: the first act of a job, so that work from now on enqueues another. Never raises for Redis."""
    try:
        _redis(QUEUES[job]).delete(_flag(job, key))
    except RedisError as error:
        log.warning("wakeup_not_cleared", job=job, error=str(error))


@cache
def _redis(queue: str) -> Redis:
    """Return one client for the life of the process: a new one per wake-up cost more than all else that a webhook does."""
    found: Redis = django_rq.get_connection(queue)
    return found


def _flag(job: str, key: int) -> str:
    return f"erpsync:rung:{job}:{key}"
