"""The reference document on on-demand sprints: its engagement, performed by its users through GraphQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo import capacity
from podgraph.demo.load import insert_all
from podgraph.demo.reference import tenants
from podgraph.demo.row_builder import Ids, merged
from podgraph.doctor.registry import examine
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema
from podgraph.writes.ids import advance_counters

APEX = frozenset({tenants.ORGANIZATION})
CLIENT = Viewer(tenants.OWNER, APEX, frozenset({Role.ORG_OWNER}))
OPERATOR = Viewer(tenants.OPERATOR, APEX, frozenset({Role.OPERATOR}))
DELIVERY = Viewer(tenants.DELIVERY, APEX, frozenset({Role.DELIVERY}))

LAST_USED = ["OREQ-26-000040", "OSCOPE-26-000008", "DLV-26-000080", "OCYCLE-26-000010", "LIN-26-092199"]
"""The last ids before those of the document."""

SUBMIT = """
    workspaceId: "WS-26-000021", subscriptionId: "SUB-26-001122", projectIds: ["PROJ-26-004281"]
    title: "Payment webhook reliability - end-to-end fix and test coverage"
    description: "Our payment webhook handler has a 2% failure rate under load."
    desiredOutcome: "Production webhook failure rate below 0.1% under 2x normal load."
    acceptanceCriteria: [
        "Webhook handler passes load test at 2x peak throughput with <0.1% failure rate"
        "Unit test coverage of the handler reaches >90%"
        "Change is deployed to production and monitored for 48 hours"
    ]
    timelineWeeks: 3, budgetMax: 18000.00, currency: "USD"
"""
PROPOSE = """
    requestId: "OREQ-26-000041", fixedPrice: 15500.00, currency: "USD"
    capacityPoolId: "CAP-26-000001", committedPerWeek: 40, validUntil: "2026-04-29T14:20:00Z"
    cycles: [{ name: "Cycle 1", plannedStart: "2026-05-01", weeks: 3, deliverables: [
        {
            title: "Root cause analysis and fix"
            description: "Identify and resolve the root cause of the webhook failure rate."
            acceptanceCriteria: ["Failure rate <0.1% in staging load test."]
        }
        {
            title: "Test suite"
            description: "Unit tests covering the webhook handler at >90% coverage."
            acceptanceCriteria: ["Coverage report showing >90% with all tests passing."]
        }
        {
            title: "Production deployment and monitoring"
            description: "Deployment to production with 48-hour monitoring window."
            acceptanceCriteria: ["48-hour monitoring report showing <0.1% failure rate in production."]
        }
    ] }]
"""
CYCLE = """{ cycle(id: "OCYCLE-26-000011") {
    scope { id } serviceLine { id } status plannedStart plannedEnd
    deliverables { nodes { id title status submittedAt } }
} }"""
EVIDENCE = 'evidence: [{ label: "Report", url: "https://evidence.example.com/1", criterionKey: "AC-1" }]'
REASON = "The monitoring report shows 0.3% failures in the second night."


class Engagement:
    """A client with a contract, a workspace and capacity, and a clock that each step sets."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def begin(self) -> None:
        ids = Ids({})
        partner, apex = tenants.partner(ids), tenants.apex(ids)
        capacity.create_pool(apex, Decimal(200), at=datetime(2026, 4, 1, tzinfo=UTC))
        for book in (partner, apex):
            book.close()
        async with self.engine.begin() as connection:
            await insert_all(connection, merged([partner, apex]))
            await advance_counters(connection, LAST_USED)

    async def ask(self, at: str, who: Viewer, document: str) -> Any:
        context = Context(who, self.engine, stopped_clock(datetime.fromisoformat(f"{at}:00+00:00")))
        result = await build_schema().execute(document, context_value=context)
        assert result.errors is None, result.errors
        return result.data

    async def do(self, at: str, who: Viewer, mutation: str, fields: str, shown: str = "") -> Any:
        """The payload, and the types of its events."""
        rest = "userErrors { code message } warnings { code } events { type occurredAt }"
        document = f"mutation {{ {mutation}(input: {{ {fields} }}) {{ {shown} {rest} }} }}"
        payload = (await self.ask(at, who, document))[mutation]
        assert payload.pop("userErrors") == []
        assert payload.pop("warnings") == []
        events = payload.pop("events")
        assert {event["occurredAt"] for event in events} == {f"{at}:00Z"}
        return payload, [event["type"] for event in events]


