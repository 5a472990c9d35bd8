"""Schedule of periodic jobs, and the one process that leads it.

Any number of scheduler processes may run; the one that holds a PostgreSQL advisory lock leads. Timing is RQ's own cron;
its `CronScheduler.start()` is not used, since it dies with a Redis restart and knows no leader.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import django_rq
import psycopg
import structlog
from django.db import close_old_connections, connection
from django.utils.module_loading import import_string
from redis.exceptions import RedisError
from rq.cron import CronScheduler

log = structlog.get_logger(__name__)

LEADER_LOCK = 0x657270_73796E63  # "erpsync" in ASCII: one name among the advisory locks of the database
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Entry:
    """A job by dotted path, run `every` so many seconds (first at once) or by a `cron` line in UTC."""

    job: str
    queue: str
    every: int | None = None
    cron: str | None = None
    timeout: int = 180


ENTRIES = (
    Entry("integrations.jobs.renew_tokens", "orders", every=60),
    Entry("integrations.jobs.reaccrue_left", "bulk", every=60),
    # each correction of a running month is two rows of its ledger
    Entry("integrations.jobs.settle_months", "bulk", every=600),
    Entry("integrations.jobs.arrange_by_rules", "orders", every=60),
    Entry("integrations.jobs.sweep_all", "bulk", every=300),
    Entry("integrations.jobs.check_all_numbers", "bulk", every=300),
    # a call for each order whose status changed, 50 an account and round
    Entry("integrations.jobs.track_all", "bulk", every=600),
    Entry("integrations.jobs.check_all_money", "bulk", every=900),
    Entry("integrations.jobs.sweep_day", "bulk", every=6 * 3600, timeout=3600),
    Entry("integrations.jobs.forget_statement_files", "bulk", every=3600),
    Entry("erpsync.alerts.jobs.run", "orders", every=60),
    Entry("erpsync.subjects.requests.run_due", "bulk", every=60, timeout=3600),
    Entry("integrations.restoring.advance", "bulk", every=15),
    Entry("erpsync.backup.take.take_scheduled_backup", "bulk", cron="0 18 * * *", timeout=6 * 3600),
    Entry("erpsync.admin.exports.making.run_due", "bulk", every=60, timeout=3600),
    Entry("erpsync.admin.sales.shipping.run_due", "orders", every=60, timeout=1800),
    Entry("erpsync.api.kit.writes.forget_old", "bulk", cron="10 18 * * *"),
    Entry("erpsync.signin.record.forget_old", "bulk", cron="15 18 * * *"),
    Entry("erpsync.signin.sessions.forget_ended", "bulk", cron="20 18 * * *"),
    Entry("erpsync.alerts.jobs.forget_old", "bulk", cron="25 18 * * *"),
    Entry("integrations.jobs.nightly", "bulk", cron="30 18 * * *", timeout=3600),  # 01:30 in Vietnam
)
_BY_JOB = {entry.job: entry for entry in ENTRIES}
TICK = "integrations.jobs.tick"


def run_soon(job: str) -> None:
    """Have a worker run a scheduled job now; without Redis the schedule does, at its time."""
    entry = _BY_JOB[job]
    try:
        django_rq.get_queue(entry.queue).enqueue(import_string(job), job_timeout=entry.timeout)
    except RedisError as error:
        log.warning("wakeup_failed", job=job, error=str(error))


class LeadershipLost(RuntimeError):
    """The lock's connection is gone: another process may be leading already."""


class Leadership:
    """An advisory lock on a connection of its own, which is never re-made: losing it is losing the lead."""

    def __init__(self, key: int = LEADER_LOCK) -> None:
        self._key = key
        self._connection = psycopg.connect(**connection.get_connection_params(), autocommit=True)

    def take(self) -> bool:
        """Try to take the lock and return whether this process leads. May be repeated until it does. Raises LeadershipLost."""
        row = self._ask("SELECT pg_try_advisory_lock(%s)", self._key)
        return bool(row and row[0])

    def confirm(self) -> None:
        """Check the lock: raises LeadershipLost unless the lock is still held."""
        self._ask("SELECT 1")

    def close(self) -> None:
        self._connection.close()

    def _ask(self, query: str, *values: int) -> tuple[object, ...] | None:
        try:
            return self._connection.execute(query, values or None).fetchone()
        except psycopg.Error as error:
            raise LeadershipLost(str(error)) from error


def cron(entries: Iterable[Entry] = ENTRIES) -> CronScheduler:
    """Return RQ's scheduler with `entries`. A job that no worker took until the next one is due expires in the queue."""
    scheduler = CronScheduler(connection=django_rq.get_connection("orders"))
    for entry in entries:
        scheduler.register(
            import_string(entry.job),
            entry.queue,
            interval=entry.every,
            cron=entry.cron,
            job_timeout=entry.timeout,
            ttl=entry.every,
        )
    return scheduler


def lead(leadership: Leadership, scheduler: CronScheduler, tick: Callable[[], object]) -> None:
    """Wait for the lead, then tick every second and enqueue what is due, until the lead is lost (LeadershipLost)."""
    while not leadership.take():
        time.sleep(TICK_SECONDS)
    log.info("leading")
    while True:
        started = time.monotonic()
        leadership.confirm()
        beat(scheduler, tick)
        time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - started)))


def beat(scheduler: CronScheduler, tick: Callable[[], object]) -> None:
    """Do one second's work. Nothing that goes wrong in it ends the leader; the next second tries again."""
    close_old_connections()
    try:
        tick()
    except Exception:
        log.exception("tick failed")
    try:
        scheduler.enqueue_jobs()
    except RedisError as error:
        log.warning("redis is away", error=str(error))
    close_old_connections()
