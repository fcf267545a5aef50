"""Who may do what to pods, SLA reports and tickets, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.transitions import available_actions
from podgraph.pods.lifecycle import (
    CLOSE_TICKET,
    LINE_STATUS,
    POD,
    PUBLISH_SLA_REPORT,
    SLA_REPORT,
    TICKET,
    PodStatus,
)
from podgraph.service_lines.lifecycle import ServiceLineStatus

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)
CHANGES = ["revisePodScope", "updatePod", "movePod"]
SECOND = timedelta(seconds=1)


@dataclass
class Pod:
    status: str
    proposed_at: datetime | None = None
    proposal_expires_at: datetime | None = None
    renews_at: datetime | None = None


@dataclass
class SlaReport:
    status: str
    period: str = "2026-04"


@dataclass
class Ticket:
    status: str
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    escalated_at: datetime | None = None
    pod_status: str = "ACTIVE"
    submitted_by: str | None = None


def enabled(table: Any, record: Any, role: str) -> list[str]:
    return [action.mutation for action in available_actions(table, record, [role], NOW) if action.enabled]


def blocked_by(table: Any, mutation: str, record: Any, role: str) -> ErrorCode | None:
    actions = available_actions(table, record, [role], NOW)
    return next(action.blocked_by for action in actions if action.mutation == mutation)


def test_the_operator_proposes_and_the_client_confirms_a_pod() -> None:
    proposed = Pod("SCOPING", proposed_at=NOW)

    assert enabled(POD, Pod("SCOPING"), "OPERATOR") == ["proposePod", *CHANGES, "cancelPod"]
    assert enabled(POD, proposed, "WORKSPACE_ADMIN") == [
        "confirmPod",
        "revisePodScope",
        "updatePod",
        "cancelPod",
    ]


def test_a_pod_without_a_proposal_can_not_be_confirmed() -> None:
    assert blocked_by(POD, "confirmPod", Pod("SCOPING"), "ORG_OWNER") is ErrorCode.PROPOSAL_INCOMPLETE


def test_a_proposal_can_be_confirmed_up_to_its_very_end() -> None:
    ending = Pod("SCOPING", proposed_at=NOW, proposal_expires_at=NOW)
    ended = Pod("SCOPING", proposed_at=NOW, proposal_expires_at=NOW - SECOND)

    assert blocked_by(POD, "confirmPod", ending, "ORG_OWNER") is None
    assert blocked_by(POD, "confirmPod", ended, "ORG_OWNER") is ErrorCode.PROPOSAL_EXPIRED


def test_a_running_pod_is_paused_renewed_completed_or_cancelled_by_the_client() -> None:
    running = Pod("ACTIVE", renews_at=NOW)

    assert enabled(POD, running, "ORG_ADMIN") == [
        "pausePod",
        "renewPod",
        *CHANGES,
        "completePod",
        "cancelPod",
    ]


def test_a_paused_pod_can_be_resumed_but_not_renewed() -> None:
    assert enabled(POD, Pod("PAUSED"), "ORG_ADMIN") == [
        "resumePod",
        *CHANGES,
        "completePod",
        "cancelPod",
    ]


def test_a_member_updates_a_pod_and_the_team_only_revises_its_scope() -> None:
    running = Pod("ACTIVE", renews_at=NOW)
    assert enabled(POD, running, "MEMBER") == ["revisePodScope", "updatePod"]
    assert enabled(POD, running, "DELIVERY") == ["revisePodScope"]


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_nothing_can_be_done_to_a_pod_that_has_ended(status: str) -> None:
    assert [enabled(POD, Pod(status), role) for role in ("ORG_OWNER", "OPERATOR", "DELIVERY")] == [[], [], []]


def test_a_pod_is_renewed_until_30_days_after_its_term() -> None:
    late = Pod("ACTIVE", renews_at=NOW - timedelta(days=30))
    too_late = Pod("ACTIVE", renews_at=NOW - timedelta(days=30) - SECOND)

    assert blocked_by(POD, "renewPod", late, "ORG_OWNER") is None
    assert blocked_by(POD, "renewPod", too_late, "ORG_OWNER") is ErrorCode.INVALID_TRANSITION


def test_the_line_follows_its_pod() -> None:
    assert LINE_STATUS == {
        PodStatus.ACTIVE: ServiceLineStatus.ACTIVE,
        PodStatus.PAUSED: ServiceLineStatus.PAUSED,
        PodStatus.COMPLETED: ServiceLineStatus.CLOSED,
        PodStatus.CANCELLED: ServiceLineStatus.TERMINATED,
    }


def test_the_team_records_and_the_operator_publishes_a_report() -> None:
    assert enabled(SLA_REPORT, SlaReport("DRAFT"), "DELIVERY") == ["recordSlaReport"]
    assert enabled(SLA_REPORT, SlaReport("DRAFT"), "OPERATOR") == ["publishSlaReport"]


def test_a_published_report_can_not_change() -> None:
    actions = available_actions(SLA_REPORT, SlaReport("PUBLISHED"), ["SYSTEM"], NOW)

    assert [action.blocked_by for action in actions] == [
        ErrorCode.REPORT_PUBLISHED,
        ErrorCode.REPORT_PUBLISHED,
    ]
    assert actions[0].reason == "The report for 2026-04 is published and cannot change."


def test_a_month_is_published_when_it_is_over() -> None:
    may = SlaReport("DRAFT", "2026-05")

    assert blocked_by(SLA_REPORT, "publishSlaReport", may, "OPERATOR") is ErrorCode.INVALID_TRANSITION
    assert PUBLISH_SLA_REPORT.blocked(may, datetime(2026, 6, 1, tzinfo=UTC)) is None


def test_the_team_responds_before_it_resolves() -> None:
    assert enabled(TICKET, Ticket("OPEN"), "DELIVERY") == ["respondToTicket", "addTicketComment"]
    assert enabled(TICKET, Ticket("IN_PROGRESS"), "DELIVERY") == ["addTicketComment", "resolveTicket"]


def test_a_member_escalates_and_an_admin_closes_and_reopens_too() -> None:
    resolved = Ticket("RESOLVED", resolved_at=NOW)

    assert enabled(TICKET, Ticket("OPEN"), "MEMBER") == ["addTicketComment", "escalateTicket"]
    assert enabled(TICKET, resolved, "MEMBER") == ["addTicketComment"]
    assert enabled(TICKET, resolved, "ORG_ADMIN") == ["addTicketComment", "closeTicket", "reopenTicket"]


def test_only_the_author_withdraws_a_ticket_without_response() -> None:
    ticket = Ticket("OPEN", submitted_by="USR-26-000046")

    assert CLOSE_TICKET.refusal(ticket, ["MEMBER"], NOW, "USR-26-000046") is None
    other = CLOSE_TICKET.refusal(ticket, ["ORG_OWNER"], NOW, "USR-26-000044")
    assert other == Refusal(ErrorCode.FORBIDDEN, "Only the author can close a ticket that has no response yet.")


def test_a_ticket_is_escalated_once_in_24_hours() -> None:
    yesterday = Ticket("OPEN", escalated_at=NOW - timedelta(hours=24))
    today = Ticket("OPEN", escalated_at=NOW - timedelta(hours=24) + SECOND)

    assert blocked_by(TICKET, "escalateTicket", yesterday, "MEMBER") is None
    assert blocked_by(TICKET, "escalateTicket", today, "MEMBER") is ErrorCode.ALREADY_DONE


@pytest.mark.parametrize("ended", ["resolved_at", "closed_at"])
def test_a_ticket_is_reopened_within_30_days_of_its_end(ended: str) -> None:
    status = {"resolved_at": "RESOLVED", "closed_at": "CLOSED"}[ended]
    in_time, too_late = Ticket(status), Ticket(status)
    setattr(in_time, ended, NOW - timedelta(days=30))
    setattr(too_late, ended, NOW - timedelta(days=30) - SECOND)

    assert blocked_by(TICKET, "reopenTicket", in_time, "ORG_OWNER") is None
    assert blocked_by(TICKET, "reopenTicket", too_late, "ORG_OWNER") is ErrorCode.INVALID_TRANSITION
