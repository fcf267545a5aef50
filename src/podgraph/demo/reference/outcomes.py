"""Outcomes on demand: the engagement of the document, an older one in review, and others in every status."""

from datetime import date, timedelta
from decimal import Decimal

from podgraph.demo import capacity, delivery, outcomes
from podgraph.demo.outcomes import Plan, Promise
from podgraph.demo.reference.supply import RECORDED_AT, recent
from podgraph.demo.reference.tenants import (
    DATA_WORKSPACE,
    NORTHWIND_SUBSCRIPTION,
    NORTHWIND_WORKSPACE,
    OWNER,
    PROJECT,
    SUBSCRIPTION,
    WORKSPACE,
    at,
)
from podgraph.demo.row_builder import Book, Row

FULL_TIME = Decimal(40)


def webhook_reliability(book: Book, pool: Row) -> None:
    """OREQ-26-000041 as the document shows it, at the moment of its cycle's sample."""
    request = outcomes.submit_request(
        book,
        "Payment webhook reliability - end-to-end fix and test coverage",
        at=at("2026-04-15T10:00"),
        workspace_id=WORKSPACE,
        subscription_id=SUBSCRIPTION,
        description=(
            "Our payment webhook handler has a 2% failure rate under load. We need the root cause identified,"
            " fixed, load tested, and shipped to production with full test coverage."
        ),
        desired_outcome=(
            "Production webhook failure rate below 0.1% under 2x normal load, with test suite proving reliability."
        ),
        criteria=[
            "Webhook handler passes load test at 2x peak throughput with <0.1% failure rate",
            "Unit test coverage of the handler reaches >90%",
            "Change is deployed to production and monitored for 48 hours",
        ],
        weeks=3,
        budget=Decimal("18000.00"),
        by=OWNER,
        projects=[PROJECT],
        id="OREQ-26-000041",
    )
    promises = [
        Promise(
            "Root cause analysis and fix",
            "Identify and resolve the root cause of the webhook failure rate.",
            ["Failure rate <0.1% in staging load test."],
            "DLV-26-000081",
        ),
        Promise(
            "Test suite",
            "Unit tests covering the webhook handler at >90% coverage.",
            ["Coverage report showing >90% with all tests passing."],
            "DLV-26-000082",
        ),
        Promise(
            "Production deployment and monitoring",
            "Deployment to production with 48-hour monitoring window.",
            ["48-hour monitoring report showing <0.1% failure rate in production."],
            "DLV-26-000083",
        ),
    ]
    scope = outcomes.propose(
        book,
        request,
        [Plan("Cycle 1", 3, promises, "OCYCLE-26-000011")],
        at=at("2026-04-15T14:20"),
        price=Decimal("15500.00"),
        first_day=date(2026, 5, 1),
        pool=pool,
        hours=FULL_TIME,
        id="OSCOPE-26-000009",
    )
    allocation = outcomes.confirm(
        book,
        scope,
        at=at("2026-04-15T16:40"),
        resources=[("SCR-132104", "reliability_engineer", FULL_TIME)],
        line_id="LIN-26-092200",
    )
    _work(book, scope, allocation, "37")
    delivery.start(book, outcomes.first_cycle(book, scope), at=at("2026-05-01T08:00"), actor=book.cast.delivery)
    fix, tests, _ = outcomes.deliverables_of(book, scope)
    delivery.begin(book, fix, at=at("2026-05-01T09:00"))
    delivery.begin(book, tests, at=at("2026-05-11T09:00"))
    delivery.submit(
        book,
        fix,
        at=at("2026-05-14T16:00"),
        notes="One queue served all retries; it is split by merchant, and the load test passes at 0.04 %.",
    )


