"""What an operation costs, and where the limits are: literal documents over the real schema."""

from typing import Any

import pytest
from graphql import parse

import walk
from podgraph.database.json_text import Written
from podgraph.edge.cost import Asked
from podgraph.edge.documents import Document
from podgraph.edge.errors import Refused
from podgraph.edge.limits import Limits
from podgraph.edge.measure import Measure, actual_cost, operation_of
from podgraph.reports.documents import REPORTS


def asked(document: str, name: str | None = None, limits: Limits | None = None, **variables: Any) -> Asked:
    return Asked(Document(walk.graph(), parse(document)), name, variables, limits or Limits())


def measured(document: str, **variables: Any) -> Measure:
    return asked(document, **variables).measure


COSTS = [
    ("{ __typename }", 1),
    ("{ __schema { types { name } } }", 1),
    ('{ pod(id: "x") { id name } }', 1),
    ('{ pod(id: "x") { organization { id } } }', 2),
    ('{ pod(id: "x") { costPerMonth { amount } } }', 1),
    ('{ pod(id: "x") { team { role } } }', 6),
    ('{ pod(id: "x") { team { talent { id } } } }', 11),
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


def test_variables_say_how_large_pages_are() -> None:
    document = (
        "query ($n: Int = 5, $ids: [ID!]!) { pods(first: $n) { nodes { id } } nodes(ids: $ids) { id } }"
    )
    assert measured(document, ids=["a"]).cost == 6 + 1
    assert measured(document, n=50, ids=["a", "b"]).cost == 51 + 2
    assert measured(document, n=None, ids=[]).cost == 21
    assert measured(document, n="many", ids=[]).cost == 101


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


def test_a_fragment_is_charged_for_the_largest_page_that_it_is_spread_below() -> None:
    pages = (
        '{ node(id: "x") { ... on Organization { pods(first: 1) { nodes { ...F } } }'
        " ... on Workspace { pods(first: 50) { nodes { ...F } } } } }"
        " fragment F on Pod { serviceLine { id } }"
    )
    assert measured(pages).cost == 1 + (1 + 1) + (1 + 50) + 50


def test_variables_say_what_is_included() -> None:
    document = "query ($all: Boolean!) { pods { nodes { id tickets @include(if: $all) { totalCount } } } }"
    assert measured(document, all=False).cost == 21
    assert measured(document, all=True).cost == 21 + 20 * 2


def test_the_same_document_is_measured_once_for_the_same_pages() -> None:
    text = "query ($n: Int, $id: ID!) { pods(first: $n) { nodes { id } } pod(id: $id) { id } }"
    document = Document(walk.graph(), parse(text))
    first = Asked(document, None, {"n": 5, "id": "x"}, Limits()).measure
    assert Asked(document, None, {"n": 5, "id": "y"}, Limits()).measure is first
    assert Asked(document, None, {"n": 6, "id": "y"}, Limits()).measure.cost == first.cost + 1


def test_what_was_loaded_is_counted_in_the_answer() -> None:
    document = (
        "{ pods(first: 100) { totalCount nodes { tickets(first: 50) { nodes { id } } team { role } } } }"
    )
    data = {
        "pods": {
            "totalCount": 2,
            "nodes": [
                {"tickets": {"nodes": [{"id": "a"}, {"id": "b"}]}, "team": [{"role": "x"}]},
                {"tickets": {"nodes": []}, "team": []},
            ],
        }
    }
    assert measured(document).cost == 1 + 1 + 100 * (1 + 1 + 50 + 5)
    assert actual_cost(measured(document).parts, [data]) == 1 + 1 + 2 * (1 + 1) + 2 + 1


def test_what_the_database_wrote_tells_its_points_itself() -> None:
    document = """{ pods(first: 2) { nodes { tickets { nodes { id } } tickets { totalCount } ...T } } }
        fragment T on Pod { team { role } }"""
    written = {"tickets": Written('\n\n{"nodes":[\n{"id":"a"}],"totalCount":\n1}'), "team": Written("[]")}
    plain = {"tickets": {"nodes": [{"id": "a"}], "totalCount": 1}, "team": []}
    parts = measured(document).parts
    for nodes in ([plain], [written], [plain, written]):
        assert actual_cost(parts, [{"pods": {"nodes": nodes}}]) == 1 + len(nodes) * (1 + 2 + 1 + 1)


def test_every_report_is_within_the_limits() -> None:
    costs = {name: measured(report.document).cost for name, report in REPORTS.items()}
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
    "bombs that nobody spreads": (UNUSED_BOMBS, "DOCUMENT_LIMIT", "at most 20 times"),
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
def test_what_is_over_a_limit_is_refused_with_the_limit(document: str, code: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
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
def test_what_is_within_the_limits_or_for_validation_to_tell_passes(document: str) -> None:
    assert measured(document).cost >= 1


@pytest.mark.parametrize(
    ("name", "message"), [(None, "name one of them in operationName"), ("C", "no such operation")]
)
def test_it_must_be_clear_which_operation_is_meant(name: str | None, message: str) -> None:
    document = parse("query A { __typename } query B { __typename }")
    with pytest.raises(Refused, match=message):
        operation_of(document, name)
    assert operation_of(document, "B") is document.definitions[1]
