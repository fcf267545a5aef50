"""Outcomes on demand, read through the graph over the reference documents' data."""

from collections.abc import Awaitable, Callable
from typing import Any

from podgraph.auth.viewer import Viewer
from podgraph.kernel.roles import Role

Execute = Callable[..., Awaitable[Any]]
STRANGER = Viewer(None, frozenset({"ORG-26-000000"}), frozenset({Role.ORG_OWNER}))


async def test_a_request_summarizes_its_scope(execute: Execute) -> None:
    data = await execute("""{
        outcomeRequest(id: "OREQ-26-000041") {
            status budgetMax { amount currency } timelineWeeks submittedBy { id } projects { id }
            scope { id } scopes { id }
            scopeSummary {
                deliverables cycles timelineWeeks fixedPrice { amount } withinBudget withinTimeline
            }
        }
    }""")

    assert data["outcomeRequest"] == {
        "status": "SCOPED",
        "budgetMax": {"amount": "18000.00", "currency": "USD"},
        "timelineWeeks": 3,
        "submittedBy": {"id": "USR-26-000044"},
        "projects": [{"id": "PROJ-26-004281"}],
        "scope": {"id": "OSCOPE-26-000009"},
        "scopes": [{"id": "OSCOPE-26-000009"}],
        "scopeSummary": {
            "deliverables": 3,
            "cycles": 1,
            "timelineWeeks": 3,
            "fixedPrice": {"amount": "15500.00"},
            "withinBudget": True,
            "withinTimeline": True,
        },
    }


async def test_declined_proposals_remain_readable(execute: Execute) -> None:
    data = await execute("""{
        outcomeRequests(filter: { status: { eq: SCOPED } }, first: 100) {
            nodes { title scope { status } scopes { status declineReason } }
        }
    }""")
    request = next(
        one for one in data["outcomeRequests"]["nodes"] if one["title"] == "Consent management for analytics"
    )

    assert request["scope"] == {"status": "PENDING_CONFIRMATION"}
    assert request["scopes"] == [
        {"status": "CANCELLED", "declineReason": "'It works well' cannot be checked."},
        {"status": "PENDING_CONFIRMATION", "declineReason": None},
    ]


async def test_a_request_without_a_scope_has_no_summary(execute: Execute) -> None:
    data = await execute("""{
        outcomeRequests(filter: { status: { eq: REQUIRES_NEGOTIATION } }) {
            nodes { title negotiationReason scope { id } scopeSummary { cycles } }
        }
    }""")

    assert data["outcomeRequests"]["nodes"] == [
        {
            "title": "Real-time fraud scoring",
            "negotiationReason": "Scoring in real time takes six weeks, not two.",
            "scope": None,
            "scopeSummary": None,
        }
    ]


async def test_requests_are_found_by_their_project(execute: Execute) -> None:
    data = await execute("""{
        outcomeRequests(filter: { projectTag: { eq: "PROJ-26-004281" } }) { totalCount nodes { id } }
    }""")

    assert data["outcomeRequests"] == {"totalCount": 1, "nodes": [{"id": "OREQ-26-000041"}]}


async def test_the_price_of_the_reference_is_paid_in_two_halves(execute: Execute) -> None:
    data = await execute("""{
        scope(id: "OSCOPE-26-000009") {
            fixedPrice { amount currency } paymentTerms serviceLine { id } acceptedBy { id }
            paymentSchedule {
                key trigger percent description
                payment { status amount { amount } dueAt overdue milestone }
            }
        }
    }""")
    scope = data["scope"]
    upfront, final = scope.pop("paymentSchedule")

    assert scope == {
        "fixedPrice": {"amount": "15500.00", "currency": "USD"},
        "paymentTerms": "50% on confirmation, 50% on final acceptance",
        "serviceLine": {"id": "LIN-26-092200"},
        "acceptedBy": {"id": "USR-26-000044"},
    }
    assert upfront == {
        "key": "upfront",
        "trigger": "SCOPE_CONFIRMED",
        "percent": "50",
        "description": "50% upfront on scope confirmation",
        "payment": {
            "status": "DUE",
            "amount": {"amount": "7750.00"},
            "dueAt": "2026-04-22T00:00:00Z",
            "overdue": True,
            "milestone": "upfront",
        },
    }
    assert final["payment"] == {
        "status": "SCHEDULED",
        "amount": {"amount": "7750.00"},
        "dueAt": None,
        "overdue": False,
        "milestone": "final",
    }


