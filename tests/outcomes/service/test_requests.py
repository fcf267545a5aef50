"""Outcome requests: submitted, changed, negotiated, given up."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.writes

INPUT = {
    "workspaceId": "WS-26-000021",
    "subscriptionId": "SUB-26-001122",
    "projectIds": ["PROJ-26-004281"],
    "title": "Depot scanner integration",
    "description": "Depot scanners report at night.",
    "desiredOutcome": "Depot scanners report in real time.",
    "acceptanceCriteria": ["A scan arrives within two seconds."],
    "timelineWeeks": 4,
    "budgetMax": "12000.00",
}
NEED = {"hoursPerWeek": 30, "neededFrom": "2026-06-01"}
SHOWN = """request {
    id status title timelineWeeks budgetMax { amount currency } projects { id } submittedBy { id }
    negotiationReason scope { id } scopes { status }
}"""
ASKED = "SELECT quantity FROM capacity_request WHERE source_id = :id AND closed_at IS NULL"


async def test_a_submitted_request_adds_to_the_demand(ask: Ask, sql: Ask) -> None:
    payload = await ask("member", "submitOutcomeRequest", SHOWN, **INPUT, expectedCapacity=NEED)

    # The pool of the workspace has 40 hours left for this request and earlier ones.
    assert payload["events"] == ["ods.request.submitted", "capacity.gap_detected"]
    request = payload["request"]
    assert len(await sql(ASKED, id=request.pop("id"))) == 1
    assert request == {
        "status": "SCOPING",
        "title": "Depot scanner integration",
        "timelineWeeks": 4,
        "budgetMax": {"amount": "12000.00", "currency": "USD"},
        "projects": [{"id": "PROJ-26-004281"}],
        "submittedBy": {"id": "USR-26-000046"},
        "negotiationReason": None,
        "scope": None,
        "scopes": [],
    }


@pytest.mark.parametrize(
    ("who", "given", "codes"),
    [
        ("viewer", {}, ["FORBIDDEN"]),
        ("stranger", {}, ["NOT_FOUND"]),
        ("member", {"workspaceId": "WS-26-000031"}, ["NOT_FOUND"]),
        ("member", {"subscriptionId": "SUB-26-001130"}, ["NOT_FOUND"]),
        ("member", {"projectIds": ["WS-26-000021"]}, ["NOT_FOUND"]),
        ("member", {"submittedBy": "USR-26-000044"}, ["ACTOR_MISMATCH"]),
        ("member", {"currency": "EUR"}, ["CURRENCY_MISMATCH"]),
        ("member", {"budgetMax": 0, "timelineWeeks": 53}, ["INVALID", "INVALID"]),
        ("member", {"acceptanceCriteria": []}, ["INVALID"]),
        ("member", {"title": "x" * 256}, ["INVALID"]),
        ("member", {"expectedCapacity": {**NEED, "neededFrom": "2026-05-13"}}, ["INVALID"]),
    ],
)
async def test_a_request_is_refused(refused: Ask, who: str, given: dict[str, Any], codes: list[str]) -> None:
    assert await refused(who, "submitOutcomeRequest", **{**INPUT, **given}) == codes


async def test_a_past_due_subscription_allows_no_request(refused: Ask, sql: Ask) -> None:
    await sql("UPDATE commercial_subscription SET status = 'PAST_DUE' WHERE id = 'SUB-26-001122'")

    assert await refused("member", "submitOutcomeRequest", **INPUT) == ["SUBSCRIPTION_INACTIVE"]


async def test_omitted_fields_are_unchanged_and_null_clears(ask: Ask, the: Ask, sql: Ask) -> None:
    catalogue = await the("outcome_request", title="Customer data catalogue")
    changes = {"title": "Data catalogue", "budgetMax": None, "projectIds": ["PROJ-26-004282"]}

    payload = await ask("member", "updateOutcomeRequest", SHOWN, requestId=catalogue, expectedCapacity=None, **changes)

    assert payload["events"] == ["ods.request.updated"]
    request = payload["request"]
    assert (request["title"], request["timelineWeeks"]) == ("Data catalogue", 10)
    assert (request["budgetMax"], request["projects"]) == (None, [{"id": "PROJ-26-004282"}])
    assert await sql(ASKED, id=catalogue) == []


async def test_a_request_with_a_proposal_cannot_be_updated(refused: Ask) -> None:
    codes = await refused("member", "updateOutcomeRequest", requestId="OREQ-26-000041", title="Else")

    assert codes == ["INVALID_TRANSITION"]


async def test_a_negotiation_withdraws_the_proposal_until_scoping_goes_on(ask: Ask, the: Ask) -> None:
    consent = await the("outcome_request", title="Consent management for analytics")

    payload = await ask("operator", "requireNegotiation", SHOWN, requestId=consent, reason="It takes six weeks.")
    assert set(payload["events"]) == {
        "ods.scope.cancelled",
        "ods.cycle.cancelled",
        "ods.deliverable.cancelled",
        "payment.void",
        "ods.request.requires_negotiation",
    }
    assert payload["request"]["scopes"] == [{"status": "CANCELLED"}] * 2
    assert payload["request"]["negotiationReason"] == "It takes six weeks."

    payload = await ask("owner", "resumeScoping", SHOWN, requestId=consent)
    assert payload["events"] == ["ods.request.scoping_resumed"]
    assert (payload["request"]["status"], payload["request"]["negotiationReason"]) == ("SCOPING", None)


@pytest.mark.parametrize(
    ("mutation", "given"),
    [("requireNegotiation", {"reason": "Too much."}), ("cancelOutcomeRequest", {})],
)
async def test_a_confirmed_request_cannot_be_negotiated_or_cancelled(
    refused: Ask, mutation: str, given: dict[str, Any]
) -> None:
    codes = await refused("operator", mutation, requestId="OREQ-26-000041", **given)

    assert codes == ["INVALID_TRANSITION"]


async def test_a_cancelled_request_has_no_demand(ask: Ask, the: Ask, sql: Ask) -> None:
    catalogue = await the("outcome_request", title="Customer data catalogue")

    payload = await ask("owner", "cancelOutcomeRequest", SHOWN, requestId=catalogue, reason="Bought one.")

    assert (payload["request"]["status"], payload["events"]) == ("CANCELLED", ["ods.request.cancelled"])
    assert await sql(ASKED, id=catalogue) == []
