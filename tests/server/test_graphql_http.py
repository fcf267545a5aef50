"""GraphQL over HTTP: the audits of graphql-http 1.23.1 by their ids, and the draft's rules by their words."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest

from podgraph.settings import Settings
from serving import SECRET, serving

JSON, GRAPHQL = "application/json", "application/graphql-response+json"
TYPENAME = "{ __typename }"
UNKNOWN = "{ 8f31403dfe404bccbb0e835f2629c6a7 }"
NAMED_TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
COERCE_FAILURE = "query CoerceFailure($id: ID!){ __typename }"


@pytest.fixture
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Settings(demo_url, SECRET, demo=True)) as client:
        # By default, httpx accepts every type; an audit sets its own header.
        client.headers.pop("Accept")
        yield client


Check = Callable[[httpx.Response], bool]


def status(*codes: int) -> Check:
    return lambda answer: answer.status_code in codes


def refused(answer: httpx.Response) -> bool:
    return 400 <= answer.status_code < 500


def typed(media_type: str) -> Check:
    return lambda answer: answer.headers["content-type"] == f"{media_type}; charset=utf-8"


def in_utf8(answer: httpx.Response) -> bool:
    return bool(answer.content.decode("utf-8"))


def without(entry: str) -> Check:
    return lambda answer: entry not in answer.json()


OK = status(200)
BAD = status(400)


@dataclass(frozen=True)
class Audit:
    """One rule: a request, and what must hold of its answer."""

    id: str
    rule: str
    checks: tuple[Check, ...]
    body: Any = field(default_factory=lambda: {"query": TYPENAME})
    accept: str | None = None
    content_type: str | None = JSON
    get: bool = False

    async def answer(self, client: httpx.AsyncClient) -> httpx.Response:
        headers = {"Accept": self.accept} if self.accept else {}
        if self.get:
            return await client.get("/graphql", params=self.body, headers=headers)
        content = self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
        if self.content_type:
            headers["Content-Type"] = self.content_type
        return await client.post("/graphql", content=content, headers=headers)


NOT_STRINGS = ({"obj": "ect"}, 0, False, ["array"])
NOT_MAPS = ("string", 0, False, ["array"])


def wrong(prefix: str, parameter: str, values: tuple[Any, ...]) -> list[Audit]:
    """An audit for each value that a parameter must not have."""
    return [
        Audit(
            f"{prefix}{number}",
            f"MAY use 400 status code on {value!r} {{{parameter}}} parameter",
            (BAD,),
            {"query": TYPENAME, parameter: value},
        )
        for number, value in enumerate(values)
    ]


def may_be(number: str, rule: str, body: Any, accept: str) -> Audit:
    return Audit(number, rule, (OK, without("errors")), body, accept)


AUDITS = [
    Audit(
        "22EB",
        "SHOULD accept application/graphql-response+json and match the content-type",
        (OK, typed(GRAPHQL)),
        accept=GRAPHQL,
    ),
    Audit("4655", "MUST accept application/json and match the content-type", (OK, typed(JSON)), accept=JSON),
    Audit("47DE", "SHOULD accept */* and use application/json", (OK, typed(JSON)), accept="*/*"),
    Audit(
        "80D8",
        "SHOULD assume application/json content-type when accept is missing",
        (OK, typed(JSON)),
        get=True,
    ),
    Audit("82A3", "MUST use utf-8 encoding when responding", (OK, in_utf8)),
    Audit("BF61", "MUST accept utf-8 encoded request", (OK,), content_type="application/json; charset=utf-8"),
    Audit("78D5", "MUST assume utf-8 in request if encoding is unspecified", (OK,)),
    Audit("2C94", "MUST accept POST requests", (OK,)),
    Audit("5A70", "MAY accept application/x-www-form-urlencoded formatted GET requests", (OK,), get=True),
    Audit(
        "9C48",
        "MAY NOT allow executing mutations on GET requests",
        (refused,),
        {"query": "mutation { __typename }"},
        GRAPHQL,
        get=True,
    ),
    Audit(
        "9ABE",
        "SHOULD respond with 4xx status code if content-type is not supplied on POST requests",
        (refused,),
        b"",
        content_type=None,
    ),
    Audit("03D4", "MUST accept application/json POST requests", (OK,)),
    Audit("A5BF", "MAY use 400 status code when request body is missing on POST", (BAD,), b""),
    Audit("423L", "MAY use 400 status code on missing {query} parameter", (BAD,), {"notquery": TYPENAME}),
    *wrong("LKJ", "query", NOT_STRINGS),
    may_be("34A2", "SHOULD allow string {query} parameter", {"query": TYPENAME}, GRAPHQL),
    may_be("13EE", "MUST allow string {query} parameter", {"query": TYPENAME}, JSON),
    *wrong("6C0", "operationName", NOT_STRINGS),
    may_be(
        "8161",
        "SHOULD allow string {operationName} parameter",
        {"operationName": "Query", "query": "query Query { __typename }"},
        GRAPHQL,
    ),
    may_be(
        "B8B3",
        "MUST allow string {operationName} parameter",
        {"operationName": "Query", "query": "query Query { __typename }"},
        JSON,
    ),
    may_be("94B0", "SHOULD allow null {variables}", {"query": TYPENAME, "variables": None}, GRAPHQL),
    may_be("0220", "MUST allow null {variables}", {"query": TYPENAME, "variables": None}, JSON),
    may_be("94B1", "SHOULD allow null {operationName}", {"query": TYPENAME, "operationName": None}, GRAPHQL),
    may_be("0221", "MUST allow null {operationName}", {"query": TYPENAME, "operationName": None}, JSON),
    may_be("94B2", "SHOULD allow null {extensions}", {"query": TYPENAME, "extensions": None}, GRAPHQL),
    may_be("0222", "MUST allow null {extensions}", {"query": TYPENAME, "extensions": None}, JSON),
    *wrong("476", "variables", NOT_MAPS),
    may_be(
        "2EA1",
        "SHOULD allow map {variables} parameter",
        {"query": NAMED_TYPE, "variables": {"name": "sometype"}},
        GRAPHQL,
    ),
    may_be(
        "28B9",
        "MUST allow map {variables} parameter",
        {"query": NAMED_TYPE, "variables": {"name": "sometype"}},
        JSON,
    ),
    Audit(
        "D6D5",
        "MAY allow URL-encoded JSON string {variables} parameter in GETs (graphql-response+json)",
        (OK, without("errors")),
        {"query": NAMED_TYPE, "variables": '{"name": "sometype"}'},
        GRAPHQL,
        get=True,
    ),
    Audit(
        "6A70",
        "MAY allow URL-encoded JSON string {variables} parameter in GETs (json)",
        (OK, without("errors")),
        {"query": NAMED_TYPE, "variables": '{"name": "sometype"}'},
        JSON,
        get=True,
    ),
    *wrong("58B", "extensions", NOT_MAPS),
    may_be(
        "428F",
        "SHOULD allow map {extensions} parameter",
        {"query": TYPENAME, "extensions": {"some": "value"}},
        GRAPHQL,
    ),
    may_be(
        "1B7A",
        "MUST allow map {extensions} parameter",
        {"query": TYPENAME, "extensions": {"some": "value"}},
        JSON,
    ),
    Audit("B6DC", "MAY use 2xx, 4xx, or 5xx status codes on JSON parsing failure", (BAD,), b'{ "no', JSON),
    Audit("BCF8", "SHOULD use 400 on JSON parsing failure (json)", (BAD,), b'{ "not a JSON', JSON),
    Audit("B7N8", "SHOULD use 400 on JSON parsing failure (graphql-response+json)", (BAD,), b'{ "not', GRAPHQL),
    Audit("8764", "MAY use 4xx or 5xx status codes if parameters are invalid", (BAD,), {"qeury": TYPENAME}),
    Audit("3E3A", "MAY use 400 status code if parameters are invalid", (BAD,), {"qeury": TYPENAME}),
    Audit("572B", "SHOULD use 200 on document parsing failure (json)", (OK,), {"query": "{"}, JSON),
    Audit("FDE2", "SHOULD use 200 on document validation failure (json)", (OK,), {"query": UNKNOWN}, JSON),
    Audit(
        "7B9B",
        "SHOULD use 200 on variable coercion failure (json)",
        (OK,),
        {"query": COERCE_FAILURE, "variables": {"id": None}},
        JSON,
    ),
    Audit("865D", "SHOULD use 4xx or 5xx on document parsing failure", (refused,), {"query": "{"}, GRAPHQL),
    Audit("556A", "SHOULD use 400 on document parsing failure", (BAD,), {"query": "{"}, GRAPHQL),
    Audit(
        "D586",
        "SHOULD not contain the data entry on document parsing failure",
        (without("data"),),
        {"query": "{"},
        GRAPHQL,
    ),
    Audit("51FE", "SHOULD use 4xx or 5xx on validation failure", (refused,), {"query": UNKNOWN}, GRAPHQL),
    Audit("74FF", "SHOULD use 400 on document validation failure", (BAD,), {"query": UNKNOWN}, GRAPHQL),
    Audit(
        "5E5B",
        "SHOULD not contain the data entry on document validation failure",
        (without("data"),),
        {"query": UNKNOWN},
        GRAPHQL,
    ),
    Audit(
        "86EE",
        "SHOULD use 400 on variable coercion failure",
        (BAD,),
        {"query": COERCE_FAILURE, "variables": {"id": None}},
        GRAPHQL,
    ),
]


@pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: f"{audit.id} {audit.rule}")
async def test_every_audit_passes(client: httpx.AsyncClient, audit: Audit) -> None:
    answer = await audit.answer(client)
    assert all(check(answer) for check in audit.checks), (answer.status_code, answer.headers, answer.text)


def test_the_list_of_audits_is_complete() -> None:
    assert len(AUDITS) == len({audit.id for audit in AUDITS}) == 61


TWO = "query A { __typename } query B { __typename }"
NULL_ROOT = '{ pod(id: "POD-26-999999") { id } }'


def coded(code: str) -> Check:
    return lambda answer: answer.json()["errors"][0]["extensions"]["code"] == code


def header(name: str, value: str) -> Check:
    return lambda answer: answer.headers.get(name) == value


DRAFT = [
    Audit(
        "Accept",
        "MUST use the highest priority media type that is supported",
        (OK, typed(GRAPHQL)),
        accept="text/html, application/json;q=0.5, application/graphql-response+json",
    ),
    Audit("Accept order", "of the same weight the first", (typed(GRAPHQL),), accept=f"{GRAPHQL}, {JSON}"),
    Audit("Accept order", "of the same weight the first", (typed(JSON),), accept=f"{JSON}, {GRAPHQL}"),
    Audit("Accept application/*", "a range is one of ours", (OK, typed(JSON)), accept="application/*"),
    Audit(
        "406",
        "RECOMMENDED where no supported media type is accepted",
        (status(406), coded("NOT_ACCEPTABLE")),
        accept="text/csv",
    ),
    Audit("406", "a weight of zero is not accepted", (status(406),), accept="application/json;q=0"),
    Audit(
        "GET",
        "a mutation MUST be answered with 405",
        (status(405), header("Allow", "GET, POST"), coded("METHOD_NOT_ALLOWED")),
        {"query": "mutation { __typename }"},
        get=True,
    ),
    Audit(
        "GET operationName",
        "the empty one is none",
        (OK,),
        {"query": TYPENAME, "operationName": ""},
        get=True,
    ),
    Audit(
        "GET operationName=null",
        "an operation of the name null",
        (OK, without("errors")),
        {"query": "query null { __typename } query B { __typename }", "operationName": "null"},
        get=True,
    ),
    Audit("GET variables", "no JSON is no request", (BAD,), {"query": TYPENAME, "variables": "{"}, get=True),
    Audit("GET variables", "a list is no map", (BAD,), {"query": TYPENAME, "variables": "[7]"}, get=True),
    Audit("GET", "without a document it is no request", (BAD,), {"operationName": "A"}, get=True),
    Audit(
        "415",
        "another content type than application/json",
        (status(415), coded("UNSUPPORTED_MEDIA_TYPE")),
        content_type="text/plain",
    ),
    Audit("415", "a form", (status(415),), content_type="application/x-www-form-urlencoded"),
    Audit("415", "a form of parts", (status(415),), content_type="multipart/form-data; boundary=x"),
    Audit("415", "a response's type", (status(415),), content_type="application/graphql-response+json"),
    Audit("415", "another encoding", (status(415),), content_type="application/json; charset=utf-16"),
    Audit(
        "GetOperation",
        "without a name among several SHOULD use 400",
        (BAD, without("data"), coded("OPERATION_RESOLUTION_FAILURE")),
        {"query": TWO},
        GRAPHQL,
    ),
    Audit(
        "GetOperation",
        "an unknown name SHOULD use 400",
        (BAD, without("data"), coded("OPERATION_RESOLUTION_FAILURE")),
        {"query": TWO, "operationName": "C"},
        GRAPHQL,
    ),
    Audit(
        "GetOperation",
        "an unknown name SHOULD use 200 as application/json",
        (OK, coded("OPERATION_RESOLUTION_FAILURE")),
        {"query": TWO, "operationName": "C"},
        JSON,
    ),
    Audit("data", "not null MUST use 2xx", (OK, without("errors")), {"query": NULL_ROOT}, GRAPHQL),
    Audit(
        "field error",
        "SHOULD use 200, with the data entry",
        (OK, coded("BAD_USER_INPUT"), lambda answer: "data" in answer.json()),
        {"query": "{ pods(first: 0) { totalCount } viewer { roles } }"},
        GRAPHQL,
    ),
    Audit("batching", "is refused clearly", (BAD, coded("BATCHING_UNSUPPORTED")), [{"query": TYPENAME}], GRAPHQL),
    Audit("parse", "its code", (coded("GRAPHQL_PARSE_FAILED"),), {"query": "{"}),
    Audit("validation", "its code", (coded("GRAPHQL_VALIDATION_FAILED"),), {"query": "{ unknown }"}),
    Audit(
        "coercion",
        "its code",
        (coded("BAD_USER_INPUT"),),
        {"query": "query ($id: ID!) { pod(id: $id) { id } }"},
    ),
    Audit(
        "parse",
        "a text of nothing SHOULD use 200 (json)",
        (OK, coded("GRAPHQL_PARSE_FAILED")),
        {"query": ""},
        JSON,
    ),
    Audit("body", "JSON that is no object", (BAD, coded("BAD_REQUEST")), 7),
    Audit("body", "a document of nothing", (BAD, coded("BAD_REQUEST")), {"query": None}),
]


@pytest.mark.parametrize("audit", DRAFT, ids=lambda audit: f"{audit.id} {audit.rule}")
async def test_responses_conform_to_the_draft(client: httpx.AsyncClient, audit: Audit) -> None:
    answer = await audit.answer(client)
    assert all(check(answer) for check in audit.checks), (answer.status_code, answer.headers, answer.text)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
async def test_other_methods_receive_the_allowed_ones(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"


async def test_options_receive_the_allowed_methods(client: httpx.AsyncClient) -> None:
    answer = await client.options("/graphql")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, POST")


async def test_a_compressed_body_is_not_unpacked(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    answer = await client.post("/graphql", content=b"{}", headers=headers)
    assert answer.status_code == 415


async def test_a_bad_token_is_401_in_either_media_type(client: httpx.AsyncClient) -> None:
    for accepted in (JSON, GRAPHQL):
        headers = {"Authorization": "Bearer rubbish", "Accept": accepted}
        answer = await client.post("/graphql", json={"query": TYPENAME}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_browser_gets_the_playground_and_a_client_does_not(client: httpx.AsyncClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = await client.get("/graphql", headers={"Accept": browser})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    answer = await client.get("/graphql", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})