async def test_the_cycle_of_the_reference_stands_as_its_sample_shows_it(execute: Execute) -> None:
    data = await execute("""{
        cycle(id: "OCYCLE-26-000011") {
            status kind sequence plannedStart plannedEnd overdue extraCost { amount } serviceLine { id }
            deliverables { nodes { id status submittedAt isLastOpen cycle { id } } }
        }
    }""")
    cycle = data["cycle"]
    deliverables = cycle.pop("deliverables")["nodes"]

    assert cycle == {
        "status": "IN_PROGRESS",
        "kind": "DELIVERY",
        "sequence": 1,
        "plannedStart": "2026-05-01",
        "plannedEnd": "2026-05-21",
        "overdue": False,
        "extraCost": {"amount": "0.00"},
        "serviceLine": {"id": "LIN-26-092200"},
    }
    assert [(one["id"], one["status"], one["submittedAt"]) for one in deliverables] == [
        ("DLV-26-000081", "COMPLETED", "2026-05-14T16:00:00Z"),
        ("DLV-26-000082", "IN_PROGRESS", None),
        ("DLV-26-000083", "PENDING", None),
    ]
    assert not any(one["isLastOpen"] for one in deliverables)


async def test_a_deliverable_shows_criteria_and_latest_submission(execute: Execute) -> None:
    data = await execute("""{
        deliverable(id: "DLV-26-000081") {
            acceptanceCriteria { key text } reviewAgeHours reviews { attempt }
            latestSubmission { attempt submittedAt evidence { criterionKey url } }
        }
    }""")

    assert data["deliverable"] == {
        "acceptanceCriteria": [{"key": "AC-1", "text": "Failure rate <0.1% in staging load test."}],
        "reviewAgeHours": None,
        "reviews": [],
        "latestSubmission": {
            "attempt": 1,
            "submittedAt": "2026-05-14T16:00:00Z",
            "evidence": [
                {
                    "criterionKey": "AC-1",
                    "url": "https://evidence.example.com/root-cause-analysis-and-fix/ac-1",
                }
            ],
        },
    }


async def test_deliverables_awaiting_review_are_grouped_by_scope(execute: Execute) -> None:
    data = await execute("""{
        deliverables(
            filter: { status: { eq: READY_FOR_ACCEPTANCE }, workspaceId: { eq: "WS-26-000021" } }
            orderBy: [{ field: READY_AT }]
        ) {
            totalCount
            aggregate { oldestReadyAt groups(by: [SCOPE]) { scope { title } status count } }
            nodes { title reviewAgeHours scope { progress { accepted readyForAcceptance total } } }
        }
    }""")
    waiting = data["deliverables"]
    progress = {"accepted": 4, "readyForAcceptance": 1, "total": 5}

    assert waiting["totalCount"] == 1
    assert waiting["aggregate"] == {
        "oldestReadyAt": "2026-05-12T11:00:00Z",
        "groups": [{"scope": {"title": "Ledger reconciliation audit"}, "status": None, "count": 1}],
    }
    assert waiting["nodes"] == [
        {"title": "Alerting on differences", "reviewAgeHours": "53.0", "scope": {"progress": progress}}
    ]


