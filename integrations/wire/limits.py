"""Rate limits that all workers share, and a circuit breaker per app and host, checked in one round trip to Redis per call.

A limit is a bucket (GCRA: one number per bucket, the time at which it is full again) sized so that no window of `seconds`
ever sees more than `calls`. Lanes share it: orders may empty it, the others leave a part to them. While Redis is away, each
process keeps to a fraction of each limit by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

import structlog
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from core import gcra, tunables
from core.gcra import Pace, pace_of, patient_for_nobody
from integrations.contract.declarations import Limit
from integrations.contract.errors import TryLater
from integrations.contract.reasons import CALLS_PAUSED, CALLS_USED_UP, CHANNEL_DOWN
from integrations.wire import concurrency

log = structlog.get_logger(__name__)

# how much of a bucket a lane may use
SHARES = {"orders": 1.0, "pushes": 0.75, "bulk": 0.5}
# a fifth of a limit may come at once, the rest flows
_BURST = 5
# a call waits here so long for its turn; beyond that it comes back later
PATIENCE_SECONDS = tunables.LIMIT_PATIENCE_SECONDS
# failures in a row that open the breaker; then it stays open for twice as long after each failed probe
FAILURES = tunables.BREAKER_FAILURES
OPEN_SECONDS = tunables.BREAKER_SECONDS
LONGEST_OPEN_SECONDS = tunables.BREAKER_MOST_SECONDS
# a probe whose worker died blocks the next no longer than this
PROBE_SECONDS = 30
# a channel's "wait" binds the others no longer than this; then one call asks again
LONGEST_PAUSE_SECONDS = 600.0
# without Redis: the part of each limit that one process takes, and when Redis is asked again
LOCAL_SHARE = 0.25
AWAY_SECONDS = 2.0
_PREFIX = "erpsync:wire:"

# KEYS: pause, open, failures, share of the concurrency, then one per bucket. ARGV: failures that open, ms of a probe, then interval and
# tolerance (seconds) per bucket. Returns the decision, the seconds to wait, the failures in a row, and the share.
_ENTER = f"""{gcra.LUA}
for i, word in ipairs({{'paused', 'open'}}) do
    local left = redis.call('PTTL', KEYS[i])
    if left > 0 then return {{word, tostring(left / 1000), 0, '1'}} end
end
local full, wait = {{}}, 0
for i = 5, #KEYS do
    full[i] = full_at(KEYS[i])
    wait = math.max(wait, full[i] - ARGV[2 * i - 6] - now)