@pytest.fixture
async def engagement(engine: AsyncEngine) -> Engagement:
    play = Engagement(engine)
    await play.begin()
    return play


async def scoped(play: Engagement) -> None:
    await play.do("2026-04-15T10:00", CLIENT, "submitOutcomeRequest", SUBMIT)
    await play.do("2026-04-15T14:20", OPERATOR, "proposeScope", PROPOSE)


async def confirmed(play: Engagement) -> None:
    await scoped(play)
    await play.do("2026-04-15T16:40", CLIENT, "confirmScope", 'scopeId: "OSCOPE-26-000009"')


async def delivered(play: Engagement) -> None:
    """The cycle is in review, and all three deliverables await the decision of the client."""
    await confirmed(play)
    await play.do("2026-05-01T08:00", DELIVERY, "startCycle", 'cycleId: "OCYCLE-26-000011"')
    for number, begun, submitted in ((81, 1, 14), (82, 15, 18), (83, 19, 20)):
        name = f'deliverableId: "DLV-26-0000{number}"'
        await play.do(f"2026-05-{begun:02}T09:00", DELIVERY, "startDeliverable", name)
        await play.do(f"2026-05-{submitted}T16:00", DELIVERY, "submitDeliverable", f"{name} {EVIDENCE}")


async def test_request_is_submitted_and_scoped(engagement: Engagement) -> None:
    shown = "request { id status title createdAt scopeSummary { cycles } }"
    submitted, types = await engagement.do("2026-04-15T10:00", CLIENT, "submitOutcomeRequest", SUBMIT, shown)
    assert types == ["ods.request.submitted"]
    assert submitted["request"] == {
        "id": "OREQ-26-000041",
        "status": "SCOPING",
        "title": "Payment webhook reliability - end-to-end fix and test coverage",
        "createdAt": "2026-04-15T10:00:00Z",
        "scopeSummary": None,
    }

    summary = "deliverables cycles timelineWeeks fixedPrice { amount currency }"
    shown = f"request {{ status scope {{ id }} scopeSummary {{ {summary} }} }}"
    proposed, types = await engagement.do("2026-04-15T14:20", OPERATOR, "proposeScope", PROPOSE, shown)
    assert types == ["ods.request.scoped"]
    assert proposed["request"] == {
        "status": "SCOPED",
        "scope": {"id": "OSCOPE-26-000009"},
        "scopeSummary": {
            "deliverables": 3,
            "cycles": 1,
            "timelineWeeks": 3,
            "fixedPrice": {"amount": "15500.00", "currency": "USD"},
        },
    }


async def test_proposal_equals_the_document(engagement: Engagement) -> None:
    await scoped(engagement)
    document = """{ scope(id: "OSCOPE-26-000009") {
        status request { id } fixedPrice { amount currency } timelineWeeks paymentTerms
        cycles { nodes { id name plannedStart plannedEnd deliverables { nodes { id } } } }
        deliverables { nodes { title acceptanceCriteria { text } } }
    } }"""

    scope = (await engagement.ask("2026-04-15T15:00", CLIENT, document))["scope"]

    numbered = [{"id": f"DLV-26-0000{number}"} for number in (81, 82, 83)]
    assert scope.pop("cycles")["nodes"] == [
        {
            "id": "OCYCLE-26-000011",
            "name": "Cycle 1",
            "plannedStart": "2026-05-01",
            "plannedEnd": "2026-05-21",
            "deliverables": {"nodes": numbered},
        }
    ]
    assert scope.pop("deliverables")["nodes"][1] == {
        "title": "Test suite",
        "acceptanceCriteria": [{"text": "Coverage report showing >90% with all tests passing."}],
    }
    assert scope == {
        "status": "PENDING_CONFIRMATION",
        "request": {"id": "OREQ-26-000041"},
        "fixedPrice": {"amount": "15500.00", "currency": "USD"},
        "timelineWeeks": 3,
        "paymentTerms": "50% on confirmation, 50% on final acceptance",
    }


