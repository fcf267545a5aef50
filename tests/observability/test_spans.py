from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from podgraph.observability.spans import configure_tracing, disable_tracing, span
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
DOCUMENT = """
    query Pods { pods(first: 2) { nodes { id serviceLine { health { score } } } } }
"""


@pytest.fixture
def collected() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing(exporter)
    yield exporter
    disable_tracing()


async def ask(url: str) -> None:
    headers = {"Authorization": f"Bearer {OWNER}", "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
    async with serving(Settings(url, SECRET)) as client:
        answer = await client.post("/graphql", json={"query": DOCUMENT}, headers=headers)
    assert "errors" not in answer.json()


async def test_an_operation_is_a_span_of_its_callers_trace(demo_url: str, collected: InMemorySpanExporter) -> None:
    await ask(demo_url)
    (operation,) = [one for one in collected.get_finished_spans() if one.name == "query"]
    assert operation.attributes
    assert (operation.attributes["operation"], operation.attributes["actor"]) == ("Pods", "USR-26-000044")
    assert format(operation.context.trace_id, "032x") == TRACE_ID


async def test_every_batch_is_a_span_that_tells_its_size(demo_url: str, collected: InMemorySpanExporter) -> None:
    await ask(demo_url)
    loads = [one for one in collected.get_finished_spans() if one.name.startswith("load ")]
    sizes = {one.name: one.attributes["size"] for one in loads if one.attributes}
    assert sizes["load BatchLoader"] == 2
    assert {format(one.context.trace_id, "032x") for one in loads} == {TRACE_ID}


def test_where_nobody_collects_there_is_no_span() -> None:
    with span("operation") as begun:
        assert begun is None
