"""A KiotViet shop on a loopback port that answers what a test scripted and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.connectors.kiotviet.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from tests.integrations.connectors.bound import Bound


@dataclass(frozen=True)
class Asked:
    """One call as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


# (status, body as object or raw text); None: the connection is closed without an answer
Answer = tuple[int, Any] | None


@dataclass
class Shop:
    """`on` scripts a route; `asked` is every call in order."""

    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    routes: dict[tuple[str, str], Callable[[Asked], Answer]] = field(default_factory=dict)

    def on(self, method: str, path: str, *answers: Answer | Callable[[Asked], Answer]) -> None:
        """Give these answers one after the other, the last one for ever."""
        left = list(answers)

        def answer(asked: Asked) -> Answer:
            current = left.pop(0) if len(left) > 1 else left[0]
            return current(asked) if callable(current) else current

        self.routes[method, path] = answer

    def calls(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]


class Tokens:
    """A token source that counts its renewals."""

    def __init__(self) -> None:
        self.token = "token-1"
        self.renewals: list[str] = []

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.renewals.append(stale)
        self.token = f"token-{len(self.renewals) + 1}"
        return self.token


def refusal(code: str, message: str = "Không hợp lệ") -> tuple[int, Any]:
    """The 420 envelope."""
    return 420, {"responseStatus": {"errorCode": code, "message": message, "errors": []}}


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
            found.asked.append(asked)
            route = found.routes.get((self.command, parts.path), lambda _: (599, {"unscripted": parts.path}))
            answer = route(asked)
            if answer is None:
                self.close_connection = True
                return
            content = answer[1] if isinstance(answer[1], str) else json.dumps(answer[1])
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.base_url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def app(shop: Shop) -> AppAccess:
    credentials = {"client_id": "id", "client_secret": "hidden", "webhook_secret": "fake-secret-0001"}
    return AppAccess("key", credentials, base_url=shop.base_url, settings={"limit_write": "1000"})


@pytest.fixture
def connect(app: AppAccess, tokens: Tokens) -> Callable[..., Bound]:
    """A connector of the shop; keywords are the connection's settings."""
    return lambda **settings: Bound(CONNECTOR, Access(app, "TuiMau", tokens, settings))


@pytest.fixture
def connector(connect: Callable[..., Bound]) -> Bound:
    return connect()
