"""Spans that tests look at: recorded in this process, and received from others as a collector receives them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core import tracing
from core.spans import Spans, provider_for


@dataclass(frozen=True)
class Seen:
    """A span as it left its process. `text`: all that it says."""

    name: str
    trace: str
    id: str
    parent: str
    service: str
    is_error: bool
    attributes: dict[str, Any]
    links: tuple[str, ...]
    text: str


@contextmanager
def recorded(ratio: float = 1.0) -> Iterator[Recorder]:
    """Trace the work of this process."""
    collector = tracing.Collector("http://127.0.0.1:1", ratio, "erpsync-test")
    tracing.configure(collector)
    provider, exporter = provider_for(collector), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing._spans = Spans(provider)
    try:
        yield Recorder(exporter)
    finally:
        tracing.configure(None)


class Recorder:
    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def seen(self) -> list[Seen]:
        """Return the spans in the order in which they began."""
        spans = sorted(self._exporter.get_finished_spans(), key=lambda s: s.start_time or 0)
        return [
            Seen(
                name=s.name,
                trace=f"{s.context.trace_id:032x}",
                id=f"{s.context.span_id:016x}",
                parent=f"{s.parent.span_id:016x}" if s.parent else "",
                service=str(s.resource.attributes["service.name"]),
                is_error=not s.status.is_ok,
                attributes=dict(s.attributes or {}),
                links=tuple(f"{link.context.trace_id:032x}" for link in s.links),
                text=json.dumps(json.loads(s.to_json()), ensure_ascii=False),
            )
            for s in spans
        ]

    def names(self) -> list[str]:
        return [span.name for span in self.seen()]


def tree(spans: Sequence[Seen], parent: str = "") -> list[Any]:
    """Names of spans with those of their children."""
    return [(span.name, tree(spans, span.id)) for span in spans if span.parent == parent]


@dataclass
class Collected:
    url: str = ""
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)

    def seen(self) -> list[Seen]:
        """Return the spans in the order in which they began."""
        found = [
            (s.start_time_unix_nano, _seen(s, _values(part.resource.attributes)))
            for request in self.requests
            for part in request.resource_spans
            for scope in part.scope_spans
            for s in scope.spans
        ]
        return [span for _, span in sorted(found, key=lambda pair: pair[0])]


def _seen(s: Any, resource: dict[str, Any]) -> Seen:
    return Seen(
        s.name, s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex(), resource["service.name"], s.status.code == 2,
        _values(s.attributes), tuple(link.trace_id.hex() for link in s.links), f"{MessageToJson(s, ensure_ascii=False)} {resource}",
    )  # fmt: skip


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in attributes}


@contextmanager
def collecting() -> Iterator[Collected]:
    """A collector on this machine: OTLP over HTTP."""
    collected = Collected()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            collected.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    collected.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collected
    finally:
        server.shutdown()
        server.server_close()
