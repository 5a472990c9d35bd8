"""World behind HTTP servers: one port per platform and one for the control API."""

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
from integrations.simulator.simulated_platform import SimulatedPlatform
from integrations.simulator.world import World

_CONTROL = ""  # no channel's name


class Simulation:
    """Simulation on ports that are bound when it is created (base port 0: free ones) and answered after `start`.

    Raises OSError for a taken port, ValueError for impossible settings, state.Unreadable for a damaged file.
    """

    def __init__(
        self,
        platforms: Mapping[str, type[SimulatedPlatform]],
        *,
        base_port: int = 0,
        seed: str = "1",
        products: int = 200,
        speed: float = 1.0,
        chaos: str = "calm",
        quota_factor: int = 1,
        state_file: Path | None = None,
    ) -> None:
        self.state_file = state_file
        saved = state.load(state_file) if state_file else None
        self.is_new = saved is None
        day = saved.day if saved else Day(Life(new_book(seed, products=products, speed=speed, chaos=chaos)))
        day.book.quota_factor = quota_factor
        self._servers: dict[str, Server] = {}
        self._bind(platforms, base_port)
        self.world = World(day, platforms, {channel: self._servers[channel].url for channel in platforms})
        if saved is None:
            self.world.open()
        else:
            day.book.timeline.speed = speed
            day.book.faults.level(chaos)
            self.world.restore(saved.platforms)
        self.control = Control(self.world)
        self._servers[_CONTROL].respond = self.control.answer
        for channel in platforms:
            self._servers[channel].respond = Front(self.world, channel).answer

    @property
    def url(self) -> str:
        """Base URL of the control API."""
        return self._servers[_CONTROL].url

    def start(self) -> None:
        """Start all servers and let time run."""
        self.world.start()
        for server in self._servers.values():
            server.start()

    def stop(self) -> None:
        """Stop time, close the ports and save the state. May be repeated."""
        self.world.stop()
        self.save()
        self.close_ports()

    def save(self) -> float:
        """Save the state if there is a file for it, and return the real seconds it took."""
        began = time.monotonic()
        if self.state_file:
            state.save(self.state_file, self.world)
        return time.monotonic() - began

    def close_ports(self) -> None:
        """Stop answering."""
        for server in self._servers.values():
            server.stop()

    def _bind(self, platforms: Mapping[str, type[SimulatedPlatform]], base_port: int) -> None:
        offsets = {_CONTROL: 0, **{channel: kind.offset for channel, kind in platforms.items()}}
        try:
            for name, offset in offsets.items():
                self._servers[name] = Server(base_port + offset if base_port else 0)
        except OSError:
            self.close_ports()
            raise
