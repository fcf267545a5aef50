"""Documents by their hash, and what becomes of others in each mode."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from podgraph.database.engine import create_engine
from podgraph.limits.persisted_documents import add_documents, document_hash
from podgraph.settings import Settings
from serving import SECRET, serving

OURS = "query Ours($id: ID!) { pod(id: $id) { name } }"
OTHER = "{ __typename }"
POD = {"id": "POD-26-000008"}
NAME = {"pod": {"name": "Payments Platform Pod"}}

pytestmark = pytest.mark.writes


@asynccontextmanager
async def trusting(demo_url: str, mode: str, *documents: str) -> AsyncIterator[httpx.AsyncClient]:
    engine = create_engine(demo_url)
    await add_documents(engine, documents)
    await engine.dispose()
    async with serving(Settings(demo_url, SECRET, demo=True, persisted_documents=mode)) as client:
        yield client


async def ask(client: httpx.AsyncClient, **body: Any) -> Any:
    return (await client.post("/graphql", json=body)).json()


def by_apollo(document: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": document_hash(document)}}


def by_draft(document: str) -> str:
    return f"sha256:{document_hash(document)}"


def code(answer: Any) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


def test_the_hash_is_that_of_the_drafts_examples() -> None:
    written_out = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"
    assert document_hash(written_out) == "7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"
    short = "query($id:ID!){user(id:$id){name}}"
    assert document_hash(short) == "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"


@pytest.mark.parametrize("mode", ["log", "enforce"])
async def test_a_registered_document_is_found_by_its_hash(demo_url: str, mode: str) -> None:
    async with trusting(demo_url, mode, OURS) as client:
        assert (await ask(client, documentId=by_draft(OURS), variables=POD))["data"] == NAME
        assert (await ask(client, extensions=by_apollo(OURS), variables=POD))["data"] == NAME
        assert (await ask(client, query=OURS, variables=POD))["data"] == NAME
        parameters = {"documentId": by_draft(OURS), "variables": '{"id":"POD-26-000008"}'}
        assert (await client.get("/graphql", params=parameters)).json()["data"] == NAME


async def test_enforce_rejects_unregistered_documents(demo_url: str) -> None:
    async with trusting(demo_url, "enforce", OURS) as client:
        assert code(await ask(client, query=OTHER)) == "DOCUMENT_NOT_TRUSTED"
        assert code(await ask(client, query=OTHER, extensions=by_apollo(OTHER))) == "DOCUMENT_NOT_TRUSTED"
        assert code(await ask(client, extensions=by_apollo(OTHER))) == "PERSISTED_QUERY_NOT_FOUND"
        assert code(await ask(client, documentId=by_draft(OTHER))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_log_answers_and_logs_unregistered_documents(demo_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with trusting(demo_url, "log", OURS) as client:
        with caplog.at_level(logging.WARNING, "podgraph"):
            assert (await ask(client, query=OURS, variables=POD))["data"] == NAME
            assert (await ask(client, query=OTHER))["data"] == {"__typename": "Query"}
    logged = [record.getMessage() for record in caplog.records if record.name == "podgraph"]
    assert logged == [f"Unregistered document: sha256:{document_hash(OTHER)}"]


async def test_an_automatic_persisted_query_is_found_once_sent(demo_url: str) -> None:
    async with trusting(demo_url, "off") as client:
        first = await client.post("/graphql", json={"extensions": by_apollo(OURS), "variables": POD})
        assert (first.status_code, first.json()["errors"][0]["message"]) == (200, "PersistedQueryNotFound")
        assert code(first.json()) == "PERSISTED_QUERY_NOT_FOUND"
        sent = await ask(client, query=OURS, extensions=by_apollo(OURS), variables=POD)
        found = await ask(client, extensions=by_apollo(OURS), variables=POD)
        assert sent["data"] == found["data"] == NAME


async def test_a_running_server_finds_a_new_document(demo_url: str) -> None:
    engine = create_engine(demo_url)
    async with trusting(demo_url, "enforce") as client:
        assert await add_documents(engine, [OURS, OTHER]) == 2
        assert await add_documents(engine, [OURS]) == 0
        assert (await ask(client, query=OURS, variables=POD))["data"] == NAME
    await engine.dispose()


async def test_a_hash_may_be_uppercase(demo_url: str) -> None:
    capitals = by_apollo(OURS)
    capitals["persistedQuery"]["sha256Hash"] = document_hash(OURS).upper()
    async with trusting(demo_url, "enforce", OURS) as client:
        for named in ({"documentId": by_draft(OURS).upper()}, {"extensions": capitals}):
            assert (await ask(client, **named, variables=POD))["data"] == NAME
            assert (await ask(client, query=OURS, **named, variables=POD))["data"] == NAME


NULLS: list[dict[str, Any]] = [
    {"documentId": None},
    {"extensions": None},
    {"extensions": {"persistedQuery": None}},
    {"extensions": {"persistedQuery": None, "documentId": None}, "documentId": None},
    {"operationName": None},
]


@pytest.mark.parametrize("null", NULLS, ids=str)
async def test_null_parameters_are_absent(demo_url: str, null: dict[str, Any]) -> None:
    async with trusting(demo_url, "off") as client:
        assert (await ask(client, query=OURS, variables=POD, **null))["data"] == NAME
        assert (await ask(client, query=OTHER, variables=None, **null))["data"] == {"__typename": "Query"}
        assert code(await ask(client, **null)) == "BAD_REQUEST"
        given = {name: json.dumps(value) for name, value in null.items() if name == "extensions"}
        answer = await client.get("/graphql", params={"query": OTHER, "variables": "null", **given})
        assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    "body",
    [
        {"query": OTHER, "extensions": by_apollo(OURS)},
        {"query": OTHER, "documentId": by_draft(OURS)},
        {"documentId": "md5:0123"},
        {"documentId": ""},
        {"documentId": by_draft(OURS).replace("s", "\u017f", 1)},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": None}}},
        {"extensions": {"persistedQuery": None}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": document_hash(OURS)}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
    ],
)
async def test_an_invalid_or_wrong_hash_is_rejected(demo_url: str, body: Any) -> None:
    async with trusting(demo_url, "log") as client:
        assert code(await ask(client, **body)) == "BAD_REQUEST"
