"""Restore drill: the database is lost in mid day, and the hub goes on from a backup that was taken a while before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connections

from core.places import Place, backup_place
from erpsync.backup.restore import restore
from erpsync.backup.take import take_backup
from erpsync.rehearsal.drill import CrashFault, Outage
from erpsync.rehearsal.processes import Processes, Say
from integrations.restoring import held

RELEASE_SECONDS = 300.0
LOOK_SECONDS = 1.0


class RestoreDrill:
    """Two faults of one day: a backup is taken, and `age` seconds later the database goes back to it. Its figures, in seconds:
    `backup`, `rpo` (age of the backup when the hub stopped), `restore`, `rto` (from the stop to the first thing that may leave).
    """

    def __init__(self, *, age: float, workers: int, say: Say) -> None:
        self.figures: dict[str, float] = {}
        self._age, self._workers, self._say = age, workers, say
        self._name, self._taken_at = "", datetime.now(UTC)

    @property
    def faults(self) -> Sequence[CrashFault]:
        return (
            CrashFault(0.2, "a backup", self._take),
            CrashFault(0.5, f"the database goes back to a backup of {self._age:.0f} s before", self._restore),
        )

    def _take(self, processes: Processes) -> None:
        taken = take_backup(self._place)
        self._name, self._taken_at = taken.name, taken.taken_at
        self.figures |= {"backup": round(taken.seconds, 1), "megabytes": round(taken.size / 1e6, 1)}

    def _restore(self, processes: Processes) -> Outage:
        due = self._taken_at + timedelta(seconds=self._age)
        processes.watch(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        since, began = datetime.now(UTC), time.monotonic()
        processes.supervisor.stop_programs(keep=("simulator",))
        connections.close_all()
        restore(self._place, self._name, into=settings.DATABASE_URL, replace=True)
        restored = time.monotonic()
        processes.work(self._workers)
        while held() is not None and time.monotonic() < restored + RELEASE_SECONDS:
            processes.watch(LOOK_SECONDS)
        self.figures |= {
            "rpo": round((since - self._taken_at).total_seconds(), 1),
            "restore": round(restored - began, 1),
            "rto": round(time.monotonic() - began, 1),
        }
        self._say(f"  restored: {self.figures}{', NOT RELEASED' * (held() is not None)}")
        return since, datetime.now(UTC)

    @property
    def _place(self) -> Place:
        return backup_place()
