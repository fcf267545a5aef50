"""Who may do what to requests, scopes, cycles, deliverables and payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.transitions import Transition, available_actions
from podgraph.outcomes.lifecycle import (
    CONFIRM_SCOPE,
    CYCLE,
    DELIVERABLE,
    LINE_STATUS,
    OUTCOME_REQUEST,
    PAYMENT,
    SCOPE,
    START_CYCLE,
    START_ON_TIME,
    ScopeStatus,
)
from podgraph.service_lines.lifecycle import ServiceLineStatus

NOW = datetime(2026, 4, 15, 10, tzinfo=UTC)


@dataclass
class Record:
    status: str
    valid_until: datetime | None = None
    planned_start: date = date(2026, 4, 15)
    subscription_status: str = "ACTIVE"
    scope_id: str | None = "OSCOPE-26-000009"
    scope_status: str | None = "ACTIVE"
    cycle_status: str = "IN_PROGRESS"
    waits_for: str | None = None


def enabled(table: Sequence[Transition], status: str, role: str, **columns: str | None) -> list[str]:
    actions = available_actions(table, Record(status, **columns), [role], NOW)  # type: ignore[arg-type]
    return [action.mutation for action in actions if action.enabled]


def test_a_request_is_scoped_by_the_operator() -> None:
    assert enabled(OUTCOME_REQUEST, "SCOPING", "OPERATOR", scope_status=None) == [
        "proposeScope",
        "requireNegotiation",
        "cancelOutcomeRequest",
    ]


def test_a_member_changes_a_request_until_it_is_scoped() -> None:
    assert enabled(OUTCOME_REQUEST, "SCOPING", "MEMBER") == ["updateOutcomeRequest"]
    assert enabled(OUTCOME_REQUEST, "SCOPED", "MEMBER") == []


def test_a_proposal_is_negotiated_or_cancelled_until_it_is_confirmed() -> None:
    proposed = enabled(OUTCOME_REQUEST, "SCOPED", "OPERATOR", scope_status="PENDING_CONFIRMATION")
    confirmed = enabled(OUTCOME_REQUEST, "SCOPED", "OPERATOR", scope_status="ACTIVE")

    assert (proposed, confirmed) == (["requireNegotiation", "cancelOutcomeRequest"], [])


def test_a_negotiated_request_goes_back_to_scoping() -> None:
    assert enabled(OUTCOME_REQUEST, "REQUIRES_NEGOTIATION", "ORG_ADMIN", scope_status=None) == [
        "updateOutcomeRequest",
        "resumeScoping",
        "cancelOutcomeRequest",
    ]


def test_a_proposed_scope_is_confirmed_or_declined_by_the_client_alone() -> None:
    assert enabled(SCOPE, "PENDING_CONFIRMATION", "WORKSPACE_ADMIN") == ["confirmScope", "declineScope"]
    assert enabled(SCOPE, "PENDING_CONFIRMATION", "MEMBER") == []
    assert enabled(SCOPE, "PENDING_CONFIRMATION", "OPERATOR") == []


def test_a_scope_can_be_confirmed_up_to_the_end_of_its_validity() -> None:
    proposed = Record("PENDING_CONFIRMATION", valid_until=NOW)

    assert CONFIRM_SCOPE.refusal(proposed, ["ORG_OWNER"], NOW) is None
    refusal = CONFIRM_SCOPE.refusal(proposed, ["ORG_OWNER"], NOW + timedelta(seconds=1))
    assert refusal is not None
    assert refusal.code is ErrorCode.PROPOSAL_EXPIRED
    assert refusal.reason == "The proposal was valid until 2026-04-15 10:00 UTC."


@pytest.mark.parametrize("status", ["PAST_DUE", "CANCELLED"])
def test_a_scope_is_not_confirmed_under_an_inactive_subscription(status: str) -> None:
    proposed = Record("PENDING_CONFIRMATION", subscription_status=status)

    refusal = CONFIRM_SCOPE.refusal(proposed, ["ORG_OWNER"], NOW)

    assert refusal is not None
    assert refusal.code is ErrorCode.SUBSCRIPTION_INACTIVE


@pytest.mark.parametrize("role", ["ORG_OWNER", "OPERATOR"])
def test_an_active_scope_can_only_be_cancelled(role: str) -> None:
    assert enabled(SCOPE, "ACTIVE", role) == ["cancelScope"]


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_nothing_can_be_done_to_a_scope_that_has_ended(status: str) -> None:
    assert [enabled(SCOPE, status, role) for role in ("ORG_OWNER", "OPERATOR")] == [[], []]


def test_the_line_follows_its_scope() -> None:
    assert LINE_STATUS == {
        ScopeStatus.ACTIVE: ServiceLineStatus.ACTIVE,
        ScopeStatus.COMPLETED: ServiceLineStatus.CLOSED,
        ScopeStatus.CANCELLED: ServiceLineStatus.TERMINATED,
    }


def test_only_the_team_starts_a_cycle() -> None:
    assert enabled(CYCLE, "PLANNED", "DELIVERY") == ["startCycle"]
    assert enabled(CYCLE, "PLANNED", "ORG_OWNER") == []
    assert enabled(CYCLE, "IN_PROGRESS", "DELIVERY") == []


def test_a_cycle_starts_after_its_predecessor_in_an_active_scope() -> None:
    assert enabled(CYCLE, "PLANNED", "DELIVERY", scope_status="PENDING_CONFIRMATION") == []
    assert enabled(CYCLE, "PLANNED", "DELIVERY", waits_for="OCYCLE-26-000011") == []


def test_a_cycle_starts_on_schedule_or_earlier_by_the_team() -> None:
    planned = Record("PLANNED", planned_start=date(2026, 4, 16))

    assert START_ON_TIME.blocked(planned, NOW) is not None
    assert START_ON_TIME.blocked(planned, NOW + timedelta(days=1)) is None
    assert START_CYCLE.blocked(planned, NOW) is None


def test_a_deliverable_cannot_start_before_its_cycle() -> None:
    assert enabled(DELIVERABLE, "PENDING", "DELIVERY", cycle_status="PLANNED") == []


@pytest.mark.parametrize(
    ("status", "mutations"),
    [
        ("PENDING", ["startDeliverable"]),
        ("IN_PROGRESS", ["submitDeliverable"]),
        ("COMPLETED", ["withdrawDeliverable"]),
        ("READY_FOR_ACCEPTANCE", []),
        ("ACCEPTED", []),
        ("REJECTED", []),
    ],
)
def test_the_team_works_on_a_deliverable_until_it_is_ready(status: str, mutations: list[str]) -> None:
    assert enabled(DELIVERABLE, status, "DELIVERY") == mutations


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "COMPLETED", "ACCEPTED", "REJECTED", "CANCELLED"])
def test_the_client_does_not_manage_the_delivery(status: str) -> None:
    assert enabled(DELIVERABLE, status, "ORG_OWNER") == []


def test_the_client_accepts_or_rejects_what_is_ready() -> None:
    assert enabled(DELIVERABLE, "READY_FOR_ACCEPTANCE", "ORG_OWNER") == [
        "acceptDeliverable",
        "rejectDeliverable",
    ]
    assert enabled(DELIVERABLE, "READY_FOR_ACCEPTANCE", "MEMBER") == []


def test_billing_records_and_the_operator_voids_a_due_payment() -> None:
    assert enabled(PAYMENT, "DUE", "BILLING") == ["recordPayment"]
    assert enabled(PAYMENT, "DUE", "OPERATOR") == ["recordPayment", "voidPayment"]
    assert enabled(PAYMENT, "SCHEDULED", "OPERATOR") == ["voidPayment"]


@pytest.mark.parametrize("status", ["PAID", "VOID"])
def test_paid_and_void_are_final(status: str) -> None:
    assert enabled(PAYMENT, status, "OPERATOR") == []
