"""Organizations, workspaces, people and labels, read through the graph over the demo data."""

from typing import Any

import pytest

from conftest import Execute
from podgraph.auth.viewer import PLATFORM, Viewer
from podgraph.kernel.roles import Role

OPERATOR = Viewer("USR-26-000101", frozenset({"ORG-26-000001"}), frozenset({Role.OPERATOR, Role.BILLING}))
VIEWER = "{ viewer { user { id name email } roles organizations { totalCount nodes { id name currency } } } }"


async def test_the_viewer_is_the_caller_with_roles_and_organizations(execute: Execute) -> None:
    assert (await execute(VIEWER))["viewer"] == {
        "user": {"id": "USR-26-000044", "name": "Amara Okafor", "email": "amara.okafor@apex.example"},
        "roles": ["ORG_OWNER"],
        "organizations": {
            "totalCount": 1,
            "nodes": [{"id": "ORG-26-090500", "name": "Apex Digital Ltd", "currency": "USD"}],
        },
    }


async def test_the_account_team_sees_every_organization(execute: Execute) -> None:
    viewer = (await execute(VIEWER, OPERATOR))["viewer"]
    assert viewer["user"]["name"] == "Ingrid Solberg"
    assert sorted(viewer["roles"]) == ["BILLING", "OPERATOR"]
    assert [one["id"] for one in viewer["organizations"]["nodes"]] == [
        "ORG-26-000001",
        "ORG-26-090500",
        "ORG-26-090611",
    ]


async def test_the_platform_has_no_user(execute: Execute) -> None:
    viewer = (await execute(VIEWER, PLATFORM))["viewer"]
    assert (viewer["user"], viewer["roles"]) == (None, ["SYSTEM"])
    assert viewer["organizations"]["totalCount"] == 3


async def test_a_caller_of_no_organization_sees_none(execute: Execute) -> None:
    stranger = Viewer("USR-26-999999", frozenset(), frozenset())
    assert (await execute(VIEWER, stranger))["viewer"] == {
        "user": None,
        "roles": [],
        "organizations": {"totalCount": 0, "nodes": []},
    }


async def test_an_organization_leads_to_everything_in_it(execute: Execute) -> None:
    data = await execute(
        """{ organization(id: "ORG-26-090500") {
            name currency workspaces { nodes { id name } } projects { nodes { id name } }
            pods { totalCount } serviceLines { totalCount } allocations { totalCount }
            capacityPools { totalCount } payments { totalCount } talent { totalCount }
            subscriptions { id status } events(first: 1) { nodes { sequence } }
        } }"""
    )
    assert data["organization"] == {
        "name": "Apex Digital Ltd",
        "currency": "USD",
        "workspaces": {
            "nodes": [
                {"id": "WS-26-000021", "name": "Platform Engineering"},
                {"id": "WS-26-000022", "name": "Data & Analytics"},
            ]
        },
        "projects": {
            "nodes": [
                {"id": "PROJ-26-004281", "name": "Payments Platform Rebuild"},
                {"id": "PROJ-26-004282", "name": "Regulatory Readiness 2026"},
            ]
        },
        "pods": {"totalCount": 7},
        "serviceLines": {"totalCount": 14},
        "allocations": {"totalCount": 14},
        "capacityPools": {"totalCount": 3},
        "payments": {"totalCount": 14},
        "talent": {"totalCount": 20},
        "subscriptions": [{"id": "SUB-26-001122", "status": "ACTIVE"}],
        "events": {"nodes": [{"sequence": 1}]},
    }


async def test_a_workspace_has_its_own_part_of_the_organization(execute: Execute) -> None:
    data = await execute(
        """{ workspace(id: "WS-26-000022") {
            name organization { id } pods { totalCount } serviceLines { totalCount }
            capacityPools { totalCount } allocations { totalCount aggregate { sumCommittedPerWeek } }
            demand(resourceType: TALENT_HOURS, period: "2026-Q3") { availableSupply }
        } }"""
    )
    assert data["workspace"] == {
        "name": "Data & Analytics",
        "organization": {"id": "ORG-26-090500"},
        "pods": {"totalCount": 4},
        "serviceLines": {"totalCount": 4},
        "capacityPools": {"totalCount": 0},
        "allocations": {"totalCount": 4, "aggregate": {"sumCommittedPerWeek": "220"}},
        "demand": {"availableSupply": "0"},
    }


