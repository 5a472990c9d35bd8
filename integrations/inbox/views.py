"""The webhook address: one plain view for all channels, over `receive`. `erpsync/receiver.py` is the other shell over it."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qsl

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from integrations.contract.webhooks import Delivery
from integrations.inbox.receive import MAX_BODY, methods_of, receive, turned_away


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


# no transaction around it: the answer must not be given before the commit, nor a refusal's count be lost with an error
@transaction.non_atomic_requests
@csrf_exempt
def webhook(request: HttpRequest, channel: str, app_key: str, topic: str = "") -> HttpResponse:
    """Answer as the channel wants it: see `receive`. A method that the channel does not use is 405 and touches nothing; what
    need not be read is refused unread."""
    if request.method not in (methods := methods_of(channel)):
        return HttpResponseNotAllowed(sorted(methods))
    announced = _announced(request)
    delivery = Delivery(
        body=b"",
        headers={name.lower(): value for name, value in request.headers.items()},
        topic=topic,
        method=request.method,
        query=tuple(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)),
    )
    reply = turned_away(channel, app_key, delivery, announced=announced)
    if reply is None:
        reply = receive(channel, app_key, replace(delivery, body=_read(request)))
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)


def _announced(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length") or ""
    return int(length) if length.isascii() and length.isdigit() else 0


def _read(request: HttpRequest) -> bytes:
    """Return the body, at most one byte over the limit. Django reads nothing of a chunked body; its server does."""
    stream: _Readable = request
    if not request.headers.get("Content-Length") and request.META.get("wsgi.input_terminated"):
        stream = request.META["wsgi.input"]
    parts: list[bytes] = []
    left = MAX_BODY + 1
    while left and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
