"""Parts of an API call that all platforms share: its basic facts, its route, JSON bodies, rate limits."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec


class NotJson(ValueError):
    """Error for a body that is not JSON."""


@dataclass
class Call:
    """One call. `now`: the platform's clock, epoch seconds; `moment`: logical seconds."""

    method: str
    path: str
    now: float
    moment: float


# part of a path that names one thing: it has a digit and is no version (v2, 202309)
_NAMES_A_THING = re.compile(r"(?!v\d+(?:\.\d+)?$|20\d{4}$).*\d")


def route(method: str, target: str) -> str:
    """Return method and path of a call, `*` in place of ids: what calls are counted by."""
    parts = urlsplit(target).path.split("/")
    return f"{method} {'/'.join('*' if _NAMES_A_THING.match(part) else part for part in parts)}"


# of a demo and a rehearsal: a day's sales happen within minutes
QUOTA_FACTOR = 100


@dataclass
class SlidingWindow:
    """Count of calls within the last `seconds`, per key. Times may be of any clock, as long as it is always the same."""

    seconds: float = 1.0
    made: defaultdict[Hashable, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, key: Hashable, now: float, limit: int) -> bool:
        """Count a call and return True, or return False where it is one too many."""
        made = self.made[key]
        while made and made[0] <= now - self.seconds:
            made.popleft()
        if len(made) >= limit:
            return False
        made.append(now)
        return True


@dataclass
class Quota:
    """Calls per key within one second. `refusal`: the platform's error for a call beyond the limit."""

    per_second: int
    refusal: Callable[[], Exception]
    window: SlidingWindow = field(default_factory=SlidingWindow)

    def spend(self, key: Hashable, now: float, factor: int = 1) -> None:
        """Count a call. Raises the platform's refusal where it is more than `factor` times the limit."""
        if not self.window.count(key, now, self.per_second * factor):
            raise self.refusal()


def decode_json(raw: bytes | str) -> Any:
    """Return the parsed JSON. Raises NotJson, also for wrong UTF-8 and for nesting past the parser's depth."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(str(error)) from error
