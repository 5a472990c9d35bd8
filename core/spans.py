"""Spans of OpenTelemetry, imported only while tracing is on. See `core.tracing`, the one way to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Unpack, cast

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision as Sampling
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceState,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes as OtelAttributes

from core.tracing import Attributes, Collector, Kind, Note

# by the semantic conventions where they have a name for it
NAMES = {
    "channel": "erpsync.channel",
    "kind": "erpsync.kind",
    "connection": "erpsync.connection",
    "command": "erpsync.command",
    "rows": "erpsync.rows",
    "method": "http.request.method",
    "route": "http.route",
    "host": "server.address",
    "status": "http.response.status_code",
    "error": "error.type",
}
SEND_MILLISECONDS = 1_000
# a process that ends waits no longer for a collector that is away
EXPORT_SECONDS = 3.0

_propagator = TraceContextTextMapPropagator()
_ROOT = Context()


class LinkedOrRatio(Sampler):
    """Sampler of roots: what goes on from traced rows is traced, all else by ratio."""

    def __init__(self, ratio: float) -> None:
        self._ratio = TraceIdRatioBased(ratio)

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, kind: SpanKind | None = None,
        attributes: OtelAttributes = None, links: Sequence[Link] | None = None, trace_state: TraceState | None = None,
    ) -> SamplingResult:  # fmt: skip
        if links:
            return SamplingResult(Sampling.RECORD_AND_SAMPLE, attributes)
        return self._ratio.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"LinkedOr{self._ratio.get_description()}"


def provider_for(collector: Collector) -> TracerProvider:
    """Return a provider that samples, and exports nowhere yet."""
    resource = Resource.create({"service.name": collector.service})
    return TracerProvider(sampler=ParentBased(LinkedOrRatio(collector.ratio)), resource=resource)


def exporting_to(collector: Collector) -> TracerProvider:
    """Return a provider that sends its spans from a thread of its own, and what is left when the process ends."""
    provider = provider_for(collector)
    exporter = OTLPSpanExporter(f"{collector.url}/v1/traces", timeout=EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=SEND_MILLISECONDS))
    return provider


class Spans:
    """The spans of one process. Each is the current one of its thread and of the context that it hands on."""

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("erpsync")

    def root(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[Note]:
        return self._begun(name, kind, attributes)

    def span(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[Note] | None:
        return self._begun(name, kind, attributes) if get_current_span().is_recording() else None

    def continued(
        self, name: str, kind: Kind, traceparents: Iterable[str], attributes: Attributes
    ) -> AbstractContextManager[Note] | None:
        origins = _contexts(traceparents)
        if not origins:
            return self.span(name, kind, attributes)
        under_way = get_current_span()
        traces = {origin.trace_id for origin in origins}
        if under_way.is_recording() and traces <= {under_way.get_span_context().trace_id}:
            return self._begun(name, kind, attributes)
        if len(traces) == 1:
            parent, *others = origins
            return self._begun(name, kind, attributes, set_span_in_context(NonRecordingSpan(parent), _ROOT), others)
        return self._begun(name, kind, attributes, _ROOT, origins)

    def linked(
        self, name: str, kind: Kind, traceparents: Iterable[str], attributes: Attributes
    ) -> AbstractContextManager[Note] | None:
        origins = _contexts(traceparents)
        return self._begun(name, kind, attributes, _ROOT, origins) if origins else self.span(name, kind, attributes)

    def traceparent(self) -> str:
        under_way = get_current_span()
        if not under_way.is_recording():
            return ""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, set_span_in_context(under_way, _ROOT))
        return carrier["traceparent"]

    def log_ids(self) -> dict[str, str]:
        under_way = get_current_span()
        if not under_way.is_recording():
            return {}
        context = under_way.get_span_context()
        return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}

    @contextmanager
    def _begun(
        self, name: str, kind: Kind, attributes: Attributes, context: Context | None = None,
        origins: Sequence[SpanContext] = (),
    ) -> Iterator[Note]:  # fmt: skip
        with self._tracer.start_as_current_span(
            name, context, SpanKind[kind.upper()], _named(attributes), [Link(origin) for origin in origins],
            # an error's text may hold what a channel answered
            record_exception=False, set_status_on_exception=False,
        ) as begun:  # fmt: skip
            note = _Note(begun)
            try:
                yield note
            except BaseException as error:
                if not note.has_failed:
                    note(error=type(error).__name__)
                raise


class _Note:
    def __init__(self, begun: Span) -> None:
        self._begun = begun
        self.has_failed = False

    def __call__(self, **attributes: Unpack[Attributes]) -> None:
        self._begun.set_attributes(_named(attributes))
        if attributes.get("error"):
            self.has_failed = True
            self._begun.set_status(StatusCode.ERROR)


def _named(attributes: Attributes) -> dict[str, str | int]:
    """Return attributes by their names in OpenTelemetry, without the empty ones."""
    values = cast("dict[str, str | int]", attributes)
    return {NAMES[name]: value for name, value in values.items() if value not in ("", 0)}


def _contexts(traceparents: Iterable[str]) -> list[SpanContext]:
    """Return where traced rows come from, each once, in their order."""
    found = []
    for text in dict.fromkeys(filter(None, traceparents)):
        context = get_current_span(_propagator.extract({"traceparent": text}, _ROOT)).get_span_context()
        if context.is_valid:
            found.append(context)
    return found
