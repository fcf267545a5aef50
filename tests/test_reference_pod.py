"""The reference document on managed services: its pod, from the request to the renewal."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.demo import capacity
from podgraph.demo.load import insert_all
from podgraph.demo.reference import tenants
from podgraph.demo.reference.tenants import at
from podgraph.demo.row_builder import Ids, merged
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema
from podgraph.writes.ids import advance_counters

APEX = frozenset({"ORG-26-090500"})
CLIENT = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
DELIVERY = Viewer("USR-26-000102", APEX, frozenset({Role.DELIVERY}))
TEAM = [
    ("SCR-128491", "senior_backend_engineer"),
    ("SCR-129102", "backend_engineer"),
    ("SCR-130011", "qa_engineer"),
    ("SCR-130988", "frontend_engineer"),
    ("SCR-131200", "technical_pm"),
]
Play = Callable[..., Awaitable[Any]]


@pytest.fixture
async def play(engine: AsyncEngine) -> Play:
    """`await play(moment, viewer, mutation, input, selection)` for a client without pods."""
    ids = Ids({})
    partner, apex = tenants.partner(ids), tenants.apex(ids)
    capacity.create_pool(apex, Decimal(640), at=at("2025-05-12T06:00"), id="CAP-26-000120")
    for book in (partner, apex):
        book.close()
    async with engine.begin() as connection:
        await insert_all(connection, merged([partner, apex]))
        # The next ids are those of the document.
        before = ("POD-26-000007", "LIN-26-088400", "SLA-26-000007", "INC-26-000090")
        await advance_counters(connection, before)

    async def run(moment: str, viewer: Viewer, document: str, **variables: Any) -> Any:
        context = Context(viewer, engine, stopped_clock(datetime.fromisoformat(moment).astimezone(UTC)))
        result = await build_schema().execute(document, variable_values=variables, context_value=context)
        assert result.errors is None, result.errors
        (payload,) = (result.data or {}).values()
        return payload

    return run


def mutation(name: str, kind: str, selection: str) -> str:
    return f"""mutation($input: {kind}!) {{ {name}(input: $input) {{
        {selection} userErrors {{ code message }} warnings {{ code }} events {{ type }} }} }}"""


async def done(play: Play, moment: str, viewer: Viewer, document: str, **given: Any) -> Any:
    """The payload of a mutation that must succeed."""
    payload = await play(moment, viewer, document, input=given)
    assert payload["userErrors"] == []
    return payload


def events(payload: Any) -> list[str]:
    return [event["type"] for event in payload["events"]]


async def requested(play: Play) -> str:
    """The id of the pod, requested as in the document."""
    payload = await done(
        play,
        "2025-08-04T10:20Z",
        CLIENT,
        mutation("requestPod", "RequestPodInput", "pod { id status teamSize serviceLine { id } sla { id } }"),
        workspaceId="WS-26-000021",
        subscriptionId="SUB-26-001122",
        projectIds=["PROJ-26-004281"],
        name="Payments Platform Pod",
        deliveryModel="MANAGED_DELIVERY",
        requestedTeamSize=5,
        requiredCapabilities=["backend_engineering", "qa", "technical_pm"],
        startDate="2026-06-01",
        durationMonths=12,
        description="End-to-end managed delivery for the payments platform rebuild.",
    )
    assert events(payload) == ["pod.requested"]
    identity: str = payload["pod"].pop("id")
    assert payload["pod"] == {"status": "SCOPING", "teamSize": 0, "serviceLine": None, "sla": None}
    return identity


async def confirmed(play: Play) -> str:
    """The id of the pod, offered by the account team and confirmed by the client."""
    pod_id = await requested(play)
    proposed = await done(
        play,
        "2025-08-26T09:00Z",
        OPERATOR,
        mutation("proposePod", "ProposePodInput", "pod { status proposal { teamSize } }"),
        podId=pod_id,
        team=[{"talentId": talent_id, "role": role} for talent_id, role in TEAM],
        sla={
            "throughputTasksPerSprint": 18,
            "responseTimeHours": 2,
            "availabilityHoursPerWeek": 200,
            "qualityGatePercent": 80,
        },
        costPerMonth="38000.00",
        currency="USD",
        capacityPoolId="CAP-26-000120",
        committedPerWeek=200,
        expiresAt="2025-09-08T00:00:00Z",
    )
    assert proposed["pod"] == {"status": "SCOPING", "proposal": {"teamSize": 5}}
    assert events(proposed) == ["pod.proposed"]
    document = mutation("confirmPod", "PodInput", "pod { id }")
    activated = await done(play, "2025-09-01T00:00Z", CLIENT, document, podId=pod_id)
    assert events(activated) == ["service_line.activated", "allocation.created", "pod.activated"]
    return pod_id


async def published(play: Play, pod_id: str) -> Any:
    """The report of April, measured by the team and published by the account team."""
    recorded = await done(
        play,
        "2026-05-02T09:00Z",
        DELIVERY,
        mutation("recordSlaReport", "RecordSlaReportInput", "slaReport { id status }"),
        podId=pod_id,
        period="2026-04",
        throughputTasksPerSprint=19,
        responseTimeHours="1.8",
        availabilityHoursPerWeek=198,
        qualityGatePercent=76,
    )
    assert recorded["slaReport"]["status"] == "DRAFT"
    selection = """slaReport { pod { id } sla { id } period compliancePercent
        metrics { name target actual status } incidents { id status } }"""
    document = mutation("publishSlaReport", "PublishSlaReportInput", selection)
    return await done(play, "2026-05-02T10:00Z", OPERATOR, document, slaReportId=recorded["slaReport"]["id"])


async def test_pod_equals_the_document(play: Play) -> None:
    pod_id = await confirmed(play)

    pod = await play(
        "2026-05-14T16:00Z",
        CLIENT,
        """query($id: ID!) { pod(id: $id) {
            organization { id } workspace { id } subscription { id } projects { id }
            name status teamSize deliveryModel startedAt renewsAt costPerMonth { amount currency }
            team { talent { id } role }
            sla { throughputTasksPerSprint responseTimeHours availabilityHoursPerWeek }
            serviceLine { executionModel status startsAt } } }""",
        id=pod_id,
    )

    # The year in an id is that of its issue, which the ids of the document do not contain.
    assert pod_id == "POD-25-000008"
    assert pod == {
        "organization": {"id": "ORG-26-090500"},
        "workspace": {"id": "WS-26-000021"},
        "subscription": {"id": "SUB-26-001122"},
        "projects": [{"id": "PROJ-26-004281"}],
        "name": "Payments Platform Pod",
        "status": "ACTIVE",
        "teamSize": 5,
        "deliveryModel": "MANAGED_DELIVERY",
        "startedAt": "2025-09-01T00:00:00Z",
        "renewsAt": "2026-09-01T00:00:00Z",
        "costPerMonth": {"amount": "38000.00", "currency": "USD"},
        "team": [{"talent": {"id": talent_id}, "role": role} for talent_id, role in TEAM],
        "sla": {
            "throughputTasksPerSprint": 18,
            "responseTimeHours": "2",
            "availabilityHoursPerWeek": "200",
        },
        "serviceLine": {
            "executionModel": "ONGOING_SLA",
            "status": "ACTIVE",
            "startsAt": "2026-06-01T00:00:00Z",
        },
    }


async def test_line_and_sla_equal_the_document(play: Play) -> None:
    pod_id = await confirmed(play)

    document = "query($id: ID!) { pod(id: $id) { serviceLine { id } sla { id } } }"
    pod = await play("2025-09-01T00:00Z", CLIENT, document, id=pod_id)

    assert pod == {"serviceLine": {"id": "LIN-25-088401"}, "sla": {"id": "SLA-25-000008"}}


async def test_priority_ticket_has_a_response_time_of_two_hours(play: Play) -> None:
    pod_id = await confirmed(play)

    payload = await done(
        play,
        "2026-04-14T08:30Z",
        CLIENT,
        mutation("createTicket", "CreateTicketInput", "ticket { status responseDueAt submittedBy { id } }"),
        podId=pod_id,
        type="PRIORITY_ITEM",
        title="Expedite payment webhook reliability fix",
        description="Production webhooks are failing at 2% rate. Need this triaged and resolved this sprint.",
        priority="HIGH",
        submittedBy="USR-26-000044",
    )

    assert events(payload) == ["ticket.created"]
    assert payload["ticket"] == {
        "status": "OPEN",
        "responseDueAt": "2026-04-14T10:30:00Z",
        "submittedBy": {"id": "USR-26-000044"},
    }


async def test_report_of_april_equals_the_document(play: Play) -> None:
    pod_id = await confirmed(play)

    payload = await published(play, pod_id)

    assert events(payload) == ["sla_report.published", "sla.breached", "incident.opened"]
    assert payload["slaReport"] == {
        "pod": {"id": pod_id},
        "sla": {"id": "SLA-25-000008"},
        "period": "2026-04",
        "compliancePercent": "97.2",
        "metrics": [
            {"name": "throughput", "target": "18", "actual": "19", "status": "MET"},
            {"name": "response_time_hours", "target": "2", "actual": "1.8", "status": "MET"},
            {"name": "availability_hours", "target": "200", "actual": "198", "status": "MET"},
            {"name": "quality_gate", "target": "80", "actual": "76", "status": "BREACHED"},
        ],
        "incidents": [{"id": "INC-26-000091", "status": "OPEN"}],
    }


async def test_pod_is_renewed_after_its_sla_review(play: Play) -> None:
    pod_id = await confirmed(play)
    await published(play, pod_id)

    payload = await done(
        play,
        "2026-08-20T09:00Z",
        CLIENT,
        mutation(
            "renewPod",
            "RenewPodInput",
            """pod { status renewsAt sla { currentCompliance } history(last: 1) { nodes { type } } }
               breachesInTerm { period metric explanation }""",
        ),
        podId=pod_id,
        months=12,
    )

    assert payload["pod"] == {
        "status": "ACTIVE",
        "renewsAt": "2027-09-01T00:00:00Z",
        "sla": {"currentCompliance": "97.2"},
        "history": {"nodes": [{"type": "pod.renewed"}]},
    }
    assert payload["warnings"] == [{"code": "BREACHES_IN_TERM"}]
    assert payload["breachesInTerm"] == [
        {
            "period": "2026-04",
            "metric": "QUALITY_GATE",
            "explanation": "76 of 80 % is 95.0 %, below the 100 % required: breached.",
        }
    ]
