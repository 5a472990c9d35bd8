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

_CONTROL = ""  # no channel's name


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
        kept = state.load(state_file) if state_file else None
        self.is_new = kept is None
        day = kept.day if kept else Day(Life(new_book(seed, products=products, speed=speed, chaos=chaos)))
        self._servers: dict[str, Server] = {}
        self._bind(sides, base_port)
        self.world = World(day, sides, {channel: self._servers[channel].url for channel in sides})
        if kept is None:
            self.world.open()
        else:
            day.book.timeline.speed = speed
            day.book.faults.level(chaos)
            self.world.restore(kept.sides)
        self.control = Control(self.world)
        self._servers[_CONTROL].respond = self.control.answer
        for channel in sides:
            self._servers[channel].respond = Front(self.world, channel).answer

    @property
    def url(self) -> str:
        """The control API."""
        return self._servers[_CONTROL].url

    def start(self) -> None:
        """Everybody answers, time runs."""
        self.world.start()
        for server in self._servers.values():
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
        for server in self._servers.values():
            server.stop()

    def _bind(self, sides: Mapping[str, type[Side]], base_port: int) -> None:
        offsets = {_CONTROL: 0, **{channel: kind.offset for channel, kind in sides.items()}}
        try:
            for name, offset in offsets.items():
                self._servers[name] = Server(base_port + offset if base_port else 0)
        except OSError:
            self.close_ports()
            raise
