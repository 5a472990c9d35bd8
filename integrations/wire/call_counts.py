"""Calls to channels counted for the piece of work that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

# `work/threads` hands the caller's context on to its threads
_counted: ContextVar[CallCount | None] = ContextVar("calls_counted", default=None)


class CallCount:
    """Number of calls of a piece of work, and the seconds until their answers together. Threads may share it."""

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0
        self._lock = Lock()

    def add(self, seconds: float) -> None:
        with self._lock:
            self.calls += 1
            self.seconds += seconds


@contextmanager
def counting(count: CallCount) -> Iterator[None]:
    """Count the calls made inside the block, also those of threads that it starts."""
    before = _counted.set(count)
    try:
        yield
    finally:
        _counted.reset(before)


def note(seconds: float) -> None:
    """Count a call, answered or given up after so many seconds, if anybody counts."""
    if (count := _counted.get()) is not None:
        count.add(seconds)
