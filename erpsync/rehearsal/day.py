"""One rehearsal: a hub of its own, a sale day on the simulator, and the books against the truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connections as databases

from erpsync.rehearsal.books import read_books, waiting
from erpsync.rehearsal.compare import compare
from erpsync.rehearsal.drill import Away, Drill, blows
from erpsync.rehearsal.house import House, Say, house
from erpsync.rehearsal.judge import Heard
from erpsync.rehearsal.latency import percentiles, sale_to_stock
from erpsync.rehearsal.opening import open_shops
from erpsync.rehearsal.shapes import Verdict
from erpsync.rehearsal.surroundings import Surroundings
from erpsync.rehearsal.truth import read_truth
from erpsync.rehearsal.world import World
from integrations import wake
from integrations.connectors import channels
from integrations.models import Connection
from integrations.simulator.faults import LEVELS

LOOK_SECONDS = 0.5
SWEEPS = 2  # the second finds what the first one's own reading stirred up
SWEEP_SECONDS = 30.0
# an event's last retry comes 51 s after its first try, a refused number's within a minute
QUIET_SECONDS = 150.0
TOLD_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How the day is to go. `speed`: how fast parcels travel; `channels` empty: all there are; `answer_ms`: how far away they are;
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
    """Run it and judge it. Everything it started has ended when it returns; the directory stays, with the logs.

    Raises NotReady, ServerFailed, DemoFailed, NotOpened when the day could not be held.
    """
    try:
        with house(place, say) as home:
            return _rehearse(home, World(place.simulator), plan, say)
    finally:
        databases.close_all()


def _rehearse(home: House, world: World, plan: Plan, say: Say) -> Verdict:
    began = time.monotonic()

    def tell(line: str) -> None:
        say(f"{time.monotonic() - began:6.1f} s  {line}")

    home.open()
    # the world sells only where the hub has a connector: what others sell, nobody could hand over
    served = [channel for channel in channels() if not plan.channels or channel in plan.channels]
    home.simulate(
        "--seed", plan.seed, "--chaos", plan.chaos, "--speed", f"{plan.speed:g}", "--channels", ",".join(served)
    )  # fmt: skip
    home.work(plan.workers)
    tell("servers, web, workers, schedule and simulator are up")
    connections = open_shops(world, lambda line: tell(f"  {line}"))
    _until_quiet(home, world, tell)
    tell("every shop shows its numbers; the day begins")
    drill = Drill(blows(plan.database_away_seconds) if plan.drilled else ())
    _sell(home, world, plan, drill, tell)
    last_buyer_at = datetime.now(UTC)
    world.post("/settle")
    _until_quiet(home, world, tell)
    for _ in range(SWEEPS):
        _sweep(home, connections)
        _until_quiet(home, world, tell)
    tell("settled")
    return _judged(world, connections, last_buyer_at, drill.away)


def _judged(world: World, connections: Sequence[Connection], last_buyer_at: datetime, away: Sequence[Away]) -> Verdict:
    books, told = read_books(last_buyer_at), world.get("/truth")
    shops = [(found.shop.channel, found.external_id) for found in connections]
    heard = Heard(
        sold={key: order.known_at for key, order in books.orders.items() if order.known_at},
        off={key: order.off_known_at for key, order in books.orders.items() if order.off_known_at},
    )
    truth = read_truth(told, world.get("/progress")["calls"], shops, heard, away)
    waits = {"webhook_to_order": books.order_waits, "sale_to_stock": sale_to_stock(told, world.log())}
    return compare(truth, books, latency_ms={name: percentiles(seconds) for name, seconds in waits.items()})


def _sell(home: House, world: World, plan: Plan, drill: Drill, tell: Say) -> None:
    """The day itself: until the last buyer came and the last blow fell."""
    world.post("/faults", **{**LEVELS[plan.chaos], "answer_seconds": plan.answer_ms / 1000})
    world.post("/start", orders=plan.orders, interval_ms=plan.interval_ms)
    told = time.monotonic()
    while True:
        progress = world.get("/progress")
        placed, wanted = progress["orders_placed"], progress["orders_wanted"]
        drill.deal(home, placed / wanted if progress["running"] else 1.0, tell)
        if not progress["running"]:
            tell(f"{placed} orders placed")
            return
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            tell(f"{placed} of {wanted} orders placed; waiting: {_words(waiting())}")
        home.watch(LOOK_SECONDS)


def _until_quiet(home: House, world: World, tell: Say) -> None:
    """Until neither the world nor the hub has anything to do, twice in a row; gives up in the end, and the verdict tells."""
    ends, calm = time.monotonic() + QUIET_SECONDS, 0
    while calm < 2:
        left = {**waiting(), **_coming(world)}
        calm = calm + 1 if not any(left.values()) else 0
        if time.monotonic() > ends:
            tell(f"not quiet after {QUIET_SECONDS:.0f} s: {_words(left)}")
            return
        home.watch(LOOK_SECONDS)


def _coming(world: World) -> dict[str, int]:
    """What the world still sends; a platform's own time-outs and retries only count once the world is settling."""
    progress = world.get("/progress")
    coming = {"webhooks on their way": progress["pending"]["on_the_way"]}
    if progress["orders_wanted"]:
        coming["events of the world"] = progress["pending"]["life"] + progress["pending"]["wire"]
    return coming


def _sweep(home: House, connections: Sequence[Connection]) -> None:
    """What the schedule does every five minutes, now; rung again where the ring or its worker was lost."""
    before = dict(Connection.objects.values_list("pk", "last_sweep_at"))
    ends = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < ends:
        now = dict(Connection.objects.values_list("pk", "last_sweep_at"))
        left = [found.pk for found in connections if now[found.pk] == before[found.pk]]
        if not left:
            return
        wake.ring("sweep", left)
        home.watch(LOOK_SECONDS)


def _words(left: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in left.items() if count) or "nothing"
