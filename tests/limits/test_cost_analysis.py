"""What an operation costs, and where the limits are: literal documents over the real schema."""

from pathlib import Path
from typing import Any

import pytest

import schema_walker
from graphql import (
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_interface_type,
    is_list_type,
    is_object_type,
    parse,
)
from podgraph.database.sql_json import RawJson
from podgraph.graphql.relationships import edge_of, items_of
from podgraph.kernel.request_errors import RequestError
from podgraph.limits.cost_analysis import OperationCost, actual_cost, operation_of
from podgraph.limits.cost_limit import CostedOperation
from podgraph.limits.document_cache import Document
from podgraph.limits.limits import Limits
from podgraph.reports.registry import REPORTS

CONSOLE = Path(__file__).parents[2] / "src" / "console" / "src"


def asked(document: str, name: str | None = None, limits: Limits | None = None, **variables: Any) -> CostedOperation:
    return CostedOperation(Document(schema_walker.graph(), parse(document)), name, variables, limits or Limits())


def measured(document: str, **variables: Any) -> OperationCost:
    return asked(document, **variables).measure


COSTS = [
    ("{ __typename }", 1),
    ("{ __schema { types { name } } }", 1),
    ('{ pod(id: "x") { id name } }', 1),
    ('{ pod(id: "x") { organization { id } } }', 2),
    ('{ pod(id: "x") { costPerMonth { amount } } }', 1),
    ('{ pod(id: "x") { team { role } } }', 1 + 20),
    ('{ pod(id: "x") { team { talent { id } } } }', 1 + 20 + 20),
    ('{ pod(id: "x") { slaReport(period: "2026-04") { metrics { name } } } }', 2 + 4),
    ('{ allocation(id: "x") { trend { actual } } }', 1 + 8),
    ('{ allocation(id: "x") { trend(weeks: 104) { actual } } }', 1 + 104),
    ('{ allocation(id: "x") { trend(weeks: 105) { actual } } }', 1 + 104),
    ("{ pods { aggregate { groups(by: [STATUS]) { count } } } }", 1 + 5 + 50),
    (
        """{ organization(id: "x") { spend(from: "2026-01", to: "2026-02") {
            byServiceLine(first: 100) { serviceLine { id } } } } }""",
        2 + 100 * 2,
    ),
    ("{ events { nodes { id } } }", 1 + 50),
    ("{ events(first: null) { nodes { id } } }", 1 + 50),
    ("{ deliverables { nodes { id } } }", 1 + 50),
    ('{ pod(id: "x") { slaReports { nodes { id } } } }', 2 + 12),
    ("{ pods { totalCount } }", 2),
    ("{ pods { aggregate { count } } }", 6),
    ("{ pods { nodes { id } } }", 21),
    ("{ pods { edges { cursor node { id } } } }", 21),
    ("{ pods { pageInfo { hasNextPage } } }", 1),
    ("{ pods(first: 100) { nodes { id } } }", 101),
    ("{ pods(last: 7) { nodes { id } } }", 8),
    ("{ pods(first: 10) { nodes { tickets(first: 10) { nodes { id } } } } }", 1 + 10 + 10 * 11),
    ("{ pods(first: 10) { nodes { tickets { totalCount } } } }", 1 + 10 + 10 * 2),
    ("{ pods(first: 101) { nodes { id } } }", 101),
    ("{ pods(first: -1) { nodes { id } } }", 101),
    ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
    (
        "{ pods(first: 10) { nodes { id ...T } } } fragment T on Pod { tickets(first: 2) { nodes { id } } }",
        41,
    ),
    ("{ pods(first: 10) @skip(if: true) { nodes { id } } viewer { roles } }", 1),
    ("{ ...T ... on Query { ...T } } fragment T on Query { tickets(first: 2) { nodes { id } } }", 3),
    ("{ ...T @skip(if: true) ...T } fragment T on Query { tickets(first: 2) { nodes { id } } }", 3),
    ("{ a: tickets { ...T } b: tickets { ...T } } fragment T on TicketConnection { totalCount }", 4),
]


