"""Between the wire and a platform's side: counts calls and lets the chaos of the day happen."""

from __future__ import annotations

import time
from collections.abc import Mapping

from integrations.simulator.side import Answer
from integrations.simulator.world import World


class Front:
    """The door of one channel."""

    def __init__(self, world: World, channel: str) -> None:
        self._world, self._channel = world, channel
        self._refusing_until = 0.0

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """The side's answer, a refusal without effect, or (None) no answer to a call that was done."""
        way = self._world.book.faults.rate(self._channel, "answer_seconds") / 2
        if not way:
            return self._answered(method, target, headers, body)
        time.sleep(way)
        found = self._answered(method, target, headers, body)
        time.sleep(way)
        return found

    def _answered(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        world, channel = self._world, self._channel
        side, faults = world.sides[channel], world.book.faults
        with world.lock:
            world.book.traffic.calls[channel] += 1
            if faults.hits(channel, "rate_limited"):
                self._refusing_until = time.monotonic() + faults.rate(channel, "rate_limit_seconds")
            if time.monotonic() < self._refusing_until:
                return side.refuse("rate_limited", method, target)
            if faults.hits(channel, "server_error"):
                return side.refuse("server_error", method, target)
            found = side.answer(method, target, headers, body)
            lost = side.may_lose_answer(method, target) and faults.hits(channel, "answer_lost")
        return None if lost else found
