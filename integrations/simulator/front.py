"""Gateway in front of a platform: counts its calls and injects the faults of the day."""

from __future__ import annotations

import time
from collections.abc import Mapping

from integrations.simulator.calls import route
from integrations.simulator.simulated_platform import Response
from integrations.simulator.world import World


class Front:
    """Request handler of one channel's port."""

    def __init__(self, world: World, channel: str) -> None:
        self._world, self._channel = world, channel
        self._refusing_until = 0.0

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        """Return the platform's response, a refusal without effect, or None: the call took effect and its response is lost."""
        way = self._world.book.faults.rate(self._channel, "answer_seconds") / 2
        if not way:
            return self._answered(method, target, headers, body)
        time.sleep(way)
        found = self._answered(method, target, headers, body)
        time.sleep(way)
        return found

    def _answered(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        world, channel = self._world, self._channel
        platform, faults = world.platforms[channel], world.book.faults
        with world.lock:
            world.book.traffic.calls[channel] += 1
            world.book.traffic.routes[channel, route(method, target)] += 1
            if faults.hits(channel, "rate_limited"):
                self._refusing_until = time.monotonic() + faults.rate(channel, "rate_limit_seconds")
            if time.monotonic() < self._refusing_until:
                return platform.refuse("rate_limited", method, target)
            if faults.hits(channel, "server_error"):
                return platform.refuse("server_error", method, target)
            found = platform.answer(method, target, headers, body)
            lost = platform.may_lose_answer(method, target) and faults.hits(channel, "answer_lost")
        return None if lost else found
