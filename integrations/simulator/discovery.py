"""Which platforms there are: every connector folder that holds `simulator/side.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from integrations.simulator.side import Side

_CONNECTORS = Path(__file__).resolve().parents[1] / "connectors"


def find_sides() -> dict[str, type[Side]]:
    """{channel: its `SIDE`}, in alphabetical order."""
    return {
        path.parents[1].name: import_module(f"integrations.connectors.{path.parents[1].name}.simulator.side").SIDE
        for path in sorted(_CONNECTORS.glob("*/simulator/side.py"))
    }
