"""RQ worker of the hub.

Jobs are wake-up calls and everything they do is safe to repeat (docs of each job), so the worker's duty is to be there:
it outlives a restart of Redis or PostgreSQL and an emptied Redis, and hands its memory back by ending after `max_jobs`.
"""

from __future__ import annotations

import signal
import time
from typing import Any

import django_rq
import structlog
from django.db import close_old_connections
from redis.exceptions import RedisError
from rq.job import Job
from rq.queue import Queue
from rq.worker import SimpleWorker
from rq.worker_registration import REDIS_WORKER_KEYS, register

from core import tunables

log = structlog.get_logger(__name__)

# RQ's defaults (420 s, 600 s, 30 s) leave a killed worker's job unseen for up to 13 minutes.
WORKER_TTL = 30
MAINTENANCE_INTERVAL = 10
JOB_MONITORING_INTERVAL = 5
MAX_JOBS = tunables.WORKER_JOBS
# in a rush the first queues never end; one that has had no turn for so long has the next
HUNGRY_SECONDS = tunables.HUNGRY_SECONDS
RECONNECT_SECONDS = 1.0


class HubWorker(SimpleWorker):
    """Worker that runs jobs in its own process (a fork per job costs three times as much), each on checked database connections and
    with its id in every log line."""

    jobs_done = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turns: dict[str, float] = {}

    @property
    def stopping(self) -> bool:
        """Return whether a stop was asked for, as opposed to an error that ended `work`."""
        return self._shutdown_requested_date is not None

    def perform_job(self, job: Job, queue: Queue) -> bool:
        context = {"job": job.id, "task": job.func_name, "trace": job.meta.get("trace", job.id)}
        with structlog.contextvars.bound_contextvars(**context):
            close_old_connections()
            try:
                return super().perform_job(job, queue)
            finally:
                close_old_connections()
                self.jobs_done += 1

    def reorder_queues(self, reference_queue: Queue) -> None:
        """Order the queues by precedence without starvation: sweeps find during a rush what it has lost."""
        now = time.monotonic()
        self._turns[reference_queue.name] = now
        hungry = [queue for queue in self.queues if now - self._turns.setdefault(queue.name, now) >= HUNGRY_SECONDS]
        self._ordered_queues = [*hungry, *(queue for queue in self.queues if queue not in hungry)]

    def run_maintenance_tasks(self) -> None:
        """Send a heartbeat and register again after Redis was emptied: RQ registers a worker once, at birth."""
        if not self.connection.sismember(REDIS_WORKER_KEYS, self.key):
            self.connection.hset(self.key, mapping=self.serialize())
            register(self)
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]


def make_worker(queues: list[str]) -> HubWorker:
    """Return a worker for the named queues of settings.RQ_QUEUES, in that order of precedence."""
    found = [django_rq.get_queue(name) for name in queues]
    return HubWorker(
        found,
        connection=found[0].connection,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        job_monitoring_interval=JOB_MONITORING_INTERVAL,
    )


def work(queues: list[str], *, burst: bool = False, max_jobs: int = MAX_JOBS) -> None:
    """Work until told to stop, until `max_jobs` are done, or with `burst` until the queues are empty.

    RQ's loop ends when Redis goes away in mid job; a new worker then takes its place in the same process."""
    done = 0
    while done < max_jobs:
        worker = make_worker(queues)
        try:
            worker.work(burst=burst, max_jobs=max_jobs - done, logging_level="WARNING")
        except RedisError as error:
            log.warning("redis is away", error=str(error))
        else:
            if burst:
                return
        if worker.stopping:
            return
        done += worker.jobs_done
        _wait()


def _wait() -> None:
    """Restore the signal handlers: the old worker's would still ask Redis; with no job in hand there is nothing to finish."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    time.sleep(RECONNECT_SECONDS)
