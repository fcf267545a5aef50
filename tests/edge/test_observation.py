import logging
from typing import Any

import pytest
from prometheus_client import REGISTRY

from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
DOCUMENT = "query Named($id: ID!) { pod(id: $id) { name } }"


async def ask(url: str, document: str = DOCUMENT, token: str = OWNER) -> int:
    headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
    body = {"query": document, "variables": {"id": "POD-26-000008"}}
    async with serving(Settings(url, SECRET)) as client:
        return (await client.post("/graphql", json=body, headers=headers)).status_code


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"podgraph_{name}", labels) or 0


async def test_a_request_is_one_line_in_the_log(demo_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "podgraph.requests")
    await ask(demo_url)
    (line,) = [record for record in caplog.records if record.name == "podgraph.requests"]
    told = vars(line)
    assert line.getMessage() == "POST /graphql"
    assert [told[name] for name in ("trace_id", "actor", "operation", "kind", "status")] == [
        TRACE_ID,
        "USR-26-000044",
        "Named",
        "query",
        200,
    ]
    assert [told[name] > 0 for name in ("cost", "statements", "milliseconds")] == [True, True, True]


async def test_no_token_and_no_value_of_a_variable_is_told(
    demo_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "podgraph")
    await ask(demo_url)
    await ask(demo_url, token="hush")
    told = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("podgraph"))
    assert "Named" in told
    assert "POD-26-000008" not in told
    assert OWNER not in told
    assert "hush" not in told


async def test_requests_are_counted_with_what_they_cost(demo_url: str) -> None:
    names: Any = (("requests_total", {"kind": "query", "status": "200"}), ("operation_statements_sum", {}))
    before = [figure(name, **labels) for name, labels in names]
    await ask(demo_url)
    assert [figure(name, **labels) for name, labels in names] == [before[0] + 1, before[1] + 1]


async def test_errors_are_counted_by_their_code(demo_url: str) -> None:
    codes = ("GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED")
    before = [figure("errors_total", code=code) for code in codes]
    await ask(demo_url, "{ nothing }")
    await ask(demo_url, token="rubbish")
    assert [figure("errors_total", code=code) for code in codes] == [before[0] + 1, before[1] + 1]


async def test_the_figures_are_told_as_prometheus_reads_them(demo_url: str) -> None:
    async with serving(Settings(demo_url, SECRET, pool_size=7)) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'podgraph_pool_size{database="primary"} 7.0' in answer.text
    assert 'podgraph_pool_used{database="primary"} 0.0' in answer.text


async def test_machines_that_only_look_are_not_told_of(
    demo_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "podgraph.requests")
    async with serving(Settings(demo_url, SECRET)) as client:
        for path in ("/health", "/ready", "/metrics", "/nowhere"):
            await client.get(path)
    assert [r.getMessage() for r in caplog.records if r.name == "podgraph.requests"] == ["GET /nowhere"]
