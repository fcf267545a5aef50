"""The other reference pods, in every status."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from podgraph.demo import capacity, pods, sla_reports, tickets
from podgraph.demo.pods import Offer
from podgraph.demo.reference.tenants import (
    DATA_WORKSPACE,
    LAST_WEEK,
    NORTHWIND_SUBSCRIPTION,
    NORTHWIND_WORKSPACE,
    SUBSCRIPTION,
    WORKSPACE,
    at,
)
from podgraph.demo.row_builder import Book, Row
from podgraph.demo.sla_reports import measurements
from podgraph.demo.tickets import Handling
from podgraph.kernel.periods import Period
from podgraph.pods.lifecycle import DeliveryModel, PodStatus, SlaMetricKind
from podgraph.service_lines.lifecycle import IncidentSeverity, IncidentType

# Deviations from the mean of a month of four or five weeks; they add up to zero.
_SWING = {4: ("-1", "1", "0.5", "-0.5"), 5: ("-1", "1", "0", "0.5", "-0.5")}


def answered(seconds: int) -> Handling:
    return Handling(timedelta(seconds=seconds), timedelta(days=3), timedelta(days=5))


def weekly_hours(months: Mapping[str, Mapping[SlaMetricKind, Decimal]], *, last: Decimal) -> dict[date, Decimal]:
    """Weekly hours whose mean over each month is the availability that its report states."""
    weeks: dict[date, Decimal] = {}
    for month, measured in months.items():
        period = Period.parse(month)
        days = capacity.mondays(period.first_day, period.next.first_day - timedelta(days=1))
        for monday, swing in zip(days, _SWING[len(days)], strict=True):
            weeks[monday] = measured[SlaMetricKind.AVAILABILITY] + Decimal(swing)
    return {**weeks, LAST_WEEK: last}


def merchant_onboarding(book: Book, pool: Row) -> None:
    """A younger pod that keeps its SLA; the report of May is still a draft."""
    pod = _running(
        book,
        pool,
        "Merchant Onboarding Pod",
        "POD-26-000009",
        requested="2026-01-08T09:30",
        started="2026-02-02T00:00",
        team=["SCR-131488 fullstack_engineer", "SCR-131502 frontend_engineer", "SCR-131619 qa_engineer"],
        price="21600.00",
        months={
            "2026-02": measurements(10, "3.1", "119", 79),
            "2026-03": measurements(12, "2.6", "120", 80),
            "2026-04": measurements(13, "2.4", "119.5", 83),
        },
        model=DeliveryModel.DEDICATED_TEAM,
    )
    sla_reports.report(
        book,
        pod,
        Period(2026, 5),
        {SlaMetricKind.THROUGHPUT: Decimal(12), SlaMetricKind.AVAILABILITY: Decimal(118)},
        published=False,
    )
    tickets.raise_ticket(
        book,
        pod,
        "Document upload fails for sole traders",
        "The form asks for a company number that they do not have.",
        at=at("2026-05-13T08:05"),
        handling=Handling(timedelta(hours=2, minutes=10)),
    )


def others(book: Book, pool: Row) -> None:
    """Pods in scoping, paused, completed and cancelled."""
    pods.request_pod(
        book,
        "Checkout Reliability Pod",
        at=at("2026-05-06T13:15"),
        workspace_id=WORKSPACE,
        subscription_id=SUBSCRIPTION,
        description="Two engineers who keep the checkout fast and available.",
        size=2,
        start_date=date(2026, 7, 1),
        capabilities=["backend_engineering", "site_reliability"],
        months=6,
        id="POD-26-000011",
    )
    fraud = pods.request_pod(
        book,
        "Fraud Analytics Pod",
        at=at("2026-04-27T08:50"),
        workspace_id=DATA_WORKSPACE,
        subscription_id=SUBSCRIPTION,
        description="Models and dashboards that find fraudulent payments.",
        size=3,
        start_date=date(2026, 6, 15),
        capabilities=["machine_learning", "data_engineering", "technical_pm"],
        id="POD-26-000012",
    )
    offer = Offer(
        team=[
            ("SCR-132010", "machine_learning_engineer"),
            ("SCR-132023", "data_engineer"),
            ("SCR-132041", "technical_pm"),
        ],
        throughput=10,
        response_hours=Decimal(4),
        quality_percent=Decimal(75),
        price=Decimal("24900.00"),
        pool=pool,
    )
    pods.propose(book, fraud, offer, at=at("2026-05-08T10:00"), valid_days=21)
    paused = _running(
        book,
        pool,
        "Data Platform Pod",
        "POD-26-000010",
        requested="2025-10-06T09:00",
        started="2025-11-03T00:00",
        team=["SCR-131701 data_engineer", "SCR-131733 analytics_engineer"],
        price="14800.00",
        months={"2026-02": measurements(8, "3.2", "80", 76), "2026-03": measurements(7, "3.6", "79.5", 78)},
        workspace_id=DATA_WORKSPACE,
        at_work=False,
        model=DeliveryModel.STAFF_AUGMENTATION,
    )
    pods.pause(book, paused, at=at("2026-04-27T07:00"), reason="The warehouse moves first.")
    done = _running(
        book,
        pool,
        "Legacy Migration Pod",
        "POD-26-000013",
        requested="2025-05-14T09:00",
        started="2025-06-02T00:00",
        team=["SCR-132023 data_engineer", "SCR-132104 backend_engineer"],
        price="15200.00",
        months={"2025-10": measurements(8, "3.0", "80", 81), "2025-11": measurements(9, "2.9", "80", 82)},
        workspace_id=DATA_WORKSPACE,
        term=6,
        at_work=False,
    )
    pods.end(book, done, PodStatus.COMPLETED, at=at("2025-12-02T00:00"))
    dropped = pods.request_pod(
        book,
        "Loyalty Programme Pod",
        at=at("2026-02-11T12:00"),
        workspace_id=DATA_WORKSPACE,
        subscription_id=SUBSCRIPTION,
        description="A loyalty programme for returning customers.",
        size=4,
        start_date=date(2026, 4, 1),
        capabilities=["backend_engineering", "frontend_engineering"],
        id="POD-26-000014",
    )
    pods.end(book, dropped, PodStatus.CANCELLED, at=at("2026-03-04T16:20"), reason="Postponed.")


def northwind(book: Book, pool: Row) -> None:
    """The second client's pod, with a breached report, a late ticket and a suspicion of its own."""
    pod = _running(
        book,
        pool,
        "Fleet Telemetry Pod",
        "POD-26-000021",
        requested="2026-01-12T09:00",
        started="2026-02-02T00:00",
        team=["SCR-133001 backend_engineer", "SCR-133002 qa_engineer"],
        price="13900.00",
        months={"2026-03": measurements(8, "4.4", "80", 74), "2026-04": measurements(9, "2.8", "79", 82)},
        workspace_id=NORTHWIND_WORKSPACE,
        subscription_id=NORTHWIND_SUBSCRIPTION,
        projects=["PROJ-26-004290"],
    )
    tickets.raise_ticket(
        book,
        pod,
        "Truck positions lag by ten minutes",
        "Dispatchers see old positions since the last release.",
        at=at("2026-05-05T06:30"),
        handling=Handling(timedelta(hours=5), timedelta(days=2)),
        comments=[(timedelta(hours=6), book.cast.delivery, "A consumer group had stopped; it runs again.")],
    )
    capacity.open_incident(
        book,
        pods.line_of(book, pod),
        "Nightly import blocks the depot at Kassel",
        at=at("2026-05-13T05:40"),
        type=IncidentType.DELIVERY_BLOCKER,
        severity=IncidentSeverity.P2,
        raised_by=book.cast.owner,
    )


