"""The lives of pods, SLA reports and tickets."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import CLIENT, DELIVERY, MEMBERS, OPERATOR, SYSTEM
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition
from podgraph.service_lines.lifecycle import ServiceLineStatus


class PodStatus(DescribedEnum):
    """Where a pod stands."""

    SCOPING = "SCOPING", "Requested; its team, SLA and price are being settled."
    ACTIVE = "ACTIVE", "Confirmed and delivering."
    PAUSED = "PAUSED", "Interrupted; its team stays reserved and the clocks of its tickets run on."
    COMPLETED = "COMPLETED", "Ended as agreed. Final."
    CANCELLED = "CANCELLED", "Ended before its term, or never begun. Final."


class DeliveryModel(DescribedEnum):
    """How a pod is run."""

    MANAGED_DELIVERY = "MANAGED_DELIVERY", "The provider manages both the team and its delivery."
    DEDICATED_TEAM = "DEDICATED_TEAM", "A team for this client alone, steered together."
    STAFF_AUGMENTATION = "STAFF_AUGMENTATION", "People who join the client's own teams."


class SlaMetricKind(DescribedEnum):
    """What an SLA measures."""

    THROUGHPUT = "THROUGHPUT", "Tasks completed per sprint, at the least."
    RESPONSE_TIME = "RESPONSE_TIME", "Hours until new priority items get a first response, at the most."
    QUALITY_GATE = (
        "QUALITY_GATE",
        "Test coverage in percent, at the least; a defect rate may be required too.",
    )
    AVAILABILITY = "AVAILABILITY", "Hours per week that the team is available, at the least."


class SlaMetricStatus(DescribedEnum):
    """Whether a metric of the SLA was kept in a period."""

    MET = "MET", "The target was reached within its tolerance."
    BREACHED = "BREACHED", "The target was missed by more than its tolerance."
    NOT_MEASURED = "NOT_MEASURED", "There is no measurement for the period."


class SlaReportStatus(DescribedEnum):
    """Where the SLA report of a month stands."""

    DRAFT = "DRAFT", "Measurements still come in."
    PUBLISHED = "PUBLISHED", "Computed with the terms in force in its month. Final."


class TicketType(DescribedEnum):
    """What a ticket asks of the pod."""

    PRIORITY_ITEM = "PRIORITY_ITEM", "Something to be taken before the rest; counts for the response time."
    REQUEST = "REQUEST", "Something new to be done."
    ISSUE = "ISSUE", "Something that does not work."
    ESCALATION = "ESCALATION", "A concern for the account management."


class TicketPriority(DescribedEnum):
    """How urgent a ticket is to the client."""

    LOW = "LOW", "When there is time."
    MEDIUM = "MEDIUM", "In the usual order."
    HIGH = "HIGH", "Before the usual order."
    URGENT = "URGENT", "At once."


class TicketStatus(DescribedEnum):
    """Where a ticket stands."""

    OPEN = "OPEN", "Raised; the response clock is running."
    IN_PROGRESS = "IN_PROGRESS", "Responded to and being worked on."
    RESOLVED = "RESOLVED", "Done, as the pod sees it; closed by the client, or by the clock after 7 days."
    CLOSED = "CLOSED", "Agreed to be done, or withdrawn; it can be reopened for 30 days."


class ResponseSla(DescribedEnum):
    """Whether a ticket was responded to in time."""

    PENDING = "PENDING", "Not responded to, and the deadline has not passed."
    MET = "MET", "Responded to by the deadline."
    BREACHED = "BREACHED", "The deadline passed without a response."


TICKETED = frozenset({PodStatus.ACTIVE, PodStatus.PAUSED})
"""Where a pod has somebody who responds to tickets, and a clock for it."""
RENEWABLE_FOR = timedelta(days=30)
"""How long after the end of its term a pod can still be renewed."""
REOPENABLE_FOR = timedelta(days=30)
"""How long after its end a ticket can be reopened."""
ESCALATED_EVERY = timedelta(hours=24)
"""The least time between two escalations of one ticket."""
CLOSED_AFTER = timedelta(days=7)
"""How long a ticket stays resolved before it is closed, unless the client closes or reopens it."""


def _proposal_is_open(pod: Any, now: datetime) -> Refusal | None:
    if pod.proposed_at is None:
        return Refusal(ErrorCode.PROPOSAL_INCOMPLETE, "No proposal has been made for this pod yet.")
    if pod.proposal_expires_at is None or now <= pod.proposal_expires_at:
        return None
    return Refusal(
        ErrorCode.PROPOSAL_EXPIRED,
        f"The proposal was valid until {pod.proposal_expires_at:%Y-%m-%d %H:%M} UTC.",
    )


def _term_is_renewable(pod: Any, now: datetime) -> Refusal | None:
    if now <= pod.renews_at + RENEWABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"A pod can be renewed until 30 days after its term; this term ended on {pod.renews_at:%Y-%m-%d}.",
    )


def _report_is_open(report: Any, _now: datetime) -> Refusal | None:
    if report.status != SlaReportStatus.PUBLISHED:
        return None
    return Refusal(ErrorCode.REPORT_PUBLISHED, f"The report of {report.period} is published and can not change.")


def _month_is_over(report: Any, now: datetime) -> Refusal | None:
    if now >= Period.parse(report.period).end:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION, f"{report.period} is not over: half a month would be read as a verdict."
    )


def _pod_is_engaged(ticket: Any, _now: datetime) -> Refusal | None:
    if ticket.pod_status in TICKETED:
        return None
    return Refusal(ErrorCode.INVALID_TRANSITION, f"The pod is {ticket.pod_status}: nobody would respond any more.")


def _still_reopenable(ticket: Any, now: datetime) -> Refusal | None:
    ended_at = ticket.closed_at or ticket.resolved_at
    if now - ended_at <= REOPENABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"A ticket can be reopened for 30 days; this one ended on {ended_at:%Y-%m-%d}.",
    )


def _not_escalated_lately(ticket: Any, now: datetime) -> Refusal | None:
    if ticket.escalated_at is None or now - ticket.escalated_at >= ESCALATED_EVERY:
        return None
    return Refusal(
        ErrorCode.ALREADY_DONE,
        f"A ticket is escalated once in 24 hours; this one was at {ticket.escalated_at:%Y-%m-%d %H:%M} UTC.",
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
    COMPLETE_POD,
    CANCEL_POD,
    COMPLETE_AT_TERM,
)
"""What may be done to a pod. The clock completes one that does so at the end of its term."""

_DRAFT = frozenset({SlaReportStatus.DRAFT})
_ANY_REPORT = frozenset(SlaReportStatus)

OPEN_SLA_REPORT = Transition("recordSlaReport", CREATES, SlaReportStatus.DRAFT, DELIVERY | SYSTEM)
# A published report answers REPORT_PUBLISHED, so both of these start from every status.
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
"""What may be done to an SLA report. The clock publishes it on the third of the next month."""

_UNANSWERED = frozenset({TicketStatus.OPEN})
_AT_WORK = frozenset({TicketStatus.IN_PROGRESS})
_UNRESOLVED = _UNANSWERED | _AT_WORK
_RESOLVED = frozenset({TicketStatus.RESOLVED})
_SETTLED = _RESOLVED | {TicketStatus.CLOSED}


def _withdrawn_or_agreed(ticket: Any, roles: Collection[str], user_id: str | None) -> Refusal | None:
    if ticket.status != TicketStatus.OPEN and CLIENT.isdisjoint(roles):
        who = ", ".join(sorted(CLIENT))
        return Refusal(ErrorCode.FORBIDDEN, f"That a ticket is done is agreed by one of {who}.")
    if ticket.status == TicketStatus.OPEN and (user_id is None or ticket.submitted_by != user_id):
        return Refusal(ErrorCode.FORBIDDEN, "A ticket without a response is withdrawn by its author only.")
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
LET_TICKET_GO = Transition("tick 7 days after the resolution", _RESOLVED, TicketStatus.CLOSED, AUTOMATIC)

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
    LET_TICKET_GO,
)
"""What may be done to a ticket, and what the clock does to one."""

LINE_STATUS = {
    PodStatus.ACTIVE: ServiceLineStatus.ACTIVE,
    PodStatus.PAUSED: ServiceLineStatus.PAUSED,
    PodStatus.COMPLETED: ServiceLineStatus.CLOSED,
    PodStatus.CANCELLED: ServiceLineStatus.TERMINATED,
}
"""The status of a pod's service line, by the status of the pod; a pod in SCOPING has no line."""
