"""The world as a whole: its state, its platforms, and the engine that runs logical time."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, RLock, Thread
from typing import Any

from integrations.simulator.day import Day
from integrations.simulator.sender import Sender
from integrations.simulator.simulated_platform import SimulatedPlatform
from integrations.simulator.world_context import WorldContext

# events run before other threads get the lock, and the engine's pause when none is due, real seconds
_AT_ONCE, _REST = 20, 0.01


class World:
    """One world. Hold `lock` around every use of it; `start` runs it in the background."""

    def __init__(self, day: Day, kinds: Mapping[str, type[SimulatedPlatform]], urls: Mapping[str, str]) -> None:
        self.lock = RLock()
        self.day, self.life, self.book, self.platforms = day, day.life, day.book, day.life.platforms
        self.urls = urls
        self.sender = Sender(self.book, self.lock)
        self._stopped = Event()
        self._engine: Thread | None = None
        for channel, kind in kinds.items():
            self.platforms[channel] = kind(WorldContext(channel, urls[channel], self.book, self.life, self.sender))

    def open(self) -> None:
        """Open every platform's shops in a new world."""
        for platform in self.platforms.values():
            platform.open()

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Restore saved states by channel. A platform that was added since is opened."""
        for channel, platform in self.platforms.items():
            if channel in saved:
                platform.restore(saved[channel])
            else:
                platform.open()

    def run_due(self) -> int:
        """Run everything that is due and return how many events ran."""
        done = 0
        while ran := self._run_some():
            done += ran
        return done

    def start(self) -> None:
        """Let time run and webhooks go out."""
        with self.lock:
            self.book.timeline.start()
        self.sender.start()
        self._engine = Thread(target=self._run, name="engine", daemon=True)
        self._engine.start()

    def stop(self) -> None:
        """End the engine. May be repeated."""
        self._stopped.set()
        if self._engine is not None:
            self._engine.join(timeout=5)
            self.sender.stop()
            self._engine = None

    def _run_some(self) -> int:
        with self.lock:
            return self.book.timeline.run_due(_AT_ONCE)

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._run_some():
                self._stopped.wait(_REST)