async def test_talent_committed_to_two_lines_is_overcommitted(execute: Execute) -> None:
    data = await execute(
        """{ talent(id: "SCR-128491") {
            title committedHoursPerWeek weeklyHoursLimit overcommitted
            assignments { role committedHoursPerWeek allocation { id serviceLine { name } } }
            podMemberships { pod { id } joinedAt leftAt }
        } }"""
    )
    part = {"role": "senior_backend_engineer", "committedHoursPerWeek": "40"}
    assert data["talent"] == {
        "title": "Senior Backend Engineer",
        "committedHoursPerWeek": "80",
        "weeklyHoursLimit": "40",
        "overcommitted": True,
        "assignments": [
            part | {"allocation": {"id": "ALLOC-25-000446", "serviceLine": {"name": "Payments Platform Pod"}}},
            part | {"allocation": {"id": "ALLOC-26-000441", "serviceLine": {"name": "Senior Backend Engineering"}}},
        ],
        "podMemberships": [{"pod": {"id": "POD-26-000008"}, "joinedAt": "2025-09-01T00:00:00Z", "leftAt": None}],
    }


async def test_closed_assignments_remain_listed_without_commitment(execute: Execute) -> None:
    data = await execute(
        """{ talent(id: "SCR-132023") {
            committedHoursPerWeek overcommitted podMemberships { pod { id } leftAt }
            assignments { allocation { id } } closed: assignments(status: CLOSED) { allocation { id } }
            active: assignments(status: ACTIVE) { allocation { id } }
        } }"""
    )
    closed = [{"allocation": {"id": "ALLOC-25-000449"}}, {"allocation": {"id": "ALLOC-25-000454"}}]
    assert data["talent"] == {
        "committedHoursPerWeek": "0",
        "overcommitted": False,
        "podMemberships": [{"pod": {"id": "POD-26-000013"}, "leftAt": "2025-12-02T00:00:00Z"}],
        "assignments": closed,
        "closed": closed,
        "active": [],
    }


@pytest.mark.parametrize(
    ("found", "number"),
    [
        ({"overcommitted": True}, 1),
        ({"overcommitted": False}, 19),
        ({"committedHoursPerWeek": {"eq": 28}}, 2),
        ({"committedHoursPerWeek": {"gt": "40.0001"}}, 1),
        ({"organizationId": {"eq": "ORG-26-090611"}}, 0),
    ],
)
async def test_talent_is_filtered_by_committed_hours(execute: Execute, found: Any, number: int) -> None:
    document = """query ($f: TalentFilter) { organization(id: "ORG-26-090500") {
        talent(filter: $f) { totalCount } } }"""
    assert (await execute(document, f=found))["organization"]["talent"]["totalCount"] == number


async def test_talent_is_ordered_by_committed_hours(execute: Execute) -> None:
    data = await execute(
        """{ organization(id: "ORG-26-090500") { talent(
            first: 3, orderBy: [{ field: COMMITTED_HOURS, direction: DESC }, { field: NAME }]
        ) { nodes { title committedHoursPerWeek } } } }"""
    )
    assert [tuple(one.values()) for one in data["organization"]["talent"]["nodes"]] == [
        ("Senior Backend Engineer", "80"),
        ("Analytics Engineer", "40"),
        ("Backend Engineer", "40"),
    ]


async def test_a_project_lists_its_labelled_records(execute: Execute) -> None:
    data = await execute(
        """{ project(id: "PROJ-26-004281") {
            name pods { nodes { id } } outcomeRequests { nodes { id } }
            serviceLines(first: 2) { totalCount pageInfo { hasNextPage } nodes { id } }
        } }"""
    )
    assert data["project"] == {
        "name": "Payments Platform Rebuild",
        "pods": {"nodes": [{"id": "POD-26-000008"}]},
        "outcomeRequests": {"nodes": [{"id": "OREQ-26-000041"}]},
        "serviceLines": {
            "totalCount": 6,
            "pageInfo": {"hasNextPage": True},
            "nodes": [{"id": "LIN-25-092201"}, {"id": "LIN-25-092202"}],
        },
    }


async def test_an_unused_project_lists_no_records(execute: Execute) -> None:
    data = await execute(
        """{ project(id: "PROJ-26-004282") {
            pods { totalCount nodes { id } } outcomeRequests { totalCount } serviceLines { totalCount } } }"""
    )
    assert data["project"] == {
        "pods": {"totalCount": 0, "nodes": []},
        "outcomeRequests": {"totalCount": 0},
        "serviceLines": {"totalCount": 0},
    }


async def test_a_contract_and_a_colleague_are_nodes(execute: Execute) -> None:
    data = await execute(
        """{ nodes(ids: ["SUB-26-001122", "USR-26-000101", "USR-26-000061", "SUB-26-001130"]) {
            __typename id ... on CommercialSubscription { status organization { name } } ... on User { name }
        } }"""
    )
    contract = {
        "__typename": "CommercialSubscription",
        "id": "SUB-26-001122",
        "status": "ACTIVE",
        "organization": {"name": "Apex Digital Ltd"},
    }
    colleague = {"__typename": "User", "id": "USR-26-000101", "name": "Ingrid Solberg"}
    assert data["nodes"] == [contract, colleague, None, None]
