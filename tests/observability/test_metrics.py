import logging
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from events.test_subscriptions import POD, emit, followed, next_of_all
from podgraph.database.notifier import EventNotifier
from podgraph.observability.metrics import observe_pool
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
REFUSED = """mutation {
    pausePod(input: { podId: "POD-26-999999", reason: "None" }) { userErrors { code } }
    resumePod(input: { podId: "" }) { userErrors { code } }
}"""
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
    fields = vars(line)
    assert line.getMessage() == "POST /graphql"
    assert [fields[name] for name in ("trace_id", "actor", "operation", "kind", "status")] == [
        TRACE_ID,
        "USR-26-000044",
        "Named",
        "query",
        200,
    ]
    assert [fields[name] > 0 for name in ("cost", "statements", "milliseconds")] == [True, True, True]


async def test_no_token_and_no_variable_value_is_logged(demo_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "podgraph")
    await ask(demo_url)
    await ask(demo_url, token="hush")
    log = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("podgraph"))
    assert "Named" in log
    assert "POD-26-000008" not in log
    assert OWNER not in log
    assert "hush" not in log


@pytest.mark.parametrize(
    ("name", "labels", "more"),
    [
        ("requests_total", {"kind": "query", "status": "200"}, 1),
        ("request_seconds_count", {"kind": "query"}, 1),
        ("operation_cost_sum", {}, 1),
        ("operation_cost_bucket", {"le": "1.0"}, 1),
        ("operation_statements_sum", {}, 1),
        ("operation_statements_bucket", {"le": "0.0"}, 0),
        ("errors_total", {"code": "BAD_USER_INPUT"}, 0),
    ],
)
async def test_each_request_changes_its_metrics(demo_url: str, name: str, labels: dict[str, str], more: float) -> None:
    before = figure(name, **labels)
    await ask(demo_url)
    assert figure(name, **labels) - before == more


async def test_the_duration_of_a_request_is_observed(demo_url: str) -> None:
    before = figure("request_seconds_sum", kind="query")
    await ask(demo_url)
    assert figure("request_seconds_sum", kind="query") > before


@pytest.mark.writes
async def test_errors_are_counted_by_their_code(demo_url: str) -> None:
    codes = ("GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED", "NOT_FOUND", "INVALID")
    before = [figure("errors_total", code=code) for code in codes]
    await ask(demo_url, "{ nothing }")
    await ask(demo_url, token="rubbish")
    await ask(demo_url, REFUSED)
    assert [figure("errors_total", code=code) - was for code, was in zip(codes, before, strict=True)] == [
        1,
        1,
        1,
        1,
    ]


@pytest.mark.writes
async def test_subscribers_and_delivered_events_are_counted(demo_engine: AsyncEngine, demo_url: str) -> None:
    names = ("subscribers", "events_total")
    before = [figure(name) for name in names]
    context = replace(context_for(demo_engine), notifier=EventNotifier(demo_engine))
    async with followed(context) as first, followed(replace(context)) as second:
        await next_of_all(context, [first, second], emit(demo_engine, POD))
        assert [figure(name) for name in names] == [before[0] + 2, before[1] + 2]
    assert [figure(name) for name in names] == [before[0], before[1] + 2]


async def test_connections_are_counted_while_they_are_in_use(demo_engine: AsyncEngine) -> None:
    observe_pool(demo_engine, "of this test")
    async with demo_engine.connect(), demo_engine.connect():
        assert figure("pool_used", database="of this test") == 2
    assert figure("pool_used", database="of this test") == 0


async def test_metrics_have_the_format_of_prometheus(demo_url: str) -> None:
    async with serving(Settings(demo_url, SECRET, pool_size=7)) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'podgraph_pool_size{database="primary"} 7.0' in answer.text
    assert 'podgraph_pool_used{database="primary"} 0.0' in answer.text


async def test_polled_paths_are_not_logged(demo_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "podgraph.requests")
    async with serving(Settings(demo_url, SECRET)) as client:
        for path in ("/health", "/ready", "/metrics", "/nowhere"):
            await client.get(path)
    assert [r.getMessage() for r in caplog.records if r.name == "podgraph.requests"] == ["GET /nowhere"]
