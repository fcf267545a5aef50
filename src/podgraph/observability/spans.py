"""Spans of OpenTelemetry, where somebody collects them; without a collector they cost nothing.

with span("operation", operation="pod"): ...
"""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

Batch = Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]

_tracers: list[Any] = []
"""The tracer, once there is one."""


class TracingMissing(RuntimeError):
    """Traces are to be sent, but what sends them is not installed."""


def configure_tracing(exporter: Any = None) -> None:
    """Collect spans from now on: to the collector of OTEL_EXPORTER_OTLP_ENDPOINT, or another exporter."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    except ImportError as error:
        raise TracingMissing("Tracing is configured but not installed; install podgraph[tracing]") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "podgraph"}))
    processor = SimpleSpanProcessor(exporter) if exporter else BatchSpanProcessor(OTLPSpanExporter())
    provider.add_span_processor(processor)
    _tracers[:] = [provider.get_tracer("podgraph")]


def disable_tracing() -> None:
    """Collect no more spans."""
    _tracers.clear()


def span(name: str, parent: str | None = None, **attributes: Any) -> AbstractContextManager[Any]:
    """A span round a block; `parent` is a `traceparent` that it continues. None where nobody collects."""
    return _span(name, parent, attributes) if _tracers else nullcontext()


@contextmanager
def _span(name: str, parent: str | None, attributes: dict[str, Any]) -> Iterator[Any]:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    within = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    with _tracers[0].start_as_current_span(name, within, attributes=attributes) as begun:
        yield begun


def batched(name: str, load: Batch) -> Batch | None:
    """A loader's function with a span for each batch, which tells its size; None if nobody collects."""
    if not _tracers:
        return None

    async def traced(keys: list[Any]) -> list[Any]:
        with span(f"load {name}", size=len(keys)):
            return await load(keys)

    return traced