async def test_confirmation_opens_the_line_and_makes_half_the_price_due(
    engagement: Engagement,
) -> None:
    await scoped(engagement)
    shown = """
        scope { id status acceptedBy { id } } cycle { id status }
        serviceLine { id status executionModel billingModel }
        payment { amount { amount currency } dueAt description status }
    """
    fields = 'scopeId: "OSCOPE-26-000009", acceptedBy: "USR-26-000044"'

    payload, types = await engagement.do("2026-04-15T16:40", CLIENT, "confirmScope", fields, shown)

    assert types == ["service_line.activated", "allocation.created", "ods.scope.confirmed", "payment.due"]
    assert payload == {
        "scope": {"id": "OSCOPE-26-000009", "status": "ACTIVE", "acceptedBy": {"id": "USR-26-000044"}},
        "cycle": {"id": "OCYCLE-26-000011", "status": "PLANNED"},
        "serviceLine": {
            "id": "LIN-26-092200",
            "status": "ACTIVE",
            "executionModel": "TIMEBOXED_OUTCOME",
            "billingModel": "FIXED_SCOPE",
        },
        "payment": {
            "amount": {"amount": "7750.00", "currency": "USD"},
            "dueAt": "2026-04-22T00:00:00Z",
            "description": "50% upfront on scope confirmation",
            "status": "DUE",
        },
    }


async def test_cycle_on_14_may_equals_the_document(engagement: Engagement) -> None:
    await confirmed(engagement)
    _, types = await engagement.do("2026-05-01T08:00", DELIVERY, "startCycle", 'cycleId: "OCYCLE-26-000011"')
    assert types == ["ods.cycle.started"]
    for day, name in (("01", "DLV-26-000081"), ("11", "DLV-26-000082")):
        fields = f'deliverableId: "{name}"'
        await engagement.do(f"2026-05-{day}T09:00", DELIVERY, "startDeliverable", fields)
    fields = f'deliverableId: "DLV-26-000081" {EVIDENCE}'
    _, types = await engagement.do("2026-05-14T16:00", DELIVERY, "submitDeliverable", fields)
    assert types == ["ods.deliverable.submitted"]

    cycle = (await engagement.ask("2026-05-14T16:00", CLIENT, CYCLE))["cycle"]

    deliverables = cycle.pop("deliverables")["nodes"]
    assert [(one["status"], one["submittedAt"]) for one in deliverables] == [
        ("COMPLETED", "2026-05-14T16:00:00Z"),
        ("IN_PROGRESS", None),
        ("PENDING", None),
    ]
    assert cycle == {
        "scope": {"id": "OSCOPE-26-000009"},
        "serviceLine": {"id": "LIN-26-092200"},
        "status": "IN_PROGRESS",
        "plannedStart": "2026-05-01",
        "plannedEnd": "2026-05-21",
    }


async def test_rejection_creates_a_remediation_cycle_at_no_cost(engagement: Engagement) -> None:
    await delivered(engagement)
    fields = f'deliverableId: "DLV-26-000083", rejectionReason: "{REASON}", unmetCriteria: ["AC-1"]'
    shown = """
        deliverable { status reviews { accepted rejectionReason unmetCriteria { text } } }
        remediationCycle { id kind status extraCost { amount } plannedStart plannedEnd parent { id status } }
    """

    payload, types = await engagement.do("2026-05-21T10:00", CLIENT, "rejectDeliverable", fields, shown)

    assert types == ["ods.cycle.remediation_created", "ods.deliverable.rejected"]
    criterion = {"text": "48-hour monitoring report showing <0.1% failure rate in production."}
    review = {"accepted": False, "rejectionReason": REASON, "unmetCriteria": [criterion]}
    assert payload["deliverable"] == {"status": "REJECTED", "reviews": [review]}
    assert payload["remediationCycle"] == {
        "id": "OCYCLE-26-000012",
        "kind": "REMEDIATION",
        "status": "PLANNED",
        "extraCost": {"amount": "0.00"},
        "plannedStart": "2026-05-22",
        "plannedEnd": "2026-05-28",
        "parent": {"id": "OCYCLE-26-000011", "status": "IN_REVIEW"},
    }


