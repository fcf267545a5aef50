import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from starlette.requests import HTTPConnection

from podgraph.kernel.clock import system_clock
from podgraph.server.app import base_url_of
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

POD = '{ pod(id: "POD-26-000008") { name } }'


@pytest.fixture
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Settings(demo_url, SECRET)) as client:
        yield client


async def ask(client: httpx.AsyncClient, document: str, token: str | None = OWNER) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await client.post("/graphql", json={"query": document}, headers=headers)


def claims(**changed: Any) -> dict[str, Any]:
    return {
        "sub": "USR-26-000044",
        "organizations": ["ORG-26-090500"],
        "roles": ["ORG_OWNER"],
        "exp": system_clock() + timedelta(hours=1),
        **changed,
    }


async def test_a_token_opens_its_organization(client: httpx.AsyncClient) -> None:
    answer = await ask(client, POD)
    assert answer.json()["data"] == {"pod": {"name": "Payments Platform Pod"}}


async def test_the_viewer_is_the_user_of_the_token(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ viewer { user { id } roles organizations { nodes { id } } } }")
    assert answer.json()["data"]["viewer"] == {
        "user": {"id": "USR-26-000044"},
        "roles": ["ORG_OWNER"],
        "organizations": {"nodes": [{"id": "ORG-26-090500"}]},
    }


BAD_TOKENS = {
    "none": (None, "TOKEN_MISSING"),
    "expired": (
        jwt.encode(claims(exp=system_clock() - timedelta(seconds=1)), SECRET, "HS256"),
        "TOKEN_EXPIRED",
    ),
    "without an end": (
        jwt.encode({k: v for k, v in claims().items() if k != "exp"}, SECRET, "HS256"),
        "TOKEN_INVALID",
    ),
    "forged": (
        jwt.encode(claims(), "another secret of more than thirty-two characters", "HS256"),
        "TOKEN_INVALID",
    ),
    "unsigned": (jwt.encode(claims(), "", "none"), "TOKEN_INVALID"),
    "an unknown role": (jwt.encode(claims(roles=["KING"]), SECRET, "HS256"), "TOKEN_INVALID"),
    "organizations as text": (
        jwt.encode(claims(organizations="ORG-26-090500"), SECRET, "HS256"),
        "TOKEN_INVALID",
    ),
    "rubbish": ("rubbish", "TOKEN_INVALID"),
}


