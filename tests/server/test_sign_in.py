"""Sign-in by a one-time link, and the acceptance of invitations by new users."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import OWNER, call
from podgraph.access.login_links import create_link, find_active_user
from podgraph.demo.reference.tenants import ORGANIZATION, WORKSPACE
from podgraph.kernel.clock import system_clock
from podgraph.server.sign_in import RATE
from podgraph.settings import Settings, TokenSettings
from podgraph.writes.standalone import write_as
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from serving import SECRET, serving

ADMIN = "USR-26-000045"
INVALID = {"code": "UNAUTHENTICATED", "reason": "LINK_INVALID"}

pytestmark = pytest.mark.writes


@pytest.fixture
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Settings(demo_url, SECRET)) as client:
        yield client


async def code_for(engine: AsyncEngine, user_id: str = ADMIN, *, age: timedelta = timedelta()) -> str:
    async def work(write: WriteTransaction) -> str:
        return await create_link(write, user_id, "http://it/")

    link = await write_as(PLATFORM, engine, system_clock() - age, work, 10)
    address, _, code = link.partition("#code=")
    assert address == "http://it/sign-in"
    return code


async def post(client: httpx.AsyncClient, path: str, **given: Any) -> tuple[int, Any]:
    response = await client.post(path, json=given)
    body = response.json()
    return response.status_code, body["errors"][0]["extensions"] if "errors" in body else body


async def viewer_of(client: httpx.AsyncClient, token: str) -> Any:
    document = "{ viewer { user { id name } memberships { role workspace { id } } } }"
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.post("/graphql", json={"query": document}, headers=headers)).json()


async def test_a_link_signs_its_user_in_once(client: httpx.AsyncClient, demo_engine: AsyncEngine) -> None:
    code = await code_for(demo_engine)
    status, answer = await post(client, "/sign-in", code=code)
    assert status == 200
    assert set(answer) == {"token", "expiresAt"}
    viewer = (await viewer_of(client, answer["token"]))["data"]["viewer"]
    assert viewer["user"] == {"id": ADMIN, "name": "Daniel Reyes"}
    assert await post(client, "/sign-in", code=code) == (401, INVALID)
    async with demo_engine.connect() as connection:
        assert code not in repr((await connection.execute(text("SELECT * FROM login_link"))).all())


async def test_of_simultaneous_uses_of_a_link_one_succeeds(client: httpx.AsyncClient, demo_engine: AsyncEngine) -> None:
    code = await code_for(demo_engine)
    answers = await asyncio.gather(*(post(client, "/sign-in", code=code) for _ in range(10)))
    assert sorted(status for status, _ in answers) == [200, *[401] * 9]


async def test_unknown_expired_and_inactive_are_answered_alike(
    client: httpx.AsyncClient, demo_engine: AsyncEngine
) -> None:
    expired = await code_for(demo_engine, age=timedelta(minutes=10))
    inactive = await code_for(demo_engine, "USR-26-000048")
    await call(demo_engine, OWNER, "deactivateUser", userId="USR-26-000048")
    for code in ("pgl_unknown", "", expired, inactive):
        assert await post(client, "/sign-in", code=code) == (401, INVALID)
    assert await post(client, "/sign-in") == (401, INVALID)


async def test_a_user_is_found_by_id_or_address_while_active(demo_engine: AsyncEngine) -> None:
    async def found(name: str) -> str | None:
        return await write_as(PLATFORM, demo_engine, system_clock(), lambda write: find_active_user(write, name), 10)

    assert await found(ADMIN) == ADMIN
    assert await found("Daniel.Reyes@apex.example") == ADMIN
    assert await found("unknown@apex.example") is None
    await call(demo_engine, OWNER, "deactivateUser", userId=ADMIN)
    assert await found(ADMIN) is None


async def test_an_invited_person_becomes_a_user_who_is_signed_in(
    client: httpx.AsyncClient, demo_engine: AsyncEngine
) -> None:
    grants = [{"role": "BILLING"}, {"role": "MEMBER", "workspaceId": WORKSPACE}]
    given = {"organizationId": ORGANIZATION, "email": "ana@apex.example", "grants": grants}
    secret = (await call(demo_engine, OWNER, "inviteUser", "secret", system_clock(), **given))["secret"]
    assert await post(client, "/invitations/accept", secret=secret, name=" ") == (
        400,
        {"code": "REQUIRED", "field": ["name"], "hint": None},
    )
    status, answer = await post(client, "/invitations/accept", secret=secret, name="Ana Lima")
    assert status == 200
    viewer = (await viewer_of(client, answer["token"]))["data"]["viewer"]
    assert viewer["user"] == {"id": answer["userId"], "name": "Ana Lima"}
    assert sorted(one["role"] for one in viewer["memberships"]) == ["BILLING", "MEMBER"]
    status, refused = await post(client, "/invitations/accept", secret=secret, name="Ana Lima")
    assert (status, refused["code"]) == (400, "INVITATION_INVALID")


async def test_a_deactivated_user_is_rejected_with_a_valid_token(
    client: httpx.AsyncClient, demo_engine: AsyncEngine
) -> None:
    _, answer = await post(client, "/sign-in", code=await code_for(demo_engine, "USR-26-000048"))
    await call(demo_engine, OWNER, "deactivateUser", userId="USR-26-000048")
    refused = await viewer_of(client, answer["token"])
    assert refused["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED", "reason": "USER_DEACTIVATED"}


async def test_attempts_are_limited_by_address(client: httpx.AsyncClient) -> None:
    answers = [await post(client, "/sign-in", code="pgl_unknown") for _ in range(int(RATE.capacity) + 5)]
    status, refused = answers[-1]
    assert (status, refused["code"]) == (429, "RATE_LIMITED")
    assert refused["retryAfter"] >= 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"code=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"[]", {"content-type": "application/json"}, 400),
        (b"{", {"content-type": "application/json"}, 400),
        (b'{"code": 1}', {"content-type": "application/json"}, 400),
        (b'{"code": "\\u0000"}', {"content-type": "application/json"}, 400),
        (b'{"code": "%s"}' % (b"x" * 300), {"content-type": "application/json"}, 400),
        (b'{"code": "x"}', {"content-type": "application/json", "origin": "https://evil.example"}, 403),
    ],
)
async def test_malformed_requests_are_rejected(
    client: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert (await client.post("/sign-in", content=body, headers=headers)).status_code == status


async def test_a_server_of_an_identity_provider_signs_no_tokens(demo_url: str) -> None:
    settings = Settings(demo_url, "", token_settings=TokenSettings("", "http://127.0.0.1:9/keys"))
    async with serving(settings) as client:
        status, refused = await post(client, "/sign-in", code="pgl_unknown")
    assert (status, refused["code"]) == (404, "NOT_FOUND")
