"""Senders whose bodies drip: so many connections that send a byte a second, and how fast others are answered meanwhile.

    python -m bench.drip http://127.0.0.1:8000 http://127.0.0.1:8001 --connections 900 --seconds 60

The first address is that of `web`, the second that of the receiver; `--app-key` names a real webhook address of `--channel`. Only
for a hub of one's own.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from urllib.parse import urlsplit

import requests

LENGTH = 5000
CONNECT_SECONDS = 20.0
PAUSE_SECONDS = 1.0  # before a connection that was closed is opened anew


@dataclass(frozen=True, slots=True)
class Door:
    """A POST address and the headers that get its sender as far as the body."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Drips:
    """Connections that send the heads of requests and then a byte a second, until they are closed from the other side."""

    doors: Sequence[Door]
    connections: int
    opened: int = 0
    ended: int = 0
    held: set[int] = field(default_factory=set)
    answers: dict[str, int] = field(default_factory=dict)

    async def hold(self, seconds: float, *, again: bool = True) -> None:
        """Keep that many connections for so long; with `again`, one that is closed is opened anew."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._drip(door, chunked, until, again=again) for door, chunked in self._each()))

    def _each(self) -> Iterator[tuple[Door, bool]]:
        kinds = [(door, chunked) for door in self.doors for chunked in (False, True)]
        return islice(cycle(kinds), self.connections)

    async def _drip(self, door: Door, chunked: bool, until: float, *, again: bool) -> None:
        while time.monotonic() < until:
            with suppress(OSError, TimeoutError):
                await self._one(door, chunked, until)
            if not again:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _one(self, door: Door, chunked: bool, until: float) -> None:
        address = urlsplit(door.url)
        host, port = address.hostname or "", address.port or 80
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_SECONDS)
        try:
            size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {LENGTH}"
            more = "".join(f"{name}: {value}\r\n" for name, value in door.headers)
            writer.write(
                f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n{size}\r\n{more}\r\n".encode()
            )
            self.opened += 1
            self.held.add(id(writer))
            answer = asyncio.ensure_future(reader.readline())
            while not answer.done() and time.monotonic() < until:
                writer.write(b"1\r\n{\r\n" if chunked else b"{")
                await asyncio.wait([answer], timeout=1.0)
            if answer.done():
                self.ended += 1
                status = answer.result().decode("latin-1").split(" ")[1:2]
                self.answers[status[0] if status else "closed"] = (
                    self.answers.get(status[0] if status else "closed", 0) + 1
                )
            else:
                answer.cancel()
        finally:
            self.held.discard(id(writer))
            writer.close()


def login_door(web: str) -> Door:
    """Return the sign-in form with a right CSRF cookie."""
    with requests.Session() as session:
        session.get(f"{web}/admin/login/", timeout=30)
        return Door(f"{web}/admin/login/", (("Cookie", f"csrftoken={session.cookies['csrftoken']}"), ("Referer", web)))


def main() -> None:
    """Hold connections of every kind and print how fast others were answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("web")
    parser.add_argument("receiver")
    parser.add_argument("--channel", default="kiotviet")
    parser.add_argument("--app-key", default="nobody")
    parser.add_argument("--connections", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    asyncio.run(_measure(asked))


async def _measure(asked: argparse.Namespace) -> None:
    hook = f"/webhooks/{asked.channel}/{asked.app_key}/"
    doors = [
        Door(asked.receiver + hook), Door(f"{asked.receiver}/webhooks/{asked.channel}/nobody/"), Door(asked.web + hook),
        login_door(asked.web), Door(f"{asked.web}/admin/orders/order/"),
    ]  # fmt: skip
    drips = Drips(doors, asked.connections)
    dripping = asyncio.create_task(drips.hold(asked.seconds))
    await asyncio.sleep(min(5.0, asked.seconds / 4))
    times: dict[str, list[float]] = {}
    while not dripping.done():
        for method, url in (
            ("GET", f"{asked.web}/healthz"), ("GET", f"{asked.web}/readyz"), ("GET", f"{asked.web}/admin/login/"),
            ("GET", f"{asked.receiver}/healthz"), ("GET", f"{asked.receiver}/readyz"), ("POST", asked.receiver + hook),
            ("POST", asked.web + hook),
        ):  # fmt: skip
            started = time.perf_counter()
            await asyncio.to_thread(requests.request, method, url, data=b"{}" if method == "POST" else None, timeout=60)
            times.setdefault(f"{method} {url}", []).append(time.perf_counter() - started)
        await asyncio.sleep(0.2)
    for name, taken in times.items():
        ordered = sorted(taken)
        print(
            f"{name:<70} {len(taken):4} answers, median {ordered[len(taken) // 2]:.3f} s, slowest {ordered[-1]:.3f} s"
        )
    print(f"{drips.opened} opened, {drips.ended} ended from the other side: {drips.answers}")


if __name__ == "__main__":
    main()
