"""Asking an ASGI application in this process, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    parts: int = 0


def ask(
    application: Any, method: str, path: str, body: bytes | Iterable[bytes] = b"", headers: Mapping[str, str] | None = None,
    *, ends: bool = True,
) -> Answer:  # fmt: skip
    """Send one request, its body as one part or as several, and return the answer."""
    return asyncio.run(asyncio.wait_for(_asked(application, method, path, body, headers or {}, ends=ends), 60))


async def _asked(
    application: Any, method: str, path: str, body: bytes | Iterable[bytes], headers: Mapping[str, str], *, ends: bool
) -> Answer:
    parts = [body] if isinstance(body, bytes) else list(body)
    length = {"content-length": str(len(body))} if isinstance(body, bytes) else {"transfer-encoding": "chunked"}
    raw_path, _, query = path.partition("?")
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": unquote(raw_path),
        "raw_path": raw_path.encode(), "query_string": query.encode(), "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in ({"host": "testserver"} | length | dict(headers)).items()],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if ends:
        messages[-1]["more_body"] = False
    found = Answer()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            found.status = message["status"]
            found.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            found.content += message.get("body", b"")
            found.parts += 1

    await application(scope, receive, send)
    return found
