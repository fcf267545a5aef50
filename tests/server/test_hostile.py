"""Hostile requests: each response has GraphQL's format and exposes no internals."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, get_nullable_type
from podgraph.auth.tokens import Tokens
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema
from podgraph.settings import Settings
from serving import SECRET, serving

SECRETS = re.compile(
    r"Traceback|File \"|site-packages|podgraph\.|strawberry|sqlalchemy|asyncpg|sqlite3|psycopg|object at 0x"
    r"|NoneType|RecursionError|KeyError|TypeError|ValueError|unhashable|object has no attribute|codec"
    r"|base-10|sys\.set|SELECT |INSERT ",
)
POD = "query ($id: ID!) { pod(id: $id) { id } }"
PODS = "query ($first: Int) { pods(first: $first) { totalCount } }"


def chain(number: int, last: str) -> str:
    """Fragments that each spread the next one twice."""
    spread = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(number)]
    return "{ ...F0 } " + " ".join(spread) + f" fragment F{number} on Query {{ {last} }}"


DOCUMENTS = {
    "deep nesting": "{" * 2000 + "}" * 2000,
    "deep nesting of fields": "{ a " * 1500 + "}" * 1500,
    "deep nesting of fragments": "{ " + "... { " * 1200 + "__typename" + "}" * 1201,
    "deep lists": "{ nodes(ids: " + "[" * 1500 + "]" * 1500 + ") { id } }",
    "deep objects": "{ pods(filter: " + "{ not: " * 1000 + "{}" + "}" * 1000 + ") { totalCount } }",
    "a filter as deep as allowed": "{ pods(filter: " + "{ not: " * 20 + "{}" + "}" * 20 + ") { totalCount } }",
    "deep types": "query ($a: " + "[" * 1500 + "Int" + "]" * 1500 + ") { __typename }",
    "an alias flood": "{ " + " ".join(f"a{n}: __typename" for n in range(1200)) + " }",
    "a directive flood": "{ __typename " + "@include(if: true) " * 600 + "}",
    "an unknown directive flood": "{ __typename " + "@x " * 2000 + "}",
    "duplicate fields": "{ " + "__typename " * 2000 + "}",
    "duplicate fields with arguments": "{ " + 'pod(id: "x") { id } ' * 400 + "}",
    "duplicate arguments": "{ pod(" + 'id: "x" ' * 1000 + ") { id } }",
    "duplicate input fields": "{ pods(filter: { " + "not: {} " * 1000 + "}) { totalCount } }",
    "duplicate variables": "query (" + "$a: Int " * 90 + ") { __typename }",
    "circular fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "a fragment of itself": "{ ...A } fragment A on Query { ...A }",
    "circular fragments that are never spread": "{ __typename } fragment A on Query { ...A }",
    "a bomb of fragments": chain(30, "__typename"),
    "a bomb of nothing": chain(30, "...F0"),
    "a bomb of unknown fields": chain(200, "unknown"),
    "many fragments": "{ __typename } " + " ".join(f"fragment F{n} on Query {{ x }}" for n in range(700)),
    "many operations": " ".join(f"query Q{n} {{ __typename }}" for n in range(900)),
    "the same operation twice": "query A { __typename } query A { __typename }",
    "many tokens": "{ " + "a," * 100_000 + " }",
    "a comment of megabytes": "#" + "x" * 200_000,
    "nothing but a fragment": "fragment A on Query { __typename }",
    "a definition of a type": "type Query { a: Int }",
    "nothing": "",
    "blanks": " \t\n,,,",
    "a byte order mark": "\ufeff{ __typename }",
    "NUL": "{ __typename \0 }",
    "NUL in a text": '{ pod(id: "a\\u0000b") { id } }',
    "half a character": '{ pod(id: "\\ud800") { id } }',
    "bidirectional text": '{ pod(id: "\u202e\u2066evil\u2069\u202c") { id } }',
    "bidirectional text outside of texts": "{ \u202epod }",
    "characters beyond the first plane": '{ pod(id: "\U0001f600") { id } }',
    "an int that overflows": "{ pods(first: 99999999999) { totalCount } }",
    "an int of many digits": "{ pods(first: " + "9" * 5000 + ") { totalCount } }",
    "a float that overflows": "{ pods(first: 1e999) { totalCount } }",
    "a float of many digits": "{ pods(first: 0." + "1" * 5000 + ") { totalCount } }",
    "a decimal that is endless to compute": (
        '{ pods(filter: { costPerMonth: { gt: "1e999999999" } }) { totalCount } }'
    ),
    "an instant before all others": (
        '{ tickets(filter: { createdAt: { gte: "0001-01-01T00:00:00+23:59" } }) { totalCount } }'
    ),
    "a cursor": '{ pods(after: "AAAA////") { totalCount } }',
    "a cursor that is none": '{ pods(after: "\u00e9") { totalCount } }',
    "an id of another kind": '{ pod(id: "TKT-26-000001") { id } }',
    "an id as SQL": '{ pod(id: "\' OR 1=1 --") { id } }',
    "a number as an id": "{ pod(id: 7) { id } }",
    "an introspection flood": "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(25)) + " }",
    "a deep introspection": ("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"),
    "an unknown type": '{ __type(name: "\u0000") { name } }',
    "deferred": "{ ... @defer { __typename } }",
    "a subscription": "subscription { events { id } }",
    "a mutation": "mutation { nothing }",
}

BODIES = {
    "invalid UTF-8": b'{"query": "\xff\xfe"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "NUL": b'{"query": "\0"}',
    "deep JSON": b'{"query": ' + b"[" * 100_000,
    "deep JSON that ends": b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "NaN": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "Infinity": b'{"query": "{ __typename }", "variables": {"a": -Infinity}}',
    "a number that overflows": b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
    "an integer of many digits": b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5000 + b"}}",
    "a lone surrogate": b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
    "no object": b"[[]]",
    "a list of nothing": b"[]",
    "a batch": b'[{"query": "{ __typename }"}, 7]',
    "null": b"null",
    "text": b'"{ __typename }"',
    "half": b'{"query": "{ __type',
    "twice": b'{"query": "{ __typename }"}{"query": "{ __typename }"}',
    "the same name twice": b'{"query": "{", "query": "{ __typename }"}',
    "too large": b'{"query": "' + b"x" * 300_000 + b'"}',
    "many variables": orjson.dumps({"query": "{ __typename }", "variables": {f"v{n}": n for n in range(9000)}}),
    "a large variable": orjson.dumps({"query": POD, "variables": {"id": "x" * 200_000}}),
    "the operation's name as NUL": b'{"query": "{ __typename }", "operationName": "\\u0000"}',
    "an extension of another form": b'{"query": "{ __typename }", "extensions": {"persistedQuery": 7}}',
}

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    1e300,
    "",
    "x",
    "\0",
    "\u202e",
    [],
    [[1]],
    {},
    {"a": {}},
]
VALUES += ["POD-26-000008\n", "POD-26-9" + "9" * 4000, "POD-\u0662\u0666-000008", "%", "../../etc/passwd"]


@pytest.fixture
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Settings(demo_url, SECRET, demo=True, introspection="public")) as client:
        yield client


async def sent(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    return await client.post("/graphql", content=content, headers={"Content-Type": "application/json"})


def assert_calm(answer: httpx.Response) -> None:
    """The response has GraphQL's format, no server error, and no internals."""
    body = answer.json()
    assert answer.status_code < 500, body
    assert not SECRETS.search(answer.text), answer.text
    for error in body.get("errors", ()):
        assert error["message"]
        assert error["extensions"]["code"] != "INTERNAL"
    assert len(body.get("errors", ())) <= 10


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
async def test_a_hostile_document_is_answered_calmly(client: httpx.AsyncClient, document: str) -> None:
    answer = await sent(client, orjson.dumps({"query": document}))
    assert_calm(answer)
    by_get = await client.get("/graphql", params={"query": document[:20_000]})
    assert_calm(by_get)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_hostile_body_is_answered_calmly(client: httpx.AsyncClient, body: bytes) -> None:
    assert_calm(await sent(client, body))


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_a_hostile_value_is_answered_calmly(client: httpx.AsyncClient, value: Any) -> None:
    for document, name in ((POD, "id"), (PODS, "first")):
        body = {"query": document, "variables": {name: value}}
        assert_calm(await sent(client, orjson.dumps(body)))
    for name in ("query", "operationName", "variables", "extensions", "documentId"):
        assert_calm(await sent(client, orjson.dumps({"query": "{ __typename }", name: value})))


