"""Distributed tracing with OpenTelemetry, behind one setting: the address of a collector.

Work crosses processes in rows, so a row keeps the W3C traceparent of the span that wrote it (empty: not traced), in the statement
that writes the row anyway. There are four ways to begin a span:

    root       work begins here: a webhook, a sweep, a person's request. Sampled by ratio
    continued  rows are taken up again. Those of one trace go on in it; rows of several traces begin one that links to all of them
    linked     one of the many parts of a row's work, too many for one trace: each begins a trace that links to the row's
    span       a part of the work under way

Without a collector, and in work that is not traced, they do nothing; OpenTelemetry's exporter is not even imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal, Protocol, TypedDict, Unpack

if TYPE_CHECKING:
    from core.spans import Spans

# of a W3C traceparent: version, trace id, span id, flags
TRACEPARENT_LENGTH = 55
Kind = Literal["internal", "server", "client", "producer", "consumer"]


class Attributes(TypedDict, total=False):
    """All that a span may say: our own words and numbers. No text of a channel or a buyer, no header, no query of an address."""

    channel: str
    kind: str
    connection: int
    command: int
    rows: int
    method: str
    route: str
    host: str
    status: int
    error: str


class Note(Protocol):
    """Adds attributes to a span under way."""

    def __call__(self, **attributes: Unpack[Attributes]) -> None: ...


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans go. `url`: the base of OTLP over HTTP; `ratio`: the share of work that is traced; `service`: what this process is."""

    url: str
    ratio: float
    service: str


def _ignore(**_: Unpack[Attributes]) -> None:
    pass


_NOTHING: AbstractContextManager[Note] = nullcontext(_ignore)
_lock = Lock()
_collector: Collector | None = None
_spans: Spans | None = None


def configure(collector: Collector | None) -> None:
    """Trace from here on, or no longer. May be called again; what it takes is made with the first span, in whichever process that is."""
    global _collector, _spans
    _collector, _spans = collector, None


def is_on() -> bool:
    """Return whether work is traced at all."""
    return _collector is not None


def root(name: str, kind: Kind = "internal", /, **attributes: Unpack[Attributes]) -> AbstractContextManager[Note]:
    """Span where work begins; a part of the work under way where there is some."""
    return _tracer().root(name, kind, attributes) if _collector else _NOTHING


def continued(
    name: str, kind: Kind, traceparents: Iterable[str], /, **attributes: Unpack[Attributes]
) -> AbstractContextManager[Note]:
    """Span over work that rows with these traceparents carried on. A part of the work under way where none of them is traced."""
    return _tracer().continued(name, kind, traceparents, attributes) or _NOTHING if _collector else _NOTHING


def linked(
    name: str, kind: Kind, traceparents: Iterable[str], /, **attributes: Unpack[Attributes]
) -> AbstractContextManager[Note]:
    """Span that begins a trace linked to those of rows with these traceparents. A part of the work under way where none is traced."""
    return _tracer().linked(name, kind, traceparents, attributes) or _NOTHING if _collector else _NOTHING


def span(name: str, kind: Kind = "internal", /, **attributes: Unpack[Attributes]) -> AbstractContextManager[Note]:
    """Span over a part of the work under way; nothing where that is not traced."""
    return _tracer().span(name, kind, attributes) or _NOTHING if _collector else _NOTHING


def traceparent() -> str:
    """Return the traceparent of the span under way, for a row or a header; empty where there is none."""
    return _tracer().traceparent() if _collector else ""


def headers() -> dict[str, str]:
    """Return the headers by which a request that is made now goes on with the trace."""
    return {"traceparent": found} if (found := traceparent()) else {}


def trace_id(traceparent: str) -> str:
    """Return the trace id in a row's traceparent, by which a trace is looked up."""
    return traceparent[3:35]


def log_ids() -> dict[str, str]:
    """Return the ids of the span under way, for a line of the log."""
    return _tracer().log_ids() if _collector else {}


def _tracer() -> Spans:
    """Return this process's tracer. It is made late: an exporter's thread made before a fork would not be there after it."""
    global _spans  # noqa: PLW0603
    if _spans is None:
        with _lock:
            if _spans is None:
                # OpenTelemetry's import: only for who wants it
                from core.spans import Spans, exporting_to  # noqa: PLC0415

                assert _collector is not None, "asked by the callers"
                _spans = Spans(exporting_to(_collector))
    return _spans
