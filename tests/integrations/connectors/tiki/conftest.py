"""A fresh simulated Tiki per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.connectors.tiki.simulator.platform import PLATFORM
from integrations.simulator.simulation import Simulation

from .market import CHANNEL, Market


@pytest.fixture
def market() -> Iterator[Market]:
    simulation = Simulation({CHANNEL: PLATFORM}, products=60, seed="market")
    simulation.start()
    yield Market(simulation)
    simulation.stop()
