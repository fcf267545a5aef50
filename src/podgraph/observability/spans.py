"""Spans of OpenTelemetry, which are recorded if a tracer provider is configured.

with tracer.start_as_current_span("operation", caller_context(traceparent)): ...
"""

from collections.abc import Callable, Coroutine
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Batch = Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]

tracer = trace.get_tracer("podgraph")


class TracingMissing(RuntimeError):
    """Tracing is configured, but the packages that send spans are not installed."""


def configure_tracing(exporter: Any = None) -> None:
    """Record spans in this process and send them to OTEL_EXPORTER_OTLP_ENDPOINT, or to another exporter."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingMissing("Tracing is configured but not installed; install podgraph[tracing]") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "podgraph"}))
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def caller_context(traceparent: str | None) -> Context | None:
    """The context of the caller's span, given its `traceparent` header."""
    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None


def batched(name: str, load: Batch) -> Batch | None:
    """A loader's function with a span for each batch; None outside a span that is recorded."""
    if not trace.get_current_span().is_recording():
        return None

    async def traced(keys: list[Any]) -> list[Any]:
        with tracer.start_as_current_span(f"load {name}", attributes={"size": len(keys)}):
            return await load(keys)

    return traced
