"""Limits shared by all workers, the lanes' shares, the breaker, and the process that is left alone without Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from structlog.testing import capture_logs

from integrations.contract.declarations import Limit
from integrations.contract.errors import TryLater
from integrations.wire import limits
from integrations.wire.limits import Gate, enter

# a fifth of it at once, then one call in 1.2 s: more than a call waits
SLOW = Limit("slow", 100, 100)


def go(limit: Limit | None = SLOW, *, lane: str = "orders", shop: str = "shop", place: str = "app:host") -> Gate:
    return enter([] if limit is None else [(limit, "key")], place=place, account=shop, lane=lane)


def admitted(lane: str) -> int:
    """How many calls get in before one is sent away; none waits."""
    for count in range(100):
        try:
            go(lane=lane)
        except TryLater:
            return count
    return 100


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    monkeypatch.setattr(limits, "_local", limits._LocalLimiter())


@pytest.fixture
def away(settings: Any) -> Iterator[Callable[[], None]]:
    """Redis is gone until the fixture's function is called."""
    found = settings.REDIS_URL

    def use(url: str) -> None:
        settings.REDIS_URL = url
        for cached in (limits._redis, limits._enter_script, limits._failed_script):
            cached.cache_clear()

    use("redis://127.0.0.1:1")
    yield lambda: use(found)
    use(found)


# --- pace ---


@given(calls=st.integers(1, 20_000), seconds=st.floats(0.1, 100_000), lane=st.sampled_from(sorted(limits.SHARES)))
def test_no_window_can_ever_hold_more_calls_than_declared(calls: int, seconds: float, lane: str) -> None:
    paced = limits.pace(Limit("any", calls, seconds), lane)
    # a bucket that has long been full: what it lets in within one window that is open at its end
    at_once = 1 + max(0, int((paced.tolerance + 1e-9) / paced.interval))
    assert at_once + (seconds - 1e-6) / paced.interval <= calls + 1
    assert limits.pace(Limit("any", calls, seconds), "orders").tolerance >= paced.tolerance


def test_many_workers_together_keep_the_limit_and_use_it() -> None:
    limit = Limit("fast", 40, 0.5)
    began = time.monotonic()

    def worker() -> int:
        count = 0
        while time.monotonic() < began + 1.2:
            go(limit)
            count += 1
        return count

    with ThreadPoolExecutor(4) as pool:
        total = sum(work.result() for work in [pool.submit(worker) for _ in range(4)])
    # eight at once, then one in 15 ms
    assert 50 < total <= 8 + (time.monotonic() - began) / (0.5 / 33)


def test_orders_may_empty_the_bucket_and_the_others_leave_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE_SECONDS", 0.0)
    assert (admitted("bulk"), admitted("pushes"), admitted("orders")) == (9, 5, 6)


def test_a_call_that_cannot_wait_raises_when_to_come_back() -> None:
    admitted("orders")
    began = time.monotonic()
    with pytest.raises(TryLater) as caught:
        go()
    assert 1.0 < caught.value.after <= 100 / 81
    assert time.monotonic() - began < 0.5


def test_a_short_wait_is_waited() -> None:
    limit = Limit("fast", 4, 1)
    go(limit)
    began = time.monotonic()
    go(limit)
    assert 0.2 < time.monotonic() - began < 0.6


def test_orders_hardly_wait_while_bulk_takes_all_it_may() -> None:
    limit = Limit("small", 10, 1)
    stop = threading.Event()

    def bulk() -> None:
        while not stop.is_set():
            try:
                go(limit, lane="bulk")
            except TryLater as error:
                stop.wait(error.after)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(bulk)
        time.sleep(0.3)
        waits = []
        for _ in range(5):
            began = time.monotonic()
            go(limit)
            waits.append(time.monotonic() - began)
            time.sleep(0.2)
        stop.set()
    assert max(waits) < 0.35


def test_a_bucket_survives_the_loss_of_its_script_and_refills_with_the_loss_of_redis(redis: Redis) -> None:
    assert admitted("orders") == 20
    redis.script_flush()
    assert admitted("orders") == 0
    redis.flushdb()
    assert admitted("orders") == 20


# --- breaker ---


def refused() -> TryLater:
    with pytest.raises(TryLater) as caught:
        go(None)
    return caught.value


def test_five_failures_in_a_row_open_the_breaker_of_that_host_only() -> None:
    for _ in range(4):
        go(None).failed()
    go(None).succeeded()
    for _ in range(4):
        go(None).failed()
    go(None).failed()
    error = refused()
    assert (error.code, error.maybe_done) == ("open", False)
    assert 4 < error.after <= 5
    go(None, place="app:other")


def test_one_probe_at_a_time_and_a_good_one_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPEN_SECONDS", 0.05)
    for _ in range(5):
        go(None).failed()
    time.sleep(0.06)
    probe = go(None)
    assert 29 < refused().after <= 30
    probe.succeeded()
    for _ in range(4):
        go(None).failed()
    go(None)


def test_failed_probes_double_the_pause_up_to_a_minute(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    pauses = []
    for _ in range(5):
        go(None).failed()
    for _ in range(5):
        pauses.append(round(refused().after))
        redis.delete("erpsync:wire:open:app:host")
        go(None).failed()
    assert pauses == [5, 10, 20, 40, 60]


# --- too often ---


def test_too_often_makes_all_workers_of_that_shop_wait() -> None:
    go(None).throttled(7)
    error = refused()
    assert (error.code, round(error.after)) == ("paused", 7)
    go(None, shop="other")


def test_a_day_of_pause_is_asked_again_after_ten_minutes() -> None:
    go(None).throttled(86_400)
    assert round(refused().after) == limits.LONGEST_PAUSE_SECONDS


# --- Redis is away ---


def test_without_redis_each_process_takes_a_quarter_and_logs_it_once(away: Callable[[], None]) -> None:
    with capture_logs() as logs:
        assert admitted("orders") == 1
        assert admitted("orders") == 0
    assert [entry["event"] for entry in logs] == ["limits_without_redis"]
    assert 4 < limits._local.ask("shop", [("key", limits.pace(SLOW, "orders"))]).wait <= 4 * 100 / 81


def test_without_redis_calls_end_as_they_do_and_a_pause_holds_in_the_process(away: Callable[[], None]) -> None:
    gate = go(None)
    gate.failed()
    gate.succeeded()
    gate.throttled(3)
    assert (refused().code, round(refused().after)) == ("paused", 3)


def test_redis_is_used_again_when_it_is_back(away: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AWAY_SECONDS", 0.05)
    assert admitted("orders") == 1
    away()
    time.sleep(0.06)
    assert admitted("orders") == 20
