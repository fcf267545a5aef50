"""Audit trail: rejected and failed mutations, and who may read the entries."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute, context_for
from podgraph.auth.tokens import Tokens
from podgraph.execution.mutations import MUTATIONS
from podgraph.kernel.roles import Role
from podgraph.limits.limits import Limits
from podgraph.schema import build_schema
from podgraph.server.app import DEMO_VIEWER
from podgraph.settings import Settings
from podgraph.writes.transaction import WriteTransaction
from serving import OWNER, SECRET, listening, serving

OURS, POD = "ORG-26-090500", "POD-26-000008"
PAUSE = """
    mutation ($pod: ID!, $reason: String!, $dry: Boolean! = false) {
        pausePod(input: {podId: $pod, reason: $reason, dryRun: $dry}) { userErrors { code } }
    }
"""
LOG = f"""
    {{ organization(id: "{OURS}") {{ auditLog {{ nodes {{
        actor {{ type id }} action resource outcome address traceId
    }} }} }} }}
"""
MEMBER = Tokens(SECRET).issue("USR-26-000046", [OURS], [Role.MEMBER])

pytestmark = pytest.mark.writes


@pytest.fixture
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Settings(demo_url, SECRET)) as client:
        yield client


async def post(client: httpx.AsyncClient, document: str, token: str, **variables: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "trace-1"}
    return await client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)


async def pause(client: httpx.AsyncClient, token: str, **given: Any) -> httpx.Response:
    return await post(client, PAUSE, token, **{"pod": POD, "reason": "Freeze", **given})


async def log_of(client: httpx.AsyncClient, token: str = OWNER) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer = (await client.post("/graphql", json={"query": LOG}, headers=headers)).json()
    log = answer["data"]["organization"]["auditLog"]
    return log and log["nodes"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (["127.0.0.1"], "203.0.113.7", "203.0.113.7"),
        (["127.0.0.1"], "2001:db8::7", "2001:db8::7"),
        # The client's own value precedes those that the proxies append.
        (["127.0.0.0/8", "10.0.0.5"], "198.51.100.1, 203.0.113.7, 10.0.0.5", "203.0.113.7"),
        (["127.0.0.1"], "203.0.113.7, 10.0.0.5", "10.0.0.5"),
        (["10.0.0.0/8"], "203.0.113.7", "127.0.0.1"),
    ],
)
async def test_entry_contains_the_address_forwarded_by_a_trusted_proxy(
    demo_url: str, proxies: list[str], forwarded: str, address: str
) -> None:
    settings = Settings(demo_url, SECRET, proxies=tuple(proxies))
    forwarding = {"X-Forwarded-For": forwarded}
    async with (
        listening(settings) as there,
        httpx.AsyncClient(base_url=f"http://{there}", headers=forwarding) as client,
    ):
        await pause(client, MEMBER)
        assert [entry["address"] for entry in await log_of(client)] == [address]


async def test_forbidden_mutation_is_audited(client: httpx.AsyncClient) -> None:
    await pause(client, MEMBER)
    assert await log_of(client) == [
        {
            "actor": {"type": "USER", "id": "USR-26-000046"},
            "action": "pausePod",
            "resource": POD,
            "outcome": "FORBIDDEN",
            "address": "127.0.0.1",
            "traceId": "trace-1",
        }
    ]


@pytest.mark.parametrize(
    ("given", "resource", "outcome"),
    [
        ({"reason": " "}, POD, "INVALID"),
        ({"pod": "POD-26-999999"}, "POD-26-999999", "NOT_FOUND"),
        ({"pod": "\u0007" * 20 + "P" * 15}, "P" * 15, "INVALID"),
        ({"pod": "P" * 300}, "P" * 100, "INVALID"),
    ],
)
async def test_rejected_mutation_is_audited(
    client: httpx.AsyncClient, given: dict[str, str], resource: str, outcome: str
) -> None:
    await pause(client, OWNER, **given)
    [entry] = await log_of(client)
    assert (entry["resource"], entry["outcome"]) == (resource, outcome)


async def test_successful_mutations_and_dry_runs_are_not_audited(client: httpx.AsyncClient) -> None:
    await pause(client, OWNER)
    await pause(client, OWNER, dry=True)
    assert await log_of(client) == []


async def test_failed_mutation_is_audited_and_changes_nothing(
    demo_engine: AsyncEngine,
    execute: Execute,
    digest: Callable[[], Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, declared = await digest(), MUTATIONS["pausePod"]
    pauses = declared.service

    async def breaks(write: WriteTransaction, **given: Any) -> None:
        await pauses(write, **given)
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setitem(declared.__dict__, "service", breaks)
        result = await build_schema().execute(
            PAUSE, {"pod": POD, "reason": "Freeze"}, context_value=context_for(demo_engine)
        )
    assert result.errors
    [entry] = (await execute(LOG))["organization"]["auditLog"]["nodes"]
    assert (entry["action"], entry["outcome"]) == ("pausePod", "INTERNAL")
    assert await digest() == before


async def test_only_owners_read_the_audit_log(client: httpx.AsyncClient, execute: Execute) -> None:
    await pause(client, MEMBER)
    for role in Role:
        log = (await execute(LOG, replace(DEMO_VIEWER, roles=frozenset({role}))))["organization"]["auditLog"]
        assert (log is not None) == (role == Role.ORG_OWNER)


async def test_rejected_access_is_audited_in_the_callers_organization(client: httpx.AsyncClient) -> None:
    stranger = Tokens(SECRET).issue("USR-26-000061", ["ORG-26-090611"], [Role.ORG_OWNER])
    await pause(client, stranger)
    assert await log_of(client) == []
    theirs = LOG.replace(OURS, "ORG-26-090611")
    headers = {"Authorization": f"Bearer {stranger}"}
    answer = (await client.post("/graphql", json={"query": theirs}, headers=headers)).json()
    [entry] = answer["data"]["organization"]["auditLog"]["nodes"]
    assert (entry["resource"], entry["outcome"]) == (POD, "NOT_FOUND")


LITERAL = f'mutation {{ pausePod(input: {{ podId: "{POD}", reason: "Freeze" }}) {{ %s }} }}'
ALIASES = " ".join(f"a{n}: __typename" for n in range(31))
REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "unknown fields": (LITERAL % "unknown", {}, {}, "GRAPHQL_VALIDATION_FAILED"),
    "too many aliases": (LITERAL % ALIASES, {}, {}, "ALIAS_LIMIT"),
    "too dear": (PAUSE, {"limits": Limits(cost=0)}, {"pod": POD, "reason": "Freeze"}, "COST_LIMIT"),
    "too often": (PAUSE, {"rate_limit": (0.5, 0.001)}, {"pod": POD, "reason": "Freeze"}, "RATE_LIMITED"),
    "a missing value": (PAUSE, {}, {"pod": POD}, "BAD_USER_INPUT"),
    "a missing value next to a default": (
        PAUSE.replace("$pod: ID!", f'$pod: ID! = "{POD}"'),
        {},
        {},
        "BAD_USER_INPUT",
    ),
    "not trusted": (LITERAL % "__typename", {"persisted_documents": "enforce"}, {}, "DOCUMENT_NOT_TRUSTED"),
}


@pytest.mark.parametrize(("document", "settings", "variables", "code"), REFUSED.values(), ids=REFUSED)
async def test_mutation_rejected_before_execution_is_audited(
    demo_url: str,
    execute: Execute,
    document: str,
    settings: dict[str, Any],
    variables: dict[str, Any],
    code: str,
) -> None:
    async with serving(Settings(demo_url, SECRET, **settings)) as client:
        await post(client, document, OWNER, **variables)
    [entry] = (await execute(LOG))["organization"]["auditLog"]["nodes"]
    assert (entry["actor"]["id"], entry["action"], entry["outcome"]) == ("USR-26-000044", "pausePod", code)
    assert entry["resource"] == POD


async def test_mutation_sent_by_get_is_audited(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {OWNER}"}
    answer = await client.get("/graphql", params={"query": LITERAL % "__typename"}, headers=headers)
    assert answer.status_code == 405
    [entry] = await log_of(client)
    assert (entry["action"], entry["resource"], entry["outcome"]) == ("pausePod", POD, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("document", "token"),
    [
        (LITERAL % "__typename", "anonymous"),
        (LITERAL.removesuffix("}") % "__typename", OWNER),
        ("{ pods { unknown } }", OWNER),
    ],
    ids=["anonymous", "unparsable", "query"],
)
async def test_anonymous_mutations_and_queries_are_not_audited(
    client: httpx.AsyncClient, document: str, token: str
) -> None:
    assert "errors" in (await post(client, document, token)).json()
    assert await log_of(client) == []


async def test_audit_is_limited_to_ten_entries_per_operation(client: httpx.AsyncClient) -> None:
    many = " ".join(f'm{n}: pausePod(input: {{ podId: "{n}" }}) {{ __typename }}' for n in range(20))
    answer = (await post(client, f"mutation {{ {many} }}", OWNER)).json()
    assert answer["errors"][0]["extensions"]["code"] == "MUTATION_LIMIT"
    entries = await log_of(client)
    assert sorted(entry["resource"] for entry in entries) == [str(n) for n in range(10)]
