"""Rate limits by GCRA: one number per bucket in Redis, the time at which it is full again; one round trip per question.

A pace is sized so that no window of `seconds` ever sees more than `calls`. While Redis is away, each process counts by itself.
"""

from __future__ import annotations

import threading
import time
from functools import cache
from math import floor
from typing import NamedTuple

import structlog
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

# Lua shared by all scripts that count: the server's clock, when a bucket is full again, and one more call in it
LUA = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function full_at(key) return tonumber(redis.call('GET', key) or 0) end
local function count_call(key, full, interval)
    local again = math.max(full, now) + interval
    redis.call('SET', key, string.format('%.6f', again), 'PX', math.ceil((again - now + 4 * interval) * 1000))
    return again
end
"""
# KEYS: a bucket. ARGV: interval, tolerance. Returns the seconds to wait, 0 for none, and those until the bucket is empty.
_TAKE = f"""{LUA}
local full = full_at(KEYS[1])
local wait = full - ARGV[2] - now
if wait > 0 then return {{tostring(wait), tostring(full - now)}} end
return {{'0', tostring(count_call(KEYS[1], full, tonumber(ARGV[1])) - now)}}
"""
# without Redis: when it is asked again
AWAY_SECONDS = 2.0


class Pace(NamedTuple):
    """Seconds per call, and how far ahead of that pace a caller may run."""

    interval: float
    tolerance: float


class Taken(NamedTuple):
    """Answer of a bucket: seconds to wait (0: go), calls left at once, and seconds until all of them are."""

    wait: float
    left: int
    full_in: float


def pace_of(calls: int, seconds: float, burst: int) -> Pace:
    """Return the pace at which `burst` calls may come at once and no window of `seconds` sees more than `calls`."""
    interval = seconds / (calls - burst + 1)
    return Pace(interval, (burst - 1) * interval)


def patient_for_nobody() -> Redis:
    """Return a client that answers at once or not at all: a call must not wait for Redis. One retry is for a closed connection."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1))


def take(key: str, pace: Pace) -> Taken:
    """Count a call in a bucket, unless it has to wait."""
    if time.monotonic() >= _local.until:
        try:
            wait, empty_in = _script()(keys=[key], args=list(pace))
        except RedisError as error:
            _local.begin(error)
        else:
            return _taken(float(wait), float(empty_in), pace)
    return _local.take(key, pace)


def _taken(wait: float, empty_in: float, pace: Pace) -> Taken:
    left = floor((pace.tolerance - empty_in) / pace.interval + 1 + 1e-3)
    return Taken(max(wait, 0.0), max(left, 0), max(empty_in, 0.0))


class _LocalBuckets:
    """Buckets of one process while Redis is away."""

    def __init__(self) -> None:
        self.until = 0.0
        self._full: dict[str, float] = {}
        self._lock = threading.Lock()

    def begin(self, error: RedisError) -> None:
        """Redis did not answer."""
        log.warning("quota_without_redis", error=type(error).__name__)
        self.until = time.monotonic() + AWAY_SECONDS

    def take(self, key: str, pace: Pace) -> Taken:
        with self._lock:
            now = time.monotonic()
            full = max(self._full.get(key, 0.0), now)
            wait = full - pace.tolerance - now
            if wait <= 0:
                full = self._full[key] = full + pace.interval
            return _taken(wait, full - now, pace)


_local = _LocalBuckets()


@cache
def _script() -> Script:
    return patient_for_nobody().register_script(_TAKE)
