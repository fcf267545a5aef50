"""Filters: every comparator on each kind of column, and how they combine."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute, context_for
from graphql import GraphQLEnumType, get_named_type
from podgraph.demo.reference.tenants import ORGANIZATION
from podgraph.graphql.filters import Unrounded
from podgraph.schema import EXECUTORS, build_schema
from podgraph.tables import metadata
from schema_walker import graph

PODS = {
    "PAYMENTS": "POD-26-000008",
    "ONBOARDING": "POD-26-000009",
    "DATA": "POD-26-000010",
    "CHECKOUT": "POD-26-000011",
    "FRAUD": "POD-26-000012",
    "LEGACY": "POD-26-000013",
    "LOYALTY": "POD-26-000014",
}
MEASURED = 12
"""Allocations with a utilisation; two more have none."""


async def pods(execute: Execute, found: Any) -> list[str]:
    """The matching pods, by a part of their names."""
    answer = await execute("query ($f: PodFilter) { pods(filter: $f) { totalCount nodes { id } } }", f=found)
    ids = [pod["id"] for pod in answer["pods"]["nodes"]]
    assert answer["pods"]["totalCount"] == len(ids)
    return [word for word, identity in PODS.items() if identity in ids]


async def count(execute: Execute, root: str, filters: str, found: Any) -> int:
    """The number of matching records of a root."""
    document = f"query ($f: {filters}) {{ {root}(filter: $f) {{ totalCount }} }}"
    number: int = (await execute(document, f=found))[root]["totalCount"]
    return number


async def allocations(execute: Execute, found: Any) -> int:
    return await count(execute, "allocations", "AllocationFilter", found)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"id": {"eq": PODS["DATA"]}}, ["DATA"]),
        ({"id": {"eq": "POD-26-999999"}}, []),
        ({"id": {"in": [PODS["DATA"], PODS["FRAUD"], "POD-26-999999"]}}, ["DATA", "FRAUD"]),
        ({"id": {"in": []}}, []),
        (
            {"id": {"notIn": [PODS["DATA"], PODS["FRAUD"], PODS["LOYALTY"], PODS["LEGACY"]]}},
            ["PAYMENTS", "ONBOARDING", "CHECKOUT"],
        ),
        ({"id": {"notIn": []}}, list(PODS)),
        ({"id": {"isNull": True}}, []),
        ({"id": {"isNull": False}}, list(PODS)),
        ({"id": {"in": [PODS["DATA"], PODS["FRAUD"]], "notIn": [PODS["FRAUD"]]}}, ["DATA"]),
        ({"id": {}}, list(PODS)),
        ({"id": None}, list(PODS)),
        ({}, list(PODS)),
    ],
)
async def test_ids_are_compared(execute: Execute, found: Any, expected: list[str]) -> None:
    assert await pods(execute, found) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"eq": "Data Platform Pod"}, ["DATA"]),
        ({"eq": "data platform pod"}, []),
        ({"in": ["Data Platform Pod", "Fraud Analytics Pod"]}, ["DATA", "FRAUD"]),
        ({"notIn": ["Data Platform Pod"], "contains": "PLATFORM"}, ["PAYMENTS"]),
        ({"contains": "pLaTfOrM"}, ["PAYMENTS", "DATA"]),
        ({"contains": "Pod"}, list(PODS)),
        ({"contains": ""}, list(PODS)),
        ({"contains": "data%pod"}, []),
        ({"contains": "data_platform"}, []),
        ({"contains": "/"}, []),
        ({"contains": "\\"}, []),
        ({"contains": "'; DROP TABLE pod; --"}, []),
        ({"isNull": True}, []),
    ],
)
async def test_text_is_compared(execute: Execute, found: Any, expected: list[str]) -> None:
    assert await pods(execute, {"name": found}) == expected


@pytest.mark.writes
@pytest.mark.parametrize("part", ["ŻÓŁW", "żółw", "straße", "STRASSE", "ΟΔΟΣ", "οδος", "жук"])
async def test_contains_is_case_insensitive_in_every_alphabet(
    execute: Execute, demo_engine: AsyncEngine, part: str
) -> None:
    name = text("UPDATE pod SET name = 'Żółw STRASSE Οδοσα ЖУК' WHERE id = :id")
    async with demo_engine.begin() as connection:
        await connection.execute(name, {"id": PODS["DATA"]})
    assert await pods(execute, {"name": {"contains": part}}) == ["DATA"]
    nested = "query ($f: PodFilter) { viewer { organizations { nodes { pods(filter: $f) { nodes { id } } } } } }"
    (below,) = (await execute(nested, f={"name": {"contains": part}}))["viewer"]["organizations"]["nodes"]
    assert below["pods"]["nodes"] == [{"id": PODS["DATA"]}]


async def test_too_long_text_is_rejected(execute: Execute) -> None:
    assert await pods(execute, {"name": {"contains": "x" * 255}}) == []
    with pytest.raises(AssertionError, match="contains has 256 characters"):
        await pods(execute, {"name": {"contains": "x" * 256}})


@pytest.mark.parametrize(("part", "number"), [("_", 75), ("%", 0), ("/", 0), ("scope.", 21)])
async def test_wildcard_matches_only_itself(execute: Execute, part: str, number: int) -> None:
    kinds = await execute('{ events(first: 100, filter: { type: { contains: "_" } }) { nodes { type } } }')
    assert all("_" in event["type"] for event in kinds["events"]["nodes"])
    assert await count(execute, "events", "EventFilter", {"type": {"contains": part}}) == number


@pytest.mark.parametrize("found", [{"eq": "\0"}, {"contains": "Pod\0"}, {"in": ["Pod", "\0"]}])
async def test_text_with_nul_is_rejected(execute: Execute, found: Any) -> None:
    with pytest.raises(AssertionError, match="character NUL"):
        await pods(execute, {"name": found})


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"eq": "98.8"}, 2),
        ({"eq": 98.8}, 2),
        ({"eq": "98.80"}, 2),
        ({"eq": "98.85"}, 0),
        ({"eq": "98.75"}, 0),
        ({"eq": "98.80000000000000000001"}, 0),
        ({"gt": "98.8"}, 1),
        ({"gt": "98.75"}, 3),
        ({"gte": "98.8"}, 3),
        ({"gte": "98.81"}, 1),
        ({"lt": "61.3"}, 0),
        ({"lt": "61.35"}, 1),
        ({"lte": "61.3"}, 1),
        ({"lte": "61.25"}, 0),
        ({"gt": "87.5", "lte": "92.5"}, 3),
        ({"gt": "-0.05"}, MEASURED),
        ({"gte": 0}, MEASURED),
        ({"lt": "99999999999999"}, MEASURED),
        ({"gt": "99999999999999"}, 0),
        ({"isNull": True}, 2),
        ({"isNull": False}, MEASURED),
        ({"isNull": True, "gt": 0}, 0),
    ],
)
async def test_decimals_are_compared_exactly(execute: Execute, found: Any, number: int) -> None:
    assert await allocations(execute, {"utilisationPercent": found}) == number


@pytest.mark.parametrize(
    ("value", "whole"),
    [("12345678901.0000", True), ("12345678901.00000000000000000001", False), ("99999999999999", True)],
)
def test_sqlite_compares_all_digits_of_a_decimal(value: str, whole: bool) -> None:
    bound = Unrounded(18, 4).process_bind_param(Decimal(value), sqlite.dialect())
    assert isinstance(bound, int) is whole


async def test_computed_decimal_is_compared(execute: Execute) -> None:
    document = "query ($f: CapacityPoolFilter) { capacityPools(filter: $f) { nodes { id available } } }"
    below = await execute(document, f={"available": {"lt": "140.00005"}})
    exact = await execute(document, f={"available": {"eq": 140}})
    assert [pool["available"] for pool in below["capacityPools"]["nodes"]] == ["40", "140"]
    assert [pool["id"] for pool in exact["capacityPools"]["nodes"]] == ["CAP-26-000120"]


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"gt": "2026-04-21T22:10:00Z"}, 5),
        ({"gte": "2026-04-21T22:10:00Z"}, 6),
        ({"gte": "2026-04-22T00:10:00+02:00"}, 6),
        ({"gt": "2026-04-22T00:09:59.999999+02:00"}, 6),
        ({"lt": "2025-09-09T09:40:00Z"}, 0),
        ({"lte": "2025-09-09T09:40:00Z"}, 1),
        ({"gte": "2026-04-01T00:00:00Z", "lt": "2026-05-01T00:00:00Z"}, 8),
        ({"gt": "0001-01-01T00:00:00Z", "lt": "9999-12-31T23:59:59.999999Z"}, 31),
        ({"isNull": True}, 0),
    ],
)
async def test_instants_are_compared(execute: Execute, found: Any, number: int) -> None:
    assert await count(execute, "tickets", "TicketFilter", {"createdAt": found}) == number


@pytest.mark.parametrize(
    ("found", "number"),
    [({"isNull": True}, 13), ({"isNull": False}, 1), ({"lte": "2026-08-31T23:59:00Z"}, 1)],
)
async def test_missing_end_is_neither_before_nor_after(execute: Execute, found: Any, number: int) -> None:
    assert await allocations(execute, {"endsAt": found}) == number


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"eq": "ACTIVE"}, ["PAYMENTS", "ONBOARDING"]),
        ({"in": ["PAUSED", "COMPLETED"]}, ["DATA", "LEGACY"]),
        ({"in": []}, []),
        ({"notIn": ["ACTIVE", "SCOPING"]}, ["DATA", "LEGACY", "LOYALTY"]),
        ({"notIn": []}, list(PODS)),
    ],
)
async def test_enums_are_compared(execute: Execute, found: Any, expected: list[str]) -> None:
    assert await pods(execute, {"status": found}) == expected


async def test_missing_value_matches_not_in(execute: Execute) -> None:
    document = "query ($f: CapacityPoolFilter) { capacityPools(filter: $f) { nodes { id } } }"
    answer = await execute(document, f={"workspaceId": {"notIn": ["WS-26-000021"]}})
    nowhere = await execute(document, f={"workspaceId": {"isNull": True}})
    assert answer["capacityPools"]["nodes"] == [{"id": "CAP-26-000120"}]
    assert nowhere == answer


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"and": []}, list(PODS)),
        ({"or": []}, []),
        ({"not": {}}, []),
        ({"and": [{"status": {"eq": "SCOPING"}}, {"name": {"contains": "fraud"}}]}, ["FRAUD"]),
        ({"or": [{"status": {"eq": "PAUSED"}}, {"name": {"contains": "fraud"}}]}, ["DATA", "FRAUD"]),
        ({"or": [{"status": {"eq": "PAUSED"}}, {}]}, list(PODS)),
        (
            {
                "status": {"eq": "SCOPING"},
                "or": [{"name": {"contains": "fraud"}}, {"name": {"contains": "data"}}],
            },
            ["FRAUD"],
        ),
        ({"status": {"eq": "ACTIVE"}, "not": {"id": {"eq": PODS["PAYMENTS"]}}}, ["ONBOARDING"]),
        ({"not": {"not": {"status": {"eq": "PAUSED"}}}}, ["DATA"]),
        (
            {"not": {"or": [{"status": {"in": ["ACTIVE", "SCOPING"]}}, {"not": {"name": {"contains": "pla"}}}]}},
            ["DATA"],
        ),
        (
            {
                "and": [{"not": {"status": {"eq": "ACTIVE"}}}, {"or": [{"and": []}, {"or": []}]}],
                "name": {"contains": "platform"},
            },
            ["DATA"],
        ),
    ],
)
async def test_conditions_combine_with_fields_at_every_depth(execute: Execute, found: Any, expected: list[str]) -> None:
    assert await pods(execute, found) == expected


@pytest.mark.parametrize(
    "found",
    [
        {"utilisationPercent": {"lt": "70"}},
        {"endsAt": {"gt": "2026-06-01T00:00:00Z"}},
        {"status": {"eq": "CLOSED"}},
        {"orphaned": True},
        {"serviceLine": {"endedAt": {"lt": "2026-01-01T00:00:00Z"}}},
        {"utilisationPercent": {"gt": "90"}, "endsAt": {"isNull": True}},
        {"or": [{"utilisationPercent": {"gt": "90"}}, {"endsAt": {"isNull": False}}]},
    ],
)
async def test_filter_and_its_negation_cover_all_records(execute: Execute, found: Any) -> None:
    matching = await allocations(execute, found)
    assert matching + await allocations(execute, {"not": found}) == 14


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"serviceLine": {"status": {"eq": "PAUSED"}}}, 1),
        ({"serviceLine": {"workspaceId": {"eq": "WS-26-000022"}}}, 4),
        ({"serviceLine": {"projectTag": {"eq": "PROJ-26-004281"}}}, 6),
        ({"serviceLine": {"not": {"projectTag": {"eq": "PROJ-26-004281"}}}}, 8),
        ({"serviceLine": {"or": [{"status": {"eq": "PAUSED"}}, {"id": {"eq": "LIN-26-088401"}}]}}, 2),
        ({"not": {"serviceLine": {"status": {"eq": "ACTIVE"}}}, "status": {"eq": "CLOSED"}}, 3),
        ({"serviceLine": {}}, 14),
    ],
)
async def test_related_record_is_filtered(execute: Execute, found: Any, number: int) -> None:
    assert await allocations(execute, found) == number


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"pod": {"status": {"eq": "PAUSED"}}}, 2),
        ({"pod": {"projectTag": {"eq": "PROJ-26-004281"}}, "hasBreach": True}, 5),
        ({"hasBreach": True}, 7),
        ({"hasBreach": False}, 9),
        ({"periodFrom": "2026-Q1", "periodTo": "2026-Q1"}, 7),
        ({"periodFrom": "2026-04"}, 3),
        ({"periodTo": "2025-10"}, 3),
        ({"periodFrom": "2026-05", "periodTo": "2026-01"}, 0),
    ],
)
async def test_reports_are_filtered_by_pod_period_and_flag(execute: Execute, found: Any, number: int) -> None:
    assert await count(execute, "slaReports", "SlaReportFilter", found) == number


@pytest.mark.parametrize(
    ("root", "filters", "found", "number"),
    [
        ("pods", "PodFilter", {"projectTag": {"eq": "PROJ-26-004281"}}, 1),
        ("pods", "PodFilter", {"projectTag": {"notIn": ["PROJ-26-004282"]}}, 7),
        ("pods", "PodFilter", {"projectTag": {"contains": "proj-26"}}, 1),
        ("pods", "PodFilter", {"not": {"projectTag": {"isNull": False}}}, 6),
        ("serviceLines", "ServiceLineFilter", {"projectTag": {"eq": "PROJ-26-004281"}}, 6),
        ("outcomeRequests", "OutcomeRequestFilter", {"projectTag": {"eq": "PROJ-26-004281"}}, 1),
        ("incidents", "IncidentFilter", {"workspaceId": {"eq": "WS-26-000022"}}, 1),
        ("deliverables", "DeliverableFilter", {"workspaceId": {"in": ["WS-26-000021"]}}, 9),
        ("payments", "PaymentFilter", {"overdue": True}, 1),
        ("payments", "PaymentFilter", {"overdue": False}, 13),
        ("allocations", "AllocationFilter", {"orphaned": True}, 0),
        ("allocations", "AllocationFilter", {"orphaned": False}, 14),
    ],
)
async def test_join_tables_relationships_and_flags_are_filtered(
    execute: Execute, root: str, filters: str, found: Any, number: int
) -> None:
    assert await count(execute, root, filters, found) == number


LABELLED = {
    "pods": ("PodFilter", "pod_project", "pod_id"),
    "serviceLines": ("ServiceLineFilter", "service_line_project", "service_line_id"),
    "outcomeRequests": ("OutcomeRequestFilter", "outcome_request_project", "outcome_request_id"),
}
HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, other: value == other,
    "in": lambda value, others: value in others,
    "notIn": lambda value, others: value not in others,
    "gt": lambda value, other: value is not None and value > other,
    "gte": lambda value, other: value is not None and value >= other,
    "lt": lambda value, other: value is not None and value < other,
    "lte": lambda value, other: value is not None and value <= other,
    "isNull": lambda value, wanted: (value is None) is wanted,
}
"""The documented result of operators for a nullable value."""
LABEL_HOLDS: dict[str, Callable[[set[str], Any], bool]] = {
    "eq": lambda labels, label: label in labels,
    "in": lambda labels, wanted: bool(labels & {*wanted}),
    "notIn": lambda labels, others: not labels & {*others},
    "contains": lambda labels, part: any(part in label for label in labels),
    "isNull": lambda labels, wanted: (not labels) is wanted,
}
"""The documented result of operators for the labels of a record."""


async def found(engine: AsyncEngine, executor: str, root: str, filters: str, given: Any) -> set[str]:
    """The ids that match a filter, with one executor."""
    page = "nodes { id } pageInfo { endCursor hasNextPage }"
    document = f"query ($f: {filters}, $c: String) {{ {root}(filter: $f, first: 100, after: $c) {{ {page} }} }}"
    ids: set[str] = set()
    after = None
    while True:
        result = await build_schema(executor).execute(
            document, variable_values={"f": given, "c": after}, context_value=context_for(engine)
        )
        assert result.errors is None, (given, result.errors)
        answer: Any = result.data
        ids |= {node["id"] for node in answer[root]["nodes"]}
        if not answer[root]["pageInfo"]["hasNextPage"]:
            return ids
        after = answer[root]["pageInfo"]["endCursor"]


@pytest.mark.writes
@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("root", LABELLED)
async def test_labels_are_compared_as_documented(demo_engine: AsyncEngine, root: str, executor: str) -> None:
    filters, table, owner = LABELLED[root]
    link, records = metadata.tables[table], metadata.tables[owner.removesuffix("_id")]
    own = records.c.organization_id == ORGANIZATION
    async with demo_engine.begin() as connection:
        projects = list(await connection.scalars(select(metadata.tables["project"].c.id)))
        both, first, *_ = ids = sorted(await connection.scalars(select(records.c.id).where(own)))
        await connection.execute(delete(link))
        pairs = [(both, projects[0]), (both, projects[1]), (first, projects[0])]
        rows = [{"organization_id": ORGANIZATION, owner: one, "project_id": label} for one, label in pairs]
        await connection.execute(insert(link), rows)
    labels = {each: {label for one, label in pairs if one == each} for each in ids}
    assert len(labels) > 2

    given: list[dict[str, Any]] = [
        *({"eq": each} for each in projects),
        *({operator: [*some]} for operator in ("in", "notIn") for some in ((), projects[:1], projects)),
        *({"isNull": wanted} for wanted in (True, False)),
        {"contains": projects[0]},
        {"eq": projects[0], "notIn": [projects[1]]},
        {"isNull": True, "notIn": [projects[0]]},
        {"isNull": False, "eq": projects[1]},
        {},
    ]
    for one in given:
        expected = {
            each
            for each, of_it in labels.items()
            if all(LABEL_HOLDS[operator](of_it, value) for operator, value in one.items())
        }
        assert await found(demo_engine, executor, root, filters, {"projectTag": one}) == expected, one
        opposite = {"not": {"projectTag": one}}
        assert await found(demo_engine, executor, root, filters, opposite) == labels.keys() - expected, one


def comparisons() -> Iterator[tuple[str, str]]:
    """Every field of every root's filter that compares a column, with the root."""
    for root, field in graph().query_type.fields.items():  # type: ignore[union-attr]
        if "filter" in field.args:
            kind: Any = get_named_type(field.args["filter"].type)
            for name, each in kind.fields.items():
                declared = each.extensions["strawberry-definition"]
                compares = get_named_type(each.type).name.endswith("Filter") and name not in (
                    "and",
                    "or",
                    "not",
                )
                if compares and "matches" not in declared.metadata:
                    yield root, name