def ledger_audit(book: Book, pool: Row) -> None:
    """A longer engagement: its last open deliverable was rejected once and waits for its second review."""
    first = [
        Promise(
            "Inventory of ledger postings",
            "Every posting rule of the ledger with its source.",
            ["Each posting rule is traced to its source system."],
        ),
        Promise(
            "Reconciliation of the last four quarters",
            "Ledger and bank statements compared, with every difference explained.",
            ["Differences above 100 USD are explained individually.", "Totals agree to the cent per month."],
        ),
    ]
    second = [
        Promise(
            "Automated daily reconciliation",
            "A job that compares ledger and bank every night.",
            ["It runs on production data for five nights without a manual step."],
        ),
        Promise(
            "Alerting on differences",
            "Finance is notified of a difference before it starts work.",
            ["A seeded difference raises an alert within 15 minutes.", "Each alert names the posting."],
        ),
        Promise(
            "Runbook and handover",
            "What to do when ledger and bank disagree.",
            ["Two people of the finance team have followed it unaided."],
        ),
    ]
    scope = _proposed(
        book,
        pool,
        "Ledger reconciliation audit",
        [Plan("Cycle 1", 4, first), Plan("Cycle 2", 5, second)],
        asked="2026-02-16T09:30",
        first_day=date(2026, 3, 2),
        price="28400.00",
        budget="30000.00",
    )
    allocation = outcomes.confirm(
        book, scope, at=at("2026-02-27T15:10"), resources=[("SCR-132118", "payments_auditor", FULL_TIME)]
    )
    _work(book, scope, allocation, "39 38 40 37 40 36 38 39 40 38")
    outcomes.pay(book, outcomes.payments_of(book, scope)[0], at=at("2026-03-05T10:00"), reference="APX-20260305-118")
    delivery.start(book, outcomes.first_cycle(book, scope), at=at("2026-03-02T08:00"))
    inventory, reconciliation, nightly, alerting, runbook = outcomes.deliverables_of(book, scope)
    _deliver(book, inventory, "2026-03-02T09:00", "2026-03-20T16:30")
    _deliver(book, reconciliation, "2026-03-04T09:00", "2026-03-25T15:00")
    delivery.accept(book, inventory, at=at("2026-03-27T10:15"), notes="Complete and readable.")
    delivery.accept(book, reconciliation, at=at("2026-03-30T09:20"), notes="All twelve months agree to the cent.")
    _deliver(book, nightly, "2026-03-30T10:00", "2026-04-24T17:00")
    _deliver(book, alerting, "2026-04-13T09:00", "2026-04-28T12:00")
    _deliver(book, runbook, "2026-04-20T09:00", "2026-05-01T11:00")
    delivery.accept(book, nightly, at=at("2026-05-05T08:45"), notes="Five nights, no manual step.")
    delivery.accept(book, runbook, at=at("2026-05-05T08:50"), notes="Two of us have followed it unaided.")
    remediation = delivery.reject(
        book,
        alerting,
        at=at("2026-05-05T09:30"),
        reason="The alert of a seeded difference of 12.60 USD came after 41 minutes, not within 15.",
        unmet=["AC-1"],
    )
    delivery.start(book, remediation, at=at("2026-05-06T08:00"))
    notes = "Differences are looked for every five minutes now; the slowest alert came after nine."
    delivery.submit(book, alerting, at=at("2026-05-12T11:00"), notes=notes)


def others(book: Book, pool: Row) -> None:
    """Engagements that are over, in review, not confirmed, stopped, or still being talked about."""
    _accessibility(book, pool)
    _retention(book, pool)
    _prototype(book, pool)
    _unconfirmed(book, pool)
    asked = _request(book, "Customer data catalogue", "2026-05-11T09:00", "22000.00")
    capacity.request_capacity(
        book, "OUTCOME_REQUEST", asked, Decimal(30), confidence="expected", needed_from=date(2026, 7, 6)
    )
    tight = _request(book, "Real-time fraud scoring", "2026-04-20T10:30", "9000.00", weeks=2)
    outcomes.negotiate(book, tight, at=at("2026-04-23T15:00"), reason="Scoring in real time takes six weeks, not two.")
    dropped = _request(book, "Churn prediction model", "2026-02-03T11:00", "15000.00")
    outcomes.cancel_request(book, dropped, at=at("2026-02-19T09:10"))


