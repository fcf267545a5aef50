"""State machines of service lines and incidents."""

from datetime import datetime, timedelta
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.roles import CLIENT, DELIVERY, OPERATOR, SYSTEM
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition


class ServiceLineStatus(DescribedEnum):
    """Status of a service line. It follows the pod or scope that the line executes."""

    DRAFT = "DRAFT", "Prepared; execution has not started."
    ACTIVE = "ACTIVE", "In execution; work is performed and billed."
    PAUSED = "PAUSED", "Paused; its capacity stays reserved."
    CLOSED = "CLOSED", "Ended as agreed. Final."
    TERMINATED = "TERMINATED", "Ended by cancellation. Final."


class ExecutionModel(DescribedEnum):
    """Execution model of a service line."""

    CAPACITY = "CAPACITY", "People work by the hour under the client's direction."
    ONGOING_SLA = "ONGOING_SLA", "A managed pod delivers continuously, measured by an SLA."
    TIMEBOXED_OUTCOME = "TIMEBOXED_OUTCOME", "A fixed outcome is delivered by a fixed date."
    INFRA_MANAGED = "INFRA_MANAGED", "Infrastructure is operated for the client."
    OBSERVABILITY = "OBSERVABILITY", "Delivery is measured and reported."
    AGENT_RUNTIME = "AGENT_RUNTIME", "Software agents run on the client's credits."


class BillingModel(DescribedEnum):
    """Billing model of a service line."""

    TIME_AND_MATERIALS = "TIME_AND_MATERIALS", "Billed by hours worked."
    SUBSCRIPTION = "SUBSCRIPTION", "Fixed monthly price."
    FIXED_SCOPE = "FIXED_SCOPE", "Fixed price for a fixed scope, paid by milestones."
    USAGE_PLUS_SUBSCRIPTION = "USAGE_PLUS_SUBSCRIPTION", "Monthly price plus usage beyond it."
    USAGE = "USAGE", "Billed by usage."


class ProductLine(DescribedEnum):
    """Product line of a service line."""

    TALENT = "TALENT", "Individuals for the client's own teams."
    MANAGED_SERVICES = "MANAGED_SERVICES", "Managed delivery pods."
    ODS = "ODS", "On-demand sprints with fixed outcomes."
    INFRASTRUCTURE = "INFRASTRUCTURE", "Compute and storage."
    INTELLIGENCE = "INTELLIGENCE", "Developer intelligence."
    AGENT_GATEWAY = "AGENT_GATEWAY", "Gateway for AI agents."


class HealthBand(DescribedEnum):
    """Rating of a health score from 0 to 100."""

    GREEN = "GREEN", "70 or more: healthy."
    AMBER = "AMBER", "50 to below 70: needs attention."
    RED = "RED", "Below 50: needs action."


class RiskLevel(DescribedEnum):
    """Risk that a service line misses its commitments."""

    LOW = "LOW", "No signal is amber or red."
    MEDIUM = "MEDIUM", "At least one signal is amber, none is red."
    HIGH = "HIGH", "At least one signal is red."


class IncidentType(DescribedEnum):
    """Incident type."""

    SLA_BREACH = "SLA_BREACH", "An SLA commitment was missed."
    DELIVERY_FAILURE = "DELIVERY_FAILURE", "A delivery was wrong or missing."
    DELIVERY_BLOCKER = "DELIVERY_BLOCKER", "The team is blocked."
    CAPACITY_GAP = "CAPACITY_GAP", "Committed capacity is missing."


class IncidentSeverity(DescribedEnum):
    """Severity of an incident; P1 is the highest."""

    P1 = "P1", "Critical: delivery has stopped or damage is ongoing."
    P2 = "P2", "High: delivery is severely affected; acknowledge within 1 hour."
    P3 = "P3", "Medium: delivery is affected; acknowledge within 4 hours. The default."
    P4 = "P4", "Low: no deadline."


class IncidentStatus(DescribedEnum):
    """Status of an incident."""

    OPEN = "OPEN", "Raised, not yet acknowledged."
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged; work on it has started."
    RESOLVED = "RESOLVED", "Resolved; can be reopened for 30 days."


