"""The connectors. The folder listing is the registry: a folder with a `connector.py` is a channel."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from integrations.contract.connector import Connector


def channels() -> tuple[str, ...]:
    """Return the slugs of all channels, in alphabetical order."""
    return _listed()


def connector_of(channel: str) -> Connector:
    """Return the connector of a channel. Raises KeyError for a folder that does not exist."""
    return _loaded(channel)


@cache
def _listed() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for place in __path__ for path in Path(place).glob("*/connector.py")))


@cache
def _loaded(channel: str) -> Connector:
    if channel not in channels():
        raise KeyError(channel)
    found: Connector = import_module(f"{__name__}.{channel}.connector").CONNECTOR
    return found
