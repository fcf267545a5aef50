"""Organizations and workspaces: their settings, and what is archived."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import ADMIN, MEMBER, OPERATOR, OWNER, STRANGER, call
from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.demo.reference.tenants import ORGANIZATION
from podgraph.kernel.roles import Role

ORGANIZATION_SHOWN = """organization { id name version status timeZone workingDays currency
    availableActions { mutation enabled } history(last: 1) { nodes { type } } }"""
WORKSPACE_SHOWN = "workspace { id name version status availableActions { mutation enabled } }"
FULL = "WS-26-000021"
Digest = Callable[[], Awaitable[str]]
POD = {
    "subscriptionId": "SUB-26-001122",
    "name": "Ledger Pod",
    "description": "Keeps the ledger right.",
    "deliveryModel": "MANAGED_DELIVERY",
    "requestedTeamSize": 2,
    "requiredCapabilities": ["backend"],
    "startDate": "2026-09-01",
    "durationMonths": 12,
}
OUTCOME = {
    "subscriptionId": "SUB-26-001122",
    "title": "Webhooks",
    "description": "They fail.",
    "desiredOutcome": "They do not fail.",
    "acceptanceCriteria": ["No failures."],
}


async def created(engine: AsyncEngine, name: str = "Berths") -> str:
    """A workspace without work."""
    answer = await call(engine, OWNER, "createWorkspace", WORKSPACE_SHOWN, organizationId=ORGANIZATION, name=name)
    identity: str = answer["workspace"]["id"]
    return identity


async def founded(engine: AsyncEngine) -> str:
    """An organization without work."""
    answer = await call(engine, OPERATOR, "createOrganization", ORGANIZATION_SHOWN, name="Harbour AS", currency="NOK")
    identity: str = answer["organization"]["id"]
    return identity


@pytest.mark.writes
async def test_settings_of_an_organization_are_updated(demo_engine: AsyncEngine) -> None:
    answer = await call(
        demo_engine,
        ADMIN,
        "updateOrganization",
        ORGANIZATION_SHOWN,
        organizationId=ORGANIZATION,
        name="Apex Ltd",
        timeZone="Europe/Oslo",
        workingDays=[7, 1, 2],
    )
    assert (answer["codes"], answer["types"]) == ([], ["organization.updated"])
    found = answer["organization"]
    assert [found[key] for key in ("name", "version", "status", "timeZone", "workingDays")] == [
        "Apex Ltd",
        2,
        "ACTIVE",
        "Europe/Oslo",
        [1, 2, 7],
    ]
    assert found["history"]["nodes"] == [{"type": "organization.updated"}]
    again = await call(demo_engine, ADMIN, "updateOrganization", organizationId=ORGANIZATION, timeZone="Europe/Oslo")
    assert again["codes"] == ["ALREADY_DONE"]
    nothing = await call(demo_engine, ADMIN, "updateOrganization", organizationId=ORGANIZATION)
    assert nothing["codes"] == ["ALREADY_DONE"]


async def test_an_organization_has_default_settings(execute: Execute) -> None:
    data = await execute(f'{{ organization(id: "{ORGANIZATION}") {{ timeZone workingDays status version }} }}')
    assert data["organization"] == {"timeZone": "UTC", "workingDays": [1, 2, 3, 4, 5], "status": "ACTIVE", "version": 1}


@pytest.mark.writes
async def test_a_workspace_is_renamed(demo_engine: AsyncEngine) -> None:
    answer = await call(demo_engine, ADMIN, "renameWorkspace", WORKSPACE_SHOWN, workspaceId=FULL, name="Platform")
    assert (answer["workspace"]["name"], answer["workspace"]["version"]) == ("Platform", 2)
    assert answer["types"] == ["workspace.renamed"]
    again = await call(demo_engine, ADMIN, "renameWorkspace", workspaceId=FULL, name="Platform")
    assert again["codes"] == ["ALREADY_DONE"]


@pytest.mark.writes
async def test_running_work_keeps_a_workspace_and_an_organization_in_use(
    demo_engine: AsyncEngine, digest: Digest
) -> None:
    before = await digest()
    for viewer, mutation, given in (
        (OWNER, "archiveWorkspace", {"workspaceId": FULL}),
        (OPERATOR, "archiveOrganization", {"organizationId": ORGANIZATION}),
    ):
        answer = await call(demo_engine, viewer, mutation, **given)
        [error] = answer["userErrors"]
        assert error["code"] == "INVALID_TRANSITION"
        assert error["message"].count("-26-") + error["message"].count("-25-") == 11
        assert " more." in error["message"]
    assert await digest() == before


@pytest.mark.writes
async def test_an_archived_workspace_is_hidden_and_takes_no_new_work(
    demo_engine: AsyncEngine, execute: Execute
) -> None:
    workspace_id = await created(demo_engine)
    pool = await call(
        demo_engine,
        OPERATOR,
        "createCapacityPool",
        "capacityPool { id }",
        organizationId=ORGANIZATION,
        workspaceId=workspace_id,
        resourceType="TALENT_HOURS",
        period="MONTHLY",
        total="100",
    )
    answer = await call(demo_engine, ADMIN, "archiveWorkspace", WORKSPACE_SHOWN, workspaceId=workspace_id)
    assert (answer["codes"], answer["types"], answer["workspace"]["status"]) == ([], ["workspace.archived"], "ARCHIVED")
    enabled = [one["mutation"] for one in answer["workspace"]["availableActions"] if one["enabled"]]
    assert enabled == ["unarchiveWorkspace"]
    given = {"workspaceId": workspace_id}
    seen = {
        name: [(one["code"], one["field"]) for one in (await call(demo_engine, viewer, name, **given))["userErrors"]]
        for name, viewer, given in (
            ("requestPod", MEMBER, {**POD, **given}),
            ("submitOutcomeRequest", MEMBER, {**OUTCOME, **given}),
            ("movePod", OWNER, {"podId": "POD-26-000011", **given}),
            (
                "createCapacityPool",
                OPERATOR,
                {
                    "organizationId": ORGANIZATION,
                    "resourceType": "TALENT_HOURS",
                    "period": "MONTHLY",
                    "total": "1",
                    **given,
                },
            ),
            ("updateCapacityPool", OPERATOR, {"capacityPoolId": pool["capacityPool"]["id"], "total": "1"}),
            ("renameWorkspace", OWNER, {"name": "x", **given}),
            ("archiveWorkspace", OWNER, given),
        )
    }
    refused = [("INVALID_TRANSITION", ["workspaceId"])]
    assert seen == {
        "requestPod": refused,
        "submitOutcomeRequest": refused,
        "movePod": refused,
        "createCapacityPool": refused,
        "updateCapacityPool": [("INVALID_TRANSITION", ["capacityPoolId"])],
        "renameWorkspace": [("INVALID_TRANSITION", None)],
        "archiveWorkspace": [("ALREADY_DONE", None)],
    }
    document = """query ($f: WorkspaceFilter) { organization(id: "ORG-26-090500") {
        workspaces(filter: $f) { totalCount nodes { id } } } workspaces(filter: $f) { totalCount nodes { id } } }"""
    used = [FULL, "WS-26-000022"]
    for wanted, ids in (
        (None, used),
        ({"status": {"eq": "ARCHIVED"}}, [workspace_id]),
        ({"status": {"in": ["ACTIVE", "ARCHIVED"]}}, sorted([*used, workspace_id])),
        ({"not": {"name": {"eq": "x"}}}, used),
        ({"name": {"eq": "Berths"}}, []),
    ):
        found = await execute(document, f=wanted)
        expected = {"totalCount": len(ids), "nodes": [{"id": one} for one in ids]}
        assert found["organization"]["workspaces"] == found["workspaces"] == expected
    back = await call(demo_engine, ADMIN, "unarchiveWorkspace", WORKSPACE_SHOWN, workspaceId=workspace_id)
    assert (back["types"], back["workspace"]["status"]) == (["workspace.unarchived"], "ACTIVE")
    again = await call(demo_engine, ADMIN, "unarchiveWorkspace", workspaceId=workspace_id)
    assert again["codes"] == ["ALREADY_DONE"]
    assert (await call(demo_engine, MEMBER, "requestPod", **POD, workspaceId=workspace_id))["codes"] == []


@pytest.mark.writes
async def test_an_archived_organization_is_hidden_and_takes_no_new_work(
    demo_engine: AsyncEngine, execute: Execute
) -> None:
    organization_id = await founded(demo_engine)
    given = {"organizationId": organization_id}
    workspace = await call(demo_engine, OPERATOR, "createWorkspace", WORKSPACE_SHOWN, name="Berths", **given)
    workspace_id = workspace["workspace"]["id"]
    subscription = await call(demo_engine, OPERATOR, "openSubscription", "subscription { id }", **given)
    answer = await call(demo_engine, OPERATOR, "archiveOrganization", ORGANIZATION_SHOWN, **given)
    assert (answer["codes"], answer["types"]) == ([], ["organization.archived"])
    assert answer["organization"]["status"] == "ARCHIVED"
    member = Viewer("USR-26-000046", frozenset({organization_id}), frozenset({Role.MEMBER}))
    ordered = {"workspaceId": workspace_id, "subscriptionId": subscription["subscription"]["id"]}
    pool = {"resourceType": "TALENT_HOURS", "period": "MONTHLY", "total": "1"}
    seen = {
        name: (await call(demo_engine, viewer, name, **answer))["codes"]
        for name, viewer, answer in (
            ("requestPod", member, {**POD, **ordered}),
            ("submitOutcomeRequest", member, {**OUTCOME, **ordered}),
            ("createWorkspace", OPERATOR, {"name": "x", **given}),
            ("createProject", OPERATOR, {"name": "x", **given}),
            ("registerTalent", OPERATOR, {"title": "x", **given}),
            ("openSubscription", OPERATOR, given),
            ("createCapacityPool", OPERATOR, {**pool, **given}),
            ("updateOrganization", OPERATOR, {"name": "x", **given}),
            ("renameWorkspace", OPERATOR, {"name": "x", "workspaceId": workspace_id}),
            ("archiveOrganization", OPERATOR, given),
        )
    }
    assert seen.pop("archiveOrganization") == ["ALREADY_DONE"]
    assert set(map(tuple, seen.values())) == {("INVALID_TRANSITION",)}, seen
    await call(demo_engine, OPERATOR, "archiveWorkspace", workspaceId=workspace_id)
    kept = await call(demo_engine, OPERATOR, "unarchiveWorkspace", workspaceId=workspace_id)
    assert kept["codes"] == ["INVALID_TRANSITION"]

    document = """query ($f: OrganizationFilter) { organizations(filter: $f) { nodes { id } }
        viewer { organizations(filter: $f) { nodes { id } } } }"""
    for wanted, listed in ((None, False), ({"status": {"in": ["ARCHIVED"]}}, True)):
        found = await execute(document, OPERATOR, f=wanted)
        assert ({"id": organization_id} in found["organizations"]["nodes"]) is listed
        assert found["organizations"] == found["viewer"]["organizations"]
    back = await call(demo_engine, OPERATOR, "unarchiveOrganization", ORGANIZATION_SHOWN, **given)
    assert (back["types"], back["organization"]["status"]) == (["organization.unarchived"], "ACTIVE")
    again = await call(demo_engine, OPERATOR, "unarchiveOrganization", **given)
    assert again["codes"] == ["ALREADY_DONE"]


@pytest.mark.writes
async def test_a_concurrent_request_and_archiving_leave_no_work_in_the_archive(
    demo_engine: AsyncEngine,
) -> None:
    for number in range(5):
        workspace_id = await created(demo_engine, f"Berths {number}")
        requested, archived = await asyncio.gather(
            call(demo_engine, MEMBER, "requestPod", **POD, workspaceId=workspace_id),
            call(demo_engine, OWNER, "archiveWorkspace", workspaceId=workspace_id),
        )
        assert [requested["codes"], archived["codes"]] in ([[], ["INVALID_TRANSITION"]], [["INVALID_TRANSITION"], []])
    async with demo_engine.connect() as connection:
        wrong = await connection.execute(
            text("""SELECT count(*) FROM pod JOIN workspace ON workspace.id = pod.workspace_id
                 WHERE workspace.status = 'ARCHIVED'""")
        )
        assert wrong.scalar_one() == 0


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "mutation", "given", "code"),
    [
        (MEMBER, "updateOrganization", {"organizationId": ORGANIZATION, "name": "x"}, "FORBIDDEN"),
        (STRANGER, "updateOrganization", {"organizationId": ORGANIZATION, "name": "x"}, "NOT_FOUND"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "timeZone": "Mars/Olympus"}, "INVALID"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "timeZone": "../etc/passwd"}, "INVALID"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "timeZone": ""}, "INVALID"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "workingDays": []}, "INVALID"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "workingDays": [1, 1]}, "INVALID"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "workingDays": [0]}, "INVALID"),
        (OWNER, "updateOrganization", {"organizationId": ORGANIZATION, "workingDays": [8]}, "INVALID"),
        (OWNER, "archiveOrganization", {"organizationId": ORGANIZATION}, "FORBIDDEN"),
        (OWNER, "unarchiveOrganization", {"organizationId": ORGANIZATION}, "FORBIDDEN"),
        (MEMBER, "renameWorkspace", {"workspaceId": FULL, "name": "x"}, "FORBIDDEN"),
        (STRANGER, "renameWorkspace", {"workspaceId": FULL, "name": "x"}, "NOT_FOUND"),
        (MEMBER, "archiveWorkspace", {"workspaceId": FULL}, "FORBIDDEN"),
        (MEMBER, "unarchiveWorkspace", {"workspaceId": FULL}, "FORBIDDEN"),
        (OWNER, "renameWorkspace", {"workspaceId": FULL, "name": "x", "expectedVersion": 3}, "VERSION_CONFLICT"),
    ],
)
async def test_a_rejected_organization_mutation_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, mutation: str, given: Any, code: str
) -> None:
    before = await digest()
    assert (await call(demo_engine, viewer, mutation, **given))["codes"] == [code]
    assert await digest() == before


async def test_organizations_and_workspaces_are_ordered_by_name(execute: Execute) -> None:
    data = await execute(
        """{ organizations(orderBy: [{field: NAME, direction: DESC}]) { nodes { name } }
            workspaces(orderBy: [{field: NAME}], filter: {organizationId: {eq: "ORG-26-090500"}}) {
                totalCount nodes { name } } }""",
        OPERATOR,
    )
    names = [one["name"] for one in data["organizations"]["nodes"]]
    assert names == sorted(names, reverse=True)
    assert data["workspaces"]["nodes"] == [{"name": "Data & Analytics"}, {"name": "Platform Engineering"}]
