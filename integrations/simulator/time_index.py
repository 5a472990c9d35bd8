"""Index of a platform's records by a time that may change, so that no list call scans all records."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Generic, TypeVar

IdT = TypeVar("IdT", int, str)
_TIME = itemgetter(0)


@dataclass
class TimeIndex(Generic[IdT]):
    """Ids sorted by whole seconds, then id."""

    keys: list[tuple[int, IdT]] = field(default_factory=list)

    def add(self, moment: float, key: IdT) -> None:
        """Add an id."""
        insort(self.keys, (int(moment), key))

    def move(self, before: float, after: float, key: IdT) -> None:
        """Move an id from one time to another."""
        del self.keys[bisect_left(self.keys, (int(before), key))]
        self.add(after, key)

    def between(self, first: float, last: float) -> list[tuple[int, IdT]]:
        """Return (time, id) of the ids with a time in [first, last], oldest first."""
        low, high = bisect_left(self.keys, int(first), key=_TIME), bisect_right(self.keys, int(last), key=_TIME)
        return self.keys[low:high]
