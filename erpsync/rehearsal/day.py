"""Run of one rehearsal: start a hub, hold a sale day on the simulator, compare the books with the world."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connections as databases

from erpsync.rehearsal import bearing, drift, outbox
from erpsync.rehearsal.books import read_books, waiting
from erpsync.rehearsal.compare import compare, with_drift
from erpsync.rehearsal.drill import CrashFault, Drill, Outage, crash_faults
from erpsync.rehearsal.judge import HubKnowledge
from erpsync.rehearsal.latency import percentiles, sale_to_stock
from erpsync.rehearsal.money.check import check_money
from erpsync.rehearsal.money.figures import with_money
from erpsync.rehearsal.money.history import History
from erpsync.rehearsal.processes import Processes, Say, hub_processes
from erpsync.rehearsal.restoring import RestoreDrill
from erpsync.rehearsal.setup import connect_shops, let_pos_import, map_what_is_new
from erpsync.rehearsal.shapes import Verdict
from erpsync.rehearsal.simulator import SimulatorClient
from erpsync.rehearsal.story import with_stories
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


# what a hub on one machine has by itself
USUAL_SINKS = ("redis_streams",)


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings of a rehearsal. `speed`: of the parcels; `channels` empty: all; `answer_ms`: latency of each call to a channel;
    `workers`: of the hub; `sinks`: kinds of event sinks that it has; `history`: orders of the past whose money is checked
    after the day, 0 for none; `restored_after`: age in seconds of the backup that the database goes back to in mid day, 0 for
    never.
    """

    orders: int
    seed: str
    chaos: str = "calm"
    interval_ms: int = 100
    channels: Sequence[str] = ()
    drilled: bool = False
    restored_after: float = 0.0
    database_away_seconds: float = 10.0
    refused_seconds: float = 30.0
    speed: float = 4.0
    answer_ms: int = 0
    workers: int = 2
    sinks: Sequence[str] = USUAL_SINKS
    history: int = 240


@dataclass(frozen=True, slots=True)
class _Record:
    """Counts of the simulator until the day was settled: calls before it, calls in all, and its journal."""

    setup: Mapping[str, Any]
    calls: Mapping[str, Any]
    log: Sequence[Mapping[str, Any]]


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
    with outbox.sinks(kinds=plan.sinks) as receivers, bearing.sampled() as samples:
        relay_drill = outbox.RelayDrill(receivers, plan.refused_seconds) if plan.drilled else None
        verdict = bearing.with_bearing(_day(processes, simulator, plan, relay_drill, log), samples)
        figures = outbox.outbox_figures(receivers, processes.watch)
    killed = {"relays_killed": relay_drill.killed} if relay_drill else {}
    return outbox.with_outbox(verdict, figures | killed)


def _day(
    processes: Processes, simulator: SimulatorClient, plan: Plan, relay_drill: outbox.RelayDrill | None, log: Say
) -> Verdict:
    # the world sells only where the hub has a connector: sales elsewhere could not be handed over
    served = [channel for channel in channels() if not plan.channels or channel in plan.channels]
    processes.simulate(
        "--seed", plan.seed, "--chaos", plan.chaos, "--speed", f"{plan.speed:g}", "--channels", ",".join(served),
        "--quota-factor", str(QUOTA_FACTOR),
    )  # fmt: skip
    processes.work(plan.workers)
    log("servers, web, workers, schedule, relay and simulator are up")
    connections = connect_shops(simulator, lambda line: log(f"  {line}"))
    let_pos_import(simulator, plan.seed, LEVELS[plan.chaos]["odd_imports"])
    _until_quiet(processes, simulator, log)
    setup = simulator.get("/calls")
    log("every shop shows its numbers; the day begins")
    drill = Drill(_faults(plan, log))
    _sell(processes, simulator, plan, drill, relay_drill, log)
    last_buyer_at = datetime.now(UTC)
    simulator.post("/settle")
    _until_quiet(processes, simulator, log)
    for _ in range(SWEEPS):
        _sweep(processes, connections)
        _until_quiet(processes, simulator, log)
        map_what_is_new()
        _until_quiet(processes, simulator, log)
    # what follows, the checks of an hour one after the other, is not of the day
    record = _Record(setup, simulator.get("/calls"), simulator.log())
    changed = drift.change_by_hand(simulator, connections)
    drift.check(connections)
    _until_quiet(processes, simulator, log)
    drift.check(connections)
    log("settled")
    verdict = with_drift(_judged(simulator, connections, last_buyer_at, drill.outages, record), drift.found(changed))
    return _with_money(verdict, simulator, connections, plan, log)


