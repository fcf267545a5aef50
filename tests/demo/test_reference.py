"""The reference data equals the printed reference documents, in both databases."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.capacity.lifecycle import AllocationStatus
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo import reference
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.tables import metadata

T = metadata.tables


async def read(engine: AsyncEngine, table: str, *columns: str, **values: str) -> list[Any]:
    """The columns of the rows that have these values, in the order of the primary key."""
    rows = T[table]
    statement = select(*(rows.c[name] for name in columns)).order_by(*rows.primary_key)
    for name, value in values.items():
        statement = statement.where(rows.c[name] == value)
    async with engine.connect() as connection:
        return list(await connection.execute(statement))


async def test_the_reference_data_breaks_no_invariant(demo_engine: AsyncEngine) -> None:
    async with Snapshot(demo_engine) as snapshot:
        assert await examine(Reader(snapshot, Tenancy(None), NOW)) == []


async def test_the_pod_is_as_printed(demo_engine: AsyncEngine) -> None:
    (pod,) = await read(
        demo_engine,
        "pod",
        *("organization_id", "workspace_id", "service_line_id", "status", "team_size"),
        *("delivery_model", "cost_per_month", "currency", "renews_at"),
        id="POD-26-000008",
    )
    assert pod == (
        *("ORG-26-090500", "WS-26-000021", "LIN-26-088401", "ACTIVE", 5),
        *("MANAGED_DELIVERY", Decimal("38000.00"), "USD", datetime.fromisoformat("2026-09-01T00:00:00Z")),
    )


async def test_the_pods_team_is_as_printed(demo_engine: AsyncEngine) -> None:
    team = await read(demo_engine, "pod_member", "talent_id", "role", pod_id="POD-26-000008")
    assert team == [
        ("SCR-128491", "senior_backend_engineer"),
        ("SCR-129102", "backend_engineer"),
        ("SCR-130011", "qa_engineer"),
        ("SCR-130988", "frontend_engineer"),
        ("SCR-131200", "technical_pm"),
    ]


async def test_the_sla_is_as_printed(demo_engine: AsyncEngine) -> None:
    columns = ("response_time_hours", "availability_hours_per_week", "current_compliance")
    sla = await read(demo_engine, "sla_terms", "throughput_tasks_per_sprint", *columns, id="SLA-26-000008")
    assert sla == [(18, Decimal(2), Decimal(200), Decimal("97.2"))]


async def test_the_report_of_april_is_as_printed(demo_engine: AsyncEngine) -> None:
    (report,) = await read(
        demo_engine,
        "sla_report",
        *("id", "compliance_percent", "breached"),
        pod_id="POD-26-000008",
        period="2026-04",
    )
    columns = ("metric", "target", "actual", "attainment_percent", "status")
    metrics = await read(demo_engine, "sla_metric_result", *columns, sla_report_id=report.id)

    assert (report.compliance_percent, report.breached) == (Decimal("97.2"), ["QUALITY_GATE"])
    assert metrics == [
        ("THROUGHPUT", 18, 19, Decimal("105.6"), "MET"),
        ("RESPONSE_TIME", 2, Decimal("1.8"), Decimal("111.1"), "MET"),
        ("AVAILABILITY", 200, 198, Decimal("99.0"), "MET"),
        ("QUALITY_GATE", 80, 76, Decimal("95.0"), "BREACHED"),
    ]


async def test_the_one_incident_of_april_is_that_of_the_document(demo_engine: AsyncEngine) -> None:
    columns = ("id", "severity", "status", "opened_at")
    incidents = await read(demo_engine, "incident", *columns, service_line_id="LIN-26-088401", type="SLA_BREACH")
    april = [one[:3] for one in incidents if f"{one.opened_at:%Y-%m}" == "2026-04"]
    assert april == [("INC-26-000091", "P2", "ACKNOWLEDGED")]


async def test_aprils_measurements_make_the_figures_of_its_report(demo_engine: AsyncEngine) -> None:
    tickets = await read(
        demo_engine,
        "ticket",
        *("created_at", "response_seconds"),
        pod_id="POD-26-000008",
        type="PRIORITY_ITEM",
    )
    seconds = [one.response_seconds for one in tickets if f"{one.created_at:%Y-%m}" == "2026-04"]
    (allocation,) = await read(demo_engine, "allocation", "id", service_line_id="LIN-26-088401")
    weeks = await read(demo_engine, "allocation_actual", "week_start", "actual", allocation_id=allocation.id)
    hours = [one.actual for one in weeks if date(2026, 4, 1) <= one.week_start <= date(2026, 4, 30)]

    assert (len(seconds), sum(seconds)) == (6, 6 * 6480)
    assert hours == [197, 199, Decimal("198.5"), Decimal("197.5")]


async def test_every_month_since_the_start_has_its_report(demo_engine: AsyncEngine) -> None:
    reports = await read(demo_engine, "sla_report", "period", "status", "compliance_percent", pod_id="POD-26-000008")
    assert [one.period for one in reports] == [
        *("2025-09", "2025-10", "2025-11", "2025-12"),
        *("2026-01", "2026-02", "2026-03", "2026-04"),
    ]
    assert {one.status for one in reports} == {"PUBLISHED"}


async def test_the_pools_are_as_printed(demo_engine: AsyncEngine) -> None:
    pools = await read(
        demo_engine,
        "capacity_pool",
        *("id", "resource_type", "total", "allocated", "unit", "period", "updated_at"),
        workspace_id="WS-26-000021",
    )
    updated_at = datetime.fromisoformat("2026-04-15T06:00:00Z")
    assert pools == [
        ("CAP-26-000112", "TALENT_HOURS", 200, 160, "hours_per_week", "WEEKLY", updated_at),
        ("CAP-26-000198", "AGENT_CREDITS", 100000, 45000, "credits", "MONTHLY", updated_at),
    ]


async def test_the_allocation_is_as_printed(demo_engine: AsyncEngine) -> None:
    columns = ("capacity_pool_id", "service_line_id", "committed_per_week", "actual_last_week")
    allocation = await read(
        demo_engine,
        "allocation",
        *columns,
        *("utilisation_percent", "status", "started_at", "ends_at"),
        id="ALLOC-26-000441",
    )
    started_at = datetime.fromisoformat("2026-01-15T00:00:00Z")
    assert allocation == [
        (
            *("CAP-26-000112", "LIN-26-084729", Decimal(40), Decimal("38.5")),
            *(Decimal("96.3"), "ACTIVE", started_at, None),
        )
    ]


async def test_one_allocation_of_the_workspace_is_below_70_percent(demo_engine: AsyncEngine) -> None:
    columns = ("workspace_id", "capacity_pool_id", "committed_per_week", "utilisation_percent")
    active = await read(demo_engine, "allocation", *columns, status="ACTIVE")
    here = [one for one in active if one.workspace_id == "WS-26-000021"]
    hours = sorted(one.committed_per_week for one in here if one.capacity_pool_id == "CAP-26-000112")

    assert hours == [24, 40, 40, 56]
    assert [one.utilisation_percent for one in here if one.utilisation_percent < 70] == [Decimal("61.3")]


async def test_every_open_allocation_of_the_pool_has_eight_weeks_of_actuals(demo_engine: AsyncEngine) -> None:
    allocation, actual = T["allocation"], T["allocation_actual"]
    statement = (
        select(allocation.c.id, func.count(actual.c.week_start))
        .outerjoin(actual, actual.c.allocation_id == allocation.c.id)
        .where(allocation.c.capacity_pool_id == "CAP-26-000112")
        .where(allocation.c.status != AllocationStatus.CLOSED)
        .group_by(allocation.c.id)
    )
    async with demo_engine.connect() as connection:
        weeks = (await connection.execute(statement)).all()
    assert sorted(count for _, count in weeks) == [12, 12, 12, 16]


async def test_the_pending_demand_is_one_pod_of_two(demo_engine: AsyncEngine) -> None:
    columns = ("source_id", "quantity", "needed_from", "closed_at")
    requests = await read(demo_engine, "capacity_request", *columns, workspace_id="WS-26-000021")
    pending = [one[:3] for one in requests if one.closed_at is None]
    assert pending == [("POD-26-000011", 80, date(2026, 7, 1))]


async def test_the_engagement_is_at_the_sample_of_its_cycle(demo_engine: AsyncEngine) -> None:
    (cycle,) = await read(demo_engine, "cycle", "status", "planned_start", "planned_end", id="OCYCLE-26-000011")
    deliverables = await read(demo_engine, "deliverable", "id", "status", "submitted_at", cycle_id="OCYCLE-26-000011")
    assert cycle == ("IN_PROGRESS", date(2026, 5, 1), date(2026, 5, 21))
    assert deliverables == [
        ("DLV-26-000081", "COMPLETED", datetime.fromisoformat("2026-05-14T16:00:00Z")),
        ("DLV-26-000082", "IN_PROGRESS", None),
        ("DLV-26-000083", "PENDING", None),
    ]


async def test_the_payments_are_as_printed(demo_engine: AsyncEngine) -> None:
    columns = ("amount", "currency", "status", "description", "due_at")
    payments = await read(demo_engine, "payment", *columns, scope_id="OSCOPE-26-000009")
    due_at = datetime.fromisoformat("2026-04-22T00:00:00Z")
    assert payments == [
        (Decimal("7750.00"), "USD", "DUE", "50% upfront on scope confirmation", due_at),
        (Decimal("7750.00"), "USD", "SCHEDULED", "50% on final acceptance", None),
    ]


async def test_a_deliverable_that_was_rejected_once_waits_for_its_review(demo_engine: AsyncEngine) -> None:
    columns = ("id", "title", "attempt", "ready_at")
    ready = await read(demo_engine, "deliverable", *columns, status="READY_FOR_ACCEPTANCE")
    (again,) = [one for one in ready if one.attempt == 2]
    reviews = await read(demo_engine, "deliverable_review", "attempt", "accepted", deliverable_id=again.id)

    assert again.title == "Alerting on differences"
    assert reviews == [(1, False)]


def test_nothing_has_happened_after_the_demos_moment() -> None:
    assert max(event["occurred_at"] for event in reference.rows()["event"]) == NOW


def test_the_rows_are_the_same_every_time() -> None:
    assert reference.rows() == reference.rows()
