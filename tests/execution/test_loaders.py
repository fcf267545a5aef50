"""Loaders: the number of statements of an operation, and the values of relationships."""

import asyncio
from gc import collect
from typing import Any
from weakref import ref

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute, context_for
from podgraph.database.snapshot import Snapshot
from podgraph.execution.context import Context
from podgraph.schema import build_schema
from podgraph.tables import metadata


async def run(context: Context, document: str, executor: str = "level", **variables: Any) -> Any:
    schema = build_schema(executor)
    return await schema.execute(document, variable_values=variables, context_value=context)


async def ask(engine: AsyncEngine, document: str, executor: str = "level", **given: Any) -> tuple[Any, int]:
    """The response to a document, and the number of statements."""
    context = context_for(engine)
    result = await run(context, document, executor, **given)
    assert result.errors is None, result.errors
    return result.data, context.loaders.reader.snapshot.statements


# With graphql-core every relationship is read as rows; test_json_compiler.py tests the compiled ones.
EDGES = {
    "plain fields": ("id name", 1),
    "a to-one edge": ("workspace { name }", 1),
    "to-one edges below each other": ("serviceLine { workspace { organization { name } } }", 1),
    "several to-one relationships": (
        "workspace { id } organization { id } subscription { id } sla { id }",
        1,
    ),
    "a list": ("team { role }", 2),
    "a list and its to-one edges": ("team { role talent { title } pod { workspace { id } } }", 2),
    "a list through a join table": ("projects { name }", 2),
    "a page": ("tickets(first: 2) { nodes { title } }", 2),
    "a page with its figures": ("tickets(first: 2) { nodes { id } totalCount aggregate { count } }", 2),
    "figures alone": ("tickets { totalCount aggregate { breached } }", 2),
    "groups": ("tickets { totalCount aggregate { groups(by: [TYPE]) { count } } }", 3),
    "a page and its to-one edges": (
        "tickets(first: 2) { edges { node { submittedBy { id } pod { id } } } }",
        2,
    ),
    "a computed value": ('slaReport(period: "2026-04") { compliancePercent }', 2),
    "three levels": ("serviceLine { allocations { nodes { resources { talent { title } } } } }", 3),
    "five levels": (
        "team { talent { assignments { allocation { serviceLine { incidents { nodes { id } } } } } } }",
        5,
    ),
    "pages side by side": ("tickets { totalCount } incidents { totalCount } slaReports { totalCount }", 4),
}


@pytest.mark.parametrize(("edges", "statements"), EDGES.values(), ids=EDGES.keys())
async def test_relationship_takes_one_statement_per_level(
    demo_engine: AsyncEngine, edges: str, statements: int
) -> None:
    document = f"query ($n: Int!) {{ pods(first: $n) {{ nodes {{ {edges} }} }} }}"
    one, for_one = await ask(demo_engine, document, "reference", n=1)
    all_of_them, for_all = await ask(demo_engine, document, "reference", n=100)
    assert (len(one["pods"]["nodes"]), len(all_of_them["pods"]["nodes"])) == (1, 7)
    assert (for_one, for_all) == (statements, statements)
    assert all_of_them["pods"]["nodes"][0] == one["pods"]["nodes"][0]


async def test_joined_records_equal_separately_loaded_records(demo_engine: AsyncEngine) -> None:
    data, statements = await ask(
        demo_engine,
        """{ allocation(id: "ALLOC-26-000441") {
            serviceLine { id name workspace { id name organization { id name } } } capacityPool { id }
        } }""",
    )
    assert statements == 1
    assert data["allocation"] == {
        "serviceLine": {
            "id": "LIN-26-084729",
            "name": "Senior Backend Engineering",
            "workspace": {
                "id": "WS-26-000021",
                "name": "Platform Engineering",
                "organization": {"id": "ORG-26-090500", "name": "Apex Digital Ltd"},
            },
        },
        "capacityPool": {"id": "CAP-26-000112"},
    }


