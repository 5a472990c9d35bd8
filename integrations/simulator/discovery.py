"""Discovery of simulated platforms: every connector folder that holds `simulator/platform.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from integrations.simulator.simulated_platform import SimulatedPlatform

_CONNECTORS = "integrations.connectors"


def find_platforms() -> dict[str, type[SimulatedPlatform]]:
    """Return each channel's `PLATFORM` class, in alphabetical order of the channels."""
    channels = sorted(
        path.parents[1].name
        for place in import_module(_CONNECTORS).__path__
        for path in Path(place).glob("*/simulator/platform.py")
    )
    return {channel: import_module(f"{_CONNECTORS}.{channel}.simulator.platform").PLATFORM for channel in channels}
