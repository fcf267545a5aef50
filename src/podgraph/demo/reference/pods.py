"""The pods: the one of the document, with its months, and others in every status."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from podgraph.demo import capacity, managed
from podgraph.demo.managed import Handling, Offer, measurements
from podgraph.demo.reference.supply import RECORDED_AT
from podgraph.demo.reference.tenants import (
    DATA_WORKSPACE,
    LAST_WEEK,
    NORTHWIND_SUBSCRIPTION,
    NORTHWIND_WORKSPACE,
    PROJECT,
    SUBSCRIPTION,
    WORKSPACE,
    at,
)
from podgraph.demo.row_builder import Book, Row
from podgraph.kernel.periods import Period
from podgraph.pods.lifecycle import DeliveryModel, PodStatus, SlaMetricKind, TicketPriority, TicketType
from podgraph.service_lines.lifecycle import IncidentSeverity, IncidentType

POD = "POD-26-000008"

_MONTHS = {
    "2025-09": measurements(17, "1.9", "196", 80),
    "2025-10": measurements(18, "1.7", "199", 78),
    "2025-11": measurements(19, "1.6", "200", 81),
    "2025-12": measurements(18, "2.2", "198", 82),
    "2026-01": measurements(18, "1.9", "199", 77),
    "2026-02": measurements(20, "1.5", "200", 80),
    "2026-03": measurements(19, "1.7", "198.5", 81),
    "2026-04": measurements(19, "1.8", "198", 76),
}
# Around the month's mean; four or five weeks of it come to nothing.
_SWING = {4: ("-1", "1", "0.5", "-0.5"), 5: ("-1", "1", "0", "0.5", "-0.5")}


def payments_platform(book: Book, pool: Row) -> None:
    """POD-26-000008 as the document shows it, from its request in August 2025 on."""
    pod = managed.request_pod(
        book,
        "Payments Platform Pod",
        at=at("2025-08-04T10:20"),
        workspace_id=WORKSPACE,
        subscription_id=SUBSCRIPTION,
        description="End-to-end managed delivery for the payments platform rebuild.",
        size=5,
        start_date=date(2025, 9, 1),
        capabilities=["backend_engineering", "qa", "technical_pm"],
        projects=[PROJECT],
        id=POD,
    )
    offer = Offer(
        team=[
            ("SCR-128491", "senior_backend_engineer"),
            ("SCR-129102", "backend_engineer"),
            ("SCR-130011", "qa_engineer"),
            ("SCR-130988", "frontend_engineer"),
            ("SCR-131200", "technical_pm"),
        ],
        throughput=18,
        response_hours=Decimal(2),
        quality_percent=Decimal(80),
        price=Decimal("38000.00"),
        pool=pool,
    )
    started_at = at("2025-09-01T00:00")
    allocation = managed.activate(book, pod, offer, at=started_at, line_id="LIN-26-088401", sla_id="SLA-26-000008")
    weeks = _weeks(_MONTHS, last=Decimal("197.5"))
    capacity.measure(book, allocation, weeks, at=RECORDED_AT)
    capacity.meter_hours(book, managed.line_of(book, pod), weeks)
    _payments_scope(book, pod)
    _payments_tickets(book, pod)
    for month, measured in _MONTHS.items():
        # The document lists INC-26-000091 alone for April, although the quality gate was breached.
        managed.report(book, pod, Period.parse(month), measured, opens_incidents=month != "2026-04")
    capacity.open_incident(
        book,
        managed.line_of(book, pod),
        "Settlement export left out of two sprints",
        at=at("2026-05-12T14:25"),
        type=IncidentType.DELIVERY_FAILURE,
        raised_by=book.cast.owner,
        description="The export was first in the scope's order and has not been started.",
    )


def _payments_scope(book: Book, pod: Row) -> None:
    gateway = ("gateway", "Payment gateway abstraction", 1)
    ledger = ("ledger", "Double-entry ledger service", 2)
    webhooks = ("webhooks", "Webhook delivery with retries", 3)
    portal = ("portal", "Merchant self-service portal", 4)
    managed.revise(
        book,
        pod,
        [gateway, ledger, webhooks, portal],
        at=at("2025-09-03T09:00"),
        summary="Gateway and ledger first, then webhooks and the merchants' portal.",
        note="The backlog as agreed at the start.",
    )
    managed.revise(
        book,
        pod,
        [
            ("webhooks", "Webhook delivery with retries", 1),
            gateway,
            ledger,
            ("payouts", "Payouts in batches", 4),
        ],
        at=at("2026-01-12T15:30"),
        summary="Webhooks come first; payouts replace the portal.",
        note="The portal moves to another team, and merchants ask for payouts.",
    )
    managed.revise(
        book,
        pod,
        [
            ("export", "Settlement export for the finance team", 1),
            ("webhooks", "Webhook delivery with retries and replay", 2),
            ("ledger", "Double-entry ledger service", 3),
            ("gateway", "Payment gateway abstraction", 4),
            ("payouts", "Payouts in batches", 5),
        ],
        at=at("2026-04-16T11:45"),
        summary="The settlement export comes first; webhooks gain a replay.",
        note="Finance closes the quarter on the export; failed webhooks must be replayable.",
    )


def _payments_tickets(book: Book, pod: Row) -> None:
    _earlier_tickets(book, pod)
    april = [
        ("2026-04-02T09:15", 5040, "Refund ledger shows duplicate entries"),
        ("2026-04-08T13:40", 6300, "Card tokenisation times out for EU issuers"),
        ("2026-04-17T10:05", 6120, "Authentication challenge loops on mobile"),
        ("2026-04-28T15:20", 4860, "Payout batch stuck in approval"),
    ]
    for created, seconds, title in april:
        managed.raise_ticket(
            book,
            pod,
            title,
            f"{title}: please look into it before the rest.",
            at=at(created),
            handling=_done(seconds),
        )
    managed.raise_ticket(
        book,
        pod,
        "Expedite payment webhook reliability fix",
        "Production webhooks are failing at 2% rate. Need this triaged and resolved this sprint.",
        at=at("2026-04-14T08:30"),
        by=book.cast.owner,
        handling=Handling(timedelta(seconds=5400), timedelta(days=9), timedelta(days=12)),
        comments=[
            (timedelta(hours=2), book.cast.delivery, "Reproduced under load: retries pile up in one queue."),
            (timedelta(days=1), book.cast.owner, "We have asked for a fixed outcome on the root cause."),
        ],
    )
    managed.raise_ticket(
        book,
        pod,
        "Settlement file rejected by the acquirer",
        "The nightly file was refused; the acquirer closes its window at 06:00 UTC.",
        at=at("2026-04-21T22:10"),
        priority=TicketPriority.URGENT,
        handling=Handling(
            timedelta(seconds=11160), timedelta(hours=9), timedelta(days=2), timedelta(hours=2, minutes=30)
        ),
        incident={
            "id": "INC-26-000091",
            "title": "SLA response time exceeded on a priority item",
            "description": "First response after 3.1 hours where 2 are agreed.",
            "resolved_after": None,
        },
    )
    managed.raise_ticket(
        book,
        pod,
        "Add a currency column to the refund report",
        "Finance needs the settlement currency beside the amount.",
        at=at("2026-04-23T09:00"),
        type=TicketType.REQUEST,
        priority=TicketPriority.LOW,
        handling=Handling(timedelta(minutes=95), timedelta(days=8), timedelta(days=10)),
    )
    managed.raise_ticket(
        book,
        pod,
        "Staging gateway returns stale exchange rates",
        "Rates in staging are a week old.",
        at=at("2026-05-11T10:10"),
        type=TicketType.ISSUE,
        priority=TicketPriority.MEDIUM,
        handling=Handling(timedelta(minutes=70)),
    )
    managed.raise_ticket(
        book,
        pod,
        "Chargeback notifications arrive twice",
        "Merchants get two mails for one chargeback since this morning.",
        at=at("2026-05-14T14:50"),
        handling=Handling(),
    )


def _earlier_tickets(book: Book, pod: Row) -> None:
    """Two priority items a month whose responses come to the mean that the month's report states."""
    titles = ("Reconcile a failed settlement run", "Raise the timeout of the acquirer's gateway")
    for month, measured in list(_MONTHS.items())[:-1]:
        mean, aside = int(measured[SlaMetricKind.RESPONSE_TIME] * 3600), 300
        if mean > 7200:
            aside = 2160
        for day, seconds, title in ((9, mean - aside, titles[0]), (20, mean + aside, titles[1])):
            managed.raise_ticket(
                book,
                pod,
                title,
                f"{title}: merchants are waiting.",
                at=at(f"{month}-{day:02d}T09:40"),
                handling=_done(seconds),
            )


