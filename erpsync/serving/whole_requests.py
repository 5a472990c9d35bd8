"""ASGI in front of a WSGI application: a request is whole before a thread is given to it, and its answer leaves without one."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

import structlog

from erpsync.serving.asgi_types import Receive, Scope, Send
from erpsync.serving.bodies import Bodies, SenderGone, TooSlow
from erpsync.serving.exchange import SERVER, WAIT, Header, announced_length, answer, has_body, headers_of, sender_of
from erpsync.serving.long_poll import KEY, LongPoll, News
from erpsync.serving.threads import Busy, Threads

log = structlog.get_logger(__name__)

# an answer up to this size leaves its thread at once; a longer one goes in parts, each waited for
MAX_PART = 4_000_000
PART_SECONDS = 30.0

TOO_SLOW = (
    "The request took too long to arrive. Please try again. / Yêu cầu gửi đến quá chậm. Vui lòng thử lại.".encode()
)
TOO_LARGE = "What you sent is too large. / Nội dung gửi lên quá lớn.".encode()
BUSY = (
    "The hub is busy. Please try again in a few seconds. / Hệ thống đang bận. Vui lòng thử lại sau vài giây.".encode()
)
FAILED = "Something went wrong. Please try again. / Đã xảy ra lỗi. Vui lòng thử lại.".encode()
_TEXT = "text/plain; charset=utf-8"
_API, _PROBLEM = "/api/", "application/problem+json"
_CLOSE: tuple[Header, ...] = ((b"connection", b"close"),)


class _Answer:
    """An answer as WSGI gives it, sent from the thread that makes it."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._send, self._loop = send, loop
        self.start: dict[str, Any] | None = None
        self.begun = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        encoded = [SERVER, *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)]
        self.start = {"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": encoded}
        return self.hand_over

    def hand_over(self, part: bytes) -> None:
        """Send a part and wait until the server took it: of a long answer not more than that is held."""
        asyncio.run_coroutine_threadsafe(self.give(part, more=True), self._loop).result(PART_SECONDS)

    async def give(self, part: bytes, *, more: bool) -> None:
        if not self.begun:
            assert self.start is not None, "the application answered nothing"
            self.begun = True
            await self._send(self.start)
        await self._send({"type": "http.response.body", "body": part, "more_body": more})


class WholeRequests:
    """ASGI application: reads each body whole, then runs the WSGI application in one of `threads`."""

    def __init__(
        self, application: WSGIApplication, *, threads: Threads, bodies: Bodies, max_body: int, behind_proxy: bool,
        position: Callable[[], int],
    ) -> None:  # fmt: skip
        """`position`: what long polls wait for, see `long_poll`."""
        self._application, self._threads, self._bodies = application, threads, bodies
        self._news = News(position, threads)
        self._max_body, self._behind_proxy = max_body, behind_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        try:
            body = await self._body(scope, receive, headers)
        except TooSlow:
            return await _refuse(scope, send, 408, TOO_SLOW, _CLOSE)
        except SenderGone:
            return None
        if body is None:
            return await _refuse(scope, send, 413, TOO_LARGE, _CLOSE)
        made, poll = _Answer(send, asyncio.get_running_loop()), LongPoll()
        try:
            while True:
                last = await self._threads.run(self._run, environ_of(scope, headers, body) | {KEY: poll}, made)
                if not poll.wants_more or not await self._news.until(poll, receive):
                    break
            await made.give(last, more=False)
        except Busy:
            await _refuse(scope, send, 503, BUSY, WAIT)
        except Exception:
            log.exception("request_failed", path=scope["path"])
            if not made.begun:
                await _refuse(scope, send, 500, FAILED)
        finally:
            poll.close()
        return None

    async def _body(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> bytes | None:
        """Return the body, None for one that is too large. Raises TooSlow and SenderGone."""
        if not has_body(headers):
            return b""
        if announced_length(headers) > self._max_body:
            return None
        address = sender_of(scope, headers, behind_proxy=self._behind_proxy)
        body = await self._bodies.read(receive, address, self._max_body + 1)
        return body if len(body) <= self._max_body else None

    def _run(self, environ: dict[str, Any], made: _Answer) -> bytes:
        """Run the application to its end and return the last part of its answer."""
        parts: Iterable[bytes] = self._application(environ, made.start_response)
        held = bytearray()
        try:
            for part in parts:
                held += part
                if len(held) > MAX_PART:
                    made.hand_over(bytes(held))
                    held.clear()
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()
        return bytes(held)


async def _refuse(scope: Scope, send: Send, status: int, text: bytes, more: Iterable[Header] = ()) -> None:
    """Answer without the application: in words for people, to a caller of the API as problem details."""
    if not scope["path"].startswith(_API):
        return await answer(send, status, text, _TEXT, more)
    code = {408: "too_slow", 413: "too_large", 503: "busy"}.get(status, "internal")
    problem = {
        "type": f"urn:erpsync:problem:{code}", "title": HTTPStatus(status).phrase, "status": status, "detail": text.decode(),
        "code": code, "request_id": "",
    }  # fmt: skip
    return await answer(send, status, json.dumps(problem, ensure_ascii=False).encode(), _PROBLEM, more)


def environ_of(scope: Scope, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return a request in WSGI's words, with the length of its body as it arrived."""
    path = unquote_to_bytes(scope["raw_path"]) if scope.get("raw_path") else scope["path"].encode()
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    named.pop("HTTP_CONTENT_LENGTH", None)
    return {
        **named,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_TYPE": named.pop("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
