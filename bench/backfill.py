"""Backfill of a shop: orders per second, calls against the least possible, memory at a tenth and at the whole.

Half-way through the whole the worker is killed. The peer is a bare COPY of the rows that came of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

import requests
from django.conf import settings

from bench.drain import copy_rows
from bench.ground import Result
from erpsync.environment import BASE_DIR
from erpsync.rehearsal.surroundings import free_ports
from erpsync.supervisor import Program, Supervisor
from integrations.demo import set_up
from integrations.ingest.backfill import planning
from integrations.ingest.backfill.progress import progress
from integrations.models import BackfillChunk, BackfillRun, Connection
from orders.models import Order

CHANNEL = "shopee"
DAYS = 60
HISTORY_BATCH = 2_000
PAGE = 100  # the longest page of its order list


@dataclass(frozen=True)
class Read:
    """One backfill: seconds it took, calls it made, the worker's peak memory in MB, ids that are not stored."""

    seconds: float
    calls: int
    peak_mb: float
    lost: int


def measure(machine: Supervisor, count: int) -> Result:
    """Read a tenth of `count` orders of one shop, then all of another's with a kill half-way."""
    with _simulator(machine) as url:
        set_up(None, lambda line: None, past=False)
        small, large = Connection.objects.filter(shop__channel=CHANNEL).order_by("pk")[:2]
        few = _backfill(url, small, max(count // 10, 1), killed=False)
        many = _backfill(url, large, count, killed=True)
        batch = 50
        least = ceil(count / PAGE) + ceil(count / batch)
        bare = copy_rows(large.shop)
        return Result(
            "backfill", "orders backfilled", count / many.seconds, "bare COPY of the same orders and lines", count / bare, count,
            few.lost + many.lost,
            f"calls {many.calls} of at least {least}; peak {few.peak_mb:.0f} MB at {count // 10:,}, {many.peak_mb:.0f} MB at {count:,};"
            " killed half-way, one worker",
        )  # fmt: skip


@contextmanager
def _simulator(machine: Supervisor) -> Iterator[str]:
    *_, port = free_ports()
    url = f"http://127.0.0.1:{port}"
    machine.start(
        Program("simulator", (sys.executable, str(BASE_DIR / "manage.py"), "simulate", "--base-port", str(port)))
    )
    settings.SIMULATOR_URL = url
    deadline = time.monotonic() + 60
    while True:
        try:
            if requests.get(f"{url}/accounts", timeout=5).ok:
                break
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)
    yield url


def _backfill(url: str, connection: Connection, count: int, *, killed: bool) -> Read:
    ids = _history(url, connection, count)
    before = _calls(url)
    run = planning.start(connection, "order", since=None)
    started = time.perf_counter()
    worker = _worker(run.pk)
    if killed:
        while progress(run.pk).stored < count // 2:
            time.sleep(0.2)
        worker.kill()
        worker.communicate()
        # nobody waits for a lease in a benchmark of speed
        BackfillChunk.objects.filter(run=run, state="waiting").update(lease=None, lease_until=None)
        worker = _worker(run.pk)
    printed, _ = worker.communicate()
    seconds = time.perf_counter() - started
    assert BackfillRun.objects.get(pk=run.pk).state == BackfillRun.State.DONE, progress(run.pk)
    stored = set(Order.objects.filter(shop=connection.shop).values_list("number", flat=True))
    return Read(seconds, _calls(url) - before, json.loads(printed)["peak_mb"], len(ids - stored))


def _history(url: str, connection: Connection, count: int) -> set[str]:
    ids: set[str] = set()
    while len(ids) < count:
        wanted = {
            "channel": CHANNEL, "shop": connection.external_id, "orders": min(HISTORY_BATCH, count - len(ids)), "days": DAYS
        }  # fmt: skip
        answer = requests.post(f"{url}/history", json=wanted, timeout=120)
        answer.raise_for_status()
        ids.update(answer.json()["ids"])
    return ids


def _calls(url: str) -> int:
    return int(requests.get(f"{url}/calls", timeout=60).json()["by_channel"][CHANNEL])


def _worker(run_id: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.backfill_worker", str(run_id)]
    return subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE)
