"""The connectors. The folder listing is the registry: a folder with a `connector.py` is a channel."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from integrations.connectors.base import Connector


@cache
def channels() -> tuple[str, ...]:
    """The slugs of all channels, in alphabetical order."""
    return tuple(sorted(path.parent.name for place in __path__ for path in Path(place).glob("*/connector.py")))


@cache
def connector_class(channel: str) -> type[Connector]:
    """The connector of a channel. Raises KeyError for a folder that does not exist."""
    if channel not in channels():
        raise KeyError(channel)
    found: type[Connector] = import_module(f"{__name__}.{channel}.connector").CONNECTOR
    return found
