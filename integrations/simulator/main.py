"""Command line of `manage.py simulate` and `python -m integrations.simulator`; needs no database, settings or environment."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from integrations.simulator.discovery import find_platforms
from integrations.simulator.faults import LEVELS
from integrations.simulator.simulation import Simulation

SAVE_EVERY = 15.0
BASE_PORT = 9100


def parser(program: str = "simulate") -> argparse.ArgumentParser:
    """Return the argument parser."""
    found = argparse.ArgumentParser(program, description="Shops, buyers and platforms to run a hub against.")
    found.add_argument("--seed", default="1", help="the same seed gives the same world")
    found.add_argument("--speed", type=float, default=1.0, help="how much faster than the clock things happen")
    found.add_argument("--chaos", choices=tuple(LEVELS), default="calm", help="what goes wrong, and how often")
    found.add_argument(
        "--quota-factor", type=int, default=1, metavar="N", help="platforms take N times their usual calls per second"
    )
    found.add_argument("--base-port", type=int, default=BASE_PORT, help="the control API; platforms follow")
    found.add_argument("--products", type=int, default=200, help="how many SKUs there are")
    found.add_argument(
        "--trickle", type=float, default=0.0, metavar="SECONDS", help="a sale every so often, without end"
    )
    found.add_argument("--channels", default="", help="only these platforms, with commas (default: all there are)")
    found.add_argument("--state", type=Path, default=None, metavar="FILE", help="go on from here, and keep it here")
    return found


def main(argv: Sequence[str] | None = None, program: str = "simulate") -> int:
    """Simulate until SIGTERM or Ctrl-C and return the exit status."""
    arguments = parser(program)
    options = arguments.parse_args(argv)
    if options.speed <= 0 or options.trickle < 0 or options.quota_factor < 1:
        arguments.error("--speed must be more than 0, --trickle not less, --quota-factor at least 1")
    found = find_platforms()
    chosen = set(filter(None, options.channels.split(","))) or found.keys()
    if chosen - found.keys():
        arguments.error(f"no platform {', '.join(sorted(chosen - found.keys()))}; there are {', '.join(found)}")
    platforms = {channel: platform for channel, platform in found.items() if channel in chosen}
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        simulation = Simulation(
            platforms, base_port=options.base_port, seed=options.seed, products=options.products,
            speed=options.speed, chaos=options.chaos, quota_factor=options.quota_factor, state_file=options.state,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        sys.stderr.write(f"simulate: {error}\n")
        return 1
    _run(simulation, options.trickle, stopped)
    return 0


def _run(simulation: Simulation, trickle: float, stopped: Event) -> None:
    world = simulation.world
    with world.lock:
        if trickle:
            world.day.trickle(trickle * world.book.timeline.speed)
    simulation.start()
    places = " ".join(f"{channel} {url}" for channel, url in world.urls.items())
    sys.stdout.write(f"simulated shops: control {simulation.url} {places}\n")
    sys.stdout.flush()
    took = 0.0
    # a large world is saved less often: the platforms are blocked meanwhile
    while not stopped.wait(max(SAVE_EVERY, 50 * took)):
        took = simulation.save()
    simulation.stop()