async def test_relationship_to_nothing_is_null_without_a_statement(demo_engine: AsyncEngine) -> None:
    data, statements = await ask(
        demo_engine,
        """{ pod(id: "POD-26-000011") {
            serviceLine { id workspace { id } } sla { id } proposal { teamSize }
        } }""",
    )
    assert data == {"pod": {"serviceLine": None, "sla": None, "proposal": None}}
    assert statements == 1


async def test_field_with_two_sets_of_arguments_loads_two_pages(demo_engine: AsyncEngine) -> None:
    data, statements = await ask(
        demo_engine,
        """{ pods(first: 3) { nodes {
            late: tickets(filter: { responseSla: { eq: BREACHED } }) { totalCount nodes { responseSla } }
            met: tickets(filter: { responseSla: { eq: MET } }, first: 1) { totalCount nodes { responseSla } }
        } } }""",
        "reference",
    )
    assert statements == 3
    assert [(pod["late"]["totalCount"], pod["met"]["totalCount"]) for pod in data["pods"]["nodes"]] == [
        (2, 20),
        (0, 4),
        (0, 2),
    ]
    assert data["pods"]["nodes"][0]["met"]["nodes"] == [{"responseSla": "MET"}]


async def test_aliases_of_a_relationship_have_separate_selections(demo_engine: AsyncEngine) -> None:
    data, statements = await ask(
        demo_engine,
        """{ pod(id: "POD-26-000010") {
            here: workspace { id } there: workspace { name organization { currency } }
            people: team { role } names: team { talent { title } }
        } }""",
        "reference",
    )
    assert data["pod"] == {
        "here": {"id": "WS-26-000022"},
        "there": {"name": "Data & Analytics", "organization": {"currency": "USD"}},
        "people": [{"role": "data_engineer"}, {"role": "analytics_engineer"}],
        "names": [{"talent": {"title": "Data Engineer"}}, {"talent": {"title": "Analytics Engineer"}}],
    }
    assert statements == 3


async def test_relationship_in_two_places_returns_equal_records(demo_engine: AsyncEngine) -> None:
    data, _ = await ask(
        demo_engine,
        """{ pod(id: "POD-26-000008") { workspace { id name } serviceLine { workspace { name risk } } }
             again: pod(id: "POD-26-000008") { workspace { name } } }""",
    )
    assert data["pod"]["workspace"] == {"id": "WS-26-000021", "name": "Platform Engineering"}
    assert data["pod"]["serviceLine"]["workspace"] == {"name": "Platform Engineering", "risk": "HIGH"}
    assert data["again"]["workspace"] == {"name": "Platform Engineering"}


