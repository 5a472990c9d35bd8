"""Jobs and programs that the tests run in other processes. `python -m tests.erpsync.children WORD ARGUMENTS`."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import django


def note(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{text}\n")


def note_with_database(path: str, text: str) -> None:
    from django.db import connection  # noqa: PLC0415  (imported by processes that have no Django)

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    note(path, text)


def slow_note(path: str, text: str) -> None:
    note(path, f"{text} begins")
    time.sleep(3)
    note(path, f"{text} ends")


def lead(path: str) -> None:
    """Lead with nothing scheduled, noting our process id at every tick."""
    django.setup()
    from erpsync.schedule import Leadership, cron  # noqa: PLC0415  (needs django.setup)
    from erpsync.schedule import lead as lead_on  # noqa: PLC0415

    leadership = Leadership()
    note(path, f"ready {os.getpid()}")
    lead_on(leadership, cron(()), lambda: note(path, f"tick {os.getpid()}"))


def family(path: str) -> None:
    """A program with a child in its own process group, like a web server with workers."""
    if os.fork() == 0:
        note(path, f"grandchild {os.getpid()}")
        time.sleep(600)
    note(path, f"child {os.getpid()}")
    time.sleep(600)


def supervise(directory: str, path: str) -> None:
    """A supervisor over one family, to be killed."""
    from erpsync.supervisor import Program, Supervisor  # noqa: PLC0415

    supervisor = Supervisor(Path(directory), dict(os.environ), say=lambda line: note(path, line))
    supervisor.start(Program("steady", [sys.executable, "-c", f"import time, {__name__}; time.sleep(600)"]))
    supervisor.start(Program("noting", [sys.executable, "-m", "tests.erpsync.children", "sit", path]))
    supervisor.watch(until=lambda: False)


def keep_processes(path: str) -> None:
    """Keep the processes of a rehearsal, without simulator and shops, until SIGTERM."""
    from erpsync.rehearsal import surroundings  # noqa: PLC0415

    surroundings.enter()
    django.setup()
    from erpsync.rehearsal.processes import hub_processes  # noqa: PLC0415  (needs django.setup)

    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    place = surroundings.entered()
    try:
        with hub_processes(place, lambda line: note(path, line)) as processes:
            processes.open()
            processes.work(2)
            note(path, f"{place.directory} {place.web} open")
            processes.watch(600)
    finally:
        place.remove()


def sit(path: str) -> None:
    note(path, f"child {os.getpid()}")
    time.sleep(600)


PROGRAMS = {program.__name__: program for program in (lead, family, supervise, keep_processes, sit)}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
