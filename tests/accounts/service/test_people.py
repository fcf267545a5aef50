"""Users, memberships and invitations: who may do what, and what becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import ADMIN, APEX, BILLING, MEMBER, OPERATOR, OWNER, STRANGER, call
from conftest import Execute, digest_of
from podgraph.accounts.rules import EMAIL
from podgraph.accounts.service.invitations import accept_as_new_user
from podgraph.auth.viewer import Viewer
from podgraph.demo.reference import NOW
from podgraph.demo.reference.tenants import DATA_WORKSPACE, NORTHWIND, NORTHWIND_WORKSPACE, ORGANIZATION, WORKSPACE
from podgraph.kernel.errors import Rejected
from podgraph.kernel.roles import Role
from podgraph.scheduler.service import run_due_jobs
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

OWNER_ID, ADMIN_ID, MEMBER_ID, BILLING_ID, VIEWER_ID = (f"USR-26-0000{number}" for number in (44, 45, 46, 47, 48))
PROGRAM = Viewer(None, APEX, frozenset({Role.ORG_OWNER}), token_id="TOK-26-000001")
EMAIL_ADDRESS = "ana.lima@apex.example"
BOTH = [{"role": "BILLING"}, {"role": "MEMBER", "workspaceId": WORKSPACE}]
INVITED = """secret idempotentReplay invitation {
    id version status email name expiresAt acceptedAt invitedBy { id } user { id }
    grants { role workspace { id } } history { nodes { type } } availableActions { mutation enabled blockedBy }
}"""
MEMBERSHIP = "membership { id version role status user { id } workspace { id } grantedAt revokedAt }"
USER = "user { id version name email status }"
Digest = Callable[[], Awaitable[str]]

pytestmark = pytest.mark.writes


async def invite(engine: AsyncEngine, caller: Viewer = OWNER, **given: Any) -> Any:
    asked = {"organizationId": ORGANIZATION, "email": EMAIL_ADDRESS, "grants": BOTH, **given}
    return await call(engine, caller, "inviteUser", INVITED, **asked)


async def accept(
    engine: AsyncEngine, secret: str, name: str | None = "Ana Lima", after: timedelta = timedelta()
) -> str:
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW + after)
        user_id = await accept_as_new_user(write, secret=secret, name=name)
        await write.finish()
        await connection.commit()
    return user_id


async def refusal_of(accepting: Awaitable[str]) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        await accepting
    [refusal] = caught.value.refusals
    return str(refusal.code), refusal.reason


async def membership_of(engine: AsyncEngine, user_id: str, role: str) -> str:
    async with engine.connect() as connection:
        found = text("SELECT id FROM membership WHERE user_id = :user_id AND role = :role ORDER BY id LIMIT 1")
        return str((await connection.execute(found, {"user_id": user_id, "role": role})).scalar_one())


async def test_an_invitation_is_returned_with_a_secret_once(demo_engine: AsyncEngine) -> None:
    answer = await invite(demo_engine, name="Ana", idempotencyKey="once")
    assert (answer["codes"], answer["types"]) == ([], ["invitation.created"])
    invitation = answer["invitation"]
    assert invitation == {
        "id": invitation["id"],
        "version": 1,
        "status": "PENDING",
        "email": EMAIL_ADDRESS,
        "name": "Ana",
        "expiresAt": (NOW + timedelta(days=14)).isoformat().replace("+00:00", "Z"),
        "acceptedAt": None,
        "invitedBy": {"id": OWNER_ID},
        "user": None,
        "grants": [{"role": "BILLING", "workspace": None}, {"role": "MEMBER", "workspace": {"id": WORKSPACE}}],
        "history": {"nodes": [{"type": "invitation.created"}]},
        "availableActions": [{"mutation": "revokeInvitation", "enabled": True, "blockedBy": None}],
    }
    assert answer["events"][0]["subject"] == {"__typename": "Invitation"}
    assert EMAIL_ADDRESS not in str(answer["events"])
    again = await invite(demo_engine, name="Ana", idempotencyKey="once")
    assert (again["invitation"]["id"], again["secret"], again["idempotentReplay"]) == (invitation["id"], None, True)
    async with demo_engine.connect() as connection:
        for table in ("invitation", "event", "idempotency_key"):
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()
            assert answer["secret"] not in repr(rows)


async def test_an_accepted_invitation_creates_a_user_with_its_roles(demo_engine: AsyncEngine, execute: Execute) -> None:
    answer = await invite(demo_engine, email="Ana.Lima@Apex.example")
    user_id = await accept(demo_engine, answer["secret"])
    data = await execute(
        f"""{{
            user(id: "{user_id}") {{
                name email status version organization {{ id }}
                memberships(orderBy: {{field: ROLE}}) {{
                    nodes {{ role status workspace {{ id }} organization {{ id }} grantedAt }}
                }}
                history {{ nodes {{ type payload }} }}
            }}
            invitation(id: "{answer["invitation"]["id"]}") {{ status user {{ id }} acceptedAt version }}
        }}"""
    )
    now = NOW.isoformat().replace("+00:00", "Z")
    granted = {"status": "ACTIVE", "organization": {"id": ORGANIZATION}, "grantedAt": now}
    assert data["user"] == {
        "name": "Ana Lima",
        "email": "Ana.Lima@Apex.example",
        "status": "ACTIVE",
        "version": 1,
        "organization": {"id": ORGANIZATION},
        "memberships": {
            "nodes": [
                {"role": "BILLING", "workspace": None, **granted},
                {"role": "MEMBER", "workspace": {"id": WORKSPACE}, **granted},
            ]
        },
        "history": {
            "nodes": [
                {"type": "user.created", "payload": {"name": "Ana Lima", "email": "Ana.Lima@Apex.example"}},
            ]
        },
    }
    assert data["invitation"] == {"status": "ACCEPTED", "user": {"id": user_id}, "acceptedAt": now, "version": 2}
    again = await invite(demo_engine)
    assert again["codes"] == ["EMAIL_EXISTS"]
    assert again["userErrors"][0]["message"] == f"{user_id} has this address."


async def test_an_invitation_is_accepted_once_in_time_and_unless_revoked(demo_engine: AsyncEngine) -> None:
    used = await invite(demo_engine)
    await accept(demo_engine, used["secret"])
    before = await digest_of(demo_engine)
    assert await refusal_of(accept(demo_engine, used["secret"])) == (
        "INVITATION_INVALID",
        "The invitation has already been accepted.",
    )
    assert (await refusal_of(accept(demo_engine, "pgi_unknown")))[0] == "INVITATION_INVALID"
    assert await digest_of(demo_engine) == before
    late = await invite(demo_engine, email="late@apex.example")
    assert await refusal_of(accept(demo_engine, late["secret"], after=timedelta(days=14))) == (
        "INVITATION_INVALID",
        "The invitation has expired.",
    )
    revoked = await call(
        demo_engine, ADMIN, "revokeInvitation", "invitation { status }", invitationId=late["invitation"]["id"]
    )
    assert (revoked["invitation"], revoked["types"]) == ({"status": "REVOKED"}, ["invitation.revoked"])
    assert await refusal_of(accept(demo_engine, late["secret"])) == (
        "INVITATION_INVALID",
        "The invitation was revoked.",
    )
    again = await call(demo_engine, ADMIN, "revokeInvitation", invitationId=late["invitation"]["id"])
    assert again["codes"] == ["ALREADY_DONE"]
    done = await call(demo_engine, ADMIN, "revokeInvitation", invitationId=used["invitation"]["id"])
    assert done["codes"] == ["INVALID_TRANSITION"]


async def test_a_new_user_needs_a_name(demo_engine: AsyncEngine) -> None:
    unnamed = await invite(demo_engine)
    assert (await refusal_of(accept(demo_engine, unnamed["secret"], name=None)))[0] == "REQUIRED"
    named = await invite(demo_engine, email="bo@apex.example", name="Bo")
    assert await accept(demo_engine, named["secret"], name=None)


async def test_an_existing_user_accepts_only_when_signed_in(demo_engine: AsyncEngine) -> None:
    answer = await call(
        demo_engine,
        OPERATOR,
        "inviteUser",
        "secret",
        organizationId=NORTHWIND,
        email="Amara.Okafor@apex.example",
        grants=[{"role": "BILLING"}],
    )
    assert await refusal_of(accept(demo_engine, answer["secret"])) == (
        "EMAIL_EXISTS",
        "A user with this email address exists.",
    )
    shown = "user { id } organizationId"
    other = await call(demo_engine, ADMIN, "acceptInvitation", shown, secret=answer["secret"])
    assert other["codes"] == ["INVITATION_INVALID"]
    assert other["userErrors"][0]["message"] == "The invitation is for another email address."
    program = await call(demo_engine, PROGRAM, "acceptInvitation", shown, secret=answer["secret"])
    assert program["codes"] == ["FORBIDDEN"]
    accepted = await call(demo_engine, OWNER, "acceptInvitation", shown, secret=answer["secret"])
    assert (accepted["codes"], accepted["user"], accepted["organizationId"]) == ([], {"id": OWNER_ID}, NORTHWIND)
    async with demo_engine.connect() as connection:
        given = {"user_id": OWNER_ID, "organization_id": NORTHWIND}
        found = text("SELECT role FROM membership WHERE user_id = :user_id AND organization_id = :organization_id")
        assert (await connection.execute(found, given)).scalars().all() == ["BILLING"]


@pytest.mark.parametrize(
    ("caller", "given", "code", "field"),
    [
        (MEMBER, {}, "FORBIDDEN", None),
        (PROGRAM, {}, "FORBIDDEN", None),
        (STRANGER, {}, "NOT_FOUND", ["organizationId"]),
        (ADMIN, {"grants": [{"role": "ORG_OWNER"}]}, "FORBIDDEN", ["grants", "0", "role"]),
        (OWNER, {"grants": [*BOTH, {"role": "OPERATOR"}]}, "FORBIDDEN", ["grants", "2", "role"]),
        (OPERATOR, {"grants": [{"role": "SYSTEM"}]}, "FORBIDDEN", ["grants", "0", "role"]),
        (OWNER, {"grants": [{"role": "MEMBER"}]}, "REQUIRED", ["grants", "0", "workspaceId"]),
        (OWNER, {"grants": [{"role": "BILLING", "workspaceId": WORKSPACE}]}, "INVALID", ["grants", "0", "workspaceId"]),
        (
            OPERATOR,
            {"grants": [{"role": "MEMBER", "workspaceId": NORTHWIND_WORKSPACE}]},
            "CROSS_TENANT_REFERENCE",
            ["grants", "0", "workspaceId"],
        ),
        (OWNER, {"grants": []}, "INVALID", ["grants"]),
        (OWNER, {"email": "ana"}, "INVALID", ["email"]),
        (OWNER, {"email": "amara.okafor@APEX.example"}, "EMAIL_EXISTS", ["email"]),
        (OWNER, {"expectedVersion": 1}, "VERSION_CONFLICT", ["expectedVersion"]),
    ],
)
async def test_a_rejected_invitation_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, caller: Viewer, given: Any, code: str, field: list[str] | None
) -> None:
    before = await digest()
    answer = await invite(demo_engine, caller, **given)
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [(code, field)]
    assert (answer["secret"], await digest()) == (None, before)


async def test_an_address_has_one_pending_invitation_until_it_expires(
    demo_engine: AsyncEngine, execute: Execute
) -> None:
    first = await invite(demo_engine)
    again = await invite(demo_engine, email=EMAIL_ADDRESS.upper())
    assert (again["codes"], again["invitation"]["id"]) == (["EMAIL_EXISTS"], first["invitation"]["id"])
    later = NOW + timedelta(days=14)
    second = await call(
        demo_engine,
        OWNER,
        "inviteUser",
        INVITED,
        later,
        organizationId=ORGANIZATION,
        email=EMAIL_ADDRESS,
        grants=BOTH,
    )
    assert (second["codes"], second["types"]) == ([], ["invitation.expired", "invitation.created"])
    data = await execute(f'{{ invitation(id: "{first["invitation"]["id"]}") {{ status }} }}')
    assert data["invitation"] == {"status": "EXPIRED"}


async def test_the_scheduler_expires_invitations(demo_engine: AsyncEngine, execute: Execute) -> None:
    answer = await invite(demo_engine)
    early = await run_due_jobs(demo_engine, NOW + timedelta(days=13))
    assert "expire invitations" not in early
    done = await run_due_jobs(demo_engine, NOW + timedelta(days=14))
    assert done["expire invitations"] == 1
    data = await execute(f'{{ invitation(id: "{answer["invitation"]["id"]}") {{ status version }} }}')
    assert data["invitation"] == {"status": "EXPIRED", "version": 2}


async def test_a_tick_expires_invitations(demo_engine: AsyncEngine) -> None:
    await invite(demo_engine)
    platform = Viewer(None, roles=frozenset({Role.SYSTEM}))
    answer = await call(demo_engine, platform, "tick", "", NOW + timedelta(days=15))
    assert "invitation.expired" in answer["types"]


async def test_only_administrators_see_invitations(demo_engine: AsyncEngine, execute: Execute) -> None:
    answer = await invite(demo_engine)
    document = f"""{{
        invitation(id: "{answer["invitation"]["id"]}") {{ id }}
        invitations {{ totalCount }}
        organization(id: "{ORGANIZATION}") {{ invitations(filter: {{status: {{eq: PENDING}}}}) {{ totalCount }} }}
    }}"""
    seen = {"id": answer["invitation"]["id"]}
    for viewer in (OWNER, ADMIN, OPERATOR):
        data = await execute(document, viewer)
        assert (data["invitation"], data["invitations"]) == (seen, {"totalCount": 1})
        assert data["organization"] == {"invitations": {"totalCount": 1}}
    for viewer in (MEMBER, BILLING):
        data = await execute(document, viewer)
        assert (data["invitation"], data["invitations"]) == (None, {"totalCount": 0})
        assert data["organization"] == {"invitations": None}


async def test_five_hundred_invitations_at_once_are_all_created(demo_engine: AsyncEngine) -> None:
    answer = await asyncio.gather(*(invite(demo_engine, email=f"p{number}@apex.example") for number in range(500)))
    assert {tuple(one["codes"]) for one in answer} == {()}
    assert len({one["invitation"]["id"] for one in answer}) == 500
    same = await asyncio.gather(*(invite(demo_engine, email="same@apex.example") for _ in range(20)))
    assert sorted(one["codes"] for one in same) == [[], *[["EMAIL_EXISTS"]] * 19]


async def test_one_address_invited_twice_becomes_one_user(demo_engine: AsyncEngine) -> None:
    here = await invite(demo_engine)
    there = await call(
        demo_engine,
        OPERATOR,
        "inviteUser",
        "secret",
        organizationId=NORTHWIND,
        email=EMAIL_ADDRESS,
        grants=[{"role": "BILLING"}],
    )
    accepting = (accept(demo_engine, one["secret"]) for one in (here, there))
    done = await asyncio.gather(*accepting, return_exceptions=True)
    assert sorted(isinstance(one, Rejected) for one in done) == [False, True]


async def test_a_role_is_revoked_and_granted_again_in_the_same_membership(
    demo_engine: AsyncEngine, execute: Execute
) -> None:
    granted = await call(
        demo_engine,
        ADMIN,
        "grantRole",
        MEMBERSHIP,
        organizationId=ORGANIZATION,
        userId=BILLING_ID,
        role="VIEWER",
        workspaceId=WORKSPACE,
    )
    membership = granted["membership"]
    assert (granted["codes"], granted["types"]) == ([], ["membership.granted"])
    assert membership["id"].startswith("MEMB-26-")
    assert (membership["role"], membership["status"], membership["version"]) == ("VIEWER", "ACTIVE", 1)
    same = {"organizationId": ORGANIZATION, "userId": BILLING_ID, "role": "VIEWER", "workspaceId": WORKSPACE}
    twice = await call(demo_engine, ADMIN, "grantRole", MEMBERSHIP, **same)
    assert (twice["codes"], twice["membership"]) == (["ALREADY_DONE"], membership)
    revoked = await call(demo_engine, ADMIN, "revokeRole", MEMBERSHIP, membershipId=membership["id"])
    assert (revoked["types"], revoked["membership"]["status"]) == (["membership.revoked"], "REVOKED")
    again = await call(demo_engine, ADMIN, "revokeRole", MEMBERSHIP, membershipId=membership["id"])
    assert (again["codes"], again["membership"]) == (["ALREADY_DONE"], revoked["membership"])
    regranted = await call(demo_engine, ADMIN, "grantRole", MEMBERSHIP, **same, expectedVersion=2)
    assert regranted["membership"] == {**membership, "version": 3}
    data = await execute(f'{{ node(id: "{membership["id"]}") {{ ... on Membership {{ history {{ totalCount }} }} }} }}')
    assert data["node"]["history"]["totalCount"] == 3


@pytest.mark.parametrize(
    ("caller", "given", "code"),
    [
        (MEMBER, {}, "FORBIDDEN"),
        (PROGRAM, {}, "FORBIDDEN"),
        (STRANGER, {}, "NOT_FOUND"),
        (ADMIN, {"role": "ORG_OWNER"}, "FORBIDDEN"),
        (OWNER, {"role": "DELIVERY"}, "FORBIDDEN"),
        (OWNER, {"role": "MEMBER"}, "REQUIRED"),
        (OWNER, {"role": "ORG_VIEWER", "workspaceId": WORKSPACE}, "INVALID"),
        (OWNER, {"role": "MEMBER", "workspaceId": NORTHWIND_WORKSPACE}, "NOT_FOUND"),
        (OPERATOR, {"role": "MEMBER", "workspaceId": NORTHWIND_WORKSPACE}, "CROSS_TENANT_REFERENCE"),
        (OWNER, {"userId": "USR-26-000061"}, "NOT_FOUND"),
    ],
)
async def test_a_rejected_grant_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, caller: Viewer, given: Any, code: str
) -> None:
    before = await digest()
    asked = {"organizationId": ORGANIZATION, "userId": BILLING_ID, "role": "ORG_VIEWER", **given}
    answer = await call(demo_engine, caller, "grantRole", MEMBERSHIP, **asked)
    assert (answer["codes"], answer["membership"], await digest()) == ([code], None, before)


async def test_the_account_team_grants_its_own_roles(demo_engine: AsyncEngine) -> None:
    answer = await call(
        demo_engine,
        OPERATOR,
        "grantRole",
        MEMBERSHIP,
        organizationId=ORGANIZATION,
        userId=BILLING_ID,
        role="DELIVERY",
    )
    assert answer["codes"] == []
    refused = await call(demo_engine, OWNER, "revokeRole", MEMBERSHIP, membershipId=answer["membership"]["id"])
    assert refused["codes"] == ["FORBIDDEN"]
    assert refused["userErrors"][0]["message"] == "You cannot grant or revoke DELIVERY."


async def test_the_last_owner_can_be_neither_revoked_deactivated_nor_erased(
    demo_engine: AsyncEngine, digest: Digest
) -> None:
    membership_id = await membership_of(demo_engine, OWNER_ID, "ORG_OWNER")
    before = await digest()
    for caller in (OWNER, OPERATOR):
        revoked = await call(demo_engine, caller, "revokeRole", membershipId=membership_id)
        deactivated = await call(demo_engine, caller, "deactivateUser", userId=OWNER_ID)
        erased = await call(demo_engine, caller, "eraseUser", userId=OWNER_ID, confirm=OWNER_ID)
        assert [one["codes"] for one in (revoked, deactivated, erased)] == [["LAST_OWNER"]] * 3
    assert await digest() == before


async def second_owner(engine: AsyncEngine) -> str:
    asked = {"organizationId": ORGANIZATION, "userId": ADMIN_ID, "role": "ORG_OWNER"}
    answer = await call(engine, OWNER, "grantRole", MEMBERSHIP, **asked)
    return str(answer["membership"]["id"])


async def test_of_two_owners_removed_at_once_one_stays(demo_engine: AsyncEngine) -> None:
    first, second = await membership_of(demo_engine, OWNER_ID, "ORG_OWNER"), await second_owner(demo_engine)
    for _ in range(5):
        answer = await asyncio.gather(
            call(demo_engine, OPERATOR, "revokeRole", membershipId=first),
            call(demo_engine, OPERATOR, "deactivateUser", userId=ADMIN_ID),
        )
        assert sorted(one["codes"] for one in answer) == [[], ["LAST_OWNER"]]
        same = {"organizationId": ORGANIZATION, "userId": OWNER_ID, "role": "ORG_OWNER"}
        await call(demo_engine, OPERATOR, "grantRole", **same)
        await call(demo_engine, OPERATOR, "reactivateUser", userId=ADMIN_ID)
    both = await asyncio.gather(
        *(call(demo_engine, OPERATOR, "revokeRole", membershipId=one) for one in (first, second))
    )
    assert sorted(one["codes"] for one in both) == [[], ["LAST_OWNER"]]


async def test_a_deactivated_owner_does_not_count(demo_engine: AsyncEngine) -> None:
    await second_owner(demo_engine)
    deactivated = await call(demo_engine, OWNER, "deactivateUser", USER, userId=ADMIN_ID)
    assert (deactivated["user"]["status"], deactivated["types"]) == ("DEACTIVATED", ["user.deactivated"])
    membership_id = await membership_of(demo_engine, OWNER_ID, "ORG_OWNER")
    assert (await call(demo_engine, OPERATOR, "revokeRole", membershipId=membership_id))["codes"] == ["LAST_OWNER"]
    granted = await call(demo_engine, OWNER, "grantRole", organizationId=ORGANIZATION, userId=ADMIN_ID, role="BILLING")
    assert granted["userErrors"][0]["message"] == f"{ADMIN_ID} is DEACTIVATED."


async def test_users_are_renamed_by_themselves_and_administrators(demo_engine: AsyncEngine) -> None:
    renamed = await call(demo_engine, MEMBER, "renameUser", USER, userId=MEMBER_ID, name="Priya R.", expectedVersion=1)
    assert (renamed["codes"], renamed["types"], renamed["user"]["name"]) == ([], ["user.renamed"], "Priya R.")
    assert renamed["events"][0]["changes"] == [{"path": "name", "before": "Priya Raman", "after": "Priya R."}]
    assert renamed["events"][0]["subject"] == {"__typename": "User"}
    assert (await call(demo_engine, ADMIN, "renameUser", userId=MEMBER_ID, name="Priya"))["codes"] == []
    assert (await call(demo_engine, MEMBER, "renameUser", userId=OWNER_ID, name="X"))["codes"] == ["FORBIDDEN"]
    assert (await call(demo_engine, STRANGER, "renameUser", userId=OWNER_ID, name="X"))["codes"] == ["NOT_FOUND"]
    stale = await call(demo_engine, MEMBER, "renameUser", userId=MEMBER_ID, name="P", expectedVersion=1)
    assert stale["codes"] == ["VERSION_CONFLICT"]


async def test_a_deactivation_warns_of_open_work(demo_engine: AsyncEngine, execute: Execute) -> None:
    async with demo_engine.begin() as connection:
        mine = {"user_id": MEMBER_ID}
        await connection.execute(text("UPDATE ticket SET submitted_by = NULL WHERE submitted_by = :user_id"), mine)
        await connection.execute(
            text("UPDATE ticket SET submitted_by = :user_id, status = 'OPEN' WHERE id = (SELECT min(id) FROM ticket)"),
            mine,
        )
        await connection.execute(text("UPDATE incident SET raised_by = NULL"))
        await connection.execute(text("UPDATE outcome_request SET submitted_by = NULL"))
    answer = await call(demo_engine, ADMIN, "deactivateUser", USER, userId=MEMBER_ID)
    assert answer["user"]["status"] == "DEACTIVATED"
    assert answer["warnings"] == [
        {"code": "OPEN_WORK", "message": f"{MEMBER_ID} has open work: 1 ticket.", "field": ["userId"]}
    ]
    again = await call(demo_engine, ADMIN, "deactivateUser", userId=MEMBER_ID)
    assert again["codes"] == ["ALREADY_DONE"]
    back = await call(demo_engine, ADMIN, "reactivateUser", USER, userId=MEMBER_ID)
    assert (back["user"]["status"], back["types"]) == ("ACTIVE", ["user.reactivated"])
    assert (await call(demo_engine, ADMIN, "reactivateUser", userId=MEMBER_ID))["codes"] == ["ALREADY_DONE"]


async def test_an_administrator_cannot_end_the_rights_of_owners_or_operators(demo_engine: AsyncEngine) -> None:
    await second_owner(demo_engine)
    admin = Viewer(BILLING_ID, APEX, frozenset({Role.ORG_ADMIN}))
    refused = await call(demo_engine, admin, "deactivateUser", userId=ADMIN_ID)
    assert refused["userErrors"][0]["message"] == f"{ADMIN_ID} has roles that you cannot revoke: ORG_OWNER."
    partner = Viewer("USR-26-000102", frozenset({"ORG-26-000001"}), frozenset({Role.ORG_OWNER}))
    assert (await call(demo_engine, partner, "deactivateUser", userId="USR-26-000101"))["codes"] == ["FORBIDDEN"]
    assert (await call(demo_engine, MEMBER, "deactivateUser", userId=VIEWER_ID))["codes"] == ["FORBIDDEN"]
    assert (await call(demo_engine, ADMIN, "eraseUser", userId=VIEWER_ID, confirm=VIEWER_ID))["codes"] == ["FORBIDDEN"]


async def test_an_erased_user_leaves_no_name_and_no_address(demo_engine: AsyncEngine, execute: Execute) -> None:
    answer = await invite(demo_engine, name="Ana Quiet")
    user_id = await accept(demo_engine, answer["secret"], name="Ana Lima-Secret")
    await call(demo_engine, OWNER, "renameUser", userId=user_id, name="Ana Quiet-Secret")
    await call(
        demo_engine,
        OPERATOR,
        "inviteUser",
        organizationId=NORTHWIND,
        email=EMAIL_ADDRESS,
        name="Ana Quiet",
        grants=[{"role": "BILLING"}],
    )
    # A rejected mutation, whose input is in the audit log.
    await call(demo_engine, OWNER, "deactivateUser", userId=EMAIL_ADDRESS)
    wrong = await call(demo_engine, OWNER, "eraseUser", USER, userId=user_id, confirm=OWNER_ID)
    assert (wrong["codes"], wrong["user"]["name"]) == (["INVALID"], "Ana Quiet-Secret")
    events = "SELECT count(*), max(sequence) FROM event"
    async with demo_engine.connect() as connection:
        [[count, _]] = (await connection.execute(text(events))).all()
    erased = await call(demo_engine, OWNER, "eraseUser", USER, userId=user_id, confirm=user_id)
    assert erased["codes"] == []
    assert erased["user"] == {
        "id": user_id,
        "version": 3,
        "name": "Erased user",
        "email": None,
        "status": "ERASED",
    }
    assert sorted(erased["types"]) == sorted(["membership.revoked"] * 2 + ["invitation.revoked", "user.erased"])
    async with demo_engine.connect() as connection:
        [[after, _]] = (await connection.execute(text(events))).all()
        tables = ("user", "membership", "invitation", "event", "audit_entry", "idempotency_key")
        for table in tables:
            rows = repr((await connection.execute(text(f'SELECT * FROM "{table}"'))).all())
            assert "Secret" not in rows
            assert "Ana Quiet" not in rows
            assert EMAIL_ADDRESS not in rows
    assert after == count + 4
    renamed = f'{{ user(id: "{user_id}") {{ history {{ nodes {{ type payload changes {{ before after }} }} }} }} }}'
    history = (await execute(renamed))["user"]["history"]["nodes"]
    gone = "Erased user"
    assert history[0] == {"type": "user.created", "payload": {"name": gone, "email": None}, "changes": []}
    assert history[1] == {"type": "user.renamed", "payload": {}, "changes": [{"before": gone, "after": gone}]}
    assert (await call(demo_engine, OWNER, "eraseUser", userId=user_id, confirm=user_id))["codes"] == ["ALREADY_DONE"]
    assert (await call(demo_engine, OWNER, "renameUser", userId=user_id, name="A"))["codes"] == ["INVALID_TRANSITION"]
    for mutation in ("deactivateUser", "reactivateUser"):
        assert (await call(demo_engine, OWNER, mutation, userId=user_id))["codes"] == ["INVALID_TRANSITION"]
    again = await invite(demo_engine)
    assert again["codes"] == []


async def test_a_rehearsed_erasure_erases_nothing(demo_engine: AsyncEngine, digest: Digest) -> None:
    before = await digest()
    answer = await call(demo_engine, OWNER, "eraseUser", USER, userId=VIEWER_ID, confirm=VIEWER_ID, dryRun=True)
    assert answer["user"]["name"] == "Erased user"
    assert await digest() == before


async def test_people_are_listed_with_filters_and_orders(execute: Execute) -> None:
    data = await execute(
        f"""{{
            users(filter: {{name: {{contains: "A"}}, status: {{eq: ACTIVE}}}}, orderBy: {{field: NAME}}) {{
                nodes {{ name }}
            }}
            organization(id: "{ORGANIZATION}") {{
                users(first: 3, orderBy: {{field: EMAIL}}) {{ totalCount nodes {{ email }} }}
                memberships(filter: {{user: {{email: {{contains: "PRIYA"}}}}}}) {{
                    nodes {{ role workspace {{ id }} user {{ name }} }}
                }}
            }}
            memberships(filter: {{role: {{in: [ORG_OWNER, BILLING]}}}}, orderBy: {{field: ROLE}}) {{ nodes {{ role }} }}
        }}"""
    )
    names = [one["name"] for one in data["users"]["nodes"]]
    assert names == sorted(names)
    assert names[0] == "Amara Okafor"
    assert data["organization"]["users"] == {
        "totalCount": 8,
        "nodes": [{"email": f"{name}@apex.example"} for name in ("amara.okafor", "daniel.reyes", "helen.castellano")],
    }
    roles = data["organization"]["memberships"]["nodes"]
    assert [one["workspace"]["id"] for one in roles] == [WORKSPACE, DATA_WORKSPACE]
    assert data["memberships"]["nodes"] == [{"role": "BILLING"}, {"role": "ORG_OWNER"}]


async def test_the_viewer_lists_granted_roles(demo_engine: AsyncEngine, execute: Execute) -> None:
    document = "{ viewer { memberships { role organization { id } workspace { id } } } }"
    data = await execute(document, OWNER)
    assert data["viewer"]["memberships"] == [
        {"role": "ORG_OWNER", "organization": {"id": ORGANIZATION}, "workspace": None}
    ]
    assert (await execute(document, PROGRAM))["viewer"] == {"memberships": []}
    granted = await second_owner(demo_engine)
    await call(demo_engine, OWNER, "revokeRole", membershipId=granted)
    admin = (await execute(document, ADMIN))["viewer"]["memberships"]
    assert [one["role"] for one in admin] == ["ORG_ADMIN"]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("ana@acme.example", None),
        ("Ä.b+c@büro.example", None),
        ("", "is not an email address, e.g. ana@acme.example"),
        ("ana", "is not an email address, e.g. ana@acme.example"),
        ("@acme.example", "is not an email address, e.g. ana@acme.example"),
        ("ana@", "is not an email address, e.g. ana@acme.example"),
        ("a@b@c", "is not an email address, e.g. ana@acme.example"),
        ("ana @acme.example", "contains spaces or control characters"),
        ("ana\u00a0@acme.example", "contains spaces or control characters"),
        ("ana\u202e@acme.example", "contains spaces or control characters"),
        ("ana\0@acme.example", "contains spaces or control characters"),
        (f"{'a' * 250}@b.example", "has 260 characters, more than 254"),
    ],
)
def test_email_addresses_are_checked_by_form(value: str, error: str | None) -> None:
    assert EMAIL.error(value) == error
