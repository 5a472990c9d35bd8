"""A request id in every answer, in every line of the log that belongs to it, and in every problem."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from core.outbox import uuid7

log = structlog.get_logger(__name__)

HEADER = "X-Request-Id"
API = "/api/"
# what a caller or a proxy may name a request, to find it in both logs
_SANE = re.compile(r"[0-9A-Za-z._-]{8,64}")


def request_id() -> str:
    """Return the id of the request that this thread answers, "" outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestIds:
    """Middleware: the caller's own `X-Request-Id` where it is a sane one, else a new one. A line in the log per API request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        chosen = given if _SANE.fullmatch(given) else str(uuid7())
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=chosen):
            answer = self._get_response(request)
            if request.path_info.startswith(API):
                caller = request.META.get("erpsync.caller", "")
                took = round((time.monotonic() - started) * 1000)
                log.info(
                    "api_request", method=request.method, path=request.path_info, status=answer.status_code, ms=took,
                    caller=caller,
                )  # fmt: skip
        answer[HEADER] = chosen
        return answer
