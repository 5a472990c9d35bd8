"""Business events relayed to Redis Streams: a backlog per second, and the time from commit to a reader of the stream at 1,000 a second.

The peer is a bare producer: the same entries, added to a stream in pipelines as large as the relay's batches.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from threading import Event as Flag
from threading import Thread
from typing import Any

import django_rq
from django.db import connections, transaction

from bench.ground import Result
from core.feed import number_events
from core.outbox import Event, OutboxEvent, emit
from erpsync.environment import BASE_DIR
from erpsync.rehearsal.latency import percentiles
from erpsync.supervisor import Program, Supervisor
from integrations.events.sinks import sink_kinds
from integrations.events.switching import start_now
from integrations.models import EventSink

SOURCE = "/bench"
STREAM = "erpsync:events:listing"
RATE, SECONDS, AT_ONCE = 1_000, 15.0, 10
THINGS = 500
# of the start, while the relay comes up
WARM_UP_EVENTS = 100
PATIENCE_SECONDS = 120.0


def measure(machine: Supervisor, count: int) -> Result:
    """Relay a backlog of `count` events, then events at a steady rate; both against the bare producer."""
    # events of earlier parts get their positions before the sink's cursor
    while number_events():
        pass
    sink = EventSink(kind="redis_streams", name="bench", settings={"maxlen": str(10 * count)})
    start_now(sink)
    sink.save()
    reader = _Reader()
    reader.start()
    emit_events("w", WARM_UP_EVENTS)
    machine.start(Program("relay", (sys.executable, str(BASE_DIR / "manage.py"), "relay")))
    reader.wait(WARM_UP_EVENTS)
    relay = machine.children["relay"].process
    assert relay is not None
    os.kill(relay.pid, signal.SIGSTOP)
    emit_events("b", count)
    began, seen = time.perf_counter(), len(reader.entries)
    os.kill(relay.pid, signal.SIGCONT)
    reader.wait(WARM_UP_EVENTS + count)
    rate = (WARM_UP_EVENTS + count - seen) / (time.perf_counter() - began)
    committed: dict[str, float] = {}
    reader.entries.clear()
    seconds = min(SECONDS, count / RATE)
    _drip(committed, seconds)
    reader.wait(len(committed))
    reader.done.set()
    waits = [at - committed[name] for name, at in reader.entries.items() if name in committed]
    shares = ", ".join(f"{name} {value} ms" for name, value in percentiles(waits).items())
    lost = OutboxEvent.objects.filter(source=SOURCE).count() - reader.total
    return Result(
        "relay", "events relayed to Redis Streams", rate, "bare XADD in pipelines", _bare(count), count, lost,
        f"commit to reader at {len(committed) / seconds:,.0f}/s: {shares}",
    )  # fmt: skip


def event(name: str, thing: int) -> Event:
    """Return an event of this name about one of the things."""
    data = {
        "listing": {"channel": "bench", "shop_id": "1", "listing_id": name, "item_id": "1", "variation_id": ""},
        "product": None, "units": 1, "changed_at": "2026-11-11T05:00:00Z",
    }  # fmt: skip
    return Event("listing.mapped", SOURCE, "listing", str(thing), data)


def emit_events(mark: str, count: int) -> None:
    """Write so many events, about all things in turn."""
    for first in range(0, count, 1_000):
        with transaction.atomic():
            emit([event(f"{mark}{n}", n % THINGS) for n in range(first, min(first + 1_000, count))])


def _drip(committed: dict[str, float], seconds: float) -> None:
    """Emit at the steady rate, several events a transaction."""
    began = time.perf_counter()
    for first in range(0, int(RATE * seconds), AT_ONCE):
        names = [f"d{n}" for n in range(first, first + AT_ONCE)]
        with transaction.atomic():
            emit([event(name, (first + n) % THINGS) for n, name in enumerate(names)])
        committed.update(dict.fromkeys(names, time.perf_counter()))
        time.sleep(max(0.0, began + (first + AT_ONCE) / RATE - time.perf_counter()))


class _Reader(Thread):
    """A reader of the stream; `entries`: when each event was seen."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.entries: dict[str, float] = {}
        self.total = 0
        self.done = Flag()

    def run(self) -> None:
        redis: Any = django_rq.get_connection("orders")
        last = "0"
        while not self.done.is_set():
            for _, found in redis.xread({STREAM: last}, count=1_000, block=100) or ():
                now = time.perf_counter()
                # before the entries: whoever waited for them reads the total next
                self.total += len(found)
                for _entry, fields in found:
                    self.entries[json.loads(fields[b"event"])["data"]["listing"]["listing_id"]] = now
                last = found[-1][0]

    def wait(self, count: int) -> None:
        """Wait until so many different events were seen."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(self.entries) < count and time.monotonic() < until:
            time.sleep(0.002)


def _bare(count: int) -> float:
    redis: Any = django_rq.get_connection("orders")
    [(_, fields)] = redis.xrange(STREAM, count=1)
    batch = sink_kinds()["redis_streams"].batch
    began = time.perf_counter()
    for first in range(0, count, batch):
        with redis.pipeline(transaction=True) as pipe:
            for _ in range(min(batch, count - first)):
                pipe.xadd("bare", fields, maxlen=10 * count, approximate=True)
            pipe.execute()
    connections.close_all()
    return count / (time.perf_counter() - began)
