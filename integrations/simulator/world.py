"""The world put together: its book, the platforms' sides, the engine that lets logical time pass."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, RLock, Thread
from typing import Any

from integrations.simulator.day import Day
from integrations.simulator.ground import Standing
from integrations.simulator.sender import Sender
from integrations.simulator.side import Side

# how many events run before other threads get the lock, and how long the engine rests when none is due, real seconds
_AT_ONCE, _REST = 20, 0.01


class World:
    """One world. `lock` is to be held around every use of it; `start` lets it live by itself."""

    def __init__(self, day: Day, kinds: Mapping[str, type[Side]], urls: Mapping[str, str]) -> None:
        self.lock = RLock()
        self.day, self.life, self.book, self.sides = day, day.life, day.book, day.life.sides
        self.urls = urls
        self.sender = Sender(self.book, self.lock)
        self._stopped = Event()
        self._engine: Thread | None = None
        for channel, kind in kinds.items():
            self.sides[channel] = kind(Standing(channel, urls[channel], self.book, self.life, self.sender))

    def open(self) -> None:
        """A new world: every side opens its shops."""
        for side in self.sides.values():
            side.open()

    def restore(self, saved: Mapping[str, Any]) -> None:
        """A world that was saved: {channel: what its side saved}. A side that is new since opens."""
        for channel, side in self.sides.items():
            if channel in saved:
                side.restore(saved[channel])
            else:
                side.open()

    def run_due(self) -> int:
        """Do what is due now, to the last of it; how much it was."""
        done = 0
        while ran := self._some():
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

    def _some(self) -> int:
        with self.lock:
            return self.book.timeline.run_due(_AT_ONCE)

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._some():
                self._stopped.wait(_REST)