def _accessibility(book: Book, pool: Row) -> None:
    promise = Promise(
        "Accessible checkout",
        "The checkout works with keyboard and screen reader.",
        ["An independent audit finds no blocking issue."],
    )
    scope = _proposed(
        book,
        pool,
        "Checkout accessibility audit and fix",
        [Plan("Cycle 1", 4, [promise])],
        asked="2026-01-05T10:00",
        first_day=date(2026, 1, 19),
        price="9800.75",
        budget="12000.00",
    )
    outcomes.confirm(book, scope, at=at("2026-01-14T13:30"), resources=[("SCR-132150", "frontend_engineer", FULL_TIME)])
    upfront, final = outcomes.payments_of(book, scope)
    outcomes.pay(book, upfront, at=at("2026-01-20T09:00"), reference="APX-20260120-031")
    delivery.start(book, outcomes.first_cycle(book, scope), at=at("2026-01-19T08:00"))
    checkout = outcomes.deliverables_of(book, scope)[0]
    _deliver(book, checkout, "2026-01-19T09:00", "2026-02-13T16:00")
    delivery.accept(book, checkout, at=at("2026-02-17T11:00"), notes="The auditor's report is attached.")
    outcomes.pay(book, final, at=at("2026-02-23T09:00"), reference="APX-20260223-077")
    line = next(book.where("service_line", id=scope["service_line_id"]))
    capacity.meter(book, line, "ods.cycles", Decimal(1), "cycles", on=date(2026, 2, 17))


def _retention(book: Book, pool: Row) -> None:
    promises = [
        Promise(
            "Retention policy in code",
            "Each table states how long its rows are kept.",
            ["Every table with personal data has a stated period."],
        )
    ]
    later = Promise("Deletion job", "Rows past their period are deleted.", ["A dry run lists what goes."])
    scope = _proposed(
        book,
        pool,
        "Data retention review",
        [Plan("Policy", 3, promises), Plan("Deletion", 3, [later])],
        asked="2026-04-01T08:30",
        first_day=date(2026, 4, 20),
        price="11250.00",
        budget="12500.00",
        hours=Decimal(20),
        workspace_id=DATA_WORKSPACE,
    )
    allocation = outcomes.confirm(
        book, scope, at=at("2026-04-13T09:00"), resources=[("SCR-132150", "privacy_engineer", Decimal(20))]
    )
    _work(book, scope, allocation, "19 20 18.5")
    outcomes.pay(book, outcomes.payments_of(book, scope)[0], at=at("2026-04-17T09:00"), reference="APX-20260417-142")
    delivery.start(book, outcomes.first_cycle(book, scope), at=at("2026-04-20T08:00"))
    _deliver(book, outcomes.deliverables_of(book, scope)[0], "2026-04-20T09:00", "2026-05-07T16:00")


def _prototype(book: Book, pool: Row) -> None:
    promise = Promise("Prototype", "A report builder to click through.", ["Five analysts build a report."])
    scope = _proposed(
        book,
        pool,
        "Report builder prototype",
        [Plan("Cycle 1", 4, [promise])],
        asked="2025-11-10T09:00",
        first_day=date(2025, 12, 1),
        price="8400.00",
        budget="9000.00",
        workspace_id=DATA_WORKSPACE,
    )
    outcomes.confirm(book, scope, at=at("2025-11-21T10:00"), resources=[("SCR-132023", "data_engineer", FULL_TIME)])
    outcomes.pay(book, outcomes.payments_of(book, scope)[0], at=at("2025-11-27T09:00"), reference="APX-20251127-009")
    delivery.start(book, outcomes.first_cycle(book, scope), at=at("2025-12-01T08:00"))
    delivery.begin(book, outcomes.deliverables_of(book, scope)[0], at=at("2025-12-01T09:00"))
    outcomes.cancel(book, scope, at=at("2025-12-12T14:00"))


