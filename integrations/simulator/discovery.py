"""Which platforms there are: every connector folder that holds `simulator/side.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from integrations.simulator.side import Side

_CONNECTORS = "integrations.connectors"


def find_sides() -> dict[str, type[Side]]:
    """{channel: its `SIDE`}, in alphabetical order."""
    channels = sorted(
        path.parents[1].name
        for place in import_module(_CONNECTORS).__path__
        for path in Path(place).glob("*/simulator/side.py")
    )
    return {channel: import_module(f"{_CONNECTORS}.{channel}.simulator.side").SIDE for channel in channels}
