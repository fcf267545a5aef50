"""API tokens, from their creation to their end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute
from podgraph.auth.tokens import Tokens
from podgraph.demo.reference.tenants import OPERATOR
from podgraph.kernel.roles import Role
from podgraph.server.app import DEMO_VIEWER
from podgraph.settings import Settings
from serving import OWNER, SECRET, serving

OURS = "ORG-26-090500"
CREATE = """
    mutation (
        $roles: [Role!]!, $organization: ID!, $expires: DateTime, $key: String, $dry: Boolean! = false
    ) {
        createToken(input: {
            organizationId: $organization, name: "Import", roles: $roles
            expiresAt: $expires, idempotencyKey: $key, dryRun: $dry
        }) {
            secret idempotentReplay
            token { id name roles status createdBy expiresAt revokedAt }
            events { type subjectId payload changes { path } }
            userErrors { code field }
        }
    }
"""
REVOKE = """
    mutation ($id: ID!) {
        revokeToken(input: {tokenId: $id}) { token { status } events { type } userErrors { code } }
    }
"""
PAUSE = """
    mutation { pausePod(input: {podId: "POD-26-000008", reason: "Freeze"}) {
        events { actor { type id user { id } } } userErrors { code }
    } }
"""

pytestmark = pytest.mark.writes


@pytest.fixture
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Settings(demo_url, SECRET)) as client:
        yield client


async def ask(client: httpx.AsyncClient, token: str, document: str, **variables: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    body = {"query": document, "variables": variables}
    answer = (await client.post("/graphql", json=body, headers=headers)).json()
    return answer.get("data") or answer["errors"][0]["extensions"]


async def create(client: httpx.AsyncClient, *roles: str, token: str = OWNER, **more: Any) -> Any:
    asked = {"roles": roles, "organization": OURS, **more}
    return (await ask(client, token, CREATE, **asked))["createToken"]


async def test_a_token_acts_as_itself_with_its_roles_and_its_organization(client: httpx.AsyncClient) -> None:
    created = await create(client, "WORKSPACE_ADMIN")
    secret, identity = created["secret"], created["token"]["id"]
    viewer = await ask(client, secret, "{ viewer { user { id } roles organizations { nodes { id } } } }")
    assert viewer["viewer"] == {
        "user": None,
        "roles": ["WORKSPACE_ADMIN"],
        "organizations": {"nodes": [{"id": OURS}]},
    }
    paused = (await ask(client, secret, PAUSE))["pausePod"]
    assert paused["events"][-1]["actor"] == {"type": "API_KEY", "id": identity, "user": None}


async def test_the_creation_event_omits_the_secret(client: httpx.AsyncClient, demo_engine: AsyncEngine) -> None:
    created = await create(client, "MEMBER", "VIEWER", key="once")
    token = created["token"]
    assert (token["roles"], token["status"], token["createdBy"]) == (
        ["MEMBER", "VIEWER"],
        "ACTIVE",
        "USR-26-000044",
    )
    [event] = created["events"]
    assert (event["type"], event["subjectId"], event["changes"]) == ("token.created", token["id"], [])
    async with demo_engine.connect() as connection:
        for table in ("api_token", "event", "idempotency_key"):
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()
            assert rows
            assert created["secret"] not in repr(rows)


async def test_a_replay_returns_the_token_without_its_secret(client: httpx.AsyncClient) -> None:
    first = await create(client, "MEMBER", key="once")
    again = await create(client, "MEMBER", key="once")
    assert again["idempotentReplay"] is True
    assert (again["token"], again["secret"]) == (first["token"], None)


async def test_a_dry_run_creates_no_token(client: httpx.AsyncClient) -> None:
    rehearsed = await create(client, "MEMBER", dry=True)
    assert (rehearsed["token"]["name"], rehearsed["secret"]) == ("Import", None)
    tokens = f'{{ organization(id: "{OURS}") {{ apiTokens {{ totalCount }} }} }}'
    assert (await ask(client, OWNER, tokens))["organization"] == {"apiTokens": {"totalCount": 0}}


async def test_a_revoked_token_is_rejected_by_every_process(client: httpx.AsyncClient, demo_url: str) -> None:
    created = await create(client, "MEMBER")
    async with serving(Settings(demo_url, SECRET)) as elsewhere:
        assert await ask(elsewhere, created["secret"], "{ viewer { roles } }") == {"viewer": {"roles": ["MEMBER"]}}
        revoked = (await ask(client, OWNER, REVOKE, id=created["token"]["id"]))["revokeToken"]
        assert revoked["token"] == {"status": "REVOKED"}
        assert [event["type"] for event in revoked["events"]] == ["token.revoked"]
        refused = await ask(elsewhere, created["secret"], "{ viewer { roles } }")
    assert refused == {"code": "UNAUTHENTICATED", "reason": "TOKEN_INVALID"}
    again = (await ask(client, OWNER, REVOKE, id=created["token"]["id"]))["revokeToken"]
    assert again["userErrors"] == [{"code": "ALREADY_DONE"}]


async def test_an_expired_token_is_rejected(client: httpx.AsyncClient, demo_engine: AsyncEngine) -> None:
    created = await create(client, "MEMBER")
    async with demo_engine.begin() as connection:
        await connection.execute(text("UPDATE api_token SET expires_at = created_at"))
    refused = await ask(client, created["secret"], "{ viewer { roles } }")
    assert refused == {"code": "UNAUTHENTICATED", "reason": "TOKEN_INVALID"}
    listed = f'{{ organization(id: "{OURS}") {{ apiTokens {{ nodes {{ status }} }} }} }}'
    answer = await ask(client, OWNER, listed)
    assert answer["organization"]["apiTokens"] == {"nodes": [{"status": "EXPIRED"}]}


def token_of(*roles: Role) -> str:
    return Tokens(SECRET).issue("USR-26-000044", [OURS], roles)


@pytest.mark.parametrize(
    ("creator", "roles", "code"),
    [
        (token_of(Role.ORG_ADMIN), ["ORG_OWNER"], "FORBIDDEN"),
        (token_of(Role.ORG_OWNER), ["MEMBER", "OPERATOR"], "FORBIDDEN"),
        (token_of(Role.OPERATOR), ["SYSTEM"], "FORBIDDEN"),
        (token_of(Role.WORKSPACE_ADMIN), ["VIEWER"], "FORBIDDEN"),
        (OWNER, [], "INVALID"),
    ],
)
async def test_a_caller_cannot_grant_more_than_its_own_roles(
    client: httpx.AsyncClient, creator: str, roles: list[str], code: str
) -> None:
    refused = await create(client, *roles, token=creator)
    assert (refused["token"], refused["secret"], refused["userErrors"][0]["code"]) == (None, None, code)


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"organization": "ORG-26-090611"}, {"code": "NOT_FOUND", "field": ["organizationId"]}),
        ({"expires": "2020-01-01T00:00:00Z"}, {"code": "INVALID", "field": ["expiresAt"]}),
        ({"expires": "2099-01-01T00:00:00Z"}, {"code": "INVALID", "field": ["expiresAt"]}),
    ],
)
async def test_invalid_token_inputs_are_rejected(
    client: httpx.AsyncClient, variables: dict[str, str], error: Any
) -> None:
    assert (await create(client, "MEMBER", **variables))["userErrors"] == [error]


async def test_a_token_cannot_create_tokens(client: httpx.AsyncClient) -> None:
    secret = (await create(client, "ORG_OWNER"))["secret"]
    assert (await create(client, "VIEWER", token=secret))["userErrors"][0]["code"] == "FORBIDDEN"


async def test_an_operators_token_stays_in_its_organization(client: httpx.AsyncClient) -> None:
    operator = Tokens(SECRET).issue(OPERATOR)
    secret = (await create(client, "OPERATOR", token=operator))["secret"]
    seen = await ask(
        client,
        secret,
        '{ ours: organization(id: "ORG-26-090500") { id } others: organization(id: "ORG-26-090611") { id } }',
    )
    assert seen == {"ours": {"id": OURS}, "others": None}


async def test_only_administrators_see_the_tokens(client: httpx.AsyncClient, execute: Execute) -> None:
    await create(client, "MEMBER")
    listed = f'{{ organization(id: "{OURS}") {{ apiTokens {{ nodes {{ name }} }} }} }}'
    seen = {}
    for role in (Role.ORG_OWNER, Role.ORG_ADMIN, Role.MEMBER, Role.BILLING):
        viewer = replace(DEMO_VIEWER, roles=frozenset({role}))
        seen[role] = (await execute(listed, viewer))["organization"]["apiTokens"]
    one = {"nodes": [{"name": "Import"}]}
    assert seen == {Role.ORG_OWNER: one, Role.ORG_ADMIN: one, Role.MEMBER: None, Role.BILLING: None}
    assert (await execute('{ node(id: "TOK-26-000001") { id } }'))["node"] is None


LIMITED = """
    mutation ($workspace: ID, $readOnly: Boolean!, $roles: [Role!]!) {
        createToken(input: {
            organizationId: "ORG-26-090500", name: "Import", roles: $roles, workspaceId: $workspace, readOnly: $readOnly
        }) { secret token { workspace { id } readOnly } userErrors { code field } }
    }
