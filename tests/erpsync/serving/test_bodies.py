"""Bodies that come whole, in parts, never, or too many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from erpsync.serving.bodies import Bodies, SenderGone, TooSlow

FOREVER = 3600.0


class Sender:
    """One that sends these parts and then waits until it is told to go on."""

    def __init__(self, *parts: bytes, ends: bool = False, gone: bool = False) -> None:
        self.messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if ends:
            self.messages[-1]["more_body"] = False
        if gone:
            self.messages.append({"type": "http.disconnect"})

    async def __call__(self) -> dict[str, Any]:
        if self.messages:
            return self.messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")


def bodies(**differs: Any) -> Bodies:
    return Bodies(**({"seconds": FOREVER, "per_address": 3, "total_bytes": 1000} | differs))


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_body_is_joined_and_leaves_nothing_behind() -> None:
    async def story() -> None:
        known = bodies()
        assert await known.read(Sender(b"ab", b"cd", b"", b"e", ends=True), "a", 100) == b"abcde"
        assert await known.read(Sender(b"", ends=True), "a", 100) == b""
        assert (known.held, dict(known.of_address), known.arriving) == (0, {}, {})

    run(story)


def test_of_a_body_that_is_too_long_no_more_is_read_than_shows_it() -> None:
    async def story() -> None:
        sender = Sender(*[b"x" * 10] * 50)
        assert len(await bodies().read(sender, "a", 25)) == 30
        assert len(sender.messages) == 47

    run(story)


@pytest.mark.parametrize("parts", [(), (b"x",)])
def test_what_does_not_come_is_given_up(parts: tuple[bytes, ...]) -> None:
    async def story() -> None:
        known = bodies(seconds=0.01)
        with pytest.raises(TooSlow):
            await known.read(Sender(*parts), "a", 100)
        assert (known.held, dict(known.of_address), known.arriving) == (0, {}, {})

    run(story)


def test_a_sender_that_goes_away_ends_it() -> None:
    async def story() -> None:
        with pytest.raises(SenderGone):
            await bodies().read(Sender(b"x", gone=True), "a", 100)

    run(story)


def test_the_oldest_of_an_address_gives_way_and_who_sends_at_once_is_served() -> None:
    async def story() -> None:
        known = bodies()
        others = asyncio.ensure_future(known.read(Sender(b"x"), "b", 100))
        dripping = [asyncio.ensure_future(known.read(Sender(b"x"), "a", 100)) for _ in range(5)]
        while not dripping[1].done():
            await asyncio.sleep(0)
        assert [task.done() for task in dripping] == [True, True, False, False, False]
        assert [type(task.exception()) for task in dripping[:2]] == [TooSlow, TooSlow]
        assert await known.read(Sender(b"y", ends=True), "a", 100) == b"y"
        assert not others.done()
        for task in (others, *dripping):
            task.cancel()
        await asyncio.gather(others, *dripping, return_exceptions=True)
        assert (known.held, dict(known.of_address), known.arriving) == (0, {}, {})

    run(story)


def test_together_they_hold_no_more_than_there_is_room_for() -> None:
    async def story() -> None:
        known = bodies(per_address=100)
        dripping = [asyncio.ensure_future(known.read(Sender(b"x" * 300), str(n), 2000)) for n in range(5)]
        while not dripping[1].done():
            await asyncio.sleep(0)
        assert [task.done() for task in dripping] == [True, True, False, False, False]
        assert known.held == 900
        for task in dripping:
            task.cancel()
        await asyncio.gather(*dripping, return_exceptions=True)

    run(story)
