"""Request bodies, read whole under a deadline. A body that drips holds one coroutine and its own bytes, never a thread."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from erpsync.serving.asgi_types import Receive


class SenderGone(Exception):
    """The connection was closed before the body was whole."""


class TooSlow(Exception):
    """The body was not whole at its deadline, or was the oldest one when there was no more room."""


@dataclass(eq=False, slots=True)
class _Arriving:
    address: str
    deadline: asyncio.Timeout
    held: int = 0


@dataclass
class Bodies:
    """Bodies that are arriving at this process, in one event loop.

    An address has room for `per_address` of them at once, all together for `total_bytes`. Who comes when there is no room is not
    turned away: the oldest gives way, so that a sender without pauses is served while others drip, also from the same address.
    """

    seconds: float
    per_address: int
    total_bytes: int
    arriving: dict[_Arriving, None] = field(default_factory=dict)  # in the order in which they came
    of_address: Counter[str] = field(default_factory=Counter)
    held: int = 0

    async def read(self, receive: Receive, address: str, most: int) -> bytes:
        """Return the body, or of a longer one its beginning: at least `most` bytes. Raises TooSlow and SenderGone."""
        body = bytearray()
        try:
            async with asyncio.timeout(self.seconds) as deadline:
                with self._entered(address, deadline) as mine:
                    while len(body) < most:
                        message = await receive()
                        if message["type"] == "http.disconnect":
                            raise SenderGone
                        body += message.get("body", b"")
                        if not message.get("more_body"):
                            break
                        self._hold(mine, len(body))
        except TimeoutError:
            raise TooSlow from None
        return bytes(body)

    @contextmanager
    def _entered(self, address: str, deadline: asyncio.Timeout) -> Iterator[_Arriving]:
        mine = _Arriving(address, deadline)
        self.arriving[mine] = None
        self.of_address[address] += 1
        if self.of_address[address] > self.per_address:
            self._give_way(next(one for one in self.arriving if one.address == address))
        try:
            yield mine
        finally:
            self._leave(mine)

    def _hold(self, mine: _Arriving, size: int) -> None:
        if mine not in self.arriving:
            return
        self.held += size - mine.held
        mine.held = size
        if self.held > self.total_bytes:
            self._give_way(next(iter(self.arriving)))

    def _give_way(self, oldest: _Arriving) -> None:
        oldest.deadline.reschedule(asyncio.get_running_loop().time())
        self._leave(oldest)

    def _leave(self, one: _Arriving) -> None:
        """Forget a body. May be repeated."""
        if one not in self.arriving:
            return
        del self.arriving[one]
        self.held -= one.held
        self.of_address[one.address] -= 1
        if not self.of_address[one.address]:
            del self.of_address[one.address]