"""


async def limited(client: httpx.AsyncClient, role: str, workspace: str | None, *, read_only: bool = False) -> Any:
    given = {"workspace": workspace, "roles": [role], "readOnly": read_only}
    return (await ask(client, OWNER, LIMITED, **given))["createToken"]


async def test_a_token_of_a_workspace_sees_only_that_workspace(client: httpx.AsyncClient) -> None:
    created = await limited(client, "MEMBER", "WS-26-000022")
    assert created["token"] == {"workspace": {"id": "WS-26-000022"}, "readOnly": False}
    seen = await ask(client, created["secret"], "{ workspaces { nodes { id } } pods { nodes { workspace { id } } } }")
    assert seen["workspaces"]["nodes"] == [{"id": "WS-26-000022"}]
    assert {pod["workspace"]["id"] for pod in seen["pods"]["nodes"]} == {"WS-26-000022"}
    paused = (await ask(client, created["secret"], PAUSE))["pausePod"]
    assert paused["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_a_token_of_a_workspace_has_no_role_in_the_organization(client: httpx.AsyncClient) -> None:
    rejected = await limited(client, "BILLING", "WS-26-000022")
    assert (rejected["token"], rejected["userErrors"]) == (None, [{"code": "INVALID", "field": ["roles"]}])
    foreign = await limited(client, "MEMBER", "WS-26-000031")
    assert foreign["userErrors"][0]["field"] == ["workspaceId"]


async def test_a_read_only_token_reads_and_calls_no_mutation(client: httpx.AsyncClient) -> None:
    created = await limited(client, "WORKSPACE_ADMIN", None, read_only=True)
    seen = await ask(client, created["secret"], '{ pod(id: "POD-26-000008") { status } }')
    assert seen == {"pod": {"status": "ACTIVE"}}
    paused = (await ask(client, created["secret"], PAUSE))["pausePod"]
    assert paused["userErrors"] == [{"code": "FORBIDDEN"}]
