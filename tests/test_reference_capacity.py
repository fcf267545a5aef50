"""The reference document on capacity: its PATCH, its notes, and their effect month by month."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute
from podgraph.scheduler.service import run_due_jobs

pytestmark = pytest.mark.writes

ALLOCATION = "ALLOC-26-000441"
JUNE = datetime(2026, 6, 1, 0, 0, 30, tzinfo=UTC)
JULY = datetime(2026, 7, 1, 0, 0, 30, tzinfo=UTC)

UPDATE = """
mutation ($input: UpdateAllocationInput!) {
  updateAllocation(input: $input) {
    userErrors { code message field }
    warnings { code }
    events { type subject { ... on Allocation { id } } }
    allocation { ...all }
  }
}
"""
READ = """
query { allocation(id: "ALLOC-26-000441") { ...all } }
"""
ALL = """
fragment all on Allocation {
  status committedPerWeek actualLastWeek utilisationPercent endsAt endedAt
  serviceLine { id status }
  capacityPool { total allocated available }
  resources { talent { id } role committedHoursPerWeek }
  pendingChanges {
    committedPerWeek endsAt effectiveAt reason requestedBy { id }
    resources { talent { id } role committedHoursPerWeek }
  }
}
"""
POOL = {"total": "200", "allocated": "160", "available": "40"}
LINE = {"id": "LIN-26-084729", "status": "ACTIVE"}


def person(talent_id: str, role: str, hours: str) -> dict[str, Any]:
    return {"talent": {"id": talent_id}, "role": role, "committedHoursPerWeek": hours}


SENIOR = person("SCR-128491", "senior_backend_engineer", "40")


async def patch(execute: Execute, **values: Any) -> Any:
    """The document's PATCH, as the client's owner."""
    values = {"allocationId": ALLOCATION, **values}
    return (await execute(UPDATE + ALL, input=values))["updateAllocation"]


async def now(execute: Execute) -> Any:
    return (await execute(READ + ALL))["allocation"]


async def test_patch_of_the_document_warns_and_applies_next_billing_period(
    execute: Execute, demo_engine: AsyncEngine
) -> None:
    payload = await patch(
        execute,
        committedPerWeek="32",
        endsAt="2026-06-30T23:59:59Z",
        reason="Reduced scope for final project phase",
    )

    assert payload["userErrors"] == []
    # 32 is below the 38.5 of last week, and below the 40 of the one person who works it.
    assert [one["code"] for one in payload["warnings"]] == ["UTILISATION_WARNING", "RESOURCE_MISMATCH"]
    assert payload["events"] == [
        {"type": "capacity.utilisation_warning", "subject": {"id": ALLOCATION}},
        {"type": "allocation.updated", "subject": {"id": ALLOCATION}},
    ]
    assert payload["allocation"] == {
        "status": "ACTIVE",
        "committedPerWeek": "40",
        "actualLastWeek": "38.5",
        "utilisationPercent": "96.3",
        "endsAt": "2026-06-30T23:59:59Z",
        "endedAt": None,
        "serviceLine": LINE,
        "capacityPool": POOL,
        "resources": [SENIOR],
        "pendingChanges": [
            {
                "committedPerWeek": "32",
                "endsAt": "2026-06-30T23:59:59Z",
                "effectiveAt": "2026-06-01T00:00:00Z",
                "reason": "Reduced scope for final project phase",
                "requestedBy": {"id": "USR-26-000044"},
                "resources": None,
            }
        ],
    }

    await run_due_jobs(demo_engine, JUNE)
    june = await now(execute)
    assert (june["committedPerWeek"], june["pendingChanges"]) == ("32", [])
    # Another line of the demo releases 12 hours on the same day.
    assert june["capacityPool"] == {"total": "200", "allocated": "140", "available": "60"}

    await run_due_jobs(demo_engine, JULY)
    july = await now(execute)
    assert (july["status"], july["endedAt"]) == ("CLOSED", "2026-07-01T00:00:30Z")
    assert july["serviceLine"] == LINE
    assert july["capacityPool"]["allocated"] == "108"


async def test_replaced_resources_do_not_change_the_line(execute: Execute, demo_engine: AsyncEngine) -> None:
    others = [("SCR-129102", "backend_engineer", "20"), ("SCR-131488", "backend_engineer", "20")]
    payload = await patch(
        execute,
        resources=[
            {"talentId": talent_id, "role": role, "committedHoursPerWeek": hours} for talent_id, role, hours in others
        ],
        reason="Two people instead of one",
    )

    assert payload["userErrors"] == []
    assert payload["allocation"]["resources"] == [SENIOR]
    assert payload["allocation"]["pendingChanges"][0]["resources"] == [person(*one) for one in others]

    await run_due_jobs(demo_engine, JUNE)
    june = await now(execute)
    assert june["resources"] == [person(*one) for one in others]
    assert (june["committedPerWeek"], june["serviceLine"]) == ("40", LINE)


async def test_immediate_change_applies_immediately(execute: Execute) -> None:
    payload = await patch(execute, committedPerWeek="44", reason="A release is near", effectiveImmediately=True)

    assert [one["type"] for one in payload["events"]] == ["allocation.updated"]
    assert payload["allocation"]["committedPerWeek"] == "44"
    assert payload["allocation"]["pendingChanges"] == []
    assert payload["allocation"]["capacityPool"] == {"total": "200", "allocated": "164", "available": "36"}


async def test_winding_down_requires_an_end_and_a_reason(execute: Execute, demo_engine: AsyncEngine) -> None:
    payload = await patch(execute, endsAt="2026-05-31T23:59:59Z", reason="Consistent under-utilisation")

    assert (payload["userErrors"], payload["warnings"]) == ([], [])
    assert payload["allocation"]["endsAt"] == "2026-05-31T23:59:59Z"
    assert payload["allocation"]["pendingChanges"] == []

    await run_due_jobs(demo_engine, JUNE)
    assert (await now(execute))["status"] == "CLOSED"