async def test_last_acceptance_closes_the_line_and_makes_the_rest_due(engagement: Engagement) -> None:
    play = engagement
    await delivered(play)
    ready = await play.ask(
        "2026-05-20T17:00",
        CLIENT,
        """{ deliverables(filter: {
            scopeId: { eq: "OSCOPE-26-000009" }, status: { eq: READY_FOR_ACCEPTANCE }
        }) { totalCount } }""",
    )
    assert ready["deliverables"]["totalCount"] == 3
    upfront, final = await payments(play, "2026-05-20T17:00")
    paid = f'paymentId: "{upfront["id"]}", reference: "APX-20260421-1"'
    _, types = await play.do("2026-05-20T18:00", OPERATOR, "recordPayment", paid)
    assert types == ["payment.paid"]

    last = 'deliverableId: "DLV-26-000083"'
    for name in ("DLV-26-000081", "DLV-26-000082"):
        _, types = await play.do("2026-05-21T09:00", CLIENT, "acceptDeliverable", f'deliverableId: "{name}"')
        assert types == ["ods.deliverable.accepted"]
    fields = f'{last}, rejectionReason: "{REASON}", unmetCriteria: ["AC-1"]'
    await play.do("2026-05-21T10:00", CLIENT, "rejectDeliverable", fields)
    _, types = await play.do("2026-05-22T08:00", DELIVERY, "startCycle", 'cycleId: "OCYCLE-26-000012"')
    assert types == ["ods.cycle.started", "ods.deliverable.started"]
    _, types = await play.do("2026-05-26T16:00", DELIVERY, "submitDeliverable", f"{last} {EVIDENCE}")
    assert types == ["ods.deliverable.submitted", "ods.deliverable.ready", "ods.cycle.in_review"]

    notes = "Load test results reviewed and confirmed. Deployment monitoring report reviewed and approved."
    shown = """
        deliverable { status attempt latestSubmission { attempt } }
        cycle { status parent { status } }
        scope { status completedAt progress { accepted rejectedTimes percentAccepted }
            serviceLine { status endedAt allocations { nodes { status } } } }
        payment { id amount { amount } status dueAt description }
    """
    payload, types = await play.do(
        "2026-05-27T11:00",
        CLIENT,
        "acceptDeliverable",
        f'{last}, reviewerId: "USR-26-000044", notes: "{notes}"',
        shown,
    )

    assert types == [
        "ods.deliverable.accepted",
        "ods.cycle.completed",
        "ods.cycle.completed",
        "ods.scope.completed",
        "allocation.closed",
        "service_line.closed",
        "payment.due",
    ]
    assert payload == {
        "deliverable": {"status": "ACCEPTED", "attempt": 2, "latestSubmission": {"attempt": 2}},
        "cycle": {"status": "COMPLETED", "parent": {"status": "COMPLETED"}},
        "scope": {
            "status": "COMPLETED",
            "completedAt": "2026-05-27T11:00:00Z",
            "progress": {"accepted": 3, "rejectedTimes": 1, "percentAccepted": "100.0"},
            "serviceLine": {
                "status": "CLOSED",
                "endedAt": "2026-05-27T11:00:00Z",
                "allocations": {"nodes": [{"status": "CLOSED"}]},
            },
        },
        "payment": {
            "id": final["id"],
            "amount": {"amount": "7750.00"},
            "status": "DUE",
            "dueAt": "2026-06-03T00:00:00Z",
            "description": "50% on final acceptance",
        },
    }

    paid = f'paymentId: "{final["id"]}", reference: "APX-20260602-2"'
    await play.do("2026-06-02T09:00", OPERATOR, "recordPayment", paid)
    assert [one["status"] for one in await payments(play, "2026-06-02T09:00")] == ["PAID", "PAID"]
    async with Snapshot(play.engine) as snapshot:
        assert await examine(Reader(snapshot, Tenancy(None), datetime(2026, 6, 2, 9, tzinfo=UTC))) == []


async def payments(play: Engagement, at: str) -> Any:
    """Upfront first."""
    document = '{ scope(id: "OSCOPE-26-000009") { paymentSchedule { payment { id status } } } }'
    scope = (await play.ask(at, CLIENT, document))["scope"]
    return [milestone["payment"] for milestone in scope["paymentSchedule"]]
