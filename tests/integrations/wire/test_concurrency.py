"""Calls at once of an account: fewer after "too often", broken and slow answers, and as many as before after good ones."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import TryLater
from integrations.wire import concurrency, limits
from integrations.wire.concurrency import LEAST, SLOW_SECONDS, bearable, scope, shares

ACCOUNT = scope("app", "7")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    monkeypatch.setattr(limits, "_local", limits._LocalLimiter())
    monkeypatch.setattr(concurrency, "_seen", {})


def enter() -> limits.Gate:
    return limits.enter([], place="app:host", account=ACCOUNT, lane="orders")


def at_once(most: int = 8) -> int:
    tokens: Any = None
    return bearable(Access(AppAccess("app", {}), "7", tokens), most)


def time_passes(redis: Redis) -> None:
    """More than a second: what was told before is of another cut, and the channel's pause is over."""
    redis.delete(f"{concurrency.key(ACCOUNT)}:cut", f"erpsync:wire:pause:app:host:{ACCOUNT}")


def test_answers_that_fail_at_once_halve_it_once(redis: Redis) -> None:
    gates = [enter() for _ in range(3)]
    assert at_once() == 8
    for gate in gates:
        gate.throttled(0.01)
    assert (at_once(), at_once(1), shares(redis)) == (4, 1, {ACCOUNT: 0.5})
    time_passes(redis)
    enter().failed()
    assert at_once() == 2
    for _ in range(9):
        time_passes(redis)
        enter().failed()
        redis.delete("erpsync:wire:open:app:host")
    assert shares(redis) == {ACCOUNT: LEAST}
    assert at_once() == 1


def test_a_slow_answer_counts_as_one_too_many(redis: Redis) -> None:
    enter().succeeded(SLOW_SECONDS)
    assert at_once() == 8
    enter().succeeded(SLOW_SECONDS + 0.1)
    assert at_once() == 4


def test_good_answers_lead_back_to_the_whole(redis: Redis) -> None:
    enter().throttled(0.01)
    time_passes(redis)
    seen = []
    for _ in range(11):
        enter().succeeded()
        seen.append(at_once())
    assert seen == [4, 4, 5, 5, 6, 6, 6, 7, 7, 8, 8]
    assert shares(redis) == {}


def test_the_next_call_of_any_worker_learns_of_it_by_being_admitted(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter().throttled(0.01)
    monkeypatch.setattr(concurrency, "_seen", {})
    with pytest.raises(TryLater):
        enter()
    time_passes(redis)
    assert at_once() == 8
    enter()
    assert at_once() == 4


def test_a_channel_that_bears_everything_costs_no_further_command(redis: Redis) -> None:
    enter().succeeded(1.0)
    before = redis.info("commandstats")
    for _ in range(3):
        enter().succeeded(1.0)
    after = redis.info("commandstats")
    used = {name: row["calls"] - before.get(name, {"calls": 0})["calls"] for name, row in after.items()}
    assert used["cmdstat_evalsha"] == 3
    assert used.get("cmdstat_set", 0) == 0