@pytest.mark.parametrize(("root", "name"), list(comparisons()))
async def test_columns_are_compared_as_documented(demo_engine: AsyncEngine, root: str, name: str) -> None:
    field = graph().query_type.fields[root]  # type: ignore[union-attr]
    filters: Any = get_named_type(field.args["filter"].type)
    comparator: Any = get_named_type(filters.fields[name].type)
    column = filters.fields[name].extensions["strawberry-definition"].python_name
    values = await stored(demo_engine, get_named_type(field.type), column)
    sample = sorted({value for value in values.values() if value is not None})[:2]
    for operator, holds in HOLDS.items():
        if operator not in comparator.fields:
            continue
        kind = get_named_type(comparator.fields[operator].type)
        others: list[Any] = [True, False] if operator == "isNull" else sample
        for other in [[], sample] if operator in ("in", "notIn") else others:
            expected = {each for each, value in values.items() if holds(value, other)}
            given = {name: {operator: written(kind, other)}}
            assert await found(demo_engine, "level", root, filters.name, given) == expected, given
            if "not" in filters.fields:
                opposite = await found(demo_engine, "level", root, filters.name, {"not": given})
                assert opposite == values.keys() - expected, given


async def stored(engine: AsyncEngine, target: Any, column: str) -> dict[str, Any]:
    """The value of a column in each visible record, by id."""
    relation = target.extensions["strawberry-definition"].origin.relation
    source, context = relation.source(), context_for(engine)
    context.begin()
    statement = select(source["id"], source[column]).where(*source.tenant_filter(context.viewer.tenancy))
    rows = await context.loaders.reader.rows(statement)
    await context.close()
    return dict(map(tuple, rows))


def written(kind: Any, value: Any) -> Any:
    """A stored value as the input of a request."""
    if isinstance(value, list):
        return [written(kind, each) for each in value]
    if isinstance(kind, GraphQLEnumType):
        return next(name for name, each in kind.values.items() if str(each.value) == value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
