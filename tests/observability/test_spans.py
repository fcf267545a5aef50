"""Spans: of operations in the trace of the caller, and of batches of loaders."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from podgraph.observability.spans import batched, configure_tracing
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
DOCUMENT = """
    query Pods { pods(first: 2) { nodes { id serviceLine { health { score } } } } }
"""


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    # A process has one provider, which is shut down but not replaced.
    exporter = InMemorySpanExporter()
    configure_tracing(exporter)
    yield exporter
    provider().shutdown()


def provider() -> TracerProvider:
    configured = trace.get_tracer_provider()
    assert isinstance(configured, TracerProvider)
    return configured


async def spans(exporter: InMemorySpanExporter, url: str) -> list[ReadableSpan]:
    """The spans of one request."""
    exporter.clear()
    headers = {"Authorization": f"Bearer {OWNER}", "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
    async with serving(Settings(url, SECRET)) as client:
        answer = await client.post("/graphql", json={"query": DOCUMENT}, headers=headers)
    assert "errors" not in answer.json()
    assert provider().force_flush()
    return list(exporter.get_finished_spans())


async def test_an_operation_is_a_span_in_the_trace_of_its_caller(demo_url: str, exporter: InMemorySpanExporter) -> None:
    (operation,) = [one for one in await spans(exporter, demo_url) if one.name == "query"]
    assert operation.attributes
    assert (operation.attributes["operation"], operation.attributes["actor"]) == ("Pods", "USR-26-000044")
    assert format(operation.context.trace_id, "032x") == TRACE_ID


async def test_every_batch_is_a_span_with_its_size(demo_url: str, exporter: InMemorySpanExporter) -> None:
    loads = [one for one in await spans(exporter, demo_url) if one.name.startswith("load ")]
    sizes = {one.name: one.attributes["size"] for one in loads if one.attributes}
    assert sizes["load BatchLoader"] == 2
    assert {format(one.context.trace_id, "032x") for one in loads} == {TRACE_ID}


def test_a_batch_outside_a_recorded_span_is_not_traced() -> None:
    async def load(keys: list[str]) -> list[str]:
        return keys

    assert batched("Loader", load) is None
