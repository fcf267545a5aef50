"""Pools, and the lines that draw on them without a pod or scope of their own."""

from datetime import date, timedelta
from decimal import Decimal

from podgraph.capacity.lifecycle import PoolPeriod, ResourceType
from podgraph.demo import capacity
from podgraph.demo.reference.tenants import LAST_WEEK, PROJECT, SUBSCRIPTION, WORKSPACE, at
from podgraph.demo.row_builder import Book, Row
from podgraph.service_lines.lifecycle import BillingModel, ExecutionModel, ProductLine

TALENT_POOL = "CAP-26-000112"
CREDIT_POOL = "CAP-26-000198"
RECORDED_AT = at("2026-05-11T06:00")

_TALENT_TERMS = (ProductLine.TALENT, ExecutionModel.CAPACITY, BillingModel.TIME_AND_MATERIALS)
_HOURLY_RATE = Decimal(65)
_UPDATED_AT = at("2026-04-15T06:00")


def apex_pools(book: Book) -> Row:
    """The two pools of the document, and a third one, returned, that the whole organization draws on."""
    opened_at = at("2025-06-01T06:00")
    talent = capacity.create_pool(book, Decimal(160), at=opened_at, workspace_id=WORKSPACE, id=TALENT_POOL)
    agent_credits = capacity.create_pool(
        book,
        Decimal(60000),
        at=opened_at,
        workspace_id=WORKSPACE,
        resource_type=ResourceType.AGENT_CREDITS,
        period=PoolPeriod.MONTHLY,
        id=CREDIT_POOL,
    )
    for pool, total in ((talent, Decimal(200)), (agent_credits, Decimal(100000))):
        book.change(_UPDATED_AT, book.cast.operator, pool, "capacity_pool.updated", {"total": total})
    # The pod of the documents needs 200 hours a week, more than is free in its workspace's pool.
    return capacity.create_pool(book, Decimal(640), at=at("2025-05-12T06:00"), id="CAP-26-000120")


def apex_talent_lines(book: Book) -> None:
    """The four lines that hold 160 of the 200 hours: the document's own, and three of 120 together."""
    _talent_line(
        book,
        "Senior Backend Engineering",
        at_day="2026-01-15",
        people=[("SCR-128491", "senior_backend_engineer", 40)],
        actuals="39 40 38 37.5 40 39.5 38 36 40 39 38.5 40 37 39 38 38.5",
        line_id="LIN-26-084729",
        allocation_id="ALLOC-26-000441",
    )
    _talent_line(
        book,
        "Mobile SDK Engineering",
        at_day="2025-10-06",
        people=[("SCR-130412", "mobile_engineer", 28), ("SCR-130577", "mobile_engineer", 28)],
        actuals="52 54 55 51 53 54 56 52 50 53 54 53",
    )
    _talent_line(
        book,
        "Design System Support",
        at_day="2025-12-01",
        people=[("SCR-130725", "product_designer", 24)],
        actuals="22 23 21 24 22 20 23 22 21 22 23 21",
        ends="2026-08-31T23:59",
    )
    release = _talent_line(
        book,
        "Release Engineering",
        at_day="2025-09-15",
        people=[("SCR-130602", "release_engineer", 40)],
        actuals="38 37 36 33 30 29 27.5 29 26 27 25 24.5",
    )
    _shrink(book, release)


def _talent_line(
    book: Book,
    name: str,
    *,
    at_day: str,
    people: list[tuple[str, str, int]],
    actuals: str,
    ends: str | None = None,
    line_id: str | None = None,
    allocation_id: str | None = None,
) -> Row:
    started_at = at(at_day)
    ends_at = at(ends) if ends else None
    line = capacity.open_line(
        book,
        name,
        at=started_at,
        actor=book.cast.operator,
        workspace_id=WORKSPACE,
        subscription_id=SUBSCRIPTION,
        terms=_TALENT_TERMS,
        ends_at=ends_at,
        projects=[PROJECT],
        id=line_id,
    )
    allocation = capacity.allocate(
        book,
        next(book.where("capacity_pool", id=TALENT_POOL)),
        line,
        Decimal(sum(hours for _, _, hours in people)),
        at=started_at,
        actor=book.cast.operator,
        resources=[(talent_id, role, Decimal(hours)) for talent_id, role, hours in people],
        ends_at=ends_at,
        id=allocation_id,
    )
    weeks = recent(actuals)
    capacity.measure(book, allocation, weeks, at=RECORDED_AT)
    capacity.meter_hours(book, line, weeks, rate=_HOURLY_RATE)
    return allocation


def _shrink(book: Book, allocation: Row) -> None:
    decided_at = at("2026-05-12T09:30")
    hours = Decimal(28)
    change = book.add(
        "allocation_change",
        allocation_id=allocation["id"],
        committed_per_period=hours,
        committed_per_week=hours,
        reason="Releases are automated; a smaller share is enough from June on.",
        effective_at=at("2026-06-01T00:00"),
        requested_by=book.cast.owner,
    )
    book.happened(
        decided_at,
        book.cast.owner,
        allocation,
        "allocation.updated",
        change_id=change["id"],
        committed_per_week=hours,
        effective_at=change["effective_at"],
    )


def agent_line(book: Book) -> None:
    """The agents that hold 45,000 of the 100,000 credits a month."""
    started_at = at("2026-01-05T00:00")
    line = capacity.open_line(
        book,
        "Regression Triage Agents",
        at=started_at,
        actor=book.cast.operator,
        workspace_id=WORKSPACE,
        subscription_id=SUBSCRIPTION,
        terms=(ProductLine.AGENT_GATEWAY, ExecutionModel.AGENT_RUNTIME, BillingModel.USAGE_PLUS_SUBSCRIPTION),
        monthly_price=Decimal(450),
    )
    pool = next(book.where("capacity_pool", id=CREDIT_POOL))
    allocation = capacity.allocate(book, pool, line, Decimal(45000), at=started_at, actor=book.cast.operator)
    weeks = recent("8800 9120 9400 8950 9300 9610 9050 8700 9240 9480 9150 9310")
    capacity.measure(book, allocation, weeks, at=RECORDED_AT)
    for monday, quantity in weeks.items():
        sunday = monday + timedelta(days=6)
        capacity.meter(book, line, "agent.credits", quantity, "credits", on=sunday, cost=quantity * Decimal("0.01"))


def northwind_pool(book: Book) -> Row:
    """The second client's one pool."""
    return capacity.create_pool(book, Decimal(160), at=at("2025-11-03T06:00"))


def recent(actuals: str) -> dict[date, Decimal]:
    """These weekly quantities, the last one of them in the last whole week."""
    quantities = [Decimal(one) for one in actuals.split()]
    first = LAST_WEEK - (len(quantities) - 1) * capacity.WEEK
    return {first + n * capacity.WEEK: one for n, one in enumerate(quantities)}
