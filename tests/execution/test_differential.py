"""Both executors have equal responses: data, order of keys, and errors."""

import gc
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis.strategies import SearchStrategy

from conftest import Server
from execution import faulty
from execution.differential import ALL_ROLES, EXECUTORS, Answer, Pair, opened, over_demo_data
from execution.documents import Document, documents
from graphql import OperationType
from podgraph.demo.reference import NOW
from podgraph.kernel.clock import stopped_clock
from podgraph.server.app import DEMO_VIEWER

EXAMPLES = 160
FAULTY_EXAMPLES = 200
REHEARSALS = 40

# Where a null propagates, graphql-core cancels pending awaitables, some of which have not started.
pytestmark = pytest.mark.filterwarnings("ignore:.*coroutine:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Collect coroutines that were never awaited here, not in a later test."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def unlogged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not log thousands of expected errors."""
    monkeypatch.setattr(logging.getLogger("podgraph"), "disabled", True)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def graph(
    request: pytest.FixtureRequest, servers: dict[str, Server]
) -> Iterator[tuple[Pair, SearchStrategy[Document]]]:
    with over_demo_data(servers[request.param].shared_demo()) as opened_graph:
        yield opened_graph


@pytest.fixture(scope="module")
def workshop(servers: dict[str, Server]) -> Iterator[Pair]:
    """The faulty schema. It has no data, but an operation requires a database."""
    with opened(servers["sqlite"].shared_demo()) as (engine, run):
        schemas = {executor: faulty.build_schema(executor) for executor in EXECUTORS}
        yield Pair(schemas, partial(faulty.Workshop, DEMO_VIEWER, engine, stopped_clock(NOW)), run)


def test_generated_documents_have_equal_responses(graph: tuple[Pair, SearchStrategy[Document]]) -> None:
    pair, written = graph
    pair.compare_many(written, EXAMPLES)


NULLS = {
    "include on a field": "query ($v: Boolean = true) { pods(first: 2) { nodes { id @include(if: $v) } } }",
    "skip on a field": "query ($v: Boolean = true) { pods(first: 2) { nodes { id name @skip(if: $v) } } }",
    "include behind skip": """query ($v: Boolean = true, $no: Boolean = false) {
        pods(first: 2) { nodes { id @skip(if: $no) @include(if: $v) } } }""",
    "a condition on a fragment": """query ($v: Boolean = true) {
        pods(first: 2) { nodes { id ...F @include(if: $v) } } } fragment F on Pod { name }""",
    "a condition on an inline fragment": """query ($v: Boolean = false) {
        pods(first: 2) { nodes { id ... @skip(if: $v) { name } } } }""",
    "a condition on a page's field": """query ($v: Boolean = true) {
        pods(first: 2) { nodes { id } totalCount @include(if: $v) } }""",
    "a condition below a list": """query ($v: Boolean = true) {
        pods(first: 2) { nodes { id team { role @include(if: $v) } } } }""",
    "a condition below a to-one edge": """query ($v: Boolean = true) {
        tickets(first: 2) { nodes { id pod { workspace { name @include(if: $v) } } } } }""",
    "a condition below a page": """query ($v: Boolean = true) {
        pods(first: 2) { nodes { id tickets(first: 1) { totalCount @include(if: $v) } } } }""",
    "a condition in an amount": """query ($v: Boolean = true) {
        pods(first: 2) { nodes { id costPerMonth { amount @include(if: $v) } } } }""",
    "a condition at the root": "query ($v: Boolean = true) { pods @include(if: $v) { totalCount } }",
    "an argument": """query ($v: Int = 4) {
        allocations(first: 2) { nodes { id trend(weeks: $v) { actual } } } }""",
    "an argument at the root": 'query ($v: ID = "x") { pod(id: $v) { id } viewer { roles } }',
    "a list of ids": "query ($v: [ID!] = []) { nodes(ids: $v) { id } viewer { roles } }",
    "an id in a list": 'query ($v: ID = "x") { nodes(ids: [$v]) { id } viewer { roles } }',
    "an argument of an aggregate": """query ($v: [PodGroupBy!] = [STATUS]) {
        pods { aggregate { groups(by: $v) { count } } } }""",
    "a field of an input": """query ($v: PodOrderField = NAME) {
        pods(first: 2, orderBy: [{field: $v}]) { nodes { id } } }""",
    "a field of an input further down": """query ($v: TicketOrderField = CREATED_AT) {
        pods(first: 2) { nodes { id tickets(first: 1, orderBy: [{field: $v}]) { nodes { id } } } } }""",
    "an item of a filter further down": """query ($v: TicketStatus = OPEN) {
        pods(first: 2) { nodes { id tickets(first: 1, filter: {status: {in: [$v]}}) { nodes { id } } } } }""",
}
"""Documents with a variable that has a default, in a non-null position."""


@pytest.mark.parametrize("text", NULLS.values(), ids=NULLS.keys())
def test_null_variable_in_a_non_null_position_is_an_error(
    graph: tuple[Pair, SearchStrategy[Document]], text: str
) -> None:
    pair, _ = graph
    pair.compare(Document(text, {"v": None}))
    refused = [json.loads(error) for error in pair.answer(Document(text, {"v": None}), "level").errors]
    assert refused
    assert all("None" in message for _, message, *_ in refused), refused
    pair.compare(Document(text, {}))
    assert not pair.answer(Document(text, {}), "level").errors


def test_page_without_a_size_costs_no_more_than_requested(
    graph: tuple[Pair, SearchStrategy[Document]],
) -> None:
    pair, _ = graph
    query: Any = pair.schemas["level"]._schema.query_type
    pages = [name for name, field in query.fields.items() if "first" in field.args]
    assert "events" in pages
    for page in pages:
        for given in ("", "(first: $n)", "(last: $n)"):
            declared = "query ($n: Int)" if given else ""
            pair.compare(Document(f"{declared} {{ {page}{given} {{ nodes {{ __typename }} }} }}", {}))


def test_generated_dry_runs_have_equal_responses(server: Server) -> None:
    url = server.database(demo=True)
    log = Document("{ events { totalCount } }", {})
    with over_demo_data(url, ALL_ROLES, OperationType.MUTATION) as (pair, written):
        before = pair.answer(log, "level")
        pair.compare_many(written, REHEARSALS)
        assert pair.answer(log, "level") == before


def test_generated_failing_documents_have_equal_responses(workshop: Pair) -> None:
    kinds = (OperationType.QUERY, OperationType.QUERY, OperationType.MUTATION)
    schema = workshop.schemas["reference"]._schema
    workshop.compare_many(documents(schema, faulty.values, kinds), FAULTY_EXAMPLES)


CASES: dict[str, tuple[str, Any]] = {
    "a null that may not be makes the nearest nullable parent null": (
        "{ part { following { number needed { missing(when: 2) number } } number } }",
        {"part": {"following": None, "number": 0}},
    ),
    "up to the root, all data is null": ("{ needed(number: 5) { needed { number } } part { number } }", None),
    "an item of a list goes wrong and leaves the others": (
        "{ partsOrNull(number: 4) { missing(when: 2) } }",
        {"partsOrNull": [None, {"missing": "here"}, {"missing": "here"}, None, {"missing": "here"}]},
    ),
    "an item of a list goes wrong and takes the list with it": (
        "{ part(number: 2) { whole { number } } needed(number: 1) { wholeOrNull { number } } }",
        {"part": None, "needed": {"wholeOrNull": None}},
    ),
    "objects of which nothing is selected are empty": (
        "{ part { parts { following @include(if: false) { number } } } }",
        {"part": {"parts": [{}, {}]}},
    ),
    "a field that is selected again stands where it stood first": (
        "{ part { following { a: number } x: number following { x: __typename b: number } } }",
        {"part": {"following": {"a": 1, "x": "Part", "b": 1}, "x": 0}},
    ),
    "what is loaded in two places goes wrong in one of them": (
        "{ parts { whole { number } parts { whole { number } } } }",
        None,
    ),
    "a loader fails for one key, another for all": (
        "{ parts(number: 1) { unlucky(when: 0) { number } never { number } double } }",
        {"parts": [{"unlucky": None, "never": None, "double": 0}]},
    ),
    "an object is of no type of the interface": (
        "{ part { things(when: 0) { __typename ... on Part { count } number } } some { __typename } }",
        {"part": {"things": [{"__typename": "Part", "count": 1, "number": 1}, None, None]}, "some": None},
    ),
    "a leaf cannot be serialized": (
        "{ part(number: 3) { amount shade(when: 0) colour matrix } }",
        {"part": {"amount": None, "shade": "RED", "colour": None, "matrix": [[1, 2], [], None]}},
    ),
    "a list is none, or not there yet": (
        "{ part(number: 3) { noList(when: 3) generated streamed slow } }",
        {"part": {"noList": None, "generated": [0, 1, 2], "streamed": [0, 1, 2], "slow": [None, "well 4"]}},
    ),
    "a resolver looks at where it is, and at what is selected": (
        "{ parts(number: 1) { itselfLater { place selected { x: names } } wrongKind(when: 0) { double } } }",
        {
            "parts": [
                {
                    "itselfLater": {
                        "place": "place/parts/0/itselfLater/place",
                        "selected": {"x": ["x"]},
                    },
                    "wrongKind": None,
                }
            ]
        },
    ),
    "mutations run one after the other, whatever becomes of each": (
        """mutation { a: step(name: "a") { log } b: stumble { name } c: stepNow(name: "c") { log }
                      d: step { log part { raisesNeeded(when: 0) } } }""",
        {"a": {"log": ["a"]}, "b": None, "c": {"log": ["a", "stumble", "c"]}, "d": None},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fault_has_equal_responses(workshop: Pair, name: str) -> None:
    text, data = CASES[name]
    document = Document(text, {})
    workshop.compare(document)
    assert json.loads(workshop.answer(document, "level").data) == data


def error(*path: str, message: str = "broken") -> str:
    return json.dumps([path, message, [], {}])


POSSIBLE = Answer("{}", [error("a"), error("b", "c"), error("b", "d")])
SOME = Answer('{"a": null, "b": null}', [error("a"), error("b", "c")])


def test_below_a_null_any_possible_error_is_accepted() -> None:
    assert Answer(SOME.data, [error("a"), error("b", "d")]).may_be(SOME, POSSIBLE)
    assert Answer(SOME.data, POSSIBLE.errors).may_be(SOME, POSSIBLE)


@pytest.mark.parametrize(
    "other",
    [
        Answer('{"b": null, "a": null}', SOME.errors),
        Answer(SOME.data, [error("b", "c")]),
        Answer(SOME.data, [error("a")]),
        Answer(SOME.data, [error("a"), error("a"), error("b", "c")]),
        Answer(SOME.data, [error("a", message="else"), error("b", "c")]),
        Answer(SOME.data, [error("a"), error("b", "e")]),
        replace(SOME, points=1),
        replace(SOME, failed=["b", "a"]),
    ],
    ids=[
        "order of keys",
        "error missing",
        "null unexplained",
        "reported twice",
        "other message",
        "other place",
        "other cost",
        "order of mutations",
    ],
)
def test_any_other_difference_is_detected(other: Answer) -> None:
    assert not other.may_be(SOME, POSSIBLE)