@pytest.mark.parametrize(
    "path", ["/graphql/", "/graphql/x", "/graphql%00", "/..%2f..%2fetc/passwd", "/" + "x" * 5000, "/%ff"]
)
async def test_an_unknown_path_is_a_json_error(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (404, 307)
    if answer.status_code == 404:
        assert answer.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}


@pytest.mark.parametrize("query", ["query=%ff", "query=%00", "variables=%7B", "query={__typename}&variables=[", "&&=="])
async def test_a_hostile_address_is_answered_calmly(client: httpx.AsyncClient, query: str) -> None:
    assert_calm(await client.get(f"/graphql?{query}", headers={"Accept": "application/json"}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Bearer \u00e9".encode("latin-1")},
        {"Accept": ",".join(["*/*;q=0.1"] * 500)},
        {"Accept": "application/json;q=" + "9" * 400},
        {"Content-Type": "application/json;" * 300},
        {"Origin": "http://[::1"},
        {"X-Request-Id": "\u00e9".encode("latin-1")},
    ],
    ids=repr,
)
async def test_a_hostile_header_is_answered_calmly(client: httpx.AsyncClient, headers: Any) -> None:
    given = {"Content-Type": "application/json", **headers}
    assert_calm(await client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=given))


HOSTILE: dict[str, list[Any]] = {
    "ID": ["", "\0", "x" * 10_000, "POD-26-000008\n", "POD-26-" + "9" * 4000, "TKT-26-000001"],
    "String": ["\0", "", "\u202e\u2066", "x" * 10_000, "' OR 1=1 --", "\U0001f600" * 2000],
    "Int": [0, -1, 2**31 - 1, -(2**31), 53, 7],
    "Decimal": ["1e999999999", "-0", "0.0000000001", "9" * 30, 1e300, "1e-400"],
    "Date": ["9999-12-31", "0001-01-01", "2026-02-28", "2026-05-14", "2026-02-30", "+1-1-1"],
    "DateTime": ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"],
    "Period": ["9999-12", "0001-01", "0000-00"],
    "URL": ["javascript:alert(1)", "https://[::1", "https://example.com/" + "x" * 9000],
    "JSON": [{}, {"a": [1e300, None]}, "\u202e"],
    "Boolean": [False],
}
REAL = {
    "organizationId": "ORG-26-090500",
    "workspaceId": "WS-26-000021",
    "subscriptionId": "SUB-26-001122",
    "podId": "POD-26-000008",
    "capacityPoolId": "CAP-26-000112",
    "requestId": "OREQ-26-000041",
}