def _faults(plan: Plan, log: Say) -> Sequence[CrashFault]:
    if plan.restored_after:
        return RestoreDrill(age=plan.restored_after, workers=plan.workers, say=log).faults
    return crash_faults(plan.database_away_seconds) if plan.drilled else ()


def _with_money(
    verdict: Verdict, simulator: SimulatorClient, connections: Sequence[Connection], plan: Plan, log: Say
) -> Verdict:
    """Read a history that its platforms settled with errors; the day is over and judged by then."""
    if not plan.history:
        return verdict
    simulator.post("/faults", **LEVELS["calm"])
    figures = check_money(simulator, connections, History.of(plan.history))
    log(f"money checked: {figures['found']} of {figures['planted']} errors found")
    return with_money(verdict, figures)


def _judged(
    simulator: SimulatorClient,
    connections: Sequence[Connection],
    last_buyer_at: datetime,
    outages: Sequence[Outage],
    record: _Record,
) -> Verdict:
    books, report = read_books(last_buyer_at), simulator.get("/truth")
    shops = [(found.channel, found.external_id) for found in connections]
    known = HubKnowledge(
        sold={key: order.known_at for key, order in books.orders.items() if order.known_at},
        off={key: order.off_known_at for key, order in books.orders.items() if order.off_known_at},
        changed=books.changed,
    )
    state = read_world_state(report, record.calls, shops, known, outages, record.setup, record.log)
    waits = {"webhook_to_order": books.order_waits, "sale_to_stock": sale_to_stock(report, record.log)}
    verdict = compare(state, books, latency_ms={name: percentiles(seconds) for name, seconds in waits.items()})
    return with_stories(verdict, state.oversales, report, record.log, known)


def _sell(
    processes: Processes, simulator: SimulatorClient, plan: Plan, drill: Drill, relay_drill: outbox.RelayDrill | None, log: Say
) -> None:  # fmt: skip
    """Hold the day until the last buyer came and the last fault was injected."""
    simulator.post("/faults", **{**LEVELS[plan.chaos], "answer_seconds": plan.answer_ms / 1000})
    simulator.post("/start", orders=plan.orders, interval_ms=plan.interval_ms)
    reported_at = time.monotonic()
    while True:
        progress = simulator.get("/progress")
        placed, wanted = progress["orders_placed"], progress["orders_wanted"]
        drill.inject_due(processes, placed / wanted if progress["running"] else 1.0, log)
        if relay_drill:
            relay_drill.inject_due(processes, log)
        if not progress["running"] and (relay_drill is None or relay_drill.is_over):
            log(f"{placed} orders placed")
            return
        if time.monotonic() - reported_at > REPORT_EVERY:
            reported_at = time.monotonic()
            log(f"{placed} of {wanted} orders placed; waiting: {_words(waiting())}")
        processes.watch(LOOK_SECONDS)


def _until_quiet(processes: Processes, simulator: SimulatorClient, log: Say) -> None:
    """Wait until neither world nor hub has pending work, twice in a row; give up when for QUIET_SECONDS it has not become less than
    it ever was, and let the verdict show it."""
    ends, calm, least = time.monotonic() + QUIET_SECONDS, 0, sys.maxsize
    while calm < 2:
        left = {**waiting(), **_coming(simulator)}
        pending = sum(left.values())
        calm = calm + 1 if not pending else 0
        if pending < least:
            ends, least = time.monotonic() + QUIET_SECONDS, pending
        if time.monotonic() > ends:
            log(f"no less work for {QUIET_SECONDS:.0f} s: {_words(left)}")
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