REOPENABLE_FOR = timedelta(days=30)
"""Time after its resolution within which an incident can be reopened."""
RAISABLE_FOR = timedelta(days=30)
"""Time after the end of a service line within which incidents can be raised on it."""
METERING = DELIVERY | OPERATOR | SYSTEM
"""Roles that can record usage."""


def _still_reopenable(incident: Any, now: datetime) -> Refusal | None:
    if now - incident.resolved_at <= REOPENABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"Incidents can be reopened for 30 days; this one was resolved on {incident.resolved_at:%Y-%m-%d}.",
    )


def not_raisable(line: Any, now: datetime) -> Refusal | None:
    """Why incidents can no longer be raised on a service line; None if they can."""
    if line.ended_at is None or now - line.ended_at <= RAISABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        "Incidents can be raised until 30 days after the end of a service line;"
        f" {line.id} ended on {line.ended_at:%Y-%m-%d}.",
    )


_ACTIVE = frozenset({ServiceLineStatus.ACTIVE})
_PAUSED = frozenset({ServiceLineStatus.PAUSED})

OPEN_LINE = Transition("confirmPod or confirmScope", CREATES, ServiceLineStatus.ACTIVE, AUTOMATIC)
PAUSE_LINE = Transition("pausePod", _ACTIVE, ServiceLineStatus.PAUSED, AUTOMATIC)
RESUME_LINE = Transition("resumePod", _PAUSED, ServiceLineStatus.ACTIVE, AUTOMATIC)
CLOSE_LINE = Transition(
    "completePod or acceptDeliverable of the last one", _ACTIVE | _PAUSED, ServiceLineStatus.CLOSED, AUTOMATIC
)
TERMINATE_LINE = Transition("cancelPod or cancelScope", _ACTIVE | _PAUSED, ServiceLineStatus.TERMINATED, AUTOMATIC)

SERVICE_LINE = (
    OPEN_LINE,
    # A line without a source, such as one for individuals, is imported.
    Transition("import", CREATES, ServiceLineStatus.DRAFT, AUTOMATIC),
    Transition("import of its start", frozenset({ServiceLineStatus.DRAFT}), ServiceLineStatus.ACTIVE, AUTOMATIC),
    PAUSE_LINE,
    RESUME_LINE,
    CLOSE_LINE,
    TERMINATE_LINE,
)
"""Transitions of a service line. All are automatic: the line follows its pod or scope in the same transaction."""

_OPEN = frozenset({IncidentStatus.OPEN})
_ACKNOWLEDGED = frozenset({IncidentStatus.ACKNOWLEDGED})
_RESOLVED = frozenset({IncidentStatus.RESOLVED})

RAISE_INCIDENT = Transition("raiseIncident", CREATES, IncidentStatus.OPEN, CLIENT | OPERATOR)
ACKNOWLEDGE_INCIDENT = Transition("acknowledgeIncident", _OPEN, IncidentStatus.ACKNOWLEDGED, DELIVERY | OPERATOR)
CHANGE_INCIDENT_SEVERITY = Transition("changeIncidentSeverity", _OPEN | _ACKNOWLEDGED, None, DELIVERY | OPERATOR)
RESOLVE_INCIDENT = Transition("resolveIncident", _ACKNOWLEDGED, IncidentStatus.RESOLVED, DELIVERY | OPERATOR)
REOPEN_INCIDENT = Transition("reopenIncident", _RESOLVED, IncidentStatus.OPEN, CLIENT | OPERATOR, (_still_reopenable,))

INCIDENT = (
    RAISE_INCIDENT,
    Transition("tick at the response deadline of a ticket", CREATES, IncidentStatus.OPEN, AUTOMATIC),
    Transition("publishSlaReport with a breached metric", CREATES, IncidentStatus.OPEN, AUTOMATIC),
    ACKNOWLEDGE_INCIDENT,
    CHANGE_INCIDENT_SEVERITY,
    RESOLVE_INCIDENT,
    REOPEN_INCIDENT,
)
"""Transitions of an incident."""