@pytest.mark.parametrize(("token", "reason"), BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_an_invalid_token_is_rejected(client: httpx.AsyncClient, token: str | None, reason: str) -> None:
    answer = await ask(client, POD, token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED", "reason": reason}


async def test_the_demo_requires_no_token_but_rejects_invalid_ones(demo_url: str) -> None:
    async with serving(Settings(demo_url, SECRET, demo=True)) as client:
        assert (await ask(client, POD, None)).json()["data"]["pod"]["name"] == "Payments Platform Pod"
        assert (await ask(client, POD, "rubbish")).status_code == 401


async def test_a_browser_gets_the_playground_without_a_token(client: httpx.AsyncClient) -> None:
    answer = await client.get("/playground", headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "<title>Playground" in answer.text or "were not built" in answer.text


async def test_a_query_may_be_sent_by_get(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {OWNER}", "Accept": "application/json"}
    answer = await client.get("/graphql", params={"query": POD}, headers=headers)
    assert answer.json()["data"]["pod"]["name"] == "Payments Platform Pod"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"query": 1}', b"\xff"])
async def test_a_malformed_body_is_a_bad_request(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {OWNER}", "Content-Type": "application/json"}
    answer = await client.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]


BAD_INPUT = {
    "first of 0": ("{ pods(first: 0) { totalCount } }", "first is 0; request 1 to 100 records per page"),
    "first of -1": ("{ pods(first: -1) { totalCount } }", "first is -1; request 1 to 100 records per page"),
    "first of 101": ("{ pods(first: 101) { totalCount } }", "first is 101; request 1 to 100 records per page"),
    "last of 101": ("{ pods(last: 101) { totalCount } }", "last is 101; request 1 to 100 records per page"),
    "first and last": ("{ pods(first: 1, last: 1) { totalCount } }", "give one pair, not both"),
    "a cursor": (
        '{ pods(after: "rubbish") { nodes { id } } }',
        "'rubbish' is not a cursor of this connection",
    ),
    "101 ids": (
        "{ nodes(ids: [" + 101 * '"POD-26-000008" ' + "]) { id } }",
        "request at most 100 per field",
    ),
}


@pytest.mark.parametrize(("document", "message"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
async def test_an_input_error_describes_the_expected_value(
    client: httpx.AsyncClient, document: str, message: str
) -> None:
    error = (await ask(client, document)).json()["errors"][0]
    assert message in error["message"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "document",
    [
        "{ pods(filter: { status: { eq: SLEEPING } }) { totalCount } }",
        '{ allocations(filter: { utilisationPercent: { lt: "much" } }) { totalCount } }',
        '{ pod(id: "POD-26-000008") { slaReport(period: "April") { id } } }',
        '{ tickets(filter: { createdAt: { gte: "2026-04-01T00:00:00" } }) { totalCount } }',
    ],
)
async def test_an_unknown_value_is_a_validation_error(client: httpx.AsyncClient, document: str) -> None:
    answer = (await ask(client, document)).json()
    assert answer.get("data") is None
    assert "Traceback" not in str(answer)
    assert len(answer["errors"]) == 1


@pytest.mark.parametrize("identity", ["POD-26-999999", "LIN-26-088401", "", "x", "POD-26-000008 "])
async def test_an_unknown_id_is_null(client: httpx.AsyncClient, identity: str) -> None:
    document = f'{{ pod(id: "{identity}") {{ id }} }}'
    assert (await ask(client, document)).json()["data"] == {"pod": None}


SPARED = {
    *("alembic", "httpx", "hypothesis", "mako", "multipart", "opentelemetry.sdk", "rich", "typer"),
    *(
        "uvicorn",
        "yaml",
        "podgraph.demo",
        "podgraph.cli.diagrams",
        "podgraph.doctor.registry",
        "podgraph.reports.present",
    ),
}
"""What answers no first request, and takes its time to import."""


def test_modules_without_use_at_start_are_not_imported() -> None:
    command = [sys.executable, "-c", "import sys, podgraph.server.app; print(*sys.modules)"]
    imported = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    assert "podgraph.schema" in imported
    assert imported & SPARED == set()


REFUSED = 'mutation { pausePod(input: { podId: "POD-26-999999", reason: "None." }) { userErrors { code docUrl } } }'


@pytest.mark.writes
@pytest.mark.parametrize("host", ["podgraph.example", "127.0.0.1:8000"])
async def test_doc_url_is_an_absolute_address_of_this_server(client: httpx.AsyncClient, host: str) -> None:
    headers = {"Authorization": f"Bearer {OWNER}", "Host": host}
    answer = await client.post("/graphql", json={"query": REFUSED}, headers=headers)
    assert answer.json()["data"]["pausePod"]["userErrors"] == [
        {"code": "NOT_FOUND", "docUrl": f"http://{host}/docs/errors#NOT_FOUND"}
    ]


@pytest.mark.parametrize(("scheme", "expected"), [("https", "https"), ("ws", "http"), ("wss", "https")])
def test_links_of_a_websocket_lead_to_pages_over_http(scheme: str, expected: str) -> None:
    kind = "websocket" if scheme.startswith("ws") else "http"
    headers = [(b"host", b"podgraph.example")]
    scope = {"type": kind, "scheme": scheme, "path": "/graphql", "query_string": b"", "headers": headers}
    assert base_url_of(HTTPConnection(scope)) == f"{expected}://podgraph.example"
