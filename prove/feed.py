"""The feed position under fire: writers with random pauses and roll-backs, sessions left idle in a transaction, several numberings.

A reader follows the feed meanwhile, by position only. `skipped`: committed events it never saw; `doubled`: seen twice or with a
position that another has; `out_of_order`: a version after a later one of the same thing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag
from typing import Any

NUMBERINGS = 2
# the longest pause, within and between transactions; 200 threads of one Python are to keep up with it
PAUSE_SECONDS = 1.0
ROLLED_BACK = 0.2  # of all transactions
EVENTS_AT_ONCE = 4
DRAIN_SECONDS = 20.0


def main() -> int:
    """Exit status 1 when an event was skipped, doubled or out of order, or the lag was too long."""
    parser = argparse.ArgumentParser(prog="prove.feed", description=__doc__)
    parser.add_argument("--writers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    wanted = parser.parse_args()
    # before Django reads its settings
    from bench.ground import ground  # noqa: PLC0415

    with ground(max_connections=wanted.writers + 50):
        report = fire(writers=wanted.writers, seconds=wanted.seconds)
    wanted.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if holds(report) else 1


def holds(report: dict[str, Any]) -> bool:
    """Return whether nothing is wrong with a run, and 99 of 100 events were read within 2 s of their commit."""
    return not (report["skipped"] or report["doubled"] or report["out_of_order"]) and report["lag_p99"] < 2.0


def fire(*, writers: int, seconds: float, pause: float = PAUSE_SECONDS, seed: int = 1) -> dict[str, Any]:
    """Write, number and read at once for so long; return what the reader saw of what was committed."""
    from django.db import connections  # noqa: PLC0415

    committed: dict[str, float] = {}
    done, numbered = Flag(), Flag()
    reader = _Reader()

    def closed(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ExitStack() as idle, ThreadPoolExecutor(writers + NUMBERINGS + 1) as pool:
        for left_open in _idle_sessions():
            idle.callback(left_open.close)
        writing = [
            pool.submit(closed, lambda n=n: _write(f"{seed}-{n}", pause, done, committed)) for n in range(writers)
        ]
        others = [pool.submit(closed, lambda: _number(numbered)) for _ in range(NUMBERINGS)]
        others.append(pool.submit(closed, lambda: reader.follow(numbered)))
        time.sleep(seconds)
        done.set()
        for future in writing:
            future.result()
        until = time.monotonic() + DRAIN_SECONDS
        while len(reader.seen) < len(committed) and time.monotonic() < until:
            time.sleep(0.05)
        numbered.set()
        for future in others:
            future.result()
    return {"writers": writers, "seconds": seconds, **reader.judged(committed)}


def _idle_sessions() -> list[Any]:
    """Return two sessions that have written and neither commit nor end: one here, one in another database of the server."""
    import psycopg  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    parameters = connection.get_connection_params()
    here = psycopg.connect(**parameters)
    here.execute(
        "INSERT INTO core_outboxevent (id, type, source, entity, entity_id, version, shop_ids, data)"
        " VALUES (gen_random_uuid(), 'never', '/x', 'never', '1', 1, '{}', '{}')"
    )
    elsewhere = psycopg.connect(**parameters | {"dbname": "postgres"})
    elsewhere.execute("SELECT pg_current_xact_id()")
    return [here, elsewhere]


def _write(thing: str, pause: float, done: Flag, committed: dict[str, float]) -> None:
    from django.db import transaction  # noqa: PLC0415

    from core.outbox import Event, emit  # noqa: PLC0415

    draws = random.Random(thing)
    step = 0
    while not done.is_set():
        names = [f"{thing}-{step + n}" for n in range(draws.randint(1, EVENTS_AT_ONCE))]
        step += len(names)
        with transaction.atomic():
            for name in names:
                emit([Event("thing.changed", "/prove", "thing", thing, {"name": name})])
                time.sleep(draws.random() * pause / len(names))
            rolls_back = draws.random() < ROLLED_BACK
            transaction.set_rollback(rolls_back)
        if not rolls_back:
            committed.update(dict.fromkeys(names, time.monotonic()))
        time.sleep(draws.random() * pause)


def _number(done: Flag) -> None:
    from core.feed import number_events  # noqa: PLC0415

    while not done.is_set():
        if not number_events():
            time.sleep(0.01)


class _Reader:
    """A reader of the feed: it asks for what is above the last position that it read."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, str, int, float]] = []

    def follow(self, done: Flag) -> None:
        from core.db import fetch  # noqa: PLC0415

        last = 0
        while not done.is_set():
            rows = fetch(
                "SELECT position, data ->> 'name', entity_id, version FROM core_outboxevent"
                " WHERE position > %s ORDER BY position LIMIT 500", last,
            )  # fmt: skip
            now = time.monotonic()
            self.seen += [(*row, now) for row in rows]
            last = rows[-1][0] if rows else last
            time.sleep(0.0 if rows else 0.01)

    def judged(self, committed: dict[str, float]) -> dict[str, Any]:
        """Compare what was read with what was committed."""
        names = [name for _, name, *_ in self.seen]
        positions = [position for position, *_ in self.seen]
        versions: dict[str, int] = {}
        out_of_order = 0
        for _, _, thing, version, _ in self.seen:
            out_of_order += version <= versions.get(thing, 0)
            versions[thing] = version
        lags = sorted(at - committed[name] for _, name, _, _, at in self.seen if name in committed) or [0.0]
        return {
            "committed": len(committed),
            "skipped": len(committed.keys() - set(names)),
            "doubled": len(names) - len(set(names)) + len(positions) - len(set(positions)),
            "gaps": sum(after - before != 1 for before, after in pairwise(positions)),
            "out_of_order": out_of_order,
            "lag_p50": round(max(lags[len(lags) // 2], 0.0), 4),
            "lag_p99": round(max(lags[int(len(lags) * 0.99)], 0.0), 4),
        }


if __name__ == "__main__":
    sys.exit(main())
