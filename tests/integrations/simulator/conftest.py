"""Fixtures: a toy simulation on free ports, and a hub that records what it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from integrations.simulator.simulation import Simulation
from tests.integrations.simulator.toy import PLATFORMS


@dataclass
class Hub:
    """Hub that answers with `replies` one after the other, then 200."""

    url: str = ""
    got: list[bytes] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        self.got.append(body)
        return (self.replies.pop(0) if self.replies else 200), {}, b""


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()
    server = Server(0, found.respond)
    found.url = server.url
    server.start()
    yield found
    server.stop()


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    found = Simulation(PLATFORMS, products=60)
    found.start()
    yield found
    found.stop()


@dataclass
class Director:
    """Client of the control API."""

    url: str

    def get(self, path: str) -> Any:
        answer = requests.get(self.url + path, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = requests.post(self.url + path, json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, body: Any) -> tuple[int, str]:
        answer = requests.post(self.url + path, json=body, timeout=5)
        return answer.status_code, answer.json()["error"]


@pytest.fixture
def director(simulation: Simulation) -> Director:
    return Director(simulation.url)


def wait_until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Poll until a condition holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
