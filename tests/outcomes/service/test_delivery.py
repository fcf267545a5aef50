"""Cycles and deliverables: the team's work, and the client's decisions."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from podgraph.demo.reference import NOW
from podgraph.outcomes.service.delivery import JOBS

Ask = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.writes

FIX, TESTS, RELEASE = "DLV-26-000081", "DLV-26-000082", "DLV-26-000083"
REASON = "Four tables with personal data state no period."
SHOWN = "deliverable { status attempt submittedAt }"


def evidence(key: str | None = "AC-1", url: str = "https://evidence.example.com/1") -> Any:
    return [{"label": "Report", "url": url, "criterionKey": key}]


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("startCycle", {"cycleId": "OCYCLE-26-000011"}),
        ("startDeliverable", {"deliverableId": RELEASE}),
        ("submitDeliverable", {"deliverableId": TESTS}),
        ("withdrawDeliverable", {"deliverableId": FIX, "reason": "Not good yet."}),
    ],
)
async def test_the_client_does_not_manage_the_delivery(refused: Ask, mutation: str, given: dict[str, Any]) -> None:
    assert await refused("owner", mutation, **given) == ["FORBIDDEN"]


async def test_the_client_decides_about_what_is_ready_and_about_nothing_else(refused: Ask) -> None:
    rejection = {"rejectionReason": REASON, "unmetCriteria": ["AC-1"]}

    assert await refused("owner", "acceptDeliverable", deliverableId=FIX) == ["INVALID_TRANSITION"]
    assert await refused("owner", "rejectDeliverable", deliverableId=FIX, **rejection) == ["INVALID_TRANSITION"]


async def test_a_cycle_waits_for_the_one_before_it(refused: Ask, the: Ask) -> None:
    deletion = await the("cycle", name="Deletion")

    assert await refused("delivery", "startCycle", cycleId=deletion) == ["INVALID_TRANSITION"]


async def test_a_withdrawn_deliverable_is_resubmitted_in_the_same_attempt(ask: Ask, sql: Ask) -> None:
    payload = await ask("delivery", "withdrawDeliverable", SHOWN, deliverableId=FIX, reason="One run lacks.")
    assert payload["deliverable"] == {"status": "IN_PROGRESS", "attempt": 1, "submittedAt": None}

    given = {"deliverableId": FIX, "evidence": evidence(), "notes": "Both runs."}
    payload = await ask("delivery", "submitDeliverable", SHOWN, **given)

    assert payload["deliverable"]["status"] == "COMPLETED"
    submissions = "SELECT notes FROM deliverable_submission WHERE deliverable_id = :id"
    assert await sql(submissions, id=FIX) == ["Both runs."]


async def test_a_criterion_without_evidence_causes_a_warning(ask: Ask) -> None:
    payload = await ask("delivery", "submitDeliverable", deliverableId=TESTS, evidence=evidence(None))

    assert payload["warnings"] == [{"code": "EVIDENCE_MISSING", "message": "There is no evidence for AC-1."}]
    assert payload["events"] == ["ods.deliverable.submitted"]


@pytest.mark.parametrize(
    ("key", "url"),
    [("AC-2", "https://a.example"), ("AC-1", "javascript:alert(1)"), ("AC-1", "https://"), ("AC-1", "a b")],
)
async def test_evidence_is_a_link_for_a_criterion(refused: Ask, key: str, url: str) -> None:
    given = {"deliverableId": TESTS, "evidence": evidence(key, url)}

    assert await refused("delivery", "submitDeliverable", **given) == ["INVALID"]


async def test_the_acceptance_of_a_cycle_starts_the_next_one(ask: Ask, the: Ask, findings: Ask) -> None:
    policy = await the("deliverable", title="Retention policy in code")
    shown = "cycle { name status } payment { id } scope { status cycles { nodes { name status } } }"

    payload = await ask("owner", "acceptDeliverable", shown, deliverableId=policy)

    assert payload["events"] == ["ods.deliverable.accepted", "ods.cycle.completed", "ods.cycle.started"]
    assert payload["payment"] is None
    assert payload["scope"]["cycles"]["nodes"] == [
        {"name": "Policy", "status": "COMPLETED"},
        {"name": "Deletion", "status": "IN_PROGRESS"},
    ]
    assert await findings() == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"rejectionReason": "not good enough"}, "REJECTION_TOO_VAGUE"),
        ({"rejectionReason": ""}, "REJECTION_TOO_VAGUE"),
        ({"unmetCriteria": []}, "REJECTION_TOO_VAGUE"),
        ({"unmetCriteria": ["AC-7"]}, "INVALID"),
        ({"reviewerId": "USR-26-000045"}, "ACTOR_MISMATCH"),
    ],
)
async def test_a_rejection_names_the_unmet_criteria(refused: Ask, the: Ask, given: dict[str, Any], code: str) -> None:
    policy = await the("deliverable", title="Retention policy in code")
    rejection = {"rejectionReason": REASON, "unmetCriteria": ["AC-1"], **given}

    assert await refused("owner", "rejectDeliverable", deliverableId=policy, **rejection) == [code]


async def test_the_scheduler_starts_a_remediation_once(ask: Ask, the: Ask, tick: Ask) -> None:
    policy = await the("deliverable", title="Retention policy in code")
    given = {"rejectionReason": REASON, "unmetCriteria": ["AC-1"], "evidence": evidence()}
    payload = await ask("owner", "rejectDeliverable", "remediationCycle { id }", deliverableId=policy, **given)
    remediation = payload["remediationCycle"]["id"]
    midnight = datetime.combine(NOW.date() + timedelta(days=1), datetime.min.time(), NOW.tzinfo)

    times = [NOW, midnight, midnight + timedelta(minutes=1)]
    assert [await tick(JOBS, at) for at in times] == [[], [remediation], []]

    payload = await ask("delivery", "submitDeliverable", SHOWN, deliverableId=policy, evidence=evidence())
    assert payload["deliverable"]["attempt"] == 2


async def test_the_scheduler_skips_a_cycle_whose_predecessor_is_open(the: Ask, tick: Ask) -> None:
    deletion = await the("cycle", name="Deletion")

    assert deletion not in await tick(JOBS, NOW + timedelta(days=90))


async def test_a_milestone_of_a_cycle_is_due_with_its_acceptance(ask: Ask, the: Ask, findings: Ask) -> None:
    promised = {"title": "Catalogue", "description": "All.", "acceptanceCriteria": ["Every table is in it."]}
    parts = (
        ("start", "SCOPE_CONFIRMED", 20),
        ("half", "CYCLE_ACCEPTED", 30),
        ("end", "FINAL_ACCEPTANCE", 50),
    )
    request = await the("outcome_request", title="Customer data catalogue")
    payload = await ask(
        "operator",
        "proposeScope",
        "scope { id cycles { nodes { id deliverables { nodes { id } } } } }",
        requestId=request,
        fixedPrice="1000.00",
        capacityPoolId="CAP-26-000120",
        committedPerWeek=40,
        cycles=[
            {"name": start, "plannedStart": start, "weeks": 1, "deliverables": [promised]}
            for start in ("2026-06-01", "2026-06-08")
        ],
        paymentSchedule=[{"key": key, "trigger": by, "percent": part} for key, by, part in parts],
    )
    scope = payload["scope"]
    await ask("owner", "confirmScope", scopeId=scope["id"])
    cycle = scope["cycles"]["nodes"][0]
    first = {"deliverableId": cycle["deliverables"]["nodes"][0]["id"]}
    await ask("delivery", "startCycle", cycleId=cycle["id"])
    await ask("delivery", "startDeliverable", **first)
    await ask("delivery", "submitDeliverable", **first, evidence=evidence())

    payload = await ask("owner", "acceptDeliverable", "payment { milestone amount { amount } }", **first)

    assert payload["payment"] == {"milestone": "half", "amount": {"amount": "300.00"}}
    assert await findings() == []
