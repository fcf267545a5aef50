"""Name, description and workspace of a pod."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from asking import ADMIN, MEMBER, OPERATOR, OWNER, STRANGER, VIEWER, call
from conftest import Execute
from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine

RUNNING, ASKED, OFFERED, DONE = (f"POD-26-0000{n}" for n in ("08", "11", "12", "13"))
HERE, THERE = "WS-26-000021", "WS-26-000022"
SHOWN = "pod { id version name description workspace { id } serviceLine { name workspace { id } } }"
Digest = Callable[[], Awaitable[str]]


@pytest.mark.writes
async def test_a_pod_and_its_service_line_are_renamed(demo_engine: AsyncEngine) -> None:
    answer = await call(demo_engine, MEMBER, "updatePod", SHOWN, podId=RUNNING, name="Ledger Pod", description=None)
    assert (answer["codes"], answer["types"]) == ([], ["service_line.updated", "pod.updated"])
    assert (answer["pod"]["name"], answer["pod"]["description"]) == ("Ledger Pod", None)
    assert answer["pod"]["serviceLine"]["name"] == "Ledger Pod"
    assert {one["path"] for event in answer["events"] for one in event["changes"]} <= {"name", "description"}
    again = await call(demo_engine, MEMBER, "updatePod", podId=RUNNING, name="Ledger Pod")
    assert again["codes"] == ["ALREADY_DONE"]
    described = await call(demo_engine, MEMBER, "updatePod", SHOWN, podId=ASKED, description="New purpose.")
    assert described["pod"]["description"] == "New purpose."


@pytest.mark.writes
async def test_a_pod_moves_with_everything_that_belongs_to_it(demo_engine: AsyncEngine, execute: Execute) -> None:
    document = f"""{{ here: workspace(id: "{HERE}") {{ ...counts }} there: workspace(id: "{THERE}") {{ ...counts }} }}
        fragment counts on Workspace {{
            pods {{ totalCount }} serviceLines {{ totalCount }} allocations {{ totalCount }} }}"""
    before = await execute(document)
    answer = await call(demo_engine, ADMIN, "movePod", SHOWN, podId=RUNNING, workspaceId=THERE)
    assert (answer["codes"], answer["types"]) == ([], ["service_line.updated", "allocation.updated", "pod.moved"])
    assert answer["pod"]["workspace"] == answer["pod"]["serviceLine"]["workspace"] == {"id": THERE}
    assert [one["changes"] for one in answer["events"]] == [
        [{"path": "workspace_id", "before": HERE, "after": THERE}]
    ] * 3
    after = await execute(document)
    moved = {
        kind: (
            after["here"][kind]["totalCount"] - before["here"][kind]["totalCount"],
            after["there"][kind]["totalCount"] - before["there"][kind]["totalCount"],
        )
        for kind in ("pods", "serviceLines", "allocations")
    }
    assert moved == {"pods": (-1, 1), "serviceLines": (-1, 1), "allocations": (-1, 1)}
    async with demo_engine.connect() as connection:
        subjects = f"""(SELECT '{RUNNING}' UNION SELECT id FROM ticket WHERE pod_id = '{RUNNING}'
            UNION SELECT id FROM sla_report WHERE pod_id = '{RUNNING}'
            UNION SELECT service_line_id FROM pod WHERE id = '{RUNNING}'
            UNION SELECT incident.id FROM incident JOIN pod ON pod.service_line_id = incident.service_line_id
                WHERE pod.id = '{RUNNING}')"""
        found = await connection.execute(
            text(f"SELECT workspace_id, count(*) FROM event WHERE subject_id IN {subjects} GROUP BY workspace_id")
        )
        [(workspace_id, number)] = found.all()
    assert workspace_id == THERE
    assert number > 5
    async with Snapshot(demo_engine) as snapshot:
        assert await examine(Reader(snapshot, Tenancy(None), NOW)) == []


@pytest.mark.writes
async def test_the_demand_of_a_pod_in_scoping_moves_with_it(demo_engine: AsyncEngine) -> None:
    answer = await call(demo_engine, OPERATOR, "movePod", SHOWN, podId=ASKED, workspaceId=THERE)
    assert answer["codes"] == []
    assert [one["code"] for one in answer["warnings"]] == ["CAPACITY_GAP"]
    assert set(answer["types"]) <= {"pod.moved", "capacity.gap_detected"}
    async with demo_engine.connect() as connection:
        where = f"source_type = 'POD' AND source_id = '{ASKED}'"
        found = await connection.execute(text(f"SELECT DISTINCT workspace_id FROM capacity_request WHERE {where}"))
        assert found.scalars().all() == [THERE]


@pytest.mark.writes
async def test_capacity_reserved_for_a_workspace_keeps_its_pod(demo_engine: AsyncEngine, digest: Digest) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(
            text(f"UPDATE capacity_pool SET workspace_id = '{HERE}' WHERE organization_id = 'ORG-26-090500'")
        )
    before = await digest()
    answer = await call(demo_engine, OWNER, "movePod", podId=RUNNING, workspaceId=THERE)
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [("INVALID_TRANSITION", ["workspaceId"])]
    assert f"reserved for {HERE}" in answer["userErrors"][0]["message"]
    assert await digest() == before


@pytest.mark.writes
@pytest.mark.parametrize(
    ("viewer", "mutation", "given", "code"),
    [
        (VIEWER, "updatePod", {"podId": RUNNING, "name": "x"}, "FORBIDDEN"),
        (STRANGER, "updatePod", {"podId": RUNNING, "name": "x"}, "NOT_FOUND"),
        (MEMBER, "updatePod", {"podId": RUNNING, "name": " "}, "INVALID"),
        (MEMBER, "updatePod", {"podId": DONE, "name": "x"}, "INVALID_TRANSITION"),
        (MEMBER, "updatePod", {"podId": RUNNING, "name": "x", "expectedVersion": 1}, "VERSION_CONFLICT"),
        (MEMBER, "movePod", {"podId": RUNNING, "workspaceId": THERE}, "FORBIDDEN"),
        (OWNER, "movePod", {"podId": RUNNING, "workspaceId": HERE}, "ALREADY_DONE"),
        (OWNER, "movePod", {"podId": RUNNING, "workspaceId": "WS-26-000031"}, "NOT_FOUND"),
        (OPERATOR, "movePod", {"podId": RUNNING, "workspaceId": "WS-26-000031"}, "CROSS_TENANT_REFERENCE"),
        (OWNER, "movePod", {"podId": DONE, "workspaceId": HERE}, "INVALID_TRANSITION"),
    ],
)
async def test_a_rejected_change_of_a_pod_changes_nothing(
    demo_engine: AsyncEngine, digest: Digest, viewer: Viewer, mutation: str, given: Any, code: str
) -> None:
    before = await digest()
    assert (await call(demo_engine, viewer, mutation, **given))["codes"] == [code]
    assert await digest() == before
