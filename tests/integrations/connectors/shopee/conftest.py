"""A Shopee on a loopback port that answers what a test scripted, checks each signature and remembers what it was asked."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from tests.integrations.connectors.bound import Bound

PARTNER, KEY, SHOP = "1000001", "partner-key-0001", "900000001"
NOW = datetime(2024, 11, 20, 2, 0, tzinfo=UTC)
PUBLIC = ("/api/v2/auth/", "/api/v2/push/")


@dataclass(frozen=True)
class Asked:
    """One call as it came; `query` without what makes it ours."""

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    body: str

    @property
    def query(self) -> dict[str, str]:
        ours = {"partner_id", "timestamp", "sign", "access_token", "shop_id"}
        return {name: value for name, value in self.pairs if name not in ours}

    def json(self) -> Any:
        return json.loads(self.body)


# (status, body as object or raw text); None: the connection is closed without an answer
Answer = tuple[int, Any] | None


@dataclass
class Shopee:
    """`on` scripts a path (below /api/v2/); `asked` is every call in order."""

    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    routes: dict[str, Callable[[Asked], Answer]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def on(self, path: str, *answers: Answer | Callable[[Asked], Answer]) -> None:
        """Give these answers one after the other, the last one for ever."""
        left = list(answers)

        def answer(asked: Asked) -> Answer:
            current = left.pop(0) if len(left) > 1 else left[0]
            return current(asked) if callable(current) else current

        self.routes[f"/api/v2/{path}"] = answer

    def calls(self) -> list[str]:
        return [f"{asked.method} {asked.path.removeprefix('/api/v2/')}" for asked in self.asked]

    def check(self, path: str, pairs: dict[str, str]) -> None:
        """Note a signature that is not what the documentation says."""
        token, shop = ("", "") if path.startswith(PUBLIC) else (pairs["access_token"], pairs["shop_id"])
        text = f"{PARTNER}{path}{pairs['timestamp']}{token}{shop}"
        if hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest() != pairs["sign"]:
            self.wrong.append(path)


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


def good(response: Any = None, **top: Any) -> tuple[int, Any]:
    """An answer in the envelope."""
    return 200, {
        "error": "",
        "message": "",
        "request_id": "x",
        **({} if response is None else {"response": response}),
        **top,
    }


def bad(code: str, message: str = "", status: int = 200) -> tuple[int, Any]:
    """A refusal."""
    return status, {"error": code, "message": message, "request_id": "x"}


@pytest.fixture
def shopee() -> Iterator[Shopee]:
    found = Shopee()

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = Asked(self.command, parts.path, tuple(pairs), body)
            found.asked.append(asked)
            found.check(parts.path, dict(pairs))
            answer = found.routes.get(parts.path, lambda asked: (599, {"unscripted": asked.path}))(asked)
            if answer is None:
                self.close_connection = True
                return
            content = answer[1] if isinstance(answer[1], str) else json.dumps(answer[1])
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.base_url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()
    assert found.wrong == []


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def app(shopee: Shopee) -> AppAccess:
    return AppAccess("key", {"partner_id": PARTNER, "partner_key": KEY}, base_url=shopee.base_url)


@pytest.fixture
def connect(app: AppAccess, tokens: Tokens) -> Callable[..., Bound]:
    """The shop's ports; keywords are the connection's settings."""
    return lambda **settings: Bound(CONNECTOR, Access(app, SHOP, tokens, settings))


@pytest.fixture
def ports(connect: Callable[..., Bound]) -> Bound:
    return connect()