def hostile(kind: Any, turn: int, name: str = "") -> Any:
    """A hostile value of an input type; every second one refers to existing records."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        return [hostile(kind.of_type, turn, name)] * (turn % 3)
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields.items()
        skipped = {"idempotencyKey", "expectedVersion", "dryRun"} if turn % 2 else set()
        return {name: hostile(one.type, turn, name) for name, one in fields if name not in skipped}
    if isinstance(kind, GraphQLEnumType):
        return list(kind.values)[turn % len(kind.values)]
    if turn % 2 and name in REAL:
        return REAL[name]
    return HOSTILE[kind.name][turn % len(HOSTILE[kind.name])]


@pytest.mark.writes
@pytest.mark.parametrize("turn", range(4))
async def test_no_mutation_is_broken_by_a_hostile_input(demo_url: str, turn: int) -> None:
    mutations = build_schema()._schema.mutation_type
    assert mutations is not None
    operator = Tokens(SECRET).issue("USR-26-000044", ["ORG-26-090500"], list(Role))
    headers = {"Authorization": f"Bearer {operator}"}
    async with serving(Settings(demo_url, SECRET)) as client:
        for name, field in mutations.fields.items():
            kind = get_nullable_type(field.args["input"].type)
            document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
            body = {"query": document, "variables": {"input": hostile(kind, turn)}}
            assert_calm(await client.post("/graphql", json=body, headers=headers))