end
if wait > 0 then return {{'wait', tostring(wait), 0, '1'}} end
for i = 5, #KEYS do count_call(KEYS[i], full[i], tonumber(ARGV[2 * i - 7])) end
local failures = tonumber(redis.call('HGET', KEYS[3], 'failures') or 0)
if failures >= tonumber(ARGV[1]) then redis.call('SET', KEYS[2], 1, 'PX', ARGV[2]) end
return {{'go', '0', failures, redis.call('GET', KEYS[4]) or '1'}}
"""
# KEYS: open, failures. ARGV: failures that open, seconds open, at most. Returns the seconds it is open from now on.
_FAILED = """
redis.call('EXPIRE', KEYS[2], 3600)
if redis.call('HINCRBY', KEYS[2], 'failures', 1) < tonumber(ARGV[1]) then return 0 end
local times = redis.call('HINCRBY', KEYS[2], 'opened', 1)
local seconds = math.min(ARGV[2] * 2 ^ (times - 1), tonumber(ARGV[3]))
redis.call('SET', KEYS[1], 1, 'PX', seconds * 1000)
redis.call('EXPIRE', KEYS[2], 3600)
return seconds
"""


def pace(limit: Limit, lane: str) -> Pace:
    """Return a lane's pace. Lanes that leave a share to orders are held back even where the bucket is too small for a burst."""
    burst = max(1, limit.calls // _BURST)
    interval, tolerance = pace_of(limit.calls, limit.seconds, burst)
    share = SHARES[lane]
    return Pace(interval, share * tolerance - interval * (1 / share - 1))


class Gate:
    """One admitted call; report its outcome exactly once. Never raises: Redis may be gone by then."""

    def __init__(self, place: str, account: str, *, troubled: bool, share: float) -> None:
        self._place, self._account, self._troubled, self._share = place, account, troubled, share

    def succeeded(self, seconds: float = 0.0) -> None:
        """The channel answered, after so long."""
        self._answered()
        if seconds > concurrency.SLOW_SECONDS:
            self._cut()
        elif self._share < 1:
            _report(lambda redis: concurrency.grow(redis, self._account))

    def failed(self) -> None:
        """The channel is out of order."""
        self._cut()
        arguments = (FAILURES, OPEN_SECONDS, LONGEST_OPEN_SECONDS)
        keys = (_open(self._place), _failures(self._place))
        if seconds := _report(lambda _: _failed_script()(keys=keys, args=arguments)):
            log.warning("breaker_opened", place=self._place, seconds=seconds)

    def throttled(self, after: float) -> None:
        """The channel said "too often": no worker calls for this account until `after` seconds are over."""
        self._answered()
        self._cut()
        after = min(max(after, 0.001), LONGEST_PAUSE_SECONDS)
        paused = _pause(self._place, self._account)
        _local.pause(paused, after)
        _report(lambda redis: redis.set(paused, 1, px=round(after * 1000)))

    def _answered(self) -> None:
        if self._troubled:
            _report(lambda redis: redis.delete(_open(self._place), _failures(self._place)))

    def _cut(self) -> None:
        _report(lambda redis: concurrency.cut(redis, self._account))


def enter(counted: Iterable[tuple[Limit, str]], *, place: str, account: str, lane: str) -> Gate:
    """Admit a call, after a wait of at most PATIENCE_SECONDS. Raises TryLater with the time at which to come back.

    `counted`: the limits it counts against, each with the key of its bucket. `place`: app and host, the scope of the breaker.
    `account`: the scope of a channel's "too often" and of its concurrency. `lane`: one of SHARES.
    """
    buckets = [(key, pace(limit, lane)) for limit, key in counted]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        verdict = _ask(place, account, buckets)
        if verdict.word == "go":
            concurrency.saw(account, verdict.share)
            return Gate(place, account, troubled=verdict.troubled, share=verdict.share)
        if verdict.word != "wait" or time.monotonic() + verdict.wait > deadline:
            raise TryLater(_REASONS[verdict.word], after=verdict.wait, code=verdict.word)
        time.sleep(verdict.wait)


_REASONS = {
    "paused": CALLS_PAUSED,
    "open": CHANNEL_DOWN,
    "wait": CALLS_USED_UP,
}


class _Verdict(NamedTuple):
    word: str
    wait: float
    troubled: bool
    share: float = 1.0


def _ask(place: str, account: str, buckets: list[tuple[str, Pace]]) -> _Verdict:
    if time.monotonic() >= _local.until:
        shared = [_pause(place, account), _open(place), _failures(place), concurrency.key(account)]
        keys = [*shared, *(f"{_PREFIX}bucket:{key}" for key, _ in buckets)]
        numbers = [number for _, paced in buckets for number in paced]
        try:
            word, wait, failures, share = _enter_script()(keys=keys, args=[FAILURES, PROBE_SECONDS * 1000, *numbers])
        except RedisError as error:
            _local.begin(error)
        else:
            _local.end()
            return _Verdict(word.decode(), float(wait), failures > 0, float(share))
    return _local.ask(_pause(place, account), buckets)


def _report(what: Callable[[Redis], Any]) -> Any:
    if time.monotonic() < _local.until:
        return None
    try:
        return what(_redis())
    except RedisError as error:
        _local.begin(error)
        return None


class _LocalLimiter:
    """Limiter of one process while Redis is away. It has pauses and a part of each limit, no breaker."""

    def __init__(self) -> None:
        self.until = 0.0
        self._full: dict[str, float] = {}
        self._paused: dict[str, float] = {}
        self._lock = threading.Lock()

    def begin(self, error: RedisError) -> None:
        """Redis did not answer."""
        if not self.until:
            log.warning("limits_without_redis", error=type(error).__name__)
        self.until = time.monotonic() + AWAY_SECONDS

    def end(self) -> None:
        """Redis answers."""
        self.until = 0.0
        if self._full:
            self._full.clear()

    def pause(self, key: str, after: float) -> None:
        """As Gate.throttled."""
        self._paused[key] = time.monotonic() + after

    def ask(self, pause: str, buckets: list[tuple[str, Pace]]) -> _Verdict:
        """As the script, at a fraction of the pace and without a burst."""
        with self._lock:
            now = time.monotonic()
            if (left := self._paused.get(pause, 0.0) - now) > 0:
                return _Verdict("paused", left, troubled=False)
            wait = max(
                (self._full.get(key, 0.0) - min(paced.tolerance, 0.0) - now for key, paced in buckets), default=0
            )
            if wait > 0:
                return _Verdict("wait", wait, troubled=False)
            self._full |= {key: now + paced.interval / LOCAL_SHARE for key, paced in buckets}
            return _Verdict("go", 0.0, troubled=True)


_local = _LocalLimiter()


@cache
def _redis() -> Redis:
    return patient_for_nobody()


@cache
def _enter_script() -> Script:
    return _redis().register_script(_ENTER)


@cache
def _failed_script() -> Script:
    return _redis().register_script(_FAILED)


def _pause(place: str, account: str) -> str:
    return f"{_PREFIX}pause:{place}:{account}"


def _open(place: str) -> str:
    return f"{_PREFIX}open:{place}"


def _failures(place: str) -> str:
    return f"{_PREFIX}failures:{place}"
