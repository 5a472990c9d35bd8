"""Resource use of the hub's processes by kind: each writes its figures to Redis, since most have no port to be scraped at.

A report that is not renewed is that of a process which has ended, or hangs. Losing all of them costs ten seconds.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread

import django_rq
import structlog
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

KEY = "erpsync:processes"
REPORT_SECONDS = 10.0
# three reports are missing
GONE_SECONDS = 35.0
# manage.py's words, and what is served
KINDS = frozenset({"web", "receiver", "work", "relay", "schedule"})
_SELF = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of one process. `cpu`: cores it kept busy since its last report; `files`: share of the open files it may have."""

    kind: str
    at: float
    cpu: float
    resident: int
    files: float


def start_reporting(kind: str) -> None:
    """Have this process report from here on, if it is one of the hub's that live on."""
    if kind in KINDS and _SELF.is_dir():
        Thread(target=_report_for_ever, args=(kind,), name="process-report", daemon=True).start()


def _report_for_ever(kind: str) -> None:
    client: Redis = django_rq.get_connection("orders")
    seen, used = time.monotonic(), time.process_time()
    while True:
        time.sleep(REPORT_SECONDS)
        now, now_used = time.monotonic(), time.process_time()
        try:
            report(client, kind, cpu=(now_used - used) / (now - seen))
        except (RedisError, OSError) as error:
            log.debug("process_not_reported", error=str(error))
        seen, used = now, now_used


def report(client: Redis, kind: str, *, cpu: float) -> None:
    """Write this process's figures. May be repeated."""
    pages = int((_SELF / "statm").read_text().split()[1])
    most, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = len(os.listdir(_SELF / "fd")) / most
    mine = Report(kind, _now(client), cpu, pages * resource.getpagesize(), files)
    client.hset(KEY, f"{socket.gethostname()}:{os.getpid()}", json.dumps(asdict(mine)))


def reports(client: Redis) -> list[Report]:
    """Return the reports of processes that live, and forget the others."""
    now = _now(client)
    found = {field: Report(**json.loads(text)) for field, text in client.hgetall(KEY).items()}
    gone = [field for field, one in found.items() if one.at < now - GONE_SECONDS]
    if gone:
        client.hdel(KEY, *gone)
    return [one for field, one in found.items() if field not in gone]


def _now(client: Redis) -> float:
    """Return the time of Redis, which the machines share."""
    seconds, micros = client.time()
    return float(seconds + micros / 1_000_000)


ByKind = Mapping[str, Sequence[Report]]


def by_kind() -> ByKind:
    """Return the reports of processes that live, by kind."""
    found = defaultdict(list)
    for one in reports(django_rq.get_connection("orders")):
        found[one.kind].append(one)
    return dict(sorted(found.items()))


Rows = Iterator[tuple[object, ...]]


def running(reported: ByKind) -> Rows:
    """Count the processes by kind."""
    return ((kind, len(found)) for kind, found in reported.items())


def cores(reported: ByKind) -> Rows:
    """Add up the cores that processes of a kind keep busy."""
    return ((kind, sum(one.cpu for one in found)) for kind, found in reported.items())


def memory(reported: ByKind) -> Rows:
    """Return the memory of processes of a kind: of all, and of the largest."""
    for kind, found in reported.items():
        sizes = [one.resident for one in found]
        yield kind, "all", sum(sizes)
        yield kind, "largest", max(sizes)


def open_files(reported: ByKind) -> Rows:
    """Return the share of its open files that the process which is nearest to its limit has used, by kind."""
    return ((kind, max(one.files for one in found)) for kind, found in reported.items())
