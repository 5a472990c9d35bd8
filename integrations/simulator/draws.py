"""Stateless randomness: each draw is a function of (seed, entity, step), so the order of draws never matters."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
_SPAN = float(1 << 64)


class Draws:
    """All randomness of one world. The same parts always give the same result."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def token(self, *parts: object, size: int = 16) -> str:
        """Return `size` bytes as lower-case hex."""
        text = "\x1f".join(map(str, (self.seed, *parts)))
        return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()

    def number(self, *parts: object) -> int:
        """Return a whole number of 64 bits."""
        return int(self.token(*parts, size=8), 16)

    def share(self, *parts: object) -> float:
        """Return a number in [0, 1)."""
        return self.number(*parts) / _SPAN

    def chance(self, rate: float, *parts: object) -> bool:
        """Return True in `rate` of all cases."""
        return rate > 0 and self.share(*parts) < rate

    def between(self, low: float, high: float, *parts: object) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.share(*parts)

    def whole(self, low: int, high: int, *parts: object) -> int:
        """Return a whole number in [low, high]."""
        return low + self.number(*parts) % (high - low + 1)

    def pick(self, things: Sequence[Thing], *parts: object) -> Thing:
        """Return one of the things."""
        return things[self.number(*parts) % len(things)]
