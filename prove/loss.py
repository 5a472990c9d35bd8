"""Every event at every sink, at least once and in order per entity, while the relay is killed, each sink refuses and Redis is emptied.

Writers emit events of a few things; two relay processes run, each of which is killed with -9 again and again. A receiver of each kind
of sink, behind a proxy that breaks off and refuses, writes down what it gets. `missing`, `out_of_order` (the first sight of a version
after a later one) per sink. The same under orders and with PostgreSQL stopped: `manage.py rehearse --drill`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from erpsync.rehearsal.receivers.each import Receiver

ROOT = Path(__file__).resolve().parent.parent
# the type under which the proof's things are published
TYPE = "thing.changed"
THINGS = 40


def main() -> int:
    """Exit status 1 when an event is missing at a sink, or came out of order."""
    parser = argparse.ArgumentParser(prog="prove.loss", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long events are written")
    parser.add_argument("--rate", type=float, default=100.0, help="events a second")
    parser.add_argument("--refuse", type=float, default=30.0, help="seconds for which each sink refuses")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    wanted = parser.parse_args()
    os.environ["EVENTS_PRIVATE_NETWORKS"] = "127.0.0.0/8"
    # before Django reads its settings
    from bench.ground import ground  # noqa: PLC0415

    with ground():
        report = fire(
            os.environ, seconds=wanted.seconds, rate=wanted.rate, kill_every=(3.0, 5.0), refuse=wanted.refuse, patience=600.0
        )  # fmt: skip
    wanted.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if holds(report) else 1


def holds(report: Mapping[str, Any]) -> bool:
    """Return whether no event is missing or out of order at any sink, and the blows fell."""
    sinks = report["sinks"].values()
    return report["killed"] > 0 and not any(sink["missing"] or sink["out_of_order"] for sink in sinks)


def fire(
    environment: Mapping[str, str], *, seconds: float, rate: float, kill_every: tuple[float, float], refuse: float,
    patience: float,
) -> dict[str, Any]:  # fmt: skip
    """Write for so long, with every blow, then wait until all is delivered; return what each sink saw."""
    # before Django is set up this cannot be imported
    from erpsync.rehearsal.outbox import sinks  # noqa: PLC0415

    with sinks([TYPE]) as found, _relays(environment) as relays:
        _write(0.1, rate)
        while not all(receiver.received.events for receiver in found):
            time.sleep(0.05)
        killed = _blows(relays, found, seconds=seconds, rate=rate, kill_every=kill_every, refuse=refuse)
        written = _written()
        until = time.monotonic() + patience
        while time.monotonic() < until and any(one.received.judged(written)["missing"] for one in found):
            time.sleep(0.2)
            relays.mend()
        seen = {one.kind: one.received.judged(written) for one in found}
    return {"written": len(written), "killed": killed, "sinks": seen}


def _blows(
    relays: _Relays,
    found: Sequence[Receiver],
    *,
    seconds: float,
    rate: float,
    kill_every: tuple[float, float],
    refuse: float,
) -> int:
    import django_rq  # noqa: PLC0415

    writing = Thread(target=_write, args=(seconds, rate))
    writing.start()
    draws, began = random.Random(1), time.monotonic()
    blows: list[tuple[float, Callable[[], object]]] = [
        (seconds * 0.85, lambda: django_rq.get_connection("orders").flushdb())
    ]
    for number, receiver in enumerate(found):
        since = seconds * (0.1 + 0.18 * number)
        blows += [(since, receiver.proxy.refuse), (since + refuse, receiver.proxy.allow)]
    blows.sort(key=lambda blow: blow[0])
    killed, next_kill = 0, draws.uniform(*kill_every)
    while writing.is_alive() or blows:
        passed = time.monotonic() - began
        while blows and blows[0][0] <= passed:
            blows.pop(0)[1]()
        if passed >= next_kill and writing.is_alive():
            relays.kill(killed % 2)
            killed, next_kill = killed + 1, passed + draws.uniform(*kill_every)
        relays.mend()
        time.sleep(0.05)
    writing.join()
    return killed


def _write(seconds: float, rate: float) -> None:
    """Emit events at this rate; a tenth of the transactions is rolled back."""
    from django.db import connections, transaction  # noqa: PLC0415

    from core.outbox import Event, emit  # noqa: PLC0415

    draws, until = random.Random(seconds), time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            with transaction.atomic():
                things = [str(draws.randrange(THINGS)) for _ in range(draws.randint(1, 5))]
                emit([Event(TYPE, "/prove", "thing", thing, {}) for thing in things])
                transaction.set_rollback(draws.random() < 0.1)
            time.sleep(len(things) / rate)
    finally:
        connections.close_all()


def _written() -> set[str]:
    from core.outbox import OutboxEvent  # noqa: PLC0415

    return {str(pk) for pk in OutboxEvent.objects.filter(type=TYPE).values_list("pk", flat=True)}


class _Relays:
    """Two relay processes that are started again whenever they are gone."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self.processes = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "prove.relay_of_things"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL)

    def kill(self, number: int) -> None:
        """Kill one with -9."""
        self.processes[number].kill()
        self.processes[number].wait()

    def mend(self) -> None:
        """Start those that are gone."""
        self.processes = [self._start() if p.poll() is not None else p for p in self.processes]


@contextmanager
def _relays(environment: Mapping[str, str]) -> Iterator[_Relays]:
    relays = _Relays(environment)
    try:
        yield relays
    finally:
        for process in relays.processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