def _unconfirmed(book: Book, pool: Row) -> None:
    vague = Promise("Consent banner", "Consent is requested and stored.", ["It works well."])
    scope = _proposed(
        book,
        pool,
        "Consent management for analytics",
        [Plan("Cycle 1", 3, [vague])],
        asked="2026-04-28T09:00",
        first_day=date(2026, 5, 25),
        price="9900.00",
        budget="11000.00",
        workspace_id=DATA_WORKSPACE,
    )
    outcomes.decline(
        book,
        scope,
        at=at("2026-05-05T11:00"),
        reason="'It works well' cannot be checked.",
    )
    precise = Promise(
        vague.title,
        vague.description,
        ["No tracker loads before consent.", "A withdrawal takes effect within one page view."],
    )
    request = next(book.where("outcome_request", id=scope["request_id"]))
    outcomes.propose(
        book,
        request,
        [Plan("Cycle 1", 3, [precise])],
        at=at("2026-05-12T09:00"),
        price=Decimal("9900.00"),
        first_day=date(2026, 6, 8),
        pool=pool,
        hours=FULL_TIME,
        valid_days=21,
    )


def northwind(book: Book, pool: Row) -> None:
    """The second client's engagement, with a deliverable that waits for its review."""
    promise = Promise(
        "Scanner integration",
        "Depot scanners report in real time.",
        ["1,000 scans arrive in two seconds."],
    )
    scope = _proposed(
        book,
        pool,
        "Depot scanner integration",
        [Plan("Cycle 1", 4, [promise])],
        asked="2026-03-16T09:00",
        first_day=date(2026, 4, 6),
        price="12300.00",
        budget="14000.00",
        workspace_id=NORTHWIND_WORKSPACE,
        subscription_id=NORTHWIND_SUBSCRIPTION,
    )
    allocation = outcomes.confirm(
        book, scope, at=at("2026-03-30T09:00"), resources=[("SCR-133003", "integration_engineer", FULL_TIME)]
    )
    _work(book, scope, allocation, "22 24 25 23 24")
    delivery.start(book, outcomes.first_cycle(book, scope), at=at("2026-04-06T08:00"))
    _deliver(book, outcomes.deliverables_of(book, scope)[0], "2026-04-06T09:00", "2026-05-08T15:00")


def _request(
    book: Book,
    title: str,
    asked: str,
    budget: str,
    *,
    weeks: int | None = 10,
    workspace_id: str = DATA_WORKSPACE,
    subscription_id: str = SUBSCRIPTION,
) -> Row:
    return outcomes.submit_request(
        book,
        title,
        at=at(asked),
        workspace_id=workspace_id,
        subscription_id=subscription_id,
        description=f"{title}: we know what it must do and look for a team to deliver it whole.",
        desired_outcome=f"{title}, in production and handed over.",
        criteria=["It is in production.", "Our own team can run it."],
        weeks=weeks,
        budget=Decimal(budget),
    )


def _proposed(
    book: Book,
    pool: Row,
    title: str,
    plans: list[Plan],
    *,
    asked: str,
    first_day: date,
    price: str,
    budget: str,
    hours: Decimal = FULL_TIME,
    workspace_id: str = WORKSPACE,
    subscription_id: str = SUBSCRIPTION,
) -> Row:
    request = _request(book, title, asked, budget, workspace_id=workspace_id, subscription_id=subscription_id)
    return outcomes.propose(
        book,
        request,
        plans,
        at=at(asked) + timedelta(days=4, hours=3),
        price=Decimal(price),
        first_day=first_day,
        pool=pool,
        hours=hours,
    )


def _deliver(book: Book, deliverable: Row, begun: str, submitted: str) -> None:
    delivery.begin(book, deliverable, at=at(begun))
    delivery.submit(book, deliverable, at=at(submitted), notes=f"{deliverable['title']}: all criteria are covered.")


def _work(book: Book, scope: Row, allocation: Row, actuals: str) -> None:
    weeks = recent(actuals)
    capacity.measure(book, allocation, weeks, at=RECORDED_AT)
    line = next(book.where("service_line", id=scope["service_line_id"]))
    capacity.meter_hours(book, line, weeks)
