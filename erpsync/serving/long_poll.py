"""Long polls: a request that waits for news keeps its connection, and neither a thread nor a database transaction.

The application is asked, says "nothing after position N, wait", and its thread is free. Once the position has moved, or the time
is over, it is asked again, in any thread. One waiting client costs an open connection and 3.4 kB of Python objects. All of a
process cost one read of the position every `LOOK_SECONDS` (a query of 0.1 ms in one of the threads). A client that is woken by
news that are not for it is asked again at growing intervals: at most some 17 times in 30 s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from erpsync.serving.asgi_types import Receive
from erpsync.serving.threads import Busy, Threads

# where the application finds the poll in its environ
KEY = "erpsync.long_poll"
LOOK_SECONDS = 0.25
# the longest that an answer is put off after news that may not be for this client
SLOWEST_SECONDS = 2.0
# clients that may wait in one process; the next one is answered at once
MOST = 500


@dataclass(slots=True)
class LongPoll:
    """The wait of one request, over all the times that the application is asked. `kept`: what it keeps from one to the next."""

    deadline: float | None = None
    position: int = 0
    wants_more: bool = False
    times: int = 0
    gone: asyncio.Future[None] | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def wait(self, *, after: int, seconds: float) -> None:
        """Have the application asked again for news after a position. The first call sets the end; `seconds` of later ones are void."""
        if self.deadline is None:
            self.deadline = time.monotonic() + seconds
        self.position, self.wants_more = after, True

    @property
    def is_repeated(self) -> bool:
        """Return whether the application was asked before."""
        return self.times > 0

    def left(self) -> float:
        """Return the seconds until the end."""
        return max(0.0, (self.deadline or 0.0) - time.monotonic())

    def close(self) -> None:
        """End what looks after the client's connection."""
        if self.gone is not None:
            self.gone.cancel()


class News:
    """The position that a process waits for: looked up by one task, and only while somebody waits."""

    def __init__(self, position: Callable[[], int], threads: Threads) -> None:
        self._position, self._threads = position, threads
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._look: asyncio.Task[None] | None = None
        self._clients = 0

    async def until(self, poll: LongPoll, receive: Receive) -> bool:
        """Wait for news after the poll's position, or its end; return whether the application is to be asked again.

        False: its answer holds, because time is over, too many wait, or the client is gone.
        """
        poll.wants_more = False
        if self._clients >= MOST or poll.left() <= 0:
            return False
        gone = poll.gone = poll.gone or asyncio.ensure_future(_gone(receive))
        pause = LOOK_SECONDS * 2 ** (poll.times - 1) if poll.times else 0.0
        self._clients += 1
        try:
            await asyncio.wait([gone], timeout=min(pause, SLOWEST_SECONDS, poll.left()))
            if not gone.done():
                await self._after(poll, gone)
        finally:
            self._clients -= 1
        poll.times += 1
        return not gone.done()

    async def _after(self, poll: LongPoll, gone: asyncio.Future[None]) -> None:
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[news] = poll.position
        if self._look is None:
            self._look = asyncio.create_task(self._looking())
        try:
            await asyncio.wait([news, gone], timeout=poll.left(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._waiting[news]

    async def _looking(self) -> None:
        while self._waiting:
            try:
                position = await self._threads.run(self._position)
            except Busy:
                position = -1
            except Exception:  # the database is away: whoever waits is asked again at the end, and says so
                position = -1
            for news, after in self._waiting.items():
                if position > after and not news.done():
                    news.set_result(None)
            await asyncio.sleep(LOOK_SECONDS)
        self._look = None


async def _gone(receive: Receive) -> None:
    """Return once the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
