"""JSON compiler: which relationships are compiled, and that their JSON equals the serialized rows."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from conftest import context_for
from podgraph.database.sql_json import RawJson, json_default
from podgraph.schema import build_schema
from podgraph.tables import metadata

PATH = "tickets { nodes { pod { tickets(first: 2) { nodes { "

WRITTEN = {
    "a list": "team { role joinedAt }",
    "a to-one edge": "workspace { id name }",
    "a to-one edge that may lead nowhere": "serviceLine { id endsAt } proposal { committedPerWeek }",
    "a list through a join table": "projects { name }",
    "a page in its order": "tickets(first: 2, orderBy: [{ field: PRIORITY }]) { nodes { title priority } }",
    "a filtered page": "tickets(filter: { responseSla: { eq: BREACHED } }) { totalCount nodes { id } }",
    "a page filtered by a variable": "tickets(filter: { type: { eq: $type } }) { totalCount }",
    "five edges within each other": PATH + "incident { ticket { status } } } } } } }",
    "five edges with all that SQLite's parser has to keep in mind": (
        "serviceLine { allocations { nodes { actualLastWeek serviceLine { allocations { nodes {"
        " actualLastWeek serviceLine { endsAt } } } } } } }"
    ),
    "three lists deep": "slaReports { nodes { metrics { metric target } pod { team { role } } } }",
    "a fragment on an interface": "tickets { nodes { ... on Node { id } ... on Ticket { title } } }",
    "every kind of value": (
        "sla { effectiveFrom sprintLengthDays responseTimeHours currentCompliance } startDate"
        " team { __typename joinedAt leftAt } incidents { __typename nodes { suspected status } }"
    ),
    "amounts of money": (
        "costPerMonth { __typename amount currency } proposal { costPerMonth { currency sum: amount } }"
        " tickets { nodes { pod { costPerMonth { amount } } } }"
    ),
    "an edge from a column that is worked out": "sla { id effectiveFrom } serviceLine { id }",
    "objects of which nothing is selected": (
        "team { role @skip(if: true) } tickets { nodes { id @include(if: false) } }"
    ),
    "two selections of one edge": "a: team { role } b: team { talent { id } } team { joinedAt }",
}

READ = {
    "a figure that is worked out": ("tickets { nodes { responseHours } }", 2),
    "what has one below it": ("tickets { nodes { pod { sla { id } } } }", 2),
    "cursors": ("tickets(first: 1) { edges { cursor } pageInfo { endCursor } }", 2),
    "aggregates": ("tickets { aggregate { count } }", 2),
    "the last of a list": ("tickets(last: 2) { nodes { id } }", 2),
    "a union": ("serviceLine { source { __typename } }", 2),
    "a batch": ('slaReport(period: "2026-04") { id }', 2),
    "a filter of filters": ('tickets(filter: { not: { podId: { eq: "x" } } }) { totalCount }', 2),
    "the sixth edge within another": (PATH + "incident { ticket { pod { id } } } } } } } }", 2),
}


async def ask(engine: AsyncEngine, edges: str, executor: str = "level") -> tuple[Any, int, int]:
    """The serialized response, the number of statements, and the number of fallbacks."""
    context = replace(context_for(engine), embed_json=RawJson)
    head = "query ($type: TicketType!)" if "$type" in edges else ""
    document = f"{head} {{ pods {{ nodes {{ id {edges} }} }} }}"
    result = await build_schema(executor).execute(document, {"type": "ISSUE"} if head else {}, context_value=context)
    assert result.errors is None, result.errors
    nodes = orjson.loads(orjson.dumps(result.data, default=json_default))["pods"]["nodes"]
    return nodes, context.loaders.reader.snapshot.statements, context.fallbacks


@pytest.mark.parametrize("edges", WRITTEN.values(), ids=WRITTEN.keys())
async def test_relationship_of_columns_is_loaded_with_its_level(demo_engine: AsyncEngine, edges: str) -> None:
    written, statements, fallbacks = await ask(demo_engine, edges)
    read, _, _ = await ask(demo_engine, edges, "reference")
    assert orjson.dumps(written) == orjson.dumps(read)
    assert (statements, fallbacks) == (1, 0)


@pytest.mark.parametrize(("edges", "statements"), READ.values(), ids=READ.keys())
async def test_other_relationship_is_read_as_rows(demo_engine: AsyncEngine, edges: str, statements: int) -> None:
    answer, taken, fallbacks = await ask(demo_engine, edges)
    read, _, _ = await ask(demo_engine, edges, "reference")
    assert orjson.dumps(answer) == orjson.dumps(read)
    assert (taken, fallbacks) == (statements, 0)


AT_THE_ROOT = {
    "a page": "pods(first: 2) { nodes { id costPerMonth { amount } sla { id } } }",
    "a page after another": "tickets(first: 3, after: $after) { totalCount nodes { title pod { name } } }",
    "a page of one filter or another": (
        'pods(filter: { or: [{ id: { eq: "POD-26-000008" } }, { status: { eq: PAUSED } }] })'
        " { __typename nodes { status } all: totalCount }"
    ),
    "an empty page": 'pods(filter: { id: { eq: "nothing" } }) { totalCount nodes { id } }',
    "a page of which nothing is selected": "pods { nodes { id @skip(if: true) } }",
    "a page of no fields": "pods { nodes @skip(if: true) { id } }",
    "a page whose records are selected twice": (
        "pods(first: 2, orderBy: [{ field: NAME }]) { a: nodes { id } totalCount b: nodes { name } }"
    ),
}


@pytest.mark.parametrize("field", AT_THE_ROOT.values(), ids=AT_THE_ROOT.keys())
async def test_root_page_of_columns_is_one_json_text(demo_engine: AsyncEngine, field: str) -> None:
    cursors = "{ tickets(first: 2) { pageInfo { endCursor } } }"
    found: Any = await build_schema().execute(cursors, context_value=context_for(demo_engine))
    given = {"after": found.data["tickets"]["pageInfo"]["endCursor"]} if "$after" in field else {}
    document = f"query {'($after: String)' if given else ''} {{ page: {field} }}"
    context = replace(context_for(demo_engine), embed_json=RawJson)
    written: Any = await build_schema().execute(document, given, context_value=context)
    read: Any = await build_schema("reference").execute(document, given, context_value=context_for(demo_engine))
    assert orjson.dumps(written.data, default=json_default).replace(b"\n", b"") == orjson.dumps(read.data)
    assert isinstance(written.data["page"], RawJson)
    assert (context.statements, context.fallbacks) == (1, 0)


UNBOUND = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET session_replication_role = replica"}
"""Allow a referenced record to be deleted."""


@pytest.mark.writes
@pytest.mark.parametrize(("field", "there"), [("id __typename", True), ("id name", False)])
async def test_foreign_key_columns_are_read_without_a_subquery(
    demo_engine: AsyncEngine, field: str, *, there: bool
) -> None:
    unbound = create_async_engine(demo_engine.url)
    async with unbound.connect() as connection:
        await connection.execute(text(UNBOUND[unbound.dialect.name]))
        await connection.commit()
        await connection.execute(delete(metadata.tables["service_line"]))
        await connection.commit()
    await unbound.dispose()
    answer, statements, _ = await ask(demo_engine, f"serviceLine {{ {field} }}")
    assert statements == 1
    assert {pod["serviceLine"] is not None for pod in answer if pod["id"] == "POD-26-000008"} == {there}
    assert None in [pod["serviceLine"] for pod in answer]


UNCHECKED = {
    "sqlite": "PRAGMA ignore_check_constraints = ON",
    "postgresql": "ALTER TABLE pod DROP CONSTRAINT ck_pod_status",
}
"""Allow a status to be stored that the GraphQL enum does not contain."""


@pytest.mark.writes
async def test_uncompilable_root_page_is_read_as_rows(demo_engine: AsyncEngine) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(text(UNCHECKED[demo_engine.dialect.name]))
        await connection.execute(update(metadata.tables["pod"]).values(status="LOST"))
    document = "{ pods(first: 1) { nodes { id status } } }"
    results = [
        await build_schema(executor).execute(document, context_value=context_for(demo_engine))
        for executor in ("level", "reference")
    ]
    written, read = results
    assert written.data is None
    assert [error.path for error in written.errors or ()] == [error.path for error in read.errors or ()]


@pytest.mark.writes
@pytest.mark.parametrize(
    "name", ['"no" in quotes', "back\\slash", "line\nbreak\t\x01", "Zürich – 東京 🚀", "'; --", "{}"]
)
async def test_text_is_escaped_as_json(demo_engine: AsyncEngine, name: str) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(update(metadata.tables["workspace"]).values(name=name))
    answer, statements, _ = await ask(demo_engine, "workspace { name }")
    assert {pod["workspace"]["name"] for pod in answer} == {name}
    assert statements == 1


async def test_execution_without_serialization_returns_plain_values(demo_engine: AsyncEngine) -> None:
    document = '{ pod(id: "POD-26-000010") { team { role } } }'
    result: Any = await build_schema().execute(document, context_value=context_for(demo_engine))
    assert result.data == {"pod": {"team": [{"role": "data_engineer"}, {"role": "analytics_engineer"}]}}


@pytest.mark.writes
@pytest.mark.parametrize("dry_run", [True, False])
async def test_mutation_payload_is_compiled_to_json(demo_engine: AsyncEngine, dry_run: bool) -> None:
    context = replace(context_for(demo_engine), embed_json=RawJson)
    document = """mutation ($dryRun: Boolean!) {
        pausePod(input: { podId: "POD-26-000008", reason: "Freeze", dryRun: $dryRun }) {
            pod { status serviceLine { status } }
        }
    }"""
    result: Any = await build_schema().execute(document, {"dryRun": dry_run}, context_value=context)
    assert result.errors is None
    pod = result.data["pausePod"]["pod"]
    assert (pod["status"], pod["serviceLine"].text) == ("PAUSED", '\n{"status":"PAUSED"}')


@pytest.mark.parametrize("first", [1, 3])
async def test_other_variables_compile_another_expression(demo_engine: AsyncEngine, first: int) -> None:
    document = """query ($pod: ID!, $first: Int!) {
        pod(id: $pod) { tickets(first: $first) { nodes { id } } }
    }"""
    given = {"pod": "POD-26-000008", "first": first}
    result: Any = await build_schema().execute(document, given, context_value=context_for(demo_engine))
    assert len(result.data["pod"]["tickets"]["nodes"]) == first


async def test_invalid_argument_is_reported_by_its_field(demo_engine: AsyncEngine) -> None:
    document = """{ pod(id: "POD-26-000010") {
        name none: tickets(first: 0) { totalCount }
        nul: tickets(filter: { podId: { eq: "\\u0000" } }) { totalCount }
    } }"""
    result: Any = await build_schema().execute(document, context_value=context_for(demo_engine))
    assert result.data == {"pod": None}
    assert {tuple(error.path) for error in result.errors} <= {("pod", "none"), ("pod", "nul")}


async def test_invalid_argument_below_an_empty_page_is_not_reported(demo_engine: AsyncEngine) -> None:
    document = """{ pods(filter: { id: { eq: "POD-26-999999" } }, first: 1) {
        nodes { tickets(first: 0) { totalCount } }
    } }"""
    result: Any = await build_schema().execute(document, context_value=context_for(demo_engine))
    assert (result.data, result.errors) == ({"pods": {"nodes": []}}, None)


async def test_many_fields_are_read_as_rows(demo_engine: AsyncEngine) -> None:
    names = " ".join(f"n{number}: name" for number in range(600))
    answer, statements, _ = await ask(demo_engine, f"workspace {{ {names} }} projects {{ {names} }}")
    assert len(answer[0]["workspace"]) == 600
    assert statements == 2


async def test_relationship_of_a_computed_column_is_read_as_rows(demo_engine: AsyncEngine) -> None:
    document = '{ cycle(id: "OCYCLE-26-000011") { serviceLine { id } } }'
    result: Any = await build_schema().execute(document, context_value=context_for(demo_engine))
    assert result.data == {"cycle": {"serviceLine": {"id": "LIN-26-092200"}}}
