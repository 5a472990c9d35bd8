"""The connectors that a contract test runs over, and guards that keep it from passing on nothing."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from erpsync.environment import BASE_DIR
from integrations import connectors
from integrations.connectors import channels, connector_of
from integrations.contract.connector import Connector
from integrations.contract.reads import Change, Page

HOME = Path(connectors.__file__).parent
VECTORS = BASE_DIR / "tests" / "vectors"
CONNECTORS: Mapping[str, Connector] = {channel: connector_of(channel) for channel in channels()}
# the kinds of a notice besides the kinds that are read
OTHER_NOTICES = frozenset({"authorisation", "message", "unreadable"})


class EmptyContract(Exception):
    """A contract test has nothing to run over."""


def folders(home: Path = HOME) -> set[str]:
    """Return the names of the connector folders, from the disk."""
    return {path.parent.name for path in home.glob("*/connector.py")}


def having(port: str, among: Mapping[str, Connector] = CONNECTORS) -> list[str]:
    """Return the channels whose connector has a port, in alphabetical order. Raises EmptyContract when there is none."""
    found = sorted(channel for channel, connector in among.items() if getattr(connector, port))
    if not found:
        raise EmptyContract(f"no connector has the port {port}")
    return found


def each(port: str, among: Mapping[str, Connector] = CONNECTORS) -> pytest.MarkDecorator:
    """Run a test over every connector with a port."""
    return pytest.mark.parametrize("channel", having(port, among))


def each_kind(port: str, among: Mapping[str, Connector] = CONNECTORS) -> pytest.MarkDecorator:
    """Run a test over every kind of `reads` or `writes` of every connector."""
    return pytest.mark.parametrize(("channel", "kind"), pairs(port, among))


def pairs(port: str, among: Mapping[str, Connector] = CONNECTORS) -> list[tuple[str, str]]:
    """Return (channel, kind) for all kinds of a port that is a table."""
    return [(channel, kind) for channel in having(port, among) for kind in sorted(getattr(among[channel], port))]


def assert_runs_over_all(module: ModuleType, port: str, *, subset: Sequence[str] = ()) -> None:
    """Each test of a module that takes a channel runs over exactly the connector folders that have the port.

    `subset`: those that some of the tests run over instead.
    """
    loaded = {channel: connector_of(channel) for channel in folders()}
    expected = set(having(port, loaded))
    tests = [
        test
        for name, test in vars(module).items()
        if name.startswith("test_") and "channel" in inspect.signature(test).parameters
    ]
    assert tests, "no test takes a channel"
    for test in tests:
        names, values = _parametrized(module, test)
        ran = {value if names == ("channel",) else value[names.index("channel")] for value in values}
        assert ran == expected or (subset and ran == set(subset)), test.__name__
        if "kind" in names:
            assert set(values) == set(pairs(port, loaded)), test.__name__


def _parametrized(module: ModuleType, test: Any) -> tuple[tuple[str, ...], list[Any]]:
    own = getattr(module, "pytestmark", [])
    marks = [*(own if isinstance(own, list) else [own]), *getattr(test, "pytestmark", [])]
    for mark in (getattr(mark, "mark", mark) for mark in marks):
        if mark.name == "parametrize":
            names = tuple(mark.args[0].split(", ")) if isinstance(mark.args[0], str) else tuple(mark.args[0])
            if "channel" in names:
                return names, list(mark.args[1])
    raise EmptyContract(f"{test.__name__} is not run over connectors")


def vectors(channel: str, folder: Path = VECTORS) -> list[dict[str, Any]]:
    """Return the signature vectors of a channel. Raises EmptyContract for a missing or empty file."""
    path = folder / f"{channel}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    if not found:
        raise EmptyContract(f"{path.name} holds no signature")
    return found


def changes(pages: Iterator[Page], kind: str) -> list[Change]:
    """Return the changes of all pages, each id once. Raises EmptyContract for none: then a test would check nothing."""
    found = {change.external_id: change for page in pages for change in page.changes}
    if not found:
        raise EmptyContract(f"the list of {kind} is empty")
    return list(found.values())


def known_kinds(connector: Connector) -> set[str]:
    """Return the kinds that a notice of this connector may have."""
    return set(connector.reads) | OTHER_NOTICES


def is_aware(moment: datetime | None) -> bool:
    """Return whether a time is left out or carries its offset."""
    return moment is None or moment.tzinfo is not None
