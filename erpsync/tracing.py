"""Tracing of the hub's processes: which collector the environment names, and a span for each request of people and partners."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePath

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from core import tracing
from erpsync.environment import Misconfigured

_URL = re.compile(r"https?://[^/?#\s]+[^?#\s]*")
_SERVED = {"erpsync.asgi:application": "web", "erpsync.receiver:application": "receiver"}
_UNKNOWN = "other"


def collector_of(url: str, *, ratio: str, name: str, arguments: Sequence[str]) -> tracing.Collector | None:
    """Return where this process sends its spans, None for an empty address. `arguments`: its command line. Raises Misconfigured."""
    if not url:
        return None
    if not _URL.fullmatch(url):
        raise Misconfigured("erpsync: OTEL_EXPORTER_OTLP_ENDPOINT is no address of http or https. See .env.example.")
    try:
        share = float(ratio)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Misconfigured(
            f"erpsync: OTEL_TRACES_SAMPLER_ARG is {ratio!r}: it must be a number from 0 to 1, the share of work that is traced."
        )
    return tracing.Collector(url.rstrip("/"), share, f"{name}-{process_kind(arguments)}")


def trace_page(url: str) -> str:
    """Return TRACE_URL. Raises Misconfigured where it is no address, or has no place for the id."""
    if url and not (url.startswith(("http://", "https://")) and "{trace_id}" in url):
        raise Misconfigured("erpsync: TRACE_URL must be an address with {trace_id} in it. See .env.example.")
    return url


def process_kind(arguments: Sequence[str]) -> str:
    """Return what a process is by its command line: web, receiver, or manage.py's command (`work`, `relay`, `schedule`)."""
    if arguments and arguments[-1] in _SERVED:
        return _SERVED[arguments[-1]]
    is_command = len(arguments) > 1 and PurePath(arguments[0]).name == "manage.py"
    return arguments[1] if is_command else _UNKNOWN


def trace_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Begin a trace with each request, named by its route. A caller's own traceparent is not believed: it could have all traced."""
    if not tracing.is_on():
        raise MiddlewareNotUsed

    def traced(request: HttpRequest) -> HttpResponse:
        with tracing.root("request", "server", method=str(request.method)) as note:
            response = get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            note(route=route, status=response.status_code)
            return response

    return traced
