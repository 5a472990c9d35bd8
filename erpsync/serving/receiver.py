"""Webhooks over ASGI: the lean shell over `integrations.inbox.receive`, as `integrations/inbox/views.py` is the plain one.

The address is looked up before a body is read, the body is read under a deadline, and only what asks the database has a thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qsl

import structlog
from django.db import close_old_connections

from erpsync import health
from erpsync.serving.asgi_types import Receive, Scope, Send
from erpsync.serving.bodies import Bodies, SenderGone, TooSlow
from erpsync.serving.exchange import WAIT, Header, announced_length, answer, has_body, headers_of, sender_of
from erpsync.serving.threads import Busy, Threads
from integrations.contract.webhooks import Delivery, Reply
from integrations.inbox import routing
from integrations.inbox.receive import AWAY, MAX_BODY, given_up, methods_of, receive, turned_away

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# as `integrations/inbox/urls.py` has it
_ADDRESS = re.compile(r"/webhooks/(?P<channel>[-a-zA-Z0-9_]+)/(?P<app_key>[^/]+)(?:/(?P<topic>[^/]+))?/?", re.DOTALL)
NOT_FOUND = Reply(404, b"not found")


@dataclass(frozen=True, slots=True)
class _Addressed:
    """A delivery without its body, and what was read of its head."""

    channel: str
    app_key: str
    delivery: Delivery
    announced: int


class Receiver:
    """ASGI application of the process kind `receiver`."""

    def __init__(self, *, threads: Threads, bodies: Bodies, behind_proxy: bool) -> None:
        self._threads, self._bodies, self._behind_proxy = threads, bodies, behind_proxy

    async def __call__(self, scope: Scope, receive_part: Receive, send: Send) -> None:
        path: str = scope["path"]
        more: tuple[Header, ...] = ()
        try:
            if path == "/healthz":
                reply = _json({"status": "up"})
            elif path == "/readyz":
                reply = await self._threads.run(_in_thread, _ready)
            elif found := _ADDRESS.fullmatch(path):
                reply, more = await self._webhook(scope, receive_part, **found.groupdict(default=""))
            else:
                reply = NOT_FOUND
        except Busy:
            reply, more = AWAY, WAIT
        except SenderGone:
            return
        except Exception:
            log.exception("webhook_failed", path=path)
            reply = AWAY
        await answer(send, reply.status, reply.body, reply.content_type, more)

    async def _webhook(
        self, scope: Scope, receive_part: Receive, channel: str, app_key: str, topic: str
    ) -> tuple[Reply, tuple[Header, ...]]:
        if scope["method"] not in (methods := methods_of(channel)):
            return Reply(405), ((b"allow", ", ".join(sorted(methods)).encode()),)
        headers = headers_of(scope)
        query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        bare = Delivery(b"", headers, topic, method=scope["method"], query=query)
        return await self._delivered(
            scope, receive_part, _Addressed(channel, app_key, bare, announced_length(headers))
        ), ()

    async def _delivered(self, scope: Scope, receive_part: Receive, to: _Addressed) -> Reply:
        # an address in use is known without a thread
        if to.announced > MAX_BODY or not routing.cached(to.channel, to.app_key):
            refusal = await self._ask(turned_away, to, to.delivery)
            if refusal is not None:
                return refusal
        try:
            body = await self._body(scope, receive_part, dict(to.delivery.headers))
        except TooSlow:
            return await self._ask(given_up, to, to.delivery)
        return await self._ask(receive, to, replace(to.delivery, body=body))

    async def _body(self, scope: Scope, receive_part: Receive, headers: dict[str, str]) -> bytes:
        if not has_body(headers):
            return b""
        address = sender_of(scope, headers, behind_proxy=self._behind_proxy)
        return await self._bodies.read(receive_part, address, MAX_BODY + 1)

    async def _ask(self, function: Callable[..., R], to: _Addressed, delivery: Delivery) -> R:
        return await self._threads.run(_in_thread, function, to.channel, to.app_key, delivery, announced=to.announced)


def _in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call with a database connection that is kept as Django keeps one between two requests."""
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()


def _ready() -> Reply:
    state = health.parts()
    return _json(state, 200 if health.is_ready(state) else 503)


def _json(value: dict[str, str], status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), "application/json")
