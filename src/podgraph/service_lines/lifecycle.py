"""The lives of service lines and incidents."""

from datetime import datetime, timedelta
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal
from podgraph.kernel.roles import CLIENT, DELIVERY, OPERATOR, SYSTEM
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition


class ServiceLineStatus(DescribedEnum):
    """Where a service line stands; it follows the pod or scope that it executes."""

    DRAFT = "DRAFT", "Prepared, not executing yet."
    ACTIVE = "ACTIVE", "Executing: work is done and charged."
    PAUSED = "PAUSED", "Interrupted; its capacity stays reserved."
    CLOSED = "CLOSED", "Ended as agreed. Final."
    TERMINATED = "TERMINATED", "Ended by cancellation. Final."


class ExecutionModel(DescribedEnum):
    """How the work of a service line is organised."""

    CAPACITY = "CAPACITY", "People work under the client's own direction, by the hour."
    ONGOING_SLA = "ONGOING_SLA", "A managed pod works on, measured by an SLA."
    TIMEBOXED_OUTCOME = "TIMEBOXED_OUTCOME", "A fixed outcome is delivered within a fixed time."
    INFRA_MANAGED = "INFRA_MANAGED", "Infrastructure is operated for the client."
    OBSERVABILITY = "OBSERVABILITY", "Delivery is measured and reported."
    AGENT_RUNTIME = "AGENT_RUNTIME", "Software agents run on the client's credits."


class BillingModel(DescribedEnum):
    """How a service line is charged."""

    TIME_AND_MATERIALS = "TIME_AND_MATERIALS", "By the hours worked."
    SUBSCRIPTION = "SUBSCRIPTION", "A fixed price per month."
    FIXED_SCOPE = "FIXED_SCOPE", "One fixed price for one fixed scope, paid by milestones."
    USAGE_PLUS_SUBSCRIPTION = "USAGE_PLUS_SUBSCRIPTION", "A price per month, and what is used beyond it."
    USAGE = "USAGE", "By what is used."


class ProductLine(DescribedEnum):
    """What kind of product a service line belongs to."""

    TALENT = "TALENT", "Single people for the client's own teams."
    MANAGED_SERVICES = "MANAGED_SERVICES", "Managed delivery pods."
    ODS = "ODS", "On-demand sprints: fixed outcomes."
    INFRASTRUCTURE = "INFRASTRUCTURE", "Compute and storage."
    INTELLIGENCE = "INTELLIGENCE", "Developer intelligence."
    AGENT_GATEWAY = "AGENT_GATEWAY", "The gateway that software agents run through."


class HealthBand(DescribedEnum):
    """How a health score of 0 to 100 reads."""

    GREEN = "GREEN", "70 or more: as it should be."
    AMBER = "AMBER", "50 to below 70: to be watched."
    RED = "RED", "Below 50: to be acted on."


class RiskLevel(DescribedEnum):
    """How likely a service line is to miss what was agreed."""

    LOW = "LOW", "No signal is amber or red."
    MEDIUM = "MEDIUM", "At least one signal is amber, none is red."
    HIGH = "HIGH", "At least one signal is red."


class IncidentType(DescribedEnum):
    """What went wrong."""

    SLA_BREACH = "SLA_BREACH", "A commitment of the SLA was not kept."
    DELIVERY_FAILURE = "DELIVERY_FAILURE", "Something was delivered wrong or not at all."
    DELIVERY_BLOCKER = "DELIVERY_BLOCKER", "Something keeps the team from delivering."
    CAPACITY_GAP = "CAPACITY_GAP", "Capacity that was agreed is missing."


class IncidentSeverity(DescribedEnum):
    """How bad an incident is; P1 is the worst."""

    P1 = "P1", "Critical: delivery has stopped or damage is being done."
    P2 = "P2", "High: delivery is badly hurt; acknowledged within an hour."
    P3 = "P3", "Medium: delivery is hurt; acknowledged within four hours. The default."
    P4 = "P4", "Low: to be looked at in due course."


class IncidentStatus(DescribedEnum):
    """Where an incident stands."""

    OPEN = "OPEN", "Raised, and nobody has taken it on yet."
    ACKNOWLEDGED = "ACKNOWLEDGED", "Somebody has taken it on."
    RESOLVED = "RESOLVED", "Settled, with a resolution; it can be reopened for 30 days."


REOPENABLE_FOR = timedelta(days=30)
"""How long after its resolution an incident can be reopened."""
RAISABLE_FOR = timedelta(days=30)
"""How long after the end of a service line an incident can still be raised on it."""
METERING = DELIVERY | OPERATOR | SYSTEM
"""Those who may record usage."""


def _still_reopenable(incident: Any, now: datetime) -> Refusal | None:
    if now - incident.resolved_at <= REOPENABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        f"An incident can be reopened for 30 days; this one was resolved on {incident.resolved_at:%Y-%m-%d}.",
    )


def not_raisable(line: Any, now: datetime) -> Refusal | None:
    """Why no incident can be raised on a service line any more; None where one can."""
    if line.ended_at is None or now - line.ended_at <= RAISABLE_FOR:
        return None
    return Refusal(
        ErrorCode.INVALID_TRANSITION,
        "An incident can be raised until 30 days after the end of a service line;"
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
    # A line without a source, such as one of single people, comes as its own books have it.
    Transition("import", CREATES, ServiceLineStatus.DRAFT, AUTOMATIC),
    Transition("import of its start", frozenset({ServiceLineStatus.DRAFT}), ServiceLineStatus.ACTIVE, AUTOMATIC),
    PAUSE_LINE,
    RESUME_LINE,
    CLOSE_LINE,
    TERMINATE_LINE,
)
"""Nobody moves a service line directly: its status follows its pod or scope in the same transaction."""

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
"""What may be done to an incident."""
