"""Run of one rehearsal: start a hub, hold a sale day on the simulator, compare the books with the world."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connections as databases

from erpsync.rehearsal.books import read_books, waiting
from erpsync.rehearsal.compare import compare
from erpsync.rehearsal.drill import Drill, Outage, crash_faults
from erpsync.rehearsal.judge import HubKnowledge
from erpsync.rehearsal.latency import percentiles, sale_to_stock
from erpsync.rehearsal.processes import Processes, Say, hub_processes
from erpsync.rehearsal.setup import connect_shops
from erpsync.rehearsal.shapes import Verdict
from erpsync.rehearsal.simulator import SimulatorClient
from erpsync.rehearsal.surroundings import Surroundings
from erpsync.rehearsal.world_state import read_world_state
from integrations.connectors import channels
from integrations.models import Connection
from integrations.simulator.calls import QUOTA_FACTOR
from integrations.simulator.faults import LEVELS
from integrations.work import wakeups

LOOK_SECONDS = 0.5
SWEEPS = 2  # the second covers what the first one's own reading changed
SWEEP_SECONDS = 30.0
# an event's last retry comes 51 s after its first try, a refused number's within a minute
QUIET_SECONDS = 150.0
REPORT_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings of a rehearsal. `speed`: of the parcels; `channels` empty: all; `answer_ms`: latency of each call to a channel;
    `workers`: of the hub.
    """

    orders: int
    seed: str
    chaos: str = "calm"
    interval_ms: int = 50
    channels: Sequence[str] = ()
    drilled: bool = False
    database_away_seconds: float = 10.0
    speed: float = 4.0
    answer_ms: int = 0
    workers: int = 2


def rehearse(place: Surroundings, plan: Plan, say: Say) -> Verdict:
    """Run a rehearsal and return its verdict. Every process it started has ended by then; the directory stays, with the logs.

    Raises NotReady, ServerFailed, DemoFailed, SetupFailed when the day could not be held.
    """
    try:
        with hub_processes(place, say) as processes:
            return _rehearse(processes, SimulatorClient(place.simulator), plan, say)
    finally:
        databases.close_all()


def _rehearse(processes: Processes, simulator: SimulatorClient, plan: Plan, say: Say) -> Verdict:
    began = time.monotonic()

    def log(line: str) -> None:
        say(f"{time.monotonic() - began:6.1f} s  {line}")

    processes.open()
    # the world sells only where the hub has a connector: sales elsewhere could not be handed over
    served = [channel for channel in channels() if not plan.channels or channel in plan.channels]
    processes.simulate(
        "--seed", plan.seed, "--chaos", plan.chaos, "--speed", f"{plan.speed:g}", "--channels", ",".join(served),
        "--quota-factor", str(QUOTA_FACTOR),
    )  # fmt: skip
    processes.work(plan.workers)
    log("servers, web, workers, schedule and simulator are up")
    connections = connect_shops(simulator, lambda line: log(f"  {line}"))
    _until_quiet(processes, simulator, log)
    log("every shop shows its numbers; the day begins")
    drill = Drill(crash_faults(plan.database_away_seconds) if plan.drilled else ())
    _sell(processes, simulator, plan, drill, log)
    last_buyer_at = datetime.now(UTC)
    simulator.post("/settle")
    _until_quiet(processes, simulator, log)
    for _ in range(SWEEPS):
        _sweep(processes, connections)
        _until_quiet(processes, simulator, log)
    log("settled")
    return _judged(simulator, connections, last_buyer_at, drill.outages)


def _judged(
    simulator: SimulatorClient, connections: Sequence[Connection], last_buyer_at: datetime, outages: Sequence[Outage]
) -> Verdict:
    books, report = read_books(last_buyer_at), simulator.get("/truth")
    shops = [(found.channel, found.external_id) for found in connections]
    known = HubKnowledge(
        sold={key: order.known_at for key, order in books.orders.items() if order.known_at},
        off={key: order.off_known_at for key, order in books.orders.items() if order.off_known_at},
    )
    state = read_world_state(report, simulator.get("/progress")["calls"], shops, known, outages)
    waits = {"webhook_to_order": books.order_waits, "sale_to_stock": sale_to_stock(report, simulator.log())}
    return compare(state, books, latency_ms={name: percentiles(seconds) for name, seconds in waits.items()})


def _sell(processes: Processes, simulator: SimulatorClient, plan: Plan, drill: Drill, log: Say) -> None:
    """Hold the day until the last buyer came and the last crash fault was injected."""
    simulator.post("/faults", **{**LEVELS[plan.chaos], "answer_seconds": plan.answer_ms / 1000})
    simulator.post("/start", orders=plan.orders, interval_ms=plan.interval_ms)
    reported_at = time.monotonic()
    while True:
        progress = simulator.get("/progress")
        placed, wanted = progress["orders_placed"], progress["orders_wanted"]
        drill.inject_due(processes, placed / wanted if progress["running"] else 1.0, log)
        if not progress["running"]:
            log(f"{placed} orders placed")
            return
        if time.monotonic() - reported_at > REPORT_EVERY:
            reported_at = time.monotonic()
            log(f"{placed} of {wanted} orders placed; waiting: {_words(waiting())}")
        processes.watch(LOOK_SECONDS)


def _until_quiet(processes: Processes, simulator: SimulatorClient, log: Say) -> None:
    """Wait until neither world nor hub has pending work, twice in a row; give up after QUIET_SECONDS and let the verdict show it."""
    ends, calm = time.monotonic() + QUIET_SECONDS, 0
    while calm < 2:
        left = {**waiting(), **_coming(simulator)}
        calm = calm + 1 if not any(left.values()) else 0
        if time.monotonic() > ends:
            log(f"not quiet after {QUIET_SECONDS:.0f} s: {_words(left)}")
            return
        processes.watch(LOOK_SECONDS)


def _coming(simulator: SimulatorClient) -> dict[str, int]:
    """Count the world's pending events; a platform's own time-outs and retries only count once the world is settling."""
    progress = simulator.get("/progress")
    coming = {"webhooks on their way": progress["pending"]["on_the_way"]}
    if progress["orders_wanted"]:
        coming["events of the world"] = progress["pending"]["life"] + progress["pending"]["wire"]
    return coming


def _sweep(processes: Processes, connections: Sequence[Connection]) -> None:
    """Run the five-minute sweep now; enqueue it again where the job or its worker was lost."""
    before = dict(Connection.objects.values_list("pk", "last_sweep_at"))
    ends = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < ends:
        now = dict(Connection.objects.values_list("pk", "last_sweep_at"))
        left = [found.pk for found in connections if now[found.pk] == before[found.pk]]
        if not left:
            return
        wakeups.enqueue_once("sweep", left)
        processes.watch(LOOK_SECONDS)


def _words(left: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in left.items() if count) or "nothing"
