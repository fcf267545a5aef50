"""Service lines, pools, allocations, usage and incidents."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from podgraph.capacity import rules
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.demo.row_builder import SYSTEM, Book, Row
from podgraph.service_lines.lifecycle import (
    BillingModel,
    ExecutionModel,
    IncidentSeverity,
    IncidentStatus,
    IncidentType,
    ProductLine,
    ServiceLineStatus,
)

WEEK = timedelta(days=7)
WORKDAYS = 5

_ALLOCATION_STATUS = {
    ServiceLineStatus.ACTIVE: (AllocationStatus.ACTIVE, "allocation.resumed"),
    ServiceLineStatus.PAUSED: (AllocationStatus.PAUSED, "allocation.paused"),
    ServiceLineStatus.CLOSED: (AllocationStatus.CLOSED, "allocation.closed"),
    ServiceLineStatus.TERMINATED: (AllocationStatus.CLOSED, "allocation.closed"),
}
_ENDED = frozenset({ServiceLineStatus.CLOSED, ServiceLineStatus.TERMINATED})


def create_pool(
    book: Book,
    total: Decimal,
    *,
    at: datetime,
    workspace_id: str | None = None,
    resource_type: ResourceType = ResourceType.TALENT_HOURS,
    period: PoolPeriod = PoolPeriod.WEEKLY,
    id: str | None = None,
) -> Row:
    """A pool of the workspace, or of the whole organization."""
    pool = book.add(
        "capacity_pool",
        workspace_id=workspace_id,
        resource_type=resource_type,
        total=total,
        unit=rules.unit(resource_type, period),
        period=period,
        created_at=at,
        id=id,
    )
    book.happened(at, book.cast.operator, pool, "capacity_pool.created", total=total)
    return pool


def open_line(
    book: Book,
    name: str,
    *,
    at: datetime,
    actor: str,
    workspace_id: str,
    subscription_id: str,
    terms: tuple[ProductLine, ExecutionModel, BillingModel],
    source: tuple[str, Row] | None = None,
    monthly_price: Decimal | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    projects: Iterable[str] = (),
    id: str | None = None,
) -> Row:
    """An active service line; `source` is the kind of its source and the source itself."""
    product_line, execution_model, billing_model = terms
    line = book.add(
        "service_line",
        workspace_id=workspace_id,
        subscription_id=subscription_id,
        source_type=source[0] if source else None,
        source_id=source[1]["id"] if source else None,
        name=name,
        product_line=product_line,
        execution_model=execution_model,
        billing_model=billing_model,
        status=ServiceLineStatus.ACTIVE,
        starts_at=starts_at or at,
        started_at=at,
        ends_at=ends_at,
        monthly_price=monthly_price,
        currency=None if monthly_price is None else book.currency,
        created_at=at,
        id=id,
    )
    for project_id in projects:
        book.add("service_line_project", service_line_id=line["id"], project_id=project_id)
    book.happened(at, actor, line, "service_line.activated")
    return line


def move_line(book: Book, line: Row, status: ServiceLineStatus, *, at: datetime, actor: str) -> None:
    """Pause, resume or end a line, and its allocations with it."""
    ended = {"ended_at": at} if status in _ENDED else {}
    word = "resumed" if status is ServiceLineStatus.ACTIVE else status.lower()
    book.change(at, actor, line, f"service_line.{word}", {"status": status, **ended})
    allocation_status, event_type = _ALLOCATION_STATUS[status]
    for allocation in book.where("allocation", service_line_id=line["id"]):
        if allocation["status"] != AllocationStatus.CLOSED:
            book.change(at, actor, allocation, event_type, {"status": allocation_status, **ended})


def allocate(
    book: Book,
    pool: Row,
    line: Row,
    committed_per_period: Decimal,
    *,
    at: datetime,
    actor: str,
    resources: Sequence[tuple[str, str, Decimal]] = (),
    ends_at: datetime | None = None,
    origin: str = "activation",
    id: str | None = None,
) -> Row:
    """An allocation of a pool to a line; resources are talent, role and hours per week."""
    resource_type, period = ResourceType[pool["resource_type"]], PoolPeriod[pool["period"]]
    allocation = book.add(
        "allocation",
        workspace_id=line["workspace_id"],
        capacity_pool_id=pool["id"],
        service_line_id=line["id"],
        resource_type=resource_type,
        committed_per_period=committed_per_period,
        committed_per_week=rules.per_week(committed_per_period, resource_type, period),
        charge=committed_per_period,
        status=AllocationStatus.ACTIVE,
        origin=origin,
        starts_at=line["starts_at"],
        started_at=at,
        ends_at=ends_at,
        created_at=at,
        id=id,
    )
    for position, (talent_id, role, hours) in enumerate(resources, 1):
        book.add(
            "allocation_resource",
            allocation_id=allocation["id"],
            position=position,
            type="talent",
            talent_id=talent_id,
            role=role,
            committed_hours_per_week=hours,
        )
    book.happened(at, actor, allocation, "allocation.created", capacity_pool_id=pool["id"], service_line_id=line["id"])
    return allocation


def measure(book: Book, allocation: Row, actuals: Mapping[date, Decimal], *, at: datetime) -> None:
    """Record the delivered quantity of each week by its Monday; `at` is the time of the last recording."""
    committed = allocation["committed_per_week"]
    measured: dict[date, Decimal | None] = {}
    for monday, actual in actuals.items():
        utilisation = rules.utilisation_percent(actual, committed)
        book.add(
            "allocation_actual",
            allocation_id=allocation["id"],
            week_start=monday,
            actual=actual,
            committed=committed,
            utilisation_percent=utilisation,
        )
        if rules.utilisation_warning_due(measured, monday, utilisation):
            recorded_at = datetime.combine(monday + WEEK, at.timetz())
            book.happened(
                recorded_at,
                SYSTEM,
                allocation,
                "capacity.utilisation_warning",
                week_start=monday,
                utilisation_percent=utilisation,
            )
        measured[monday] = utilisation
    if not actuals:
        return
    last_week = list(actuals)[-1]
    figures = {"actual_last_week": actuals[last_week], "utilisation_percent": measured[last_week]}
    book.change(at, SYSTEM, allocation, "allocation.actual_recorded", figures, week_start=last_week)


def work_days(actuals: Mapping[date, Decimal]) -> Iterable[tuple[date, Decimal]]:
    """The weeks' hours spread over Monday to Friday, to four decimals."""
    return (
        (monday + timedelta(days=day), actual / WORKDAYS)
        for monday, actual in actuals.items()
        for day in range(WORKDAYS)
    )


