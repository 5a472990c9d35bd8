"""A Lazada that answers as scripted, for what no simulator says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response


class Scripted:
    """A Lazada that gives one answer to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.answers: dict[str, Any] = {}
        self.server = Server(0, self._answer)
        self.server.start()

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        path = target.partition("?")[0].removeprefix("/rest")
        self.asked.append((method, path, body.decode()))
        answer = self.answers.get(path, {"code": "0", "data": {}})
        return None if answer is None else (200, {}, json.dumps(answer, default=str).encode())
