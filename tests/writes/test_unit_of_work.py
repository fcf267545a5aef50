"""Unit of work: deferred statements are batched, with the same result as individual statements."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.accounts.models import Project
from podgraph.accounts.repository import PROJECTS
from podgraph.capacity.models import CapacityRequest
from podgraph.capacity.repository import REQUESTS
from podgraph.database.model import table_of
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.pods.repository import PODS
from podgraph.writes.unit_of_work import BATCH_SIZE, UnitOfWork, begin_write

pytestmark = pytest.mark.writes

APEX = "ORG-26-090500"
POD = "POD-26-000008"


@pytest.fixture
async def unit(demo_engine: AsyncEngine) -> AsyncIterator[UnitOfWork]:
    """A unit of work whose transaction is rolled back at the end."""
    async with begin_write(demo_engine) as connection:
        yield UnitOfWork(connection, Tenancy(None), NOW)


def asked(request_id: str) -> dict[str, Any]:
    """A capacity request of a pod, which has at most one open request."""
    return {
        "id": request_id,
        "organization_id": APEX,
        "workspace_id": "WS-26-000021",
        "resource_type": "TALENT_HOURS",
        "quantity": 40,
        "source_type": "POD",
        "source_id": POD,
        "confidence": "expected",
        "needed_from": NOW.date(),
        "created_at": NOW,
        "updated_at": NOW,
    }


async def test_read_includes_deferred_inserts(unit: UnitOfWork) -> None:
    await unit.insert(Project, {"id": "PROJ-26-999999", "organization_id": APEX, "name": "Ledger"})
    (project,) = await unit.select(PROJECTS, id="PROJ-26-999999")
    assert project.name == "Ledger"


async def test_record_updated_twice_has_both_changes(unit: UnitOfWork) -> None:
    pod: Any = await unit.lock(PODS, POD)
    named = await unit.update(pod, name="Ledger Pod")
    await unit.update(named, description="Keeps the ledger right.")
    (now,) = await unit.select(PODS, id=POD)
    assert (now.name, now.description) == ("Ledger Pod", "Keeps the ledger right.")
    assert now.version == pod.version + 2


async def test_update_precedes_an_insert_that_depends_on_it(unit: UnitOfWork) -> None:
    for number in range(3):
        await unit.insert(CapacityRequest, asked(f"CREQ-26-99999{number}"))
        (waiting,) = await unit.select(REQUESTS, id=f"CREQ-26-99999{number}")
        await unit.update(waiting, closed_at=NOW)
    assert [one.closed_at for one in await unit.select(REQUESTS, source_id=POD)][-3:] == [NOW] * 3


async def test_rows_of_many_tables_are_sent_together(unit: UnitOfWork) -> None:
    pod = await unit.find(PODS, POD)
    before = unit.statements
    await unit.update(pod, name="Ledger Pod")
    await unit.insert(Project, {"id": "PROJ-26-999999", "organization_id": APEX, "name": "Ledger"})
    await unit.insert(CapacityRequest, asked("CREQ-26-999999"))
    assert unit.statements == before
    await unit.flush()
    assert unit.statements - before == {"postgresql": 1, "sqlite": 3}[unit.connection.dialect.name]


async def test_rows_beyond_the_batch_size_are_all_inserted(unit: UnitOfWork) -> None:
    ids = [f"PROJ-26-99{number:04d}" for number in range(2 * BATCH_SIZE + 5)]
    await unit.insert(Project, *({"id": one, "organization_id": APEX, "name": "Ledger"} for one in ids))
    assert [one.id for one in await unit.select(PROJECTS, name="Ledger")] == ids


async def test_time_is_not_earlier_than_the_last_change_of_a_record(unit: UnitOfWork) -> None:
    pod: Any = await unit.lock(PODS, POD)
    assert unit.now == NOW
    late = UnitOfWork(unit.connection, Tenancy(None), NOW - timedelta(days=900))
    await late.lock(PODS, POD)
    assert late.now == pod.updated_at


async def test_select_each_equals_individual_selects(unit: UnitOfWork) -> None:
    before = unit.statements
    pods, projects, nothing = await unit.select_each(
        (PODS, {"organization_id": APEX}),
        (PROJECTS, {"organization_id": APEX}),
        (PODS, {"id": "POD-26-999999"}),
    )
    assert unit.statements - before == {"postgresql": 1, "sqlite": 3}[unit.connection.dialect.name]
    assert POD in [pod.id for pod in pods]
    assert pods == await unit.select(PODS, organization_id=APEX)
    assert projects == await unit.select(PROJECTS, organization_id=APEX)
    assert nothing == []


OPEN = table_of(CapacityRequest)
CLOSE = (
    update(OPEN)
    .where(OPEN.c.source_id == bindparam("source"), OPEN.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"))
    .returning(OPEN.c.id)
)


async def test_custom_statement_and_update_of_one_row_are_ordered(
    unit: UnitOfWork,
) -> None:
    await unit.insert(CapacityRequest, asked("CREQ-26-999999"))
    (waiting,) = await unit.select(REQUESTS, id="CREQ-26-999999")
    await unit.update(waiting, quantity=20)
    await unit.execute_deferred(CapacityRequest, CLOSE, {"source": POD, "at": NOW})
    await unit.update(waiting, confidence="requested")
    (now,) = await unit.select(REQUESTS, id="CREQ-26-999999")
    assert (now.quantity, now.closed_at, now.confidence) == (Decimal(20), NOW, "requested")


async def test_custom_statement_without_rows_calls_otherwise(unit: UnitOfWork) -> None:
    found: list[str] = []

    async def otherwise() -> None:
        found.append("none")

    await unit.execute_deferred(CapacityRequest, CLOSE, {"source": "POD-26-999999", "at": NOW}, otherwise)
    assert found == []
    await unit.flush()
    assert found == ["none"]
