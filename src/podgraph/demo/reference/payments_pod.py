"""The pod of the reference document with its months, tickets and revisions."""

from datetime import date, timedelta
from decimal import Decimal

from podgraph.demo import capacity, pods, sla_reports, tickets
from podgraph.demo.pods import Offer
from podgraph.demo.reference.pods import answered, weekly_hours
from podgraph.demo.reference.supply import RECORDED_AT
from podgraph.demo.reference.tenants import (
    PROJECT,
    SUBSCRIPTION,
    WORKSPACE,
    at,
)
from podgraph.demo.row_builder import Book, Row
from podgraph.demo.sla_reports import measurements
from podgraph.demo.tickets import Handling
from podgraph.kernel.periods import Period
from podgraph.pods.lifecycle import SlaMetricKind, TicketPriority, TicketType
from podgraph.service_lines.lifecycle import IncidentType

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


def payments_platform(book: Book, pool: Row) -> None:
    """POD-26-000008 as the document shows it, from its request in August 2025 on."""
    pod = pods.request_pod(
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
    allocation = pods.activate(book, pod, offer, at=started_at, line_id="LIN-26-088401", sla_id="SLA-26-000008")
    weeks = weekly_hours(_MONTHS, last=Decimal("197.5"))
    capacity.measure(book, allocation, weeks, at=RECORDED_AT)
    capacity.meter_hours(book, pods.line_of(book, pod), weeks)
    _payments_scope(book, pod)
    _payments_tickets(book, pod)
    for month, measured in _MONTHS.items():
        # The document lists INC-26-000091 alone for April, although the quality gate was breached.
        sla_reports.report(book, pod, Period.parse(month), measured, opens_incidents=month != "2026-04")
    capacity.open_incident(
        book,
        pods.line_of(book, pod),
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
    pods.revise(
        book,
        pod,
        [gateway, ledger, webhooks, portal],
        at=at("2025-09-03T09:00"),
        summary="Gateway and ledger first, then webhooks and the merchants' portal.",
        note="The backlog as agreed at the start.",
    )
    pods.revise(
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
    pods.revise(
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
        tickets.raise_ticket(
            book,
            pod,
            title,
            f"{title}: please look into it before the rest.",
            at=at(created),
            handling=answered(seconds),
        )
    tickets.raise_ticket(
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
    tickets.raise_ticket(
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
    tickets.raise_ticket(
        book,
        pod,
        "Add a currency column to the refund report",
        "Finance needs the settlement currency next to the amount.",
        at=at("2026-04-23T09:00"),
        type=TicketType.REQUEST,
        priority=TicketPriority.LOW,
        handling=Handling(timedelta(minutes=95), timedelta(days=8), timedelta(days=10)),
    )
    tickets.raise_ticket(
        book,
        pod,
        "Staging gateway returns stale exchange rates",
        "Rates in staging are a week old.",
        at=at("2026-05-11T10:10"),
        type=TicketType.ISSUE,
        priority=TicketPriority.MEDIUM,
        handling=Handling(timedelta(minutes=70)),
    )
    tickets.raise_ticket(
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
            tickets.raise_ticket(
                book,
                pod,
                title,
                f"{title}: merchants are waiting.",
                at=at(f"{month}-{day:02d}T09:40"),
                handling=answered(seconds),
            )