def _done(seconds: int) -> Handling:
    return Handling(timedelta(seconds=seconds), timedelta(days=3), timedelta(days=5))


def _weeks(months: Mapping[str, Mapping[SlaMetricKind, Decimal]], *, last: Decimal) -> dict[date, Decimal]:
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
    managed.report(
        book,
        pod,
        Period(2026, 5),
        {SlaMetricKind.THROUGHPUT: Decimal(12), SlaMetricKind.AVAILABILITY: Decimal(118)},
        published=False,
    )
    managed.raise_ticket(
        book,
        pod,
        "Document upload fails for sole traders",
        "The form asks for a company number that they do not have.",
        at=at("2026-05-13T08:05"),
        handling=Handling(timedelta(hours=2, minutes=10)),
    )


def others(book: Book, pool: Row) -> None:
    """Pods in scoping, paused, completed and cancelled."""
    managed.request_pod(
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
    fraud = managed.request_pod(
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
    managed.propose(book, fraud, offer, at=at("2026-05-08T10:00"), valid_days=21)
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
    managed.pause(book, paused, at=at("2026-04-27T07:00"), reason="The warehouse moves first.")
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
    managed.end(book, done, PodStatus.COMPLETED, at=at("2025-12-02T00:00"))
    dropped = managed.request_pod(
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
    managed.end(book, dropped, PodStatus.CANCELLED, at=at("2026-03-04T16:20"), reason="Postponed.")


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
    managed.raise_ticket(
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
        managed.line_of(book, pod),
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
    """An activated pod with the months that are told of it; `team` is talent and role of each member."""
    members = [(talent_id, role) for one in team for talent_id, role in [one.split()]]
    pod = managed.request_pod(
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
    allocation = managed.activate(book, pod, offer, at=at(started))
    line = managed.line_of(book, pod)
    full = offer.hours_per_week
    weeks = _weeks(months, last=full - 2)
    if not at_work:
        del weeks[LAST_WEEK]
    recorded_at = at(f"{max(weeks) + capacity.WEEK}T06:00")
    capacity.measure(book, allocation, weeks, at=recorded_at)
    capacity.meter_hours(book, line, weeks)
    managed.revise(
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
        managed.raise_ticket(
            book,
            pod,
            "A priority item of the month",
            "To be taken before the rest of the sprint.",
            at=at(f"{day}T11:00"),
            handling=_done(seconds),
        )
        managed.report(book, pod, Period.parse(month), measured)
    return pod
