"""The mutations of incidents and usage."""

from datetime import date
from decimal import Decimal

import strawberry

from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode
from podgraph.service_lines import lifecycle, service
from podgraph.service_lines.lifecycle import IncidentSeverity, IncidentType
from podgraph.service_lines.types import Incident, ServiceLine

WORD = inputs.Text(100)


@strawberry.type(description="What became of an incident.")
class IncidentPayload(Payload):
    incident: Incident | None = one("incident_id", "The incident as it is now; as it was when refused.")


@strawberry.type(description="What became of a record of usage.")
class UsagePayload(Payload):
    service_line: ServiceLine | None = one("service_line_id", "The service line, with its usage as it is now.")


@strawberry.input(description="What went wrong, and where: on a service line, or on a pod's.")
class RaiseIncidentInput(Input):
    service_line_id: strawberry.ID | None = input_field(
        "The service line: LIN-26-088401. Either this or the pod.", inputs.ID, default=None
    )
    pod_id: strawberry.ID | None = input_field(
        "The pod: POD-26-000008. Either this or the service line.", inputs.ID, default=None
    )
    type: IncidentType = input_field("What kind of thing went wrong.")
    severity: IncidentSeverity = input_field("How bad it is.", default=IncidentSeverity.P3)
    title: str = input_field("What happened, in a line: Releases have stopped.", inputs.TITLE)
    description: str | None = input_field("What happened, at length.", inputs.DESCRIPTION, default=None)
    raised_by: strawberry.ID | None = input_field(
        "Who raises it, where the account team does so for somebody; else it is the caller.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Which incident to take on.")
class AcknowledgeIncidentInput(Input):
    incident_id: strawberry.ID = input_field("The incident: INC-26-000091.", inputs.ID)


@strawberry.input(description="Which incident is worse or not as bad, and why.")
class ChangeIncidentSeverityInput(Input):
    incident_id: strawberry.ID = input_field("The incident: INC-26-000091.", inputs.ID)
    severity: IncidentSeverity = input_field("How bad it is.")
    reason: str = input_field("Why: a second client is hit.", inputs.REASON)


@strawberry.input(description="Which incident is settled, and how.")
class ResolveIncidentInput(Input):
    incident_id: strawberry.ID = input_field("The incident: INC-26-000091.", inputs.ID)
    resolution: str = input_field("How it was settled: the on-call rota covers nights now.", inputs.DESCRIPTION)


@strawberry.input(description="Which incident to open again, and why.")
class ReopenIncidentInput(Input):
    incident_id: strawberry.ID = input_field("The incident: INC-26-000091.", inputs.ID)
    reason: str | None = input_field("Why: it happened again.", inputs.REASON, default=None)


@strawberry.input(description="What was used of a service line on one day.")
class RecordUsageInput(Input):
    service_line_id: strawberry.ID = input_field("The service line: LIN-26-088401.", inputs.ID)
    metric: str = input_field("What was used: talent.hours.", WORD)
    quantity: Decimal = input_field("How much: 38.5.", inputs.QUANTITY)
    unit: str = input_field("What the quantity counts: hours.", WORD)
    cost: Decimal | None = input_field(
        "What it costs, where it is charged by itself.", inputs.Number(places=2), default=None
    )
    currency: str | None = input_field(
        "The currency of the cost, the organization's: USD.", inputs.CURRENCY, default=None
    )
    occurred_on: date = input_field("The day, from the line's first to today, in UTC.")


@strawberry.type
class LinesMutation:
    raise_incident: IncidentPayload = mutation(
        service.raise_incident,
        RaiseIncidentInput,
        IncidentPayload,
        lifecycle.RAISE_INCIDENT,
        "Say that something went wrong; from a client it is a suspicion, until it is looked into."
        " On a line that has ended this is possible for 30 days.",
        codes=(ErrorCode.REQUIRED, ErrorCode.INVALID_TRANSITION, ErrorCode.ACTOR_MISMATCH),
        events=("incident.opened",),
    )
    acknowledge_incident: IncidentPayload = mutation(
        service.acknowledge_incident,
        AcknowledgeIncidentInput,
        IncidentPayload,
        lifecycle.ACKNOWLEDGE_INCIDENT,
        "Take an incident on.",
        shows="incident_id",
        events=("incident.acknowledged",),
    )
    change_incident_severity: IncidentPayload = mutation(
        service.change_incident_severity,
        ChangeIncidentSeverityInput,
        IncidentPayload,
        lifecycle.CHANGE_INCIDENT_SEVERITY,
        "Say that an incident is worse, or not as bad, as was thought.",
        shows="incident_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("incident.severity_changed",),
    )
    resolve_incident: IncidentPayload = mutation(
        service.resolve_incident,
        ResolveIncidentInput,
        IncidentPayload,
        lifecycle.RESOLVE_INCIDENT,
        "Settle an incident that somebody has taken on, and say how.",
        shows="incident_id",
        events=("incident.resolved",),
    )
    reopen_incident: IncidentPayload = mutation(
        service.reopen_incident,
        ReopenIncidentInput,
        IncidentPayload,
        lifecycle.REOPEN_INCIDENT,
        "Open an incident again that was not settled after all; possible for 30 days.",
        shows="incident_id",
        events=("incident.reopened",),
    )
    record_usage: UsagePayload = mutation(
        service.record_usage,
        RecordUsageInput,
        UsagePayload,
        lifecycle.METERING,
        "Note what was used of a service line on one day. A record never changes.",
        shows="service_line_id",
        codes=(ErrorCode.REQUIRED, ErrorCode.INVALID_TRANSITION, ErrorCode.CURRENCY_MISMATCH),
        events=("usage.recorded",),
    )
