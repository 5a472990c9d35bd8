"""Bounded threads for what blocks: the database, and Django as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Busy(Exception):
    """All threads are at work and as many calls wait as may."""


class Threads:
    """At most `threads` calls at once, and `waiting` more that wait for one. Threads live on, and with them what Django keeps per
    thread: database connections."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="serving")
        self._most = threads + waiting
        self._under_way = 0

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns. Raises Busy, and what the function raises."""
        if self._under_way >= self._most:
            raise Busy
        self._under_way += 1
        call = asyncio.wrap_future(self._pool.submit(function, *args, **kwargs))
        # not when the caller is done: one that was cancelled leaves its thread at work
        call.add_done_callback(self._done)
        return await asyncio.shield(call)

    def _done(self, _call: asyncio.Future[Any]) -> None:
        self._under_way -= 1
