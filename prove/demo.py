"""Hours of the demo, faster than they pass: the shops of `make run` sell, and every connection's light stays green.

`--speed 12` lets an hour of the platforms pass in five minutes: their hourly allowances count by that clock.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from erpsync.rehearsal import surroundings

LOOK_SECONDS = 5.0
# a sale every so many seconds of the platforms' clock, as `make run` has it
TRICKLE_SECONDS = 4.0
HOUR = 3600.0


def main() -> int:
    """Exit status 1 when a light was red."""
    parser = argparse.ArgumentParser(prog="prove.demo", description=__doc__)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--speed", type=float, default=12.0)
    parser.add_argument("--channels", default="", help="only these, with commas (default: all there are)")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    # before Django reads its settings
    surroundings.enter()
    import django  # noqa: PLC0415

    django.setup()
    report = _live(wanted.hours, wanted.speed, tuple(filter(None, wanted.channels.split(","))))
    wanted.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return 1 if report["red"] else 0


def _live(hours: float, speed: float, only: tuple[str, ...]) -> dict[str, Any]:
    # these import models
    from erpsync.rehearsal.processes import hub_processes  # noqa: PLC0415
    from erpsync.rehearsal.setup import connect_shops  # noqa: PLC0415
    from erpsync.rehearsal.simulator import SimulatorClient  # noqa: PLC0415
    from integrations.connectors import channels  # noqa: PLC0415
    from integrations.simulator.calls import QUOTA_FACTOR  # noqa: PLC0415

    place = surroundings.entered()
    simulator = SimulatorClient(place.simulator)
    with hub_processes(place, print) as processes:
        processes.open()
        served = [channel for channel in channels() if not only or channel in only]
        processes.simulate(
            "--speed", f"{speed:g}", "--channels", ",".join(served), "--quota-factor", str(QUOTA_FACTOR),
        )  # fmt: skip
        processes.work(2)
        connect_shops(simulator, print)
        simulator.post(
            "/start", orders=round(hours * HOUR / TRICKLE_SECONDS), interval_ms=1000 * TRICKLE_SECONDS / speed
        )
        report = _watched(processes, simulator, hours * HOUR / speed, speed)
    place.remove()
    return {"hours": hours, **report}


def _watched(processes: Any, simulator: Any, seconds: float, speed: float) -> dict[str, Any]:
    from erpsync.connections.health import RED, measured, overall  # noqa: PLC0415
    from integrations.models import Connection  # noqa: PLC0415

    red: set[str] = set()
    hours: dict[int, Counter[str]] = defaultdict(Counter)
    began, before = time.monotonic(), _calls(simulator)
    while (passed := time.monotonic() - began) < seconds:
        processes.watch(min(LOOK_SECONDS, seconds))
        now = _calls(simulator)
        hours[int(passed * speed / HOUR)].update({name: now[name] - before.get(name, 0) for name in now})
        before = now
        for connection in measured(Connection.objects.all()):
            light = overall(connection, for_operators=True)
            if light.colour == RED:
                red.add(f"{connection}: {light.advice}")
    busiest: Counter[str] = Counter()
    for counted in hours.values():
        busiest |= counted
    return {"orders": simulator.get("/progress")["orders_placed"], "red": sorted(red), "busiest_hour": dict(busiest)}


def _calls(simulator: Any) -> Mapping[str, int]:
    found: Mapping[str, int] = simulator.get("/calls")["by_channel"]
    return found


if __name__ == "__main__":
    sys.exit(main())
