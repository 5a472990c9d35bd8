"""Calls in threads: so many at once, so many that wait, and no more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from erpsync.serving.threads import Busy, Threads


def test_one_too_many_is_told_at_once_and_the_others_are_served() -> None:
    async def story() -> None:
        go_on = threading.Event()
        threads = Threads(2, waiting=1)
        calls = [asyncio.ensure_future(threads.run(go_on.wait, 20)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await threads.run(int)
        go_on.set()
        assert await asyncio.gather(*calls) == [True, True, True]
        assert await threads.run(int, "7") == 7

    asyncio.run(asyncio.wait_for(story(), 30))


def test_one_that_was_given_up_is_still_counted() -> None:
    async def story() -> None:
        go_on = threading.Event()
        threads = Threads(1, waiting=0)
        call = asyncio.ensure_future(threads.run(go_on.wait, 20))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(Busy):
            await threads.run(int)
        go_on.set()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_what_a_call_raises_comes_back() -> None:
    async def story() -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            await Threads(1, waiting=0).run(int, "x")

    asyncio.run(story())
