"""Projects, and the labels of pods, service lines and outcome requests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import BILLING, MEMBER, OPERATOR, OWNER, STRANGER, VIEWER, call
from conftest import Execute
from podgraph.auth.viewer import Grant, Grants, Viewer
from podgraph.demo.reference.tenants import NORTHWIND, ORGANIZATION, PROJECT
from podgraph.kernel.roles import Role

UNUSED = "PROJ-26-004282"
POD, LINE, REQUEST = "POD-26-000009", "LIN-26-088401", "OREQ-26-000041"
SHOWN = """project { id version name status organization { id }
    pods { nodes { id } } serviceLines { nodes { id } } outcomeRequests { nodes { id } }
    availableActions { mutation enabled } }"""
Digest = Callable[[], Awaitable[str]]


@pytest.mark.writes
async def test_a_member_creates_and_renames_a_project(demo_engine: AsyncEngine) -> None:
    answer = await call(demo_engine, MEMBER, "createProject", SHOWN, organizationId=ORGANIZATION, name="Ledger")
    project = answer["project"]
    assert (answer["codes"], answer["types"]) == ([], ["project.created"])
    assert answer["events"][0]["subject"] == {"__typename": "Project"}
    assert (project["name"], project["status"], project["version"]) == ("Ledger", "ACTIVE", 1)
    assert [one["mutation"] for one in project["availableActions"] if one["enabled"]] == [
        "renameProject",
        "tagWithProject",
        "untagFromProject",
        "archiveProject",
    ]
    answer = await call(demo_engine, MEMBER, "renameProject", SHOWN, projectId=project["id"], name="Ledger 2")
    assert (answer["project"]["name"], answer["project"]["version"], answer["types"]) == (
        "Ledger 2",
        2,
        ["project.renamed"],
    )
    again = await call(demo_engine, MEMBER, "renameProject", projectId=project["id"], name="Ledger 2")
    assert again["codes"] == ["ALREADY_DONE"]


@pytest.mark.writes
async def test_a_member_of_one_workspace_creates_a_project(demo_engine: AsyncEngine) -> None:
    granted = Grants.of([Grant(Role.MEMBER, ORGANIZATION, "WS-26-000022")])
    member = Viewer("USR-26-000046", frozenset({ORGANIZATION}), granted.roles, granted=granted)
    answer = await call(demo_engine, member, "createProject", SHOWN, organizationId=ORGANIZATION, name="Ledger")
    assert (answer["codes"], answer["project"]["name"]) == ([], "Ledger")


@pytest.mark.writes
async def test_labels_are_added_once_and_removed_once(demo_engine: AsyncEngine) -> None:
    ids = [POD, LINE, REQUEST, POD]
    answer = await call(demo_engine, MEMBER, "tagWithProject", SHOWN, projectId=UNUSED, ids=ids)
    assert answer["codes"] == []
    assert sorted(answer["types"]) == ["ods.request.tagged", "pod.tagged", "service_line.tagged"]
    assert all(one["payload"] == {"project_id": UNUSED} for one in answer["events"])
    labelled = [answer["project"][kind]["nodes"] for kind in ("pods", "serviceLines", "outcomeRequests")]
    assert labelled == [[{"id": POD}], [{"id": LINE}], [{"id": REQUEST}]]

    again = await call(demo_engine, MEMBER, "tagWithProject", SHOWN, projectId=UNUSED, ids=ids)
    assert (again["codes"], again["types"], again["project"]) == ([], [], answer["project"])

    removed = await call(demo_engine, MEMBER, "untagFromProject", SHOWN, projectId=UNUSED, ids=ids)
    assert sorted(removed["types"]) == ["ods.request.untagged", "pod.untagged", "service_line.untagged"]
    assert [removed["project"][kind]["nodes"] for kind in ("pods", "serviceLines", "outcomeRequests")] == [[], [], []]
    again = await call(demo_engine, MEMBER, "untagFromProject", projectId=UNUSED, ids=ids)
    assert (again["codes"], again["types"]) == ([], [])


@pytest.mark.writes
async def test_a_label_raises_the_version_of_its_record(demo_engine: AsyncEngine, execute: Execute) -> None:
    document = f'{{ pod(id: "{POD}") {{ version projects {{ id }} history(last: 1) {{ nodes {{ type }} }} }} }}'
    before = (await execute(document))["pod"]["version"]
    await call(demo_engine, OPERATOR, "tagWithProject", projectId=UNUSED, ids=[POD])
    pod = (await execute(document))["pod"]
    assert (pod["version"], pod["history"]["nodes"]) == (before + 1, [{"type": "pod.tagged"}])
    assert {"id": UNUSED} in pod["projects"]


@pytest.mark.writes
async def test_an_archived_project_is_hidden_and_takes_no_labels(demo_engine: AsyncEngine, execute: Execute) -> None:
    answer = await call(demo_engine, MEMBER, "archiveProject", SHOWN, projectId=PROJECT)
    assert (answer["codes"], answer["types"], answer["project"]["status"]) == ([], ["project.archived"], "ARCHIVED")
    assert answer["project"]["pods"]["nodes"]
    refused: dict[str, Any] = {
        "archiveProject": {},
        "renameProject": {"name": "x"},
        "tagWithProject": {"ids": [POD]},
        "untagFromProject": {"ids": [POD]},
    }
    codes = {
        name: (await call(demo_engine, MEMBER, name, projectId=PROJECT, **given))["codes"]
        for name, given in refused.items()
    }
    assert codes == {
        "archiveProject": ["ALREADY_DONE"],
        "renameProject": ["INVALID_TRANSITION"],
        "tagWithProject": ["INVALID_TRANSITION"],
        "untagFromProject": ["INVALID_TRANSITION"],
    }
    document = """query ($f: ProjectFilter) { organization(id: "ORG-26-090500") { projects(filter: $f) {
        totalCount nodes { id } } } projects(filter: $f) { totalCount nodes { id } } }"""
    for wanted, ids in (
        (None, [UNUSED]),
        ({"name": {"contains": "r"}}, [UNUSED]),
        ({"status": {"eq": "ARCHIVED"}}, [PROJECT]),
        ({"or": [{"status": {"in": ["ACTIVE", "ARCHIVED"]}}]}, [PROJECT, UNUSED]),
    ):
        found = await execute(document, f=wanted)
        expected = {"totalCount": len(ids), "nodes": [{"id": one} for one in ids]}
        assert (found["organization"]["projects"], found["projects"]) == (expected, expected)
    used = await call(demo_engine, MEMBER, "unarchiveProject", SHOWN, projectId=PROJECT)
    assert (used["types"], used["project"]["status"]) == (["project.unarchived"], "ACTIVE")
    again = await call(demo_engine, MEMBER, "unarchiveProject", projectId=PROJECT)
    assert again["codes"] == ["ALREADY_DONE"]


@pytest.mark.writes
async def test_an_archived_project_labels_no_new_work(demo_engine: AsyncEngine) -> None:
    await call(demo_engine, MEMBER, "archiveProject", projectId=UNUSED)
    pod = {
        "workspaceId": "WS-26-000021",
        "subscriptionId": "SUB-26-001122",
        "projectIds": [PROJECT, UNUSED],
        "name": "Ledger Pod",
        "description": "Keeps the ledger right.",
        "deliveryModel": "MANAGED_DELIVERY",
        "requestedTeamSize": 2,
        "requiredCapabilities": ["backend"],
        "startDate": "2026-09-01",
        "durationMonths": 12,
    }
    requested = await call(demo_engine, MEMBER, "requestPod", **pod)
    assert [(one["code"], one["field"]) for one in requested["userErrors"]] == [("INVALID", ["projectIds", "1"])]


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "mutation", "given", "code", "field"),
    [
        (BILLING, "createProject", {"organizationId": ORGANIZATION, "name": "x"}, "FORBIDDEN", None),
        (STRANGER, "createProject", {"organizationId": ORGANIZATION, "name": "x"}, "NOT_FOUND", ["organizationId"]),
        (MEMBER, "createProject", {"organizationId": ORGANIZATION, "name": " "}, "INVALID", ["name"]),
        (VIEWER, "renameProject", {"projectId": PROJECT, "name": "x"}, "FORBIDDEN", None),
        (STRANGER, "archiveProject", {"projectId": PROJECT}, "NOT_FOUND", ["projectId"]),
        (VIEWER, "tagWithProject", {"projectId": PROJECT, "ids": [POD]}, "FORBIDDEN", None),
        (MEMBER, "tagWithProject", {"projectId": PROJECT, "ids": []}, "INVALID", ["ids"]),
        (MEMBER, "tagWithProject", {"projectId": PROJECT, "ids": [POD, PROJECT]}, "INVALID", ["ids", "1"]),
        (MEMBER, "tagWithProject", {"projectId": PROJECT, "ids": ["POD-26-999999"]}, "NOT_FOUND", ["ids", "0"]),
        (
            OPERATOR,
            "tagWithProject",
            {"projectId": "PROJ-26-004290", "ids": [POD]},
            "CROSS_TENANT_REFERENCE",
            ["ids", "0"],
        ),
        (
            OPERATOR,
            "untagFromProject",
            {"projectId": "PROJ-26-004290", "ids": [POD]},
            "CROSS_TENANT_REFERENCE",
            ["ids", "0"],
        ),
        (
            MEMBER,
            "untagFromProject",
            {"projectId": PROJECT, "ids": [POD], "expectedVersion": 9},
            "VERSION_CONFLICT",
            ["expectedVersion"],
        ),
    ],
)
async def test_a_rejected_project_mutation_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, mutation: str, given: Any, code: str, field: Any
) -> None:
    before = await digest()
    answer = await call(demo_engine, viewer, mutation, **given)
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [(code, field)]
    assert await digest() == before


@pytest.mark.writes
async def test_no_project_is_used_again_in_an_archived_organization(demo_engine: AsyncEngine) -> None:
    await call(demo_engine, OPERATOR, "archiveProject", projectId="PROJ-26-004290")
    async with demo_engine.begin() as connection:
        await connection.execute(text(f"UPDATE organization SET status = 'ARCHIVED' WHERE id = '{NORTHWIND}'"))
    answer = await call(demo_engine, OPERATOR, "unarchiveProject", projectId="PROJ-26-004290")
    assert answer["codes"] == ["INVALID_TRANSITION"]


@pytest.mark.writes
async def test_concurrent_labels_are_all_kept(demo_engine: AsyncEngine, execute: Execute) -> None:
    pods = [f"POD-26-0000{number:02}" for number in range(8, 13)]
    answer = await asyncio.gather(
        *(call(demo_engine, OWNER, "tagWithProject", projectId=UNUSED, ids=pods[::step]) for step in (1, -1, 1, -1))
    )
    assert [one["codes"] for one in answer] == [[]] * 4
    assert sum(len(one["types"]) for one in answer) == len(pods)
    found = await execute(f'{{ project(id: "{UNUSED}") {{ pods {{ nodes {{ id }} }} }} }}')
    assert [one["id"] for one in found["project"]["pods"]["nodes"]] == pods