async def test_a_rejection_links_to_its_remediation_cycle(execute: Execute) -> None:
    data = await execute("""{
        deliverables(filter: { status: { eq: READY_FOR_ACCEPTANCE } }, first: 100) {
            nodes {
                title attempt cycles { name kind } latestSubmission { attempt }
                reviews { attempt accepted unmetCriteria { key } remediationCycle { name parent { name } } }
                scope { progress { rejectedTimes percentAccepted daysLate } }
            }
        }
    }""")
    rejected = next(one for one in data["deliverables"]["nodes"] if one["attempt"] == 2)

    assert rejected == {
        "title": "Alerting on differences",
        "attempt": 2,
        "cycles": [
            {"name": "Cycle 2", "kind": "DELIVERY"},
            {"name": "Remediation of Cycle 2", "kind": "REMEDIATION"},
        ],
        "latestSubmission": {"attempt": 2},
        "reviews": [
            {
                "attempt": 1,
                "accepted": False,
                "unmetCriteria": [{"key": "AC-1"}],
                "remediationCycle": {"name": "Remediation of Cycle 2", "parent": {"name": "Cycle 2"}},
            },
        ],
        "scope": {"progress": {"rejectedTimes": 1, "percentAccepted": "80.0", "daysLate": 11}},
    }


async def test_the_last_open_deliverable_is_marked(execute: Execute) -> None:
    data = await execute("""{
        scopes(filter: { status: { in: [ACTIVE, COMPLETED] }, workspaceId: { eq: "WS-26-000022" } }) {
            nodes { title deliverables { nodes { title status isLastOpen } } }
        }
    }""")

    assert data["scopes"]["nodes"] == [
        {
            "title": "Data retention review",
            "deliverables": {
                "nodes": [
                    {
                        "title": "Retention policy in code",
                        "status": "READY_FOR_ACCEPTANCE",
                        "isLastOpen": False,
                    },
                    {"title": "Deletion job", "status": "PENDING", "isLastOpen": False},
                ]
            },
        }
    ]


async def test_payments_add_up_by_status_and_month(execute: Execute) -> None:
    data = await execute("""{
        payments(filter: { scopeId: { eq: "OSCOPE-26-000009" } }) {
            totalCount
            aggregate {
                sumAmount { amount currency }
                groups(by: [STATUS, MONTH]) { status month serviceLine { id } count sumAmount { amount } }
            }
        }
    }""")

    half = {"count": 1, "sumAmount": {"amount": "7750.00"}, "serviceLine": None}
    assert data["payments"] == {
        "totalCount": 2,
        "aggregate": {
            "sumAmount": {"amount": "15500.00", "currency": "USD"},
            "groups": [
                {"status": "DUE", "month": "2026-04", **half},
                {"status": "SCHEDULED", "month": None, **half},
            ],
        },
    }


async def test_a_due_payment_past_its_due_date_is_overdue(execute: Execute) -> None:
    data = await execute("""{
        overdue: payments(filter: { overdue: true }) { nodes { scope { id } status overdue } }
        due: payments(filter: { status: { eq: DUE }, dueAt: { lt: "2026-05-14T16:00:00Z" } }) { totalCount }
        inTime: payments(filter: { overdue: false }) { totalCount }
        all: payments { totalCount }
    }""")

    assert data["overdue"]["nodes"] == [{"scope": {"id": "OSCOPE-26-000009"}, "status": "DUE", "overdue": True}]
    assert data["due"]["totalCount"] == 1
    assert data["inTime"]["totalCount"] == data["all"]["totalCount"] - 1


async def test_other_organizations_see_no_engagement(execute: Execute) -> None:
    document = """{
        outcomeRequest(id: "OREQ-26-000041") { id }
        scope(id: "OSCOPE-26-000009") { id }
        cycle(id: "OCYCLE-26-000011") { id }
        deliverable(id: "DLV-26-000081") { id }
        scopes { totalCount }
        deliverables { totalCount aggregate { count oldestReadyAt groups(by: [STATUS]) { count } } }
        payments { totalCount aggregate { sumAmount { amount } } }
    }"""

    assert await execute(document, STRANGER) == {
        "outcomeRequest": None,
        "scope": None,
        "cycle": None,
        "deliverable": None,
        "scopes": {"totalCount": 0},
        "deliverables": {"totalCount": 0, "aggregate": {"count": 0, "oldestReadyAt": None, "groups": []}},
        "payments": {"totalCount": 0, "aggregate": {"sumAmount": None}},
    }
