"""State machines of pods, SLA reports and tickets."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import ADMINISTRATORS, CLIENT, DELIVERY, MEMBERS, OPERATOR, SYSTEM
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition
from podgraph.service_lines.lifecycle import ServiceLineStatus


class PodStatus(DescribedEnum):
    """Status of a pod."""

    SCOPING = "SCOPING", "Requested; team, SLA and price are being agreed."
    ACTIVE = "ACTIVE", "Confirmed and in delivery."
    PAUSED = "PAUSED", "Paused; the team stays reserved and ticket deadlines keep running."
    COMPLETED = "COMPLETED", "Ended as agreed. Final."
    CANCELLED = "CANCELLED", "Cancelled before its term ended, or before confirmation. Final."


class DeliveryModel(DescribedEnum):
    """Delivery model of a pod."""

    MANAGED_DELIVERY = "MANAGED_DELIVERY", "The provider manages the team and its delivery."
    DEDICATED_TEAM = "DEDICATED_TEAM", "A team dedicated to one client, managed jointly."
    STAFF_AUGMENTATION = "STAFF_AUGMENTATION", "People join the client's own teams."


class SlaMetricKind(DescribedEnum):
    """Metric of an SLA."""

    THROUGHPUT = "THROUGHPUT", "Minimum number of tasks completed per sprint."
    RESPONSE_TIME = "RESPONSE_TIME", "Maximum time to the first response to a priority item, in hours."
    QUALITY_GATE = (
        "QUALITY_GATE",
        "Minimum test coverage in percent; optionally limited by a maximum defect rate.",
    )
    AVAILABILITY = "AVAILABILITY", "Minimum availability of the team, in hours per week."


class SlaMetricStatus(DescribedEnum):
    """Result of an SLA metric in a month."""

    MET = "MET", "The target was reached within its tolerance."
    BREACHED = "BREACHED", "The target was missed by more than its tolerance."
    NOT_MEASURED = "NOT_MEASURED", "There is no measurement for the month."


class SlaReportStatus(DescribedEnum):
    """Status of a monthly SLA report."""

    DRAFT = "DRAFT", "Open for measurements."
    PUBLISHED = "PUBLISHED", "Computed with the terms in force in the month. Final."


class TicketType(DescribedEnum):
    """Type of a ticket."""

    PRIORITY_ITEM = "PRIORITY_ITEM", "Work to do first; counts towards the response time metric."
    REQUEST = "REQUEST", "New work."
    ISSUE = "ISSUE", "A defect."
    ESCALATION = "ESCALATION", "A concern for account management."


class TicketPriority(DescribedEnum):
    """Priority of a ticket."""

    LOW = "LOW", "As time permits."
    MEDIUM = "MEDIUM", "In the normal order."
    HIGH = "HIGH", "Ahead of the normal order."
    URGENT = "URGENT", "Immediately."


class TicketStatus(DescribedEnum):
    """Status of a ticket."""

    OPEN = "OPEN", "Created; the response deadline is running."
    IN_PROGRESS = "IN_PROGRESS", "Responded to; work is in progress."
    RESOLVED = "RESOLVED", "Resolved by the pod; closed by the client, or automatically after 7 days."
    CLOSED = "CLOSED", "Accepted or withdrawn; can be reopened for 30 days."


class ResponseSla(DescribedEnum):
    """Result of the response deadline of a ticket."""

    PENDING = "PENDING", "No response yet; the deadline has not passed."
    MET = "MET", "Responded to by the deadline."
    BREACHED = "BREACHED", "The deadline passed without a response."


TICKETED = frozenset({PodStatus.ACTIVE, PodStatus.PAUSED})
"""Statuses of a pod in which its team responds to tickets."""
RENEWABLE_FOR = timedelta(days=30)
"""Time after the end of its term within which a pod can be renewed."""
REOPENABLE_FOR = timedelta(days=30)
"""Time after its end within which a ticket can be reopened."""
ESCALATED_EVERY = timedelta(hours=24)
"""Minimum time between two escalations of one ticket."""
CLOSED_AFTER = timedelta(days=7)
"""Time after its resolution at which a ticket is closed automatically, unless the client closes or reopens it."""


def _proposal_is_open(pod: Any, now: datetime) -> Refusal | None:
    if pod.proposed_at is None:
        return Refusal(ErrorCode.PROPOSAL_INCOMPLETE, "The pod has no proposal yet; create one with `proposePod`.")
    if pod.proposal_expires_at is None or now <= pod.proposal_expires_at:
        return None
    return Refusal(
        ErrorCode.PROPOSAL_EXPIRED,
        f"The proposal expired at {pod.proposal_expires_at:%Y-%m-%d %H:%M} UTC; request a new one.",
    )


def _term_is_renewable(pod: Any, now: datetime) -> Refusal | None:
    if now <= pod.renews_at + RENEWABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"Pods can be renewed until 30 days after the end of the term; this term ended on {pod.renews_at:%Y-%m-%d}.",
    )


def _report_is_open(report: Any, _now: datetime) -> Refusal | None:
    if report.status != SlaReportStatus.PUBLISHED:
        return None
    return Refusal(ErrorCode.REPORT_PUBLISHED, f"The report for {report.period} is published and cannot change.")


def _month_is_over(report: Any, now: datetime) -> Refusal | None:
    if now >= Period.parse(report.period).end:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION, f"{report.period} has not ended; publish the report after the end of the month."
    )


def _pod_is_engaged(ticket: Any, _now: datetime) -> Refusal | None:
    if ticket.pod_status in TICKETED:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"The pod is {ticket.pod_status}; tickets can be reopened while it is ACTIVE or PAUSED.",
    )


def _still_reopenable(ticket: Any, now: datetime) -> Refusal | None:
    ended_at = ticket.closed_at or ticket.resolved_at
    if now - ended_at <= REOPENABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"Tickets can be reopened for 30 days; this one ended on {ended_at:%Y-%m-%d}.",
    )


def _not_escalated_lately(ticket: Any, now: datetime) -> Refusal | None:
    if ticket.escalated_at is None or now - ticket.escalated_at >= ESCALATED_EVERY:
        return None
    return Refusal(
        ErrorCode.ALREADY_DONE,
        "Tickets can be escalated once in 24 hours;"
        f" the last escalation was at {ticket.escalated_at:%Y-%m-%d %H:%M} UTC.",
    )


_SCOPING = frozenset({PodStatus.SCOPING})
_RUNNING = frozenset({PodStatus.ACTIVE})
_PAUSED = frozenset({PodStatus.PAUSED})
_ENGAGED = _RUNNING | _PAUSED
_NOT_ENDED = _SCOPING | _ENGAGED

REQUEST_POD = Transition("requestPod", CREATES, PodStatus.SCOPING, MEMBERS)
PROPOSE_POD = Transition("proposePod", _SCOPING, None, OPERATOR)
CONFIRM_POD = Transition("confirmPod", _SCOPING, PodStatus.ACTIVE, CLIENT | OPERATOR, (_proposal_is_open,))
PAUSE_POD = Transition("pausePod", _RUNNING, PodStatus.PAUSED, CLIENT | OPERATOR)
RESUME_POD = Transition("resumePod", _PAUSED, PodStatus.ACTIVE, CLIENT | OPERATOR)
RENEW_POD = Transition("renewPod", _RUNNING, None, CLIENT, (_term_is_renewable,))
UPDATE_POD = Transition("updatePod", _NOT_ENDED, None, MEMBERS | OPERATOR)
MOVE_POD = Transition("movePod", _NOT_ENDED, None, ADMINISTRATORS)
UPDATE_POD_TEAM = Transition("updatePodTeam", _RUNNING, None, OPERATOR)
REVISE_POD_SCOPE = Transition("revisePodScope", _NOT_ENDED, None, MEMBERS | OPERATOR | DELIVERY)
UPDATE_SLA_TERMS = Transition("updateSlaTerms", _ENGAGED, None, OPERATOR)
COMPLETE_POD = Transition("completePod", _ENGAGED, PodStatus.COMPLETED, CLIENT | OPERATOR)
CANCEL_POD = Transition("cancelPod", _NOT_ENDED, PodStatus.CANCELLED, CLIENT | OPERATOR)
COMPLETE_AT_TERM = Transition("tick at the end of its term", _ENGAGED, PodStatus.COMPLETED, AUTOMATIC)

POD = (
    REQUEST_POD,
    PROPOSE_POD,
    CONFIRM_POD,
    PAUSE_POD,
    RESUME_POD,
    RENEW_POD,
    UPDATE_POD_TEAM,
    REVISE_POD_SCOPE,
    UPDATE_SLA_TERMS,
    UPDATE_POD,
    MOVE_POD,
    COMPLETE_POD,
    CANCEL_POD,
    COMPLETE_AT_TERM,
)
"""Transitions of a pod. With `autoComplete`, the scheduler completes it at the end of its term."""

_DRAFT = frozenset({SlaReportStatus.DRAFT})
_ANY_REPORT = frozenset(SlaReportStatus)

OPEN_SLA_REPORT = Transition("recordSlaReport", CREATES, SlaReportStatus.DRAFT, DELIVERY | SYSTEM)
# Both start from every status, so that a published report is rejected with REPORT_PUBLISHED.
RECORD_SLA_REPORT = Transition("recordSlaReport", _ANY_REPORT, None, DELIVERY | SYSTEM, (_report_is_open,))
PUBLISH_SLA_REPORT = Transition(
    "publishSlaReport",
    _ANY_REPORT,
    SlaReportStatus.PUBLISHED,
    OPERATOR | SYSTEM,
    (_report_is_open, _month_is_over),
)
PUBLISH_WHEN_DUE = Transition("tick on the third of the next month", _DRAFT, SlaReportStatus.PUBLISHED, AUTOMATIC)

SLA_REPORT = (OPEN_SLA_REPORT, RECORD_SLA_REPORT, PUBLISH_SLA_REPORT, PUBLISH_WHEN_DUE)
"""Transitions of an SLA report. The scheduler publishes it on the third of the next month."""

_UNANSWERED = frozenset({TicketStatus.OPEN})
_AT_WORK = frozenset({TicketStatus.IN_PROGRESS})
_UNRESOLVED = _UNANSWERED | _AT_WORK
_RESOLVED = frozenset({TicketStatus.RESOLVED})
_SETTLED = _RESOLVED | {TicketStatus.CLOSED}


def _withdrawn_or_agreed(ticket: Any, roles: Collection[str], user_id: str | None) -> Refusal | None:
    if ticket.status != TicketStatus.OPEN and CLIENT.isdisjoint(roles):
        who = ", ".join(sorted(CLIENT))
        return Refusal(ErrorCode.FORBIDDEN, f"Closing a resolved ticket requires one of: {who}.")
    if ticket.status == TicketStatus.OPEN and (user_id is None or ticket.submitted_by != user_id):
        return Refusal(ErrorCode.FORBIDDEN, "Only the author can close a ticket that has no response yet.")
    return None


CREATE_TICKET = Transition("createTicket", CREATES, TicketStatus.OPEN, MEMBERS | OPERATOR)
RESPOND_TO_TICKET = Transition("respondToTicket", _UNANSWERED, TicketStatus.IN_PROGRESS, DELIVERY)
ADD_TICKET_COMMENT = Transition("addTicketComment", _UNRESOLVED | _RESOLVED, None, MEMBERS | OPERATOR | DELIVERY)
ESCALATE_TICKET = Transition("escalateTicket", _UNRESOLVED, None, MEMBERS, (_not_escalated_lately,))
RESOLVE_TICKET = Transition("resolveTicket", _AT_WORK, TicketStatus.RESOLVED, DELIVERY)
CLOSE_TICKET = Transition(
    "closeTicket", _UNANSWERED | _RESOLVED, TicketStatus.CLOSED, MEMBERS, persons=(_withdrawn_or_agreed,)
)
REOPEN_TICKET = Transition("reopenTicket", _SETTLED, TicketStatus.OPEN, CLIENT, (_pod_is_engaged, _still_reopenable))
WARN_OF_TICKET = Transition("tick at 80 % of the time to respond", _UNANSWERED, None, AUTOMATIC)
BREACH_TICKET = Transition("tick at the response deadline", _UNANSWERED, None, AUTOMATIC)
CLOSE_RESOLVED_TICKET = Transition("tick 7 days after the resolution", _RESOLVED, TicketStatus.CLOSED, AUTOMATIC)

TICKET = (
    CREATE_TICKET,
    RESPOND_TO_TICKET,
    ADD_TICKET_COMMENT,
    ESCALATE_TICKET,
    RESOLVE_TICKET,
    CLOSE_TICKET,
    REOPEN_TICKET,
    WARN_OF_TICKET,
    BREACH_TICKET,
    CLOSE_RESOLVED_TICKET,
)
"""Transitions of a ticket: by mutation and by the scheduler."""

LINE_STATUS = {
    PodStatus.ACTIVE: ServiceLineStatus.ACTIVE,
    PodStatus.PAUSED: ServiceLineStatus.PAUSED,
    PodStatus.COMPLETED: ServiceLineStatus.CLOSED,
    PodStatus.CANCELLED: ServiceLineStatus.TERMINATED,
}
"""The status of a pod's service line, by the status of the pod; a pod in SCOPING has no line."""