@pytest.mark.parametrize(("document", "cost"), COSTS)
def test_an_operation_costs_a_point_for_each_record_that_it_may_load(document: str, cost: int) -> None:
    assert measured(document).cost == cost


def test_variables_determine_page_sizes() -> None:
    document = "query ($n: Int = 5, $ids: [ID!]!) { pods(first: $n) { nodes { id } } nodes(ids: $ids) { id } }"
    assert measured(document, ids=["a"]).cost == 6 + 1
    assert measured(document, n=50, ids=["a", "b"]).cost == 51 + 2
    assert measured(document, n=None, ids=[]).cost == 21
    assert measured(document, n="many", ids=[]).cost == 101
    assert measured(document, n=5.0, ids="a").cost == 6 + 1


@pytest.mark.parametrize(
    ("declared", "cost"), [("$n: Int", 51), ("$n: Int = null", 51), ("$n: Int = 7", 8), ("$n: Int!", 51)]
)
@pytest.mark.parametrize("page", ["first", "last"])
def test_an_absent_variable_is_measured_as_it_is_executed(declared: str, cost: int, page: str) -> None:
    assert measured(f"query ({declared}) {{ events({page}: $n) {{ nodes {{ id }} }} }}").cost == cost
    assert measured("query ($w: Int) { allocation(id: 1) { trend(weeks: $w) { actual } } }").cost == 9


MIXED_UP = [(False, 0), (False, 0.0), (True, 1), (True, 1.0)]


@pytest.mark.parametrize(("truth", "equal"), MIXED_UP)
def test_a_measure_is_cached_by_the_types_of_variables(truth: bool, equal: float) -> None:
    text = "query ($b: Boolean!) { pods { nodes { id tickets @include(if: $b) { totalCount } } } }"
    alone, shared = (Document(schema_walker.graph(), parse(text)) for _ in range(2))
    expected = CostedOperation(alone, None, {"b": truth}, Limits()).measure.cost
    assert CostedOperation(shared, None, {"b": equal}, Limits()).measure.cost == 21 + 20 * 2
    assert CostedOperation(shared, None, {"b": truth}, Limits()).measure.cost == expected


@pytest.mark.parametrize(
    "spreads",
    [
        "nodes { ...F }",
        "nodes { ...F ...F }",
        "nodes { ...F ... on Entity { ...F } ... { ...F @skip(if: true) } }",
        "nodes { ...F ...G }",
        "nodes { ...G } ... on PodConnection { nodes { ...F } }",
    ],
)
def test_a_fragment_is_executed_and_charged_once_in_a_place(spreads: str) -> None:
    fragments = "fragment F on Pod { serviceLine { id } } fragment G on Pod { ...F }"
    found = measured(f"{{ pods(first: 10) {{ {spreads} }} }} {fragments}")
    pages = spreads.count("nodes {")
    assert found.cost == 1 + 10 * (pages + 1)
    answer = {"pods": {"nodes": [{"serviceLine": {"id": "a"}}] * 2}}
    assert actual_cost(found.parts, [answer]) == 1 + 2 * (pages + 1)


def test_a_fragment_is_charged_for_its_largest_page() -> None:
    pages = (
        '{ node(id: "x") { ... on Organization { pods(first: 1) { nodes { ...F } } }'
        " ... on Workspace { pods(first: 50) { nodes { ...F } } } } }"
        " fragment F on Pod { serviceLine { id } }"
    )
    assert measured(pages).cost == 1 + (1 + 1) + (1 + 50) + 50


def test_alternative_types_of_one_object_are_counted_once() -> None:
    types = """{ node(id: "x") { ... on Organization { pods(first: 1) { nodes { ...F } } }
        ... on Workspace { pods(first: 50) { nodes { ...F } } } } } fragment F on Pod { workspace { id } }"""
    found = measured(types)
    nodes = [{"workspace": {"id": "a"}}] * 50
    assert actual_cost(found.parts, [{"node": {"pods": {"nodes": nodes}}}]) == 1 + 1 + 50 + 50
    assert found.cost == 1 + (1 + 1) + (1 + 50) + 50


