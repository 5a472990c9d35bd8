"""Crash drill: faults injected into the running hub, at given shares of the day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import redis
from django.db import connections

from erpsync.rehearsal.processes import Processes, Say

Outage = tuple[datetime, datetime]  # (since, until): the hub had no database


@dataclass(frozen=True, slots=True)
class CrashFault:
    """Crash fault of the drill. `at`: the share of the day's orders that are placed when it is injected."""

    at: float
    title: str
    inject: Callable[[Processes], Outage | None]


def _kill(name: str) -> Callable[[Processes], None]:
    def inject(processes: Processes) -> None:
        processes.kill(name)

    return inject


def _empty_redis(processes: Processes) -> None:
    with redis.Redis.from_url(processes.redis.url, socket_timeout=5) as client:
        client.flushall()


def _stop_database(seconds: float) -> Callable[[Processes], Outage]:
    def inject(processes: Processes) -> Outage:
        since = datetime.now(UTC)
        processes.database.stop()
        processes.watch(seconds)
        processes.database.start()
        # this process lost its connections with all the others
        connections.close_all()
        return since, datetime.now(UTC)

    return inject


def crash_faults(database_away_seconds: float = 10.0) -> tuple[CrashFault, ...]:
    """Return the faults of a drill: each process killed with -9, Redis emptied, PostgreSQL stopped for so long."""
    return (
        CrashFault(0.15, "kill -9 of a worker", _kill("worker-1")),
        CrashFault(0.25, "kill -9 of web", _kill("web")),
        CrashFault(0.35, "kill -9 of the receiver", _kill("receiver")),
        CrashFault(0.45, "FLUSHALL on Redis", _empty_redis),
        CrashFault(0.60, "kill -9 of the scheduler", _kill("scheduler")),
        CrashFault(
            0.75, f"PostgreSQL stopped for {database_away_seconds:.0f} s", _stop_database(database_away_seconds)
        ),
    )


@dataclass
class Drill:
    """Crash faults of one day, each injected once and in order. `outages`: when the hub was without a database."""

    left: Sequence[CrashFault]
    outages: list[Outage] = field(default_factory=list)

    def inject_due(self, processes: Processes, share: float, say: Say) -> None:
        """Inject every fault that is due when this share of the day's orders is placed."""
        while self.left and share >= self.left[0].at:
            fault, self.left = self.left[0], self.left[1:]
            say(f"  drill: {fault.title}")
            outage = fault.inject(processes)
            if outage is not None:
                self.outages.append(outage)