def _running(
    book: Book,
    pool: Row,
    name: str,
    pod_id: str,
    *,
    requested: str,
    started: str,
    team: Sequence[str],
    price: str,
    months: Mapping[str, Mapping[SlaMetricKind, Decimal]],
    workspace_id: str = WORKSPACE,
    subscription_id: str = SUBSCRIPTION,
    projects: Sequence[str] = (),
    model: DeliveryModel = DeliveryModel.MANAGED_DELIVERY,
    term: int = 12,
    at_work: bool = True,
) -> Row:
    """An activated pod with the reports of `months`; `team` is talent and role of each member."""
    members = [(talent_id, role) for one in team for talent_id, role in [one.split()]]
    pod = pods.request_pod(
        book,
        name,
        at=at(requested),
        workspace_id=workspace_id,
        subscription_id=subscription_id,
        description=f"What the {name} is responsible for, from its first sprint on.",
        size=len(members),
        start_date=at(started).date(),
        capabilities=[role for _, role in members],
        months=term,
        delivery_model=model,
        projects=projects,
        id=pod_id,
    )
    offer = Offer(members, 4 * len(members), Decimal(4), Decimal(75), Decimal(price), pool)
    allocation = pods.activate(book, pod, offer, at=at(started))
    line = pods.line_of(book, pod)
    full = offer.hours_per_week
    weeks = weekly_hours(months, last=full - 2)
    if not at_work:
        del weeks[LAST_WEEK]
    recorded_at = at(f"{max(weeks) + capacity.WEEK}T06:00")
    capacity.measure(book, allocation, weeks, at=recorded_at)
    capacity.meter_hours(book, line, weeks)
    pods.revise(
        book,
        pod,
        [("first", "The backlog of the first quarter", 1), ("run", "Running and monitoring", 2)],
        at=at(started) + timedelta(days=2, hours=9),
        summary="The first quarter, and what has to be kept running.",
        note="Agreed with the team in its first week.",
    )
    for month, measured in months.items():
        day = Period.parse(month).first_day + timedelta(days=10)
        seconds = int(measured[SlaMetricKind.RESPONSE_TIME] * 3600)
        tickets.raise_ticket(
            book,
            pod,
            "A priority item of the month",
            "To be taken before the rest of the sprint.",
            at=at(f"{day}T11:00"),
            handling=answered(seconds),
        )
        sla_reports.report(book, pod, Period.parse(month), measured)
    return pod
