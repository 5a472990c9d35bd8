"""Calls of several commands at once. The database is the caller's thread's: only the calls are made by others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from math import ceil
from typing import Generic, TypeVar

from integrations.contract.declarations import Limit
from integrations.work import threads

# most commands of one account under way at once: a platform that answers in 200 ms takes 40 a second of them
AT_ONCE = 8

Key = TypeVar("Key")
Result = TypeVar("Result")


def at_once(limits: Iterable[Limit]) -> int:
    """Return how many commands of an account may be under way within its limits: no more than it takes in a second.

    More would wait for their turn in vain: a call that does not get it within a second comes back later.
    """
    return min([AT_ONCE, *(max(1, ceil(limit.calls / limit.seconds)) for limit in limits)])


class Calls(Generic[Key, Result]):
    """Calls under way, each with what it is about; outcomes come back as they arrive, as functions that return or raise."""

    def __init__(self) -> None:
        self._running: dict[Future[Result], Key] = {}

    def __len__(self) -> int:
        return len(self._running)

    def start(self, key: Key, call: Callable[[], Result]) -> None:
        self._running[threads.start(call)] = key

    def finished(self) -> list[tuple[Key, Callable[[], Result]]]:
        """Wait for the next to finish and return those that have."""
        ready, _ = wait(self._running, return_when=FIRST_COMPLETED)
        return [(self._running.pop(future), future.result) for future in ready]
