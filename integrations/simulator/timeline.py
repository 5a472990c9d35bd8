"""Logical time and its pending events."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# settling brings these kinds forward; the others wait for their time
LIFE, WIRE, DAY = "life", "wire", "day"
SETTLED = frozenset({LIFE, WIRE})


@dataclass(order=True)
class Event:
    """Event due at a logical time; `number` keeps the order of equals."""

    due: float
    number: int
    kind: str = field(compare=False)
    action: Callable[[], None] = field(compare=False)


class Timeline:
    """Clock of logical seconds since the world began: the machine's seconds times `speed`, plus what was advanced.

    It stands still until `start()`: what is planned while a world is made never depends on how long making it took.
    Not thread-safe: the world's lock is held around every call. Actions must be picklable (bound methods, partials).
    While an event runs, `now()` is the time it was due: what it plans does not depend on how late it ran.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.settling = False
        self._passed = 0.0
        self._since: float | None = None
        self._running: float | None = None
        self._events: list[Event] = []
        self._number = 0

    def start(self) -> None:
        """Let time run. May be repeated."""
        if self._since is None:
            self._since = time.monotonic()

    def now(self) -> float:
        """Return the logical seconds since the world began; within an event, the time it was due."""
        return self.clock() if self._running is None else self._running

    def clock(self) -> float:
        """Return the logical time of the clock, even within an event."""
        ran = 0.0 if self._since is None else time.monotonic() - self._since
        return self._passed + ran * self.speed

    def schedule(self, seconds: float, action: Callable[[], None], kind: str = LIFE) -> None:
        """Run an action after so many logical seconds."""
        self._number += 1
        heapq.heappush(self._events, Event(self.now() + max(0.0, seconds), self._number, kind, action))

    def advance(self, seconds: float) -> None:
        """Let logical time jump; what has become due runs with the next `run_due`."""
        self._passed += seconds

    def run_due(self, limit: int = 200) -> int:
        """Run up to `limit` due events in order and return how many ran. While settling, pending steps count as due."""
        done, clock = 0, self.clock()
        while done < limit and self._events:
            if self._events[0].due <= clock:
                event = heapq.heappop(self._events)
            elif self.settling:
                found = self._first_to_settle()
                if found is None:
                    break
                event = found
            else:
                break
            self._running = event.due
            try:
                event.action()
            finally:
                self._running = None
            done += 1
        return done

    def drop(self, kind: str) -> None:
        """Forget all events of a kind."""
        self._events = [event for event in self._events if event.kind != kind]
        heapq.heapify(self._events)

    def pending(self) -> dict[str, int]:
        """Count the pending events by kind."""
        counts = {LIFE: 0, WIRE: 0, DAY: 0}
        for event in self._events:
            counts[event.kind] += 1
        return counts

    def _first_to_settle(self) -> Event | None:
        held: list[Event] = []
        found = None
        while self._events:
            event = heapq.heappop(self._events)
            if event.kind in SETTLED:
                found = event
                break
            held.append(event)
        for event in held:
            heapq.heappush(self._events, event)
        return found

    def __getstate__(self) -> dict[str, Any]:
        # webhooks and retries in flight are lost with the process
        kept = [event for event in self._events if event.kind != WIRE]
        return self.__dict__ | {"_passed": self.clock(), "_running": None, "_since": None, "_events": kept}