def test_every_list_with_a_cost_declares_its_size() -> None:
    schema = schema_walker.graph()
    kinds = [kind for kind in schema.type_map.values() if is_object_type(kind) or is_interface_type(kind)]
    costly: set[str] = set()
    while True:
        found = {
            kind.name
            for kind in kinds
            if any(
                edge_of(kind, name) or get_named_type(field.type).name in costly for name, field in kind.fields.items()
            )
        } - {"Query", "Mutation", "Subscription"}
        found |= {
            kind.name
            for kind in schema.type_map.values()
            if is_abstract_type(kind) and any(one.name in found for one in schema.get_possible_types(kind))
        }
        if found == costly:
            break
        costly = found
    lists = {
        (kind.name, name): items_of(kind, name)
        for kind in kinds
        for name, field in kind.fields.items()
        if is_list_type(get_nullable_type(field.type))
        and not {"nodes", "edges"} >= {name}
        and (edge_of(kind, name) or get_named_type(field.type).name in costly)
    }
    assert [one for one, items in lists.items() if items is None] == []
    assert ("Pod", "team") in lists
    assert ("CapacityDemand", "contributors") in lists
    for (kind, name), items in lists.items():
        declared: Any = schema.type_map[kind]
        assert items is not None
        assert 0 < items.usual <= items.most
        assert declared.fields[name].args.keys() >= set(items.by)


def test_variables_determine_what_is_included() -> None:
    document = "query ($all: Boolean!) { pods { nodes { id tickets @include(if: $all) { totalCount } } } }"
    assert measured(document, all=False).cost == 21
    assert measured(document, all=True).cost == 21 + 20 * 2


def test_the_same_document_is_measured_once_for_the_same_pages() -> None:
    text = "query ($n: Int, $id: ID!) { pods(first: $n) { nodes { id } } pod(id: $id) { id } }"
    document = Document(schema_walker.graph(), parse(text))
    first = CostedOperation(document, None, {"n": 5, "id": "x"}, Limits()).measure
    assert CostedOperation(document, None, {"n": 5, "id": "y"}, Limits()).measure is first
    assert CostedOperation(document, None, {"n": 6, "id": "y"}, Limits()).measure.cost == first.cost + 1


def test_the_actual_cost_is_counted_in_the_response() -> None:
    document = "{ pods(first: 100) { totalCount nodes { tickets(first: 50) { nodes { id } } team { role } } } }"
    data = {
        "pods": {
            "totalCount": 2,
            "nodes": [
                {"tickets": {"nodes": [{"id": "a"}, {"id": "b"}]}, "team": [{"role": "x"}]},
                {"tickets": {"nodes": []}, "team": []},
            ],
        }
    }
    assert measured(document).cost == 1 + 1 + 100 * (1 + 1 + 50 + 20)
    assert actual_cost(measured(document).parts, [data]) == 1 + 1 + 2 * (1 + 1) + 2 + 1


def test_json_from_the_database_contains_its_cost() -> None:
    document = """{ pods(first: 2) { nodes { tickets { nodes { id } } tickets { totalCount } ...T } } }
        fragment T on Pod { team { role } }"""
    written = {"tickets": RawJson('\n\n{"nodes":[\n{"id":"a"}],"totalCount":\n1}'), "team": RawJson("[]")}
    plain = {"tickets": {"nodes": [{"id": "a"}], "totalCount": 1}, "team": []}
    parts = measured(document).parts
    for nodes in ([plain], [written], [plain, written]):
        assert actual_cost(parts, [{"pods": {"nodes": nodes}}]) == 1 + len(nodes) * (1 + 2 + 1 + 1)


def test_every_report_is_within_the_limits() -> None:
    costs = {name: measured(report.document).cost for name, report in REPORTS.items()}
    assert max(costs.values()) <= 10_000, costs


