"""A world that answers: one port per platform and one for its control."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from integrations.simulator import state
from integrations.simulator.book import new_book
from integrations.simulator.control import Control
from integrations.simulator.day import Day
from integrations.simulator.front import Front
from integrations.simulator.life import Life
from integrations.simulator.serving import Server
from integrations.simulator.side import Side
from integrations.simulator.world import World


class Simulation:
    """Ports are bound when it is made (base port 0: free ones), answered after `start`.

    Raises OSError for a taken port, ValueError for settings that make no world, state.Unreadable for a spoilt file.
    """

    def __init__(
        self,
        sides: Mapping[str, type[Side]],
        *,
        base_port: int = 0,
        seed: str = "1",
        products: int = 200,
        speed: float = 1.0,
        chaos: str = "calm",
        state_file: Path | None = None,
    ) -> None:
        self.state_file = state_file
        self._servers: dict[str, Server] = {}
        try:
            self._control = self._bind(base_port)
            for channel, kind in sides.items():
                self._servers[channel] = self._bind(base_port + kind.offset if base_port else 0)
        except OSError:
            self.close_ports()
            raise
        urls = {channel: server.url for channel, server in self._servers.items()}
        kept = state.load(state_file) if state_file else None
        self.is_new = kept is None
        if kept is None:
            book = new_book(seed, products=products, speed=speed, chaos=chaos)
            self.world = World(Day(Life(book)), sides, urls)
            self.world.open()
        else:
            kept.day.book.timeline.speed = speed
            kept.day.book.faults.level(chaos)
            self.world = World(kept.day, sides, urls)
            self.world.restore(kept.sides)
        self.control = Control(self.world)
        self._control.respond = self.control.answer
        for channel, server in self._servers.items():
            server.respond = Front(self.world, channel).answer

    @property
    def url(self) -> str:
        """The control API."""
        return self._control.url

    def start(self) -> None:
        """Everybody answers, time runs."""
        self.world.start()
        for server in self._all():
            server.start()

    def stop(self) -> None:
        """Time stands still, the ports are closed, the state is kept. May be repeated."""
        self.world.stop()
        self.save()
        self.close_ports()

    def save(self) -> float:
        """Keep the state where there is a file for it; the real seconds it took."""
        began = time.monotonic()
        if self.state_file:
            state.save(self.state_file, self.world)
        return time.monotonic() - began

    def close_ports(self) -> None:
        """Stop answering."""
        for server in self._all():
            server.stop()

    def _bind(self, port: int) -> Server:
        return Server(port)

    def _all(self) -> list[Server]:
        control = [self._control] if hasattr(self, "_control") else []
        return [*control, *self._servers.values()]
