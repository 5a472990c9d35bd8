"""Commands that a channel may take in one call: those that say the same about things of one kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from integrations.contract.writes import WriteRequest

T = TypeVar("T")


def groups(
    things: Iterable[T], alike: Callable[[T], Hashable], *, most: int, size: Callable[[T], int] = lambda one: 1
) -> Iterator[list[T]]:
    """Yield things that are alike together, in their order, at most `most` in size; none alone."""
    open_groups: dict[Hashable, list[list[T]]] = {}
    for one in things:
        found = open_groups.setdefault(alike(one), [[]])
        if sum(map(size, found[-1])) + size(one) > most:
            found.append([])
        found[-1].append(one)
    yield from (group for found in open_groups.values() for group in found if len(group) > 1)


def said(command: WriteRequest) -> str:
    """Return what a person said with a command, as a text that is the same for the same."""
    return json.dumps(dict(command.options), sort_keys=True)