def meter_hours(book: Book, line: Row, actuals: Mapping[date, Decimal], *, rate: Decimal | None = None) -> None:
    """The talent hours of every working day; `rate` is the price of an hour where hours are charged."""
    for day, hours in work_days(actuals):
        cost = None if rate is None else hours * rate
        meter(book, line, "talent.hours", hours, "hours", on=day, cost=cost)


def meter(
    book: Book, line: Row, metric: str, quantity: Decimal, unit: str, *, on: date, cost: Decimal | None = None
) -> None:
    """One record of usage."""
    book.add(
        "usage_record",
        service_line_id=line["id"],
        metric=metric,
        quantity=quantity,
        unit=unit,
        cost=cost,
        currency=None if cost is None else book.currency,
        occurred_on=on,
    )


def request_capacity(
    book: Book, source_type: str, source: Row, hours: Decimal, *, confidence: str, needed_from: date
) -> Row:
    """Request talent hours per week for a pod, scope or outcome request."""
    return book.add(
        "capacity_request",
        source_type=source_type,
        source_id=source["id"],
        workspace_id=source["workspace_id"],
        resource_type=ResourceType.TALENT_HOURS,
        quantity=hours,
        confidence=confidence,
        needed_from=needed_from,
    )


def close_capacity_request(book: Book, source: Row, at: datetime) -> None:
    """Close the capacity requests of a source."""
    for request in book.where("capacity_request", source_id=source["id"], closed_at=None):
        request["closed_at"] = at


def open_incident(
    book: Book,
    line: Row,
    title: str,
    *,
    at: datetime,
    type: IncidentType = IncidentType.SLA_BREACH,
    severity: IncidentSeverity = IncidentSeverity.P3,
    raised_by: str | None = None,
    acknowledged_after: timedelta | None = None,
    resolved_after: timedelta | None = None,
    resolution: str = "",
    **columns: Any,
) -> Row:
    """An incident of a line and its handling; incidents raised by a client are suspected."""
    incident = book.add(
        "incident",
        service_line_id=line["id"],
        pod_id=line["source_id"] if line["source_type"] == "POD" else None,
        type=type,
        severity=severity,
        suspected=raised_by is not None,
        title=title,
        status=IncidentStatus.OPEN,
        raised_by=raised_by,
        opened_at=at,
        created_at=at,
        **columns,
    )
    delivery = book.cast.delivery
    book.happened(at, raised_by or SYSTEM, incident, "incident.opened", severity=severity)
    if acknowledged_after:
        seen = at + acknowledged_after
        columns = {"status": IncidentStatus.ACKNOWLEDGED, "acknowledged_at": seen}
        book.change(seen, delivery, incident, "incident.acknowledged", columns)
    if resolved_after:
        done = at + resolved_after
        columns = {"status": IncidentStatus.RESOLVED, "resolved_at": done, "resolution": resolution}
        book.change(done, delivery, incident, "incident.resolved", columns)
    return incident


def mondays(first: date, last: date) -> list[date]:
    """The Mondays from `first` to `last`, both included."""
    start = first + timedelta(days=-first.weekday() % 7)
    return [start + n * WEEK for n in range((last - start) // WEEK + 1)]
