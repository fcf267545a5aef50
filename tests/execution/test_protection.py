"""Query protection: exceeded limits are rejected before any resolver runs, and every response contains its cost."""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from podgraph.database.engine import create_engine
from podgraph.execution.context import Context
from podgraph.limits.limits import Limits
from podgraph.settings import Settings
from serving import SECRET, serving

POD = '{ pod(id: "POD-26-000008") { name } }'
TOO_MUCH = "{ pods(first: 100) { nodes { tickets(first: 100) { nodes { id } } } } }"
FLOODS = {
    "cost": (TOO_MUCH, "COST_LIMIT"),
    "depth": ("{ viewer " + "{ user " * 16 + "{ id }" + " }" * 16 + " }", "DEPTH_LIMIT"),
    "aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", "ALIAS_LIMIT"),
    "root fields": ("{ " + " ".join(f"a{n}: __typename" for n in range(21)) + " }", "ROOT_FIELD_LIMIT"),
    "tokens": ("{ " + "__typename " * 5001 + "}", "TOKEN_LIMIT"),
    "directives": ("{ __typename " + "@skip(if: false) " * 51 + "}", "DOCUMENT_LIMIT"),
    "a long text": ('{ pod(id: "' + "x" * 10_001 + '") { id } }', "BAD_USER_INPUT"),
    "a long number": ("{ pods(first: " + "9" * 401 + ") { totalCount } }", "BAD_USER_INPUT"),
}


def demo(demo_url: str, **changed: Any) -> Settings:
    return replace(Settings(demo_url, SECRET, demo=True, introspection="public"), **changed)


async def ask(client: httpx.AsyncClient, document: str, **more: Any) -> httpx.Response:
    accept = {"Accept": "application/graphql-response+json"}
    return await client.post("/graphql", json={"query": document, **more}, headers=accept)


@pytest.mark.parametrize(("document", "code"), FLOODS.values(), ids=FLOODS.keys())
async def test_exceeded_limit_is_rejected_before_any_read(demo_url: str, document: str, code: str) -> None:
    async with serving(demo(demo_url)) as client:
        answer = await ask(client, document)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, code)
    assert "data" not in answer.json()
    assert answer.json()["extensions"]["execution"]["statements"] == 0


async def test_every_response_contains_its_cost(demo_url: str) -> None:
    async with serving(demo(demo_url)) as client:
        result = [
            (await ask(client, document)).json()["extensions"]["cost"]
            for document in (POD, "{ pods(first: 100) { nodes { id } } }", TOO_MUCH, "{", "{ unknown }")
        ]
    assert result == [
        {"requested": 1, "actual": 1, "limit": 10_000},
        {"requested": 101, "actual": 1 + 7, "limit": 10_000},
        {"requested": 10_201, "actual": 0, "limit": 10_000},
        {"requested": 0, "actual": 0, "limit": 10_000},
        {"requested": 1, "actual": 0, "limit": 10_000},
    ]


async def test_actual_cost_never_exceeds_requested_cost(demo_url: str) -> None:
    document = """{ pods(first: 100) { totalCount aggregate { count } nodes {
        team { talent { title } } tickets(first: 5) { totalCount edges { node { pod { id } } } } } } }"""
    async with serving(demo(demo_url)) as client:
        cost = (await ask(client, document)).json()["extensions"]["cost"]
    assert 1 < cost["actual"] < cost["requested"]


async def test_suggested_query_is_answered(demo_url: str) -> None:
    async with serving(demo(demo_url)) as client:
        (suggested,) = (await ask(client, TOO_MUCH)).json()["errors"][0]["extensions"]["suggestion"]
        assert suggested["path"] == "pods"
        answer = await ask(client, TOO_MUCH.replace("first: 100", f"first: {suggested['value']}", 1))
    assert answer.status_code == 200


async def test_command_line_has_no_limits(execute: Any) -> None:
    assert (await execute(TOO_MUCH))["pods"]["nodes"]


def deep(levels: int) -> Any:
    return 0 if levels == 0 else [deep(levels - 1)]


async def test_values_of_variables_are_limited_too(demo_url: str) -> None:
    document = "query ($id: ID!) { pod(id: $id) { id } }"
    async with serving(demo(demo_url)) as client:
        for value in ("x" * 10_001, "a\0b", [0] * 501, deep(25)):
            error = (await ask(client, document, variables={"id": value})).json()["errors"][0]
            assert error["extensions"]["code"] == "BAD_USER_INPUT"


INTROSPECTION = "{ __schema { queryType { name } } }"


@pytest.mark.parametrize(("introspection", "status"), [("public", 200), ("authenticated", 401), ("off", 401)])
async def test_anonymous_caller_may_only_read_the_schema(demo_url: str, introspection: str, status: int) -> None:
    settings = demo(demo_url, demo=False, introspection=introspection)
    async with serving(settings) as client:
        assert (await ask(client, INTROSPECTION)).status_code == status
        answer = await ask(client, INTROSPECTION.replace("{", "{ viewer { roles }", 1))
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["errors"][0]["extensions"]["reason"] == "TOKEN_MISSING"


async def test_disabled_introspection_discloses_no_names(demo_url: str) -> None:
    async with serving(demo(demo_url, introspection="off")) as client:
        refused = (await ask(client, INTROSPECTION)).json()["errors"][0]
        guessed = (await ask(client, "{ pood { id } }")).json()["errors"][0]
        assert (await ask(client, "{ __typename }")).json()["data"] == {"__typename": "Query"}
    assert refused["extensions"] == {"code": "INTROSPECTION_DISABLED"}
    assert guessed["message"] == "Cannot query field 'pood' on type 'Query'."


