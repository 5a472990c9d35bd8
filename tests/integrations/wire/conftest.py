"""A channel's server on this machine, and clients of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from redis import Redis

from integrations.contract.access import AppAccess
from integrations.contract.declarations import Limit
from integrations.wire.http import ChannelClient, Platform
from tests.integrations.wire.loopback import Server, Sign, Tokens, judge


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, self.path, dict(self.headers), body))
            answer = found.next()
            if callable(answer):
                self.close_connection = True
                answer(self.connection)
                return
            status, content, headers = answer
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    found.port = running.server_port
    yield found
    running.shutdown()
    running.server_close()


@pytest.fixture
def tokens() -> Tokens:
    Sign.tries = 0
    return Tokens()


@pytest.fixture
def open_client(server: Server, tokens: Tokens, redis: Redis) -> Callable[..., ChannelClient]:
    def opened(
        limits: tuple[Limit, ...] = (), *, settings: dict[str, str] | None = None, **changes: Any
    ) -> ChannelClient:
        platform = Platform("toy", "Toy", "http://127.0.0.1:1", judge, limits, frozenset({"too_often"}))
        app = AppAccess("key", {}, base_url=f"http://127.0.0.1:{server.port}/", settings=settings or {})
        return ChannelClient(platform, app, **({"sign": Sign, "tokens": tokens, "shop_id": "7"} | changes))

    return opened


@pytest.fixture
def client(open_client: Callable[..., ChannelClient]) -> ChannelClient:
    return open_client()
