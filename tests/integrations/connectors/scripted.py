"""Scripted platform: an HTTP server on a loopback port that gives scripted responses and records the requests it got."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response

UNSCRIPTED = 599


@dataclass(frozen=True)
class Request:
    """One request. `path` is below the platform's prefix, `pairs` the decoded query; header names in lower case."""

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: str

    @property
    def query(self) -> dict[str, str]:
        """The last value of each parameter."""
        return dict(self.pairs)

    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


# (status, body as object or raw text); None: the connection is closed without a response
Reply = tuple[int, Any] | None
Route = Reply | Callable[[Request], Reply]


@dataclass
class ScriptedPlatform:
    """Platform with scripted routes. `prefix` is removed from paths; `check` sees every request first (signatures).

    A request without a route is answered with UNSCRIPTED and its path.
    """

    prefix: str = ""
    check: Callable[[Request], None] = lambda request: None
    base_url: str = ""
    requests: list[Request] = field(default_factory=list)
    routes: dict[tuple[str, str], Callable[[Request], Reply]] = field(default_factory=dict)

    def on(self, method: str, path: str, *replies: Route) -> None:
        """Script a route: these replies one after the other, the last one for ever."""
        left = list(replies)

        def reply(request: Request) -> Reply:
            current = left.pop(0) if len(left) > 1 else left[0]
            return current(request) if callable(current) else current

        self.routes[method, path] = reply

    def calls(self) -> list[str]:
        """Return all requests so far as "METHOD path"."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        """Answer one request, as `Server` wants it."""
        path, _, query = target.partition("?")
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        request = Request(method, unquote(path).removeprefix(self.prefix), pairs, headers, body.decode())
        self.requests.append(request)
        self.check(request)
        route = self.routes.get((method, request.path))
        reply = route(request) if route else (UNSCRIPTED, {"unscripted": request.path})
        if reply is None:
            return None
        status, content = reply
        raw = content if isinstance(content, str) else json.dumps(content)
        return status, {"Content-Type": "application/json"}, raw.encode()


@contextmanager
def served(platform: ScriptedPlatform) -> Iterator[ScriptedPlatform]:
    """Serve a platform on a free port, known to it as `base_url`."""
    server = Server(0, platform.respond)
    platform.base_url = server.url
    server.start()
    try:
        yield platform
    finally:
        server.stop()