async def test_standard_introspection_query_is_within_the_limits(demo_url: str) -> None:
    from graphql import get_introspection_query

    async with serving(demo(demo_url)) as client:
        answer = await ask(client, get_introspection_query(input_value_deprecation=True))
    assert answer.status_code == 200


LEVEL = "{ viewer { rateLimit { limit remaining maxQueryCost maxDepth } } }"


@pytest.mark.writes
async def test_rate_limited_caller_must_wait(demo_url: str) -> None:
    async with serving(demo(demo_url, rate_limit=(10.0, 0.001))) as client:
        result = (await ask(client, LEVEL)).json()
        answers = [await ask(client, POD) for _ in range(10)]
    assert result["data"]["viewer"]["rateLimit"] == {
        "limit": 10,
        "remaining": 9,
        "maxQueryCost": 10_000,
        "maxDepth": 15,
    }
    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    refused = answers[-1].json()["errors"][0]["extensions"]
    assert (refused["code"], refused["remaining"]) == ("RATE_LIMITED", 0)
    assert answers[-1].headers["Retry-After"] == str(refused["retryAfter"])
    assert 990 <= refused["retryAfter"] <= 1000


@pytest.mark.writes
async def test_rejected_operation_consumes_no_points(demo_url: str) -> None:
    async with serving(demo(demo_url, rate_limit=(10.0, 0.001))) as client:
        for document in (TOO_MUCH, "{", "{ unknown }"):
            await ask(client, document)
        result = (await ask(client, "{ viewer { rateLimit { remaining } } }")).json()
    assert result["data"] == {"viewer": {"rateLimit": {"remaining": 9}}}


@pytest.mark.writes
async def test_disabled_limit_is_reported_as_the_largest_number(demo_url: str) -> None:
    settings = demo(demo_url, rate_limit=(1e12, 1e12), limits=Limits(cost=sys.maxsize))
    async with serving(settings) as client:
        result = (await ask(client, LEVEL)).json()["data"]["viewer"]["rateLimit"]
    assert (result["limit"], result["maxQueryCost"]) == (2_147_483_647, 2_147_483_647)


async def test_disabled_rate_limit_is_reported_as_null(demo_url: str) -> None:
    async with serving(demo(demo_url)) as client:
        result = (await ask(client, "{ viewer { rateLimit { limit } } }")).json()
    assert result["data"] == {"viewer": {"rateLimit": None}}


async def test_operation_past_its_deadline_is_cancelled_in_the_database(
    servers: dict[str, Any],
) -> None:
    url = servers["postgresql"].database(demo=True)
    engine = create_engine(url)
    limits = Limits(seconds=0.3)
    waiting = (
        "SELECT count(pid) FROM pg_sleep(0.05) LEFT JOIN pg_stat_activity"
        " ON datname = current_database() AND wait_event = 'relation'"
    )
    async with serving(demo(url, limits=limits)) as client, engine.connect() as other:
        await other.execute(text("LOCK TABLE pod IN ACCESS EXCLUSIVE MODE"))
        answer = await ask(client, POD)
        assert (answer.status_code, answer.json()["errors"]) == (
            504,
            [
                {
                    "message": "The operation was cancelled after 0.3 seconds; request less data.",
                    "extensions": {"code": "DEADLINE_EXCEEDED"},
                }
            ],
        )
        async with asyncio.timeout(30):
            while (await other.execute(text(waiting))).scalar_one():
                pass
        await other.rollback()
        assert (await ask(client, POD)).status_code == 200
    await engine.dispose()


async def test_concurrent_operations_are_measured_separately(demo_url: str) -> None:
    document = "query ($n: Int!) { pods(first: $n) { nodes { id } } }"
    async with serving(demo(demo_url)) as client:
        answers = await asyncio.gather(*(ask(client, document, variables={"n": n}) for n in range(1, 20)))
    result = [answer.json()["extensions"]["cost"]["requested"] for answer in answers]
    assert result == list(range(2, 21))


LABELS = (
    "INSERT INTO project (id, organization_id, name) VALUES ('PROJ-26-1000{n}', 'ORG-26-090500', 'Label {n}')",
    "INSERT INTO pod_project (organization_id, pod_id, project_id)"
    " VALUES ('ORG-26-090500', 'POD-26-000008', 'PROJ-26-1000{n}')",
)


@pytest.mark.writes
async def test_list_longer_than_estimated_is_charged_completely(demo_url: str) -> None:
    engine = create_engine(demo_url)
    async with engine.begin() as connection:
        for n in range(10, 40):
            for statement in LABELS:
                await connection.execute(text(statement.format(n=n)))
    await engine.dispose()
    document = '{ pod(id: "POD-26-000008") { projects { id } } viewer { rateLimit { remaining } } }'
    async with serving(replace(demo(demo_url), rate_limit=(1000, 0.001))) as client:
        first, second = [(await ask(client, document)).json() for _ in range(2)]
    cost = first["extensions"]["cost"]
    assert cost["requested"] == cost["actual"] > 30
    left = [answer["data"]["viewer"]["rateLimit"]["remaining"] for answer in (first, second)]
    assert left[0] - left[1] == cost["actual"]


def test_context_has_no_policy_by_default() -> None:
    assert Context.__dataclass_fields__["policy"].default is None