async def test_nodes_of_several_types_take_one_statement_per_type(demo_engine: AsyncEngine) -> None:
    ids = ["POD-26-000008", "WS-26-000021", "POD-26-000009", "POD-26-999999", "x", "WS-26-000022"]
    data, statements = await ask(demo_engine, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert [node and node["id"] for node in data["nodes"]] == [*ids[:3], None, None, ids[5]]
    assert statements == 2


async def test_failing_batch_leaves_other_fields_intact(demo_engine: AsyncEngine) -> None:
    context = context_for(demo_engine)
    result = await run(
        context,
        """{ bad: serviceLine(id: "LIN-26-088401") { usage(from: "2026-05-02", to: "2026-05-01") { from } }
             worse: allocation(id: "ALLOC-26-000441") { weeksBelow(weeks: 0) }
             page: pod(id: "POD-26-000008") { tickets(first: 0) { totalCount } }
             good: pod(id: "POD-26-000008") { name tickets { totalCount } }
             fine: serviceLine(id: "LIN-26-088401") { usage(from: "2026-05-01", to: "2026-05-14") { to } }
        }""",
    )
    assert result.data == {
        "bad": None,
        "worse": None,
        "page": None,
        "good": {"name": "Payments Platform Pod", "tickets": {"totalCount": 23}},
        "fine": {"usage": {"to": "2026-05-14"}},
    }
    assert sorted(error.path for error in result.errors) == [
        ["bad", "usage"],
        ["page", "tickets"],
        ["worse", "weeksBelow"],
    ]
    assert {error.extensions["code"] for error in result.errors} == {"BAD_USER_INPUT"}


async def test_failing_batch_is_reported_for_every_parent(demo_engine: AsyncEngine) -> None:
    context = context_for(demo_engine)
    result = await run(
        context, "{ pods(first: 2) { nodes { id } } allocations { nodes { trend(weeks: 105) { actual } } } }"
    )
    assert result.data is None
    assert {error.message for error in result.errors} == {"weeks is 105; it must be between 1 and 104"}
    assert context.loaders.reader.snapshot.statements <= 2


@pytest.mark.writes
async def test_loaders_are_discarded_with_the_operation(demo_engine: AsyncEngine) -> None:
    context = context_for(demo_engine)
    document = '{ pod(id: "POD-26-000010") { name } }'
    before = await run(context, document)
    pods = metadata.tables["pod"]
    async with demo_engine.begin() as connection:
        await connection.execute(update(pods).where(pods.c.id == "POD-26-000010").values(name="Renamed Pod"))
    after = await run(context, document)
    assert before.data == {"pod": {"name": "Data Platform Pod"}}
    assert after.data == {"pod": {"name": "Renamed Pod"}}
    assert context.loaders.reader.snapshot.statements == 1


async def test_cached_plan_keeps_no_loaded_data(
    demo_engine: AsyncEngine,
) -> None:
    context = context_for(demo_engine)
    document = "{ pods(first: 3) { totalCount nodes { team { talent { id } } serviceLine { id } } } }"
    assert (await build_schema().execute(document, context_value=context)).errors is None
    loaders = ref(context.loaders)
    del context
    collect()
    assert loaders() is None


@pytest.mark.parametrize("executor", ["level", "reference"])
async def test_pending_loads_are_cancelled_with_the_operation(demo_engine: AsyncEngine, executor: str) -> None:
    messages: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, of: messages.append(of["message"]))
    # The error of the second field, which is non-null, makes the first field unnecessary.
    document = '{ nodes(ids: ["POD-26-000008", "LIN-26-088401"]) { id } slaReports(first: 0) { totalCount } }'
    waiting = asyncio.all_tasks()
    result = await run(context_for(demo_engine), document, executor)
    assert result.data is None
    await asyncio.wait(asyncio.all_tasks() - waiting | {asyncio.ensure_future(asyncio.sleep(0))})
    collect()
    await asyncio.sleep(0)
    assert messages == []


IN_ORDER = {
    "sqlite": ("EXPLAIN QUERY PLAN", "USING INDEX ix_pod_organization_id_name_order"),
    "postgresql": ("EXPLAIN", "Presorted Key: pod_1.name_order"),
}
"""The statement that explains a plan, and its text where an index provides the order."""


async def test_names_of_an_organization_are_ordered_by_an_index(
    demo_engine: AsyncEngine, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[Any] = []
    fetch = Snapshot.fetch

    async def noted(self: Snapshot, prepared: Any, parameters: Any, *, alone: bool = False) -> Any:
        fetched.append((prepared.text, prepared.arguments(parameters)))
        return await fetch(self, prepared, parameters, alone=alone)

    monkeypatch.setattr(Snapshot, "fetch", noted)
    first = await execute("{ pods(first: 2, orderBy: [{ field: NAME }]) { nodes { id } pageInfo { endCursor } } }")
    await execute(
        "query ($c: String) { pods(first: 2, after: $c, orderBy: [{ field: NAME }]) { nodes { id } } }",
        c=first["pods"]["pageInfo"]["endCursor"],
    )
    assert len(fetched) == 2
    explain, expected = IN_ORDER[demo_engine.dialect.name]
    async with demo_engine.connect() as connection:
        if demo_engine.dialect.name == "postgresql":
            # The table has too few rows for the planner to prefer an index.
            for kind in ("seqscan", "bitmapscan", "sort"):
                await connection.exec_driver_sql(f"SET enable_{kind} = off")
        for statement, arguments in fetched:
            plan = (await connection.exec_driver_sql(f"{explain} {statement}", tuple(arguments))).all()
            assert expected in str(plan)