def test_every_document_of_the_console_is_within_the_limits() -> None:
    documents = {file.name: file.read_text() for file in CONSOLE.rglob("*.graphql")}
    costs = {name: measured(document).cost for name, document in documents.items()}
    assert "overview.graphql" in costs
    assert max(costs.values()) <= 10_000, costs


def fields(number: int) -> str:
    return " ".join(f"f{index}: __typename" for index in range(number))


def nested(depth: int) -> str:
    """A document of `depth` levels of fields."""
    assert depth % 2
    rounds = (depth - 3) // 2
    inner = "serviceLine { pod { " * rounds + "id" + " } }" * rounds
    return f'{{ pod(id: "x") {{ organization {{ id }} {inner} }} }}'


BOMB = "{ ...F0 } " + " ".join(
    f"fragment F{index} on Query {{ ...F{index + 1} ...F{index + 1} }}" for index in range(30)
)
BOMB += " fragment F30 on Query { __typename }"
UNUSED_BOMBS = "{ __typename } " + BOMB.removeprefix("{ ...F0 } ")

OVER = {
    "depth": (nested(17), "DEPTH_LIMIT", "at most 15 levels of fields"),
    "aliases": ("{ viewer { " + fields(31) + " } }", "ALIAS_LIMIT", "at most 30 aliases"),
    "root fields": (
        "{ " + " ".join(f'f{index}: pod(id: "x") {{ id }}' for index in range(21)) + " }",
        "ROOT_FIELD_LIMIT",
        "at most 20 fields at its query's root",
    ),
    "mutations": ("mutation { " + fields(11) + " }", "MUTATION_LIMIT", "at most 10 fields"),
    "a bomb of fragments": (BOMB, "DOCUMENT_LIMIT", "at most 20 times"),
    "bombs that are never spread": (UNUSED_BOMBS, "DOCUMENT_LIMIT", "at most 20 times"),
    "one field again and again": ("{ " + "__typename " * 21 + "}", "DOCUMENT_LIMIT", "'__typename'"),
    "one field, squared": (
        "{ " + 10 * ("viewer { " + 3 * "roles " + "} ") + "}",
        "DOCUMENT_LIMIT",
        "at most 20 times 'roles' in one place",
    ),
    "directives": ("{ __typename " + "@skip(if: false) " * 51 + "}", "DOCUMENT_LIMIT", "50 directives"),
    "operations": (
        " ".join(f"query Q{index} {{ __typename }}" for index in range(6)),
        "DOCUMENT_LIMIT",
        "5 operations",
    ),
    "variables": (
        "query Q0(" + " ".join(f"$v{index}: Int" for index in range(101)) + ") { __typename }",
        "DOCUMENT_LIMIT",
        "100 variables",
    ),
    "fragments within each other": (
        "{ " + "... { " * 41 + "__typename" + " }" * 41 + " }",
        "DOCUMENT_LIMIT",
        "40 selections within each other",
    ),
}


@pytest.mark.parametrize(("document", "code", "words"), OVER.values(), ids=OVER.keys())
def test_an_exceeded_limit_is_rejected_with_the_limit(document: str, code: str, words: str) -> None:
    with pytest.raises(RequestError) as refused:
        assert asked(document, "Q0" if "Q0" in document else None).measure
    assert refused.value.code == code
    assert words in refused.value.message


WITHIN = [
    nested(15),
    "{ viewer { " + fields(30) + " } }",
    "{ " + "__typename " * 20 + "}",
    "{ __schema { types { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { "
    "ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } } } } } } } }",
    "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "{ ...Missing unknown { deeper } }",
]


@pytest.mark.parametrize("document", WITHIN)
def test_documents_within_limits_or_for_validation_pass(document: str) -> None:
    assert measured(document).cost >= 1


@pytest.mark.parametrize(
    ("name", "message"), [(None, "select one with operationName"), ("C", "no operation of this name")]
)
def test_an_ambiguous_operation_is_rejected(name: str | None, message: str) -> None:
    document = parse("query A { __typename } query B { __typename }")
    with pytest.raises(RequestError, match=message):
        operation_of(document, name)
    assert operation_of(document, "B") is document.definitions[1]
