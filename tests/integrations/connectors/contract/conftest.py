"""One simulated world for all contract tests, and malformed answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from redis import Redis

from integrations.contract.errors import ChannelError
from integrations.simulator.discovery import find_platforms
from integrations.simulator.serving import Server
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.played import Played
from tests.waiting import wait_until

from .whole import Whole

# enough for every shop of every channel to see returns: about one order in sixty
ORDERS = 1500
# so long ago that every channel has paid it out: a week, its Friday after that, and the courier before
PAST_ORDERS, PAST_DAYS, PAST_ENDED = 10, 2.0, 20.0


@pytest.fixture(autouse=True)
def fresh_limits(redis: Redis) -> None:
    """Limits and circuit breakers as at the start: one that a test opened must not stop the next."""


@pytest.fixture(autouse=True)
def no_pause_before_a_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.wire.http._QUICK_RETRY", 0.0)


@contextmanager
def simulated(seed: str) -> Iterator[Simulation]:
    """A world with every platform there is."""
    found = Simulation(find_platforms(), products=40, seed=seed, speed=20)
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="package")
def world() -> Iterator[Simulation]:
    with simulated("contract") as found:
        yield found


@pytest.fixture(scope="package")
def settled(world: Simulation) -> Simulation:
    """The world after a day of sales and some history: every kind of thing that a channel lists is there."""
    shops = [(channel, shop) for channel, ours in world.world.book.shops.items() for shop in ours]
    for channel, shop in shops:
        # those that no point of sale can import are refused
        _ask(world, "/imports", {"channel": channel, "shop": shop}, 400)
    _ask(world, "/start", {"orders": ORDERS, "interval_ms": 1, "pos_share": 0.4})
    wait_until(lambda: not _progress(world)["running"])
    for channel, shop in shops:
        _ask(
            world,
            "/history",
            {"channel": channel, "shop": shop, "orders": PAST_ORDERS, "days": PAST_DAYS, "ended": PAST_ENDED},
        )
    _ask(world, "/settle", {})
    wait_until(lambda: bool(_progress(world)["settled"]), 120)
    return world


@pytest.fixture(scope="package")
def whole(settled: Simulation) -> Whole:
    return Whole(settled)


@pytest.fixture
def busy(channel: str, settled: Simulation) -> Played:
    return Played(settled, channel)


def _ask(world: Simulation, path: str, body: dict[str, object], *allowed: int) -> None:
    answer = requests.post(world.url + path, json=body, timeout=30)
    assert answer.status_code in (200, *allowed), answer.text


def _progress(world: Simulation) -> dict[str, object]:
    found: dict[str, object] = requests.get(world.url + "/progress", timeout=30).json()
    return found


def error_of(attempt: Callable[[], object]) -> ChannelError | None:
    """Return the error of the channel that a call raises, None where it brings a result; any other exception fails the test."""
    try:
        attempt()
    except ChannelError as error:
        return error
    return None


class SpareTokens:
    """A token source whose renewals change nothing."""

    def current(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return "token"


@contextmanager
def answering(status: int, answers: list[bytes]) -> Iterator[str]:
    """Serve the first of `answers` to every call; the address."""
    server = Server(0, lambda *_: (status, {"Content-Type": "application/json"}, answers[0]))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


MALFORMED: tuple[bytes, ...] = (
    b"{}", b"[]", b"null", b'"text"', b"5", b"", b"<html>", b"\xff", b"[" * 5000, b'{"response": []}', b'{"response": 5}',
    b'{"error": 5}', b'{"error": ["x"]}', b'{"data": "x"}', b'{"data": [5, null, "x"]}', b'{"data": [{}]}',
    b'{"responseStatus": 5}', b'{"responseStatus": {"errorCode": []}}', b'{"total": "x", "data": [{"id": {}}]}',
    b'{"access_token": "a", "refresh_token": 5, "expires_in": "x", "expire_in": {}}', b'{"access_token": ["a"]}',
    b'{"response": {"order_list": 7, "item": {}, "item_list": "x", "more": "x"}}',
    b'{"response": {"order_list": [5, {}, {"order_sn": 5}], "item": [{}], "item_list": [null, {"item_id": "x"}]}}',
)  # fmt: skip
# a day's limits and broken servers: never a refusal, whatever the body says
TRANSIENT = frozenset({429, 500, 503})
STATUSES = (200, 400, 401, 403, 404, 420, 429, 500, 503)
