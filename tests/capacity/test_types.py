"""Capacity as it is read: the figures of the documents, nested."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute, context_for
from podgraph import tables
from podgraph.auth.viewer import Viewer
from podgraph.demo.reference import NOW
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema

LINES = tables.metadata.tables["service_line"]
RESOURCES = tables.metadata.tables["allocation_resource"]

DEMAND = """
    query ($workspace: ID!, $period: Period!) {
      capacityDemand(workspaceId: $workspace, resourceType: TALENT_HOURS, period: $period) {
        currentCommitted pendingRequests availableSupply supplyGap recommendation
        contributors { quantity source { __typename ... on Pod { id } } }
      }
    }
"""


async def test_the_pools_of_the_reference_have_its_figures(execute: Execute) -> None:
    data = await execute("""{
      workspace(id: "WS-26-000021") {
        capacityPools { nodes { id total allocated available utilisationPercent unit period } }
      }
    }""")

    assert [list(pool.values()) for pool in data["workspace"]["capacityPools"]["nodes"]] == [
        ["CAP-26-000112", "200", "160", "40", "80.0", "hours_per_week", "WEEKLY"],
        ["CAP-26-000198", "100000", "45000", "55000", "45.0", "credits", "MONTHLY"],
    ]


async def test_a_pool_tells_how_much_of_it_paused_allocations_hold(execute: Execute) -> None:
    data = await execute("""{
      capacityPool(id: "CAP-26-000120") {
        workspace { id }
        reservedByPaused
        allocations(filter: { status: { eq: PAUSED } }) { nodes { committedPerWeek } }
      }
    }""")

    assert data["capacityPool"] == {
        "workspace": None,
        "reservedByPaused": "80",
        "allocations": {"nodes": [{"committedPerWeek": "80"}]},
    }


async def test_pools_are_found_by_what_they_can_still_give(execute: Execute) -> None:
    data = await execute("""{
      capacityPools(filter: { workspaceId: { eq: "WS-26-000021" }, available: { gt: 40 } }) { nodes { id } }
    }""")

    assert data["capacityPools"]["nodes"] == [{"id": "CAP-26-000198"}]


async def test_the_demand_of_the_reference_names_who_asks(execute: Execute) -> None:
    data = await execute(DEMAND, workspace="WS-26-000021", period="2026-Q3")

    assert data["capacityDemand"] == {
        "currentCommitted": "160",
        "pendingRequests": "80",
        "availableSupply": "40",
        "supplyGap": "40",
        "recommendation": "Current supply cannot meet pending demand."
        " Consider expanding the talent pool or deferring requests.",
        "contributors": [{"quantity": "80", "source": {"__typename": "Pod", "id": "POD-26-000011"}}],
    }


async def test_what_is_needed_after_the_period_is_not_its_demand(execute: Execute) -> None:
    data = await execute(DEMAND, workspace="WS-26-000021", period="2026-06")

    assert data["capacityDemand"]["pendingRequests"] == "0"
    assert data["capacityDemand"]["contributors"] == []


async def test_an_unknown_workspace_and_one_of_others_have_no_demand(execute: Execute) -> None:
    stranger = Viewer(None, frozenset(), frozenset({Role.MEMBER}))

    assert await execute(DEMAND, workspace="WS-26-999999", period="2026-Q3") == {"capacityDemand": None}
    assert await execute(DEMAND, stranger, workspace="WS-26-000021", period="2026-Q3") == {"capacityDemand": None}


async def test_the_allocation_of_the_reference_with_its_last_weeks(execute: Execute) -> None:
    data = await execute("""{
      allocation(id: "ALLOC-26-000441") {
        committedPerWeek committedPerPeriod actualLastWeek utilisationPercent orphaned
        resources { type role committedHoursPerWeek talent { id } }
        trend(weeks: 3) { weekStart actual committed utilisationPercent }
      }
    }""")

    assert data["allocation"] == {
        "committedPerWeek": "40",
        "committedPerPeriod": "40",
        "actualLastWeek": "38.5",
        "utilisationPercent": "96.3",
        "orphaned": False,
        "resources": [
            {
                "type": "talent",
                "role": "senior_backend_engineer",
                "committedHoursPerWeek": "40",
                "talent": {"id": "SCR-128491"},
            }
        ],
        "trend": [
            {"weekStart": "2026-04-20", "actual": "39", "committed": "40", "utilisationPercent": "97.5"},
            {"weekStart": "2026-04-27", "actual": "38", "committed": "40", "utilisationPercent": "95.0"},
            {"weekStart": "2026-05-04", "actual": "38.5", "committed": "40", "utilisationPercent": "96.3"},
        ],
    }


async def test_weeks_are_compared_with_the_exact_percentage(execute: Execute) -> None:
    data = await execute("""{
      allocation(id: "ALLOC-26-000441") {
        at: weeksBelow(percent: "95", weeks: 3)
        above: weeksBelow(percent: "95.01", weeks: 3)
        usual: weeksBelow
      }
    }""")

    assert data["allocation"] == {"at": 0, "above": 1, "usual": 0}


async def test_a_wasted_allocation_is_found_with_the_change_that_is_scheduled(execute: Execute) -> None:
    data = await execute("""{
      allocations(filter: { workspaceId: { eq: "WS-26-000021" }, utilisationPercent: { lt: "70" } }) {
        nodes {
          committedPerWeek utilisationPercent weeksBelow
          serviceLine { name }
          pendingChanges { committedPerWeek endsAt effectiveAt requestedBy { id } }
        }
      }
    }""")

    assert data["allocations"]["nodes"] == [
        {
            "committedPerWeek": "40",
            "utilisationPercent": "61.3",
            "weeksBelow": 5,
            "serviceLine": {"name": "Release Engineering"},
            "pendingChanges": [
                {
                    "committedPerWeek": "28",
                    "endsAt": None,
                    "effectiveAt": "2026-06-01T00:00:00Z",
                    "requestedBy": {"id": "USR-26-000044"},
                }
            ],
        }
    ]


async def test_waste_is_estimated_where_the_line_has_a_monthly_price(execute: Execute) -> None:
    data = await execute("""{
      pod(id: "POD-26-000008") {
        serviceLine { allocations { nodes { estimatedWastePerMonth { amount currency } } } }
      }
      byTheHour: allocation(id: "ALLOC-26-000441") { estimatedWastePerMonth { amount } }
    }""")

    assert data["pod"]["serviceLine"]["allocations"]["nodes"] == [
        {"estimatedWastePerMonth": {"amount": "475.00", "currency": "USD"}}
    ]
    assert data["byTheHour"] == {"estimatedWastePerMonth": None}


@pytest.mark.writes
async def test_no_allocation_is_orphaned_until_its_line_ends_alone(execute: Execute, demo_engine: AsyncEngine) -> None:
    orphans = "{ allocations(filter: { orphaned: true }) { totalCount nodes { id orphaned } } }"
    before = await execute(orphans)
    async with demo_engine.begin() as connection:
        line = LINES.c.id == "LIN-26-084729"
        await connection.execute(LINES.update().where(line).values(status="TERMINATED"))

    after = await execute(orphans)

    assert before["allocations"] == {"totalCount": 0, "nodes": []}
    assert after["allocations"] == {
        "totalCount": 1,
        "nodes": [{"id": "ALLOC-26-000441", "orphaned": True}],
    }


@pytest.mark.writes
async def test_somebody_replaced_is_no_resource_and_has_no_assignment(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    async with demo_engine.begin() as connection:
        held = RESOURCES.c.allocation_id == "ALLOC-26-000441"
        await connection.execute(RESOURCES.update().where(held).values(replaced_at=NOW))

    data = await execute("""{
      allocation(id: "ALLOC-26-000441") { resources { role } }
      talent(id: "SCR-128491") { assignments { allocation { serviceLine { id } } } }
    }""")

    assert data["allocation"]["resources"] == []
    assert data["talent"]["assignments"] == [{"allocation": {"serviceLine": {"id": "LIN-26-088401"}}}]


async def test_talent_has_assignments_in_a_status_or_in_all(execute: Execute) -> None:
    data = await execute("""{
      talent(id: "SCR-128491") {
        active: assignments(status: ACTIVE) { allocation { serviceLine { id } } }
        paused: assignments(status: PAUSED) { role }
      }
    }""")

    lines = [each["allocation"]["serviceLine"]["id"] for each in data["talent"]["active"]]
    assert sorted(lines) == ["LIN-26-084729", "LIN-26-088401"]
    assert data["talent"]["paused"] == []


async def test_allocations_add_up_by_what_they_have_in_common(execute: Execute) -> None:
    data = await execute("""{
      workspace(id: "WS-26-000021") {
        allocations(filter: { capacityPoolId: { eq: "CAP-26-000112" } }) {
          aggregate {
            count sumCommittedPerWeek sumActualLastWeek minUtilisationPercent
            groups(by: [RESOURCE_TYPE, POOL]) { resourceType status pool { id } count sumCommittedPerWeek }
          }
        }
      }
    }""")

    assert data["workspace"]["allocations"]["aggregate"] == {
        "count": 4,
        "sumCommittedPerWeek": "160",
        "sumActualLastWeek": "137",
        "minUtilisationPercent": "61.3",
        "groups": [
            {
                "resourceType": "TALENT_HOURS",
                "status": None,
                "pool": {"id": "CAP-26-000112"},
                "count": 4,
                "sumCommittedPerWeek": "160",
            }
        ],
    }


async def test_looking_back_no_week_or_more_than_two_years_is_refused(demo_engine: AsyncEngine) -> None:
    result = await build_schema().execute(
        '{ allocation(id: "ALLOC-26-000441") { trend(weeks: 105) { actual } } }',
        context_value=context_for(demo_engine),
    )

    assert [error.message for error in result.errors or ()] == ["weeks is 105; it must be between 1 and 104"]
