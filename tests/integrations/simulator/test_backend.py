"""Actions scheduled by name: run when they are due, and kept over a restart of the simulator."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from integrations.simulator.backend import MarketplaceBackend, MarketplaceState


@dataclass
class Clock:
    """The part of a `PlatformContext` that scheduling needs."""

    seconds: float = 0.0
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def logical_time(self) -> float:
        return self.seconds

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.due.append((self.seconds + seconds, action))

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        ready = sorted((found for found in self.due if found[0] <= self.seconds), key=lambda found: found[0])
        self.due = [found for found in self.due if found[0] > self.seconds]
        for _, action in ready:
            action()


State = MarketplaceState[str, str, list[tuple[str, int]]]
Backend = MarketplaceBackend[str, str, list[tuple[str, int]]]


def ship(backend: Backend, subject: str, number: int) -> None:
    backend.book.append((subject, number))


def backend_of(state: State, clock: Clock) -> Backend:
    context: Any = clock
    return MarketplaceBackend(context, state, {"ship": ship})


def test_a_scheduled_action_runs_once_when_it_is_due() -> None:
    clock = Clock()
    backend = backend_of(MarketplaceState("app", "tokens", []), clock)
    backend.schedule(10.0, "ship", "A", 1)
    backend.schedule(5.0, "ship", "B")
    clock.pass_time(7.0)
    assert backend.book == [("B", 0)]
    clock.pass_time(7.0)
    assert backend.book == [("B", 0), ("A", 1)]
    assert backend.state.schedule.pending == {}


def test_after_a_restart_pending_actions_keep_their_time_and_late_ones_run_at_once() -> None:
    clock = Clock()
    backend = backend_of(MarketplaceState("app", "tokens", []), clock)
    backend.schedule(10.0, "ship", "late")
    backend.schedule(30.0, "ship", "later")
    saved = pickle.loads(pickle.dumps(backend.state))  # noqa: S301 - our own
    clock = Clock(seconds=20.0)
    restored = backend_of(saved, clock)
    restored.resume()
    clock.pass_time(0.0)
    assert restored.book == [("late", 0)]
    clock.pass_time(9.0)
    assert restored.book == [("late", 0)]
    clock.pass_time(1.0)
    assert restored.book == [("late", 0), ("later", 0)]
