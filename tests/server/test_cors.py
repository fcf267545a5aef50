"""Pages of other origins: refused by default, and let in by name."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from podgraph.access.repository import PREFIX
from podgraph.limits.limits import Limits
from podgraph.settings import Settings
from serving import SECRET, serving

ELSEWHERE = "https://elsewhere.example"
ASK = {"query": "{ __typename }"}


async def ask(demo_url: str, origin: str, *allowed: str) -> httpx.Response:
    settings = Settings(demo_url, SECRET, demo=True, cors_origins=frozenset(allowed))
    async with serving(settings) as client:
        return await client.post("/graphql", json=ASK, headers={"Origin": origin})


async def preflight(demo_url: str, *allowed: str, headers: str = "content-type, authorization") -> httpx.Response:
    settings = Settings(demo_url, SECRET, demo=True, cors_origins=frozenset(allowed))
    asked = {
        "Origin": ELSEWHERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }
    async with serving(settings) as client:
        return await client.options("/graphql", headers=asked)


async def test_a_page_of_the_same_origin_is_allowed(demo_url: str) -> None:
    assert (await ask(demo_url, "http://it")).status_code == 200


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://it:81", "http://it.elsewhere.example", "it"])
async def test_a_page_of_another_origin_is_rejected(demo_url: str, origin: str) -> None:
    answer = await ask(demo_url, origin)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN_ORIGIN"}
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_preflight_of_another_origin_gets_no_cors_headers(demo_url: str) -> None:
    answer = await preflight(demo_url)
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_configured_origin_is_allowed(demo_url: str) -> None:
    answer = await ask(demo_url, ELSEWHERE, ELSEWHERE)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ELSEWHERE)
    asked_first = await preflight(demo_url, ELSEWHERE)
    assert asked_first.status_code == 200
    assert asked_first.headers["access-control-allow-methods"] == "GET, POST"


async def test_other_origins_stay_rejected_if_one_is_configured(demo_url: str) -> None:
    assert (await ask(demo_url, "https://third.example", ELSEWHERE)).status_code == 403


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_simple_requests_of_other_origins_are_rejected(demo_url: str, content_type: str) -> None:
    async with serving(Settings(demo_url, SECRET, demo=True)) as client:
        body = b'{"query": "mutation { __typename }"}'
        answer = await client.post("/graphql", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 415


class Endless:
    """A body that is never whole."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()


REFUSED: dict[int, dict[str, Any]] = {
    401: {"json": ASK},
    404: {"url": "/nothing", "json": ASK},
    405: {"method": "PUT", "json": ASK},
    406: {"json": ASK, "headers": {"Accept": "image/png"}},
    408: {"content": Endless()},
    413: {"content": b" " * 2000},
    415: {"content": b"{}"},
    503: {"json": ASK, "headers": {"Authorization": f"Bearer {PREFIX}of-a-program"}},
}


@pytest.mark.parametrize("allowed", [ELSEWHERE, "*"])
@pytest.mark.parametrize("status", REFUSED)
async def test_errors_have_cors_headers(status: int, allowed: str) -> None:
    # The database is at a port where nothing listens.
    settings = Settings(
        "postgresql://podgraph@127.0.0.1:1/podgraph",
        SECRET,
        cors_origins=frozenset({allowed}),
        limits=Limits(body=1000, body_seconds=0.1),
    )
    asked = {"method": "POST", "url": "/graphql", **REFUSED[status]}
    asked["headers"] = {"Origin": ELSEWHERE, **asked.get("headers", {})}
    async with serving(settings) as client:
        answer = await client.request(**asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, allowed)
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    assert answer.headers["X-Request-Id"]


HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "traceparent",
    "tracestate",
    "baggage",
    "x-request-id",
    "idempotency-key",
    "apollo-require-preflight",
    "graphql-require-preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "x-apollo-operation-name",
    "x-apollo-operation-id",
    "last-event-id",
]


@pytest.mark.parametrize("header", HEADERS)
async def test_headers_of_client_libraries_are_allowed(demo_url: str, header: str) -> None:
    answer = await preflight(demo_url, ELSEWHERE, headers=header)
    assert answer.status_code == 200
    assert header in answer.headers["access-control-allow-headers"].lower()
    assert answer.headers["X-Request-Id"]


async def test_no_header_allows_another_origin(demo_url: str) -> None:
    answer = await preflight(demo_url, "https://third.example", headers="traceparent")
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
