"""Chance without state: each draw is a function of (seed, entity, step), so its order never matters."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
_SPAN = float(1 << 64)


class Draws:
    """All chance of one world. The same parts give the same result, for ever."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def token(self, *parts: object, size: int = 16) -> str:
        """`size` bytes as lower-case hex."""
        text = "\x1f".join(map(str, (self.seed, *parts)))
        return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()

    def number(self, *parts: object) -> int:
        """A whole number of 64 bits."""
        return int(self.token(*parts, size=8), 16)

    def share(self, *parts: object) -> float:
        """A number in [0, 1)."""
        return self.number(*parts) / _SPAN

    def chance(self, rate: float, *parts: object) -> bool:
        """True in `rate` of all cases."""
        return rate > 0 and self.share(*parts) < rate

    def between(self, low: float, high: float, *parts: object) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.share(*parts)

    def whole(self, low: int, high: int, *parts: object) -> int:
        """A whole number in [low, high]."""
        return low + self.number(*parts) % (high - low + 1)

    def pick(self, things: Sequence[Thing], *parts: object) -> Thing:
        """One of the things."""
        return things[self.number(*parts) % len(things)]
