"""Long polls: who waits holds no thread, is asked again when there is news or time is over, and is let go when it leaves."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from erpsync.serving import long_poll
from erpsync.serving.bodies import Bodies
from erpsync.serving.long_poll import KEY
from erpsync.serving.threads import Threads
from erpsync.serving.whole_requests import WholeRequests

from .asgi import Answer, _asked


class Hub:
    """A feed, and an application that tells its position once it is above what the client has."""

    def __init__(self, threads: int = 1, *, of_interest: int = 1) -> None:
        self.now, self.asked, self.of_interest = 0, 0, of_interest
        self.shell = WholeRequests(
            self, threads=Threads(threads, waiting=100), bodies=Bodies(10.0, 10, 10**6), max_body=100, behind_proxy=False,
            position=lambda: self.now,
        )  # fmt: skip

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked += 1
        poll, now = environ[KEY], self.now
        start_response("200 OK", [])
        if now < self.of_interest and environ["PATH_INFO"] == "/wait":
            poll.wait(after=now, seconds=float(environ["QUERY_STRING"]))
        return [str(now).encode()]

    async def ask(self, path: str) -> Answer:
        return await _asked(self.shell, "GET", path, b"", {}, ends=True)


def test_fifty_wait_with_one_thread_and_another_is_served_meanwhile() -> None:
    hub = Hub()

    async def run() -> tuple[list[Answer], float]:
        waiting = [asyncio.create_task(hub.ask("/wait?20")) for _ in range(50)]
        await asyncio.sleep(0.3)
        assert (await asyncio.wait_for(hub.ask("/"), 1)).content == b"0"
        assert (hub.asked, sum(task.done() for task in waiting)) == (51, 0)
        hub.now, started = 1, time.monotonic()
        return await asyncio.gather(*waiting), time.monotonic() - started

    answers, took = asyncio.run(run())
    assert {answer.content for answer in answers} == {b"1"}
    assert {answer.parts for answer in answers} == {1}
    assert took < 1.0
    assert hub.asked == 101


def test_the_answer_comes_when_time_is_over() -> None:
    hub, started = Hub(), time.monotonic()
    assert asyncio.run(hub.ask("/wait?0.4")).content == b"0"
    assert 0.4 <= time.monotonic() - started < 2.0
    assert hub.asked == 2


def test_news_for_others_wake_ever_more_seldom() -> None:
    hub = Hub(of_interest=10**9)

    async def run() -> None:
        waiting = asyncio.create_task(hub.ask("/wait?3"))
        while not waiting.done():
            hub.now += 1
            await asyncio.sleep(0.02)

    asyncio.run(run())
    assert 4 <= hub.asked <= 7


def test_a_client_that_leaves_is_forgotten() -> None:
    hub = Hub()

    async def run() -> None:
        sent = []
        messages = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            await asyncio.sleep(0.1)
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/wait", "raw_path": b"/wait",
            "query_string": b"20", "headers": [],
        }  # fmt: skip
        await asyncio.wait_for(hub.shell(scope, receive, send), 2)
        await asyncio.sleep(2 * long_poll.LOOK_SECONDS)
        assert not hub.shell._news._waiting
        assert hub.shell._news._look is None

    asyncio.run(run())
    assert hub.asked == 1


def test_one_too_many_is_answered_at_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(long_poll, "MOST", 0)
    started = time.monotonic()
    assert asyncio.run(Hub().ask("/wait?20")).content == b"0"
    assert time.monotonic() - started < 1.0
