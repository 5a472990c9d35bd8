"""Adaptive concurrency: how many calls of an account may be under way at once, by how its channel bears them.

A share of what its connector declares, kept in Redis for all workers (AIMD): halved by an answer "too often", a broken one or a slow
one, at most once a second; grown by a twentieth with each good one, so that eighteen good answers in a row lead from the least back
to the whole. Every admitted call brings the share along, so that nobody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from redis import Redis
from redis.commands.core import Script

from core import tunables
from integrations.contract.access import Access

# a call that took longer than this is one that the channel does not bear
SLOW_SECONDS = tunables.CALL_SLOW_SECONDS
LEAST = 0.125
STEP = 0.05
_PREFIX = "erpsync:wire:share:"
# an account that nobody called for so long is asked with its whole concurrency again
_KEPT_SECONDS = 3600

# KEYS: share, mark of a cut. ARGV: least, seconds kept. Returns the share from now on.
_CUT = """
local share = tonumber(redis.call('GET', KEYS[1]) or 1)
if redis.call('SET', KEYS[2], 1, 'NX', 'PX', 1000) then
    share = math.max(ARGV[1], share / 2)
    redis.call('SET', KEYS[1], tostring(share), 'EX', ARGV[2])
end
return tostring(share)
"""
# KEYS: share. ARGV: step, seconds kept. Returns the share from now on.
_GROW = """
local share = math.min(1, tonumber(redis.call('GET', KEYS[1]) or 1) + ARGV[1])
if share == 1 then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], tostring(share), 'EX', ARGV[2]) end
return tostring(share)
"""
# shares as this process saw them last, by scope
_seen: dict[str, float] = {}


def scope(app_key: str, shop_id: str) -> str:
    """Return the scope of an account: its app and its shop id, "" for the app's own calls."""
    return f"{app_key}:{shop_id}"


def key(account: str) -> str:
    """Return the Redis key of an account's share."""
    return _PREFIX + account


def saw(account: str, share: float) -> None:
    """Remember an account's share for `bearable`."""
    if share < 1:
        _seen[account] = share
    else:
        _seen.pop(account, None)


def bearable(access: Access, most: int) -> int:
    """Return how many of an account's `most` calls at once its channel bears now, at least one."""
    return max(1, int(_seen.get(scope(access.app.key, access.shop_id), 1.0) * most))


def cut(redis: Redis, account: str) -> None:
    """Halve an account's share, at most once a second: many calls that fail at once tell one thing."""
    saw(account, float(_script(redis, _CUT)(keys=[key(account), f"{key(account)}:cut"], args=[LEAST, _KEPT_SECONDS])))


def grow(redis: Redis, account: str) -> None:
    """Add a step to an account's share."""
    saw(account, float(_script(redis, _GROW)(keys=[key(account)], args=[STEP, _KEPT_SECONDS])))


def shares(redis: Redis) -> dict[str, float]:
    """Return the shares below the whole, by account."""
    found = [name for name in redis.scan_iter(match=f"{_PREFIX}*", count=1000) if not name.endswith(b":cut")]
    values = redis.mget(found) if found else []
    return {
        name.decode().removeprefix(_PREFIX): float(value)
        for name, value in zip(found, values, strict=True)
        if value is not None
    }


def least_by_channel(found: Mapping[str, float], channels: Mapping[str, str]) -> dict[str, float]:
    """Return the share of each channel's most burdened account, of `shares`. `channels`: by the keys of their apps."""
    least: dict[str, float] = {}
    for account, share in found.items():
        if channel := channels.get(account.partition(":")[0]):
            least[channel] = min(share, least.get(channel, 1.0))
    return least


@cache
def _script(redis: Redis, text: str) -> Script:
    return redis.register_script(text)
