"""Mutations of incidents and usage."""

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


@strawberry.type(description="Result of an incident mutation.")
class IncidentPayload(Payload):
    incident: Incident | None = one(
        "incident_id", "The incident after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.type(description="Result of `recordUsage`.")
class UsagePayload(Payload):
    service_line: ServiceLine | None = one(
        "service_line_id", "The service line after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `raiseIncident`.")
class RaiseIncidentInput(Input):
    service_line_id: strawberry.ID | None = input_field(
        "Service line id, e.g. LIN-26-088401. Provide either this or `podId`.", inputs.ID, default=None
    )
    pod_id: strawberry.ID | None = input_field(
        "Pod id, e.g. POD-26-000008. Provide either this or `serviceLineId`.", inputs.ID, default=None
    )
    type: IncidentType = input_field("Incident type.")
    severity: IncidentSeverity = input_field("Severity.", default=IncidentSeverity.P3)
    title: str = input_field("Summary in one line, e.g. Releases have stopped.", inputs.TITLE)
    description: str | None = input_field("Detailed description.", inputs.DESCRIPTION, default=None)
    raised_by: strawberry.ID | None = input_field(
        "Id of the user on whose behalf the account team raises the incident. Defaults to the caller.",
        inputs.ID,
        default=None,
    )


@strawberry.input(description="Input for `acknowledgeIncident`.")
class AcknowledgeIncidentInput(Input):
    incident_id: strawberry.ID = input_field("Incident id, e.g. INC-26-000091.", inputs.ID)


@strawberry.input(description="Input for `changeIncidentSeverity`.")
class ChangeIncidentSeverityInput(Input):
    incident_id: strawberry.ID = input_field("Incident id, e.g. INC-26-000091.", inputs.ID)
    severity: IncidentSeverity = input_field("Severity.")
    reason: str = input_field("Reason, e.g. a second client is affected.", inputs.REASON)


@strawberry.input(description="Input for `resolveIncident`.")
class ResolveIncidentInput(Input):
    incident_id: strawberry.ID = input_field("Incident id, e.g. INC-26-000091.", inputs.ID)
    resolution: str = input_field("Resolution, e.g. the on-call rota now covers nights.", inputs.DESCRIPTION)


@strawberry.input(description="Input for `reopenIncident`.")
class ReopenIncidentInput(Input):
    incident_id: strawberry.ID = input_field("Incident id, e.g. INC-26-000091.", inputs.ID)
    reason: str | None = input_field("Reason, e.g. it happened again.", inputs.REASON, default=None)


@strawberry.input(description="Input for `recordUsage`.")
class RecordUsageInput(Input):
    service_line_id: strawberry.ID = input_field("Service line id, e.g. LIN-26-088401.", inputs.ID)
    metric: str = input_field("Metric, e.g. talent.hours.", WORD)
    quantity: Decimal = input_field("Quantity, e.g. 38.5.", inputs.QUANTITY)
    unit: str = input_field("Unit of the quantity, e.g. hours.", WORD)
    cost: Decimal | None = input_field(
        "Cost, if billed separately. Requires `currency`.", inputs.Number(places=2), default=None
    )
    currency: str | None = input_field(
        "Currency of `cost`: the currency of the organization, e.g. USD. Requires `cost`.",
        inputs.CURRENCY,
        default=None,
    )
    occurred_on: date = input_field("Day in UTC, between the start of the line and today.")


@strawberry.type
class ServiceLinesMutation:
    raise_incident: IncidentPayload = mutation(
        service.raise_incident,
        RaiseIncidentInput,
        IncidentPayload,
        lifecycle.RAISE_INCIDENT,
        "Report an incident. Incidents reported by a client are unconfirmed until triaged."
        " Possible until 30 days after the end of the service line.",
        codes=(ErrorCode.REQUIRED, ErrorCode.INVALID_TRANSITION, ErrorCode.ACTOR_MISMATCH),
        events=("incident.opened",),
    )
    acknowledge_incident: IncidentPayload = mutation(
        service.acknowledge_incident,
        AcknowledgeIncidentInput,
        IncidentPayload,
        lifecycle.ACKNOWLEDGE_INCIDENT,
        "Acknowledge an incident.",
        shows="incident_id",
        events=("incident.acknowledged",),
    )
    change_incident_severity: IncidentPayload = mutation(
        service.change_incident_severity,
        ChangeIncidentSeverityInput,
        IncidentPayload,
        lifecycle.CHANGE_INCIDENT_SEVERITY,
        "Change the severity of an incident.",
        shows="incident_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("incident.severity_changed",),
    )
    resolve_incident: IncidentPayload = mutation(
        service.resolve_incident,
        ResolveIncidentInput,
        IncidentPayload,
        lifecycle.RESOLVE_INCIDENT,
        "Resolve an acknowledged incident.",
        shows="incident_id",
        events=("incident.resolved",),
    )
    reopen_incident: IncidentPayload = mutation(
        service.reopen_incident,
        ReopenIncidentInput,
        IncidentPayload,
        lifecycle.REOPEN_INCIDENT,
        "Reopen a resolved incident. Possible for 30 days after the resolution.",
        shows="incident_id",
        events=("incident.reopened",),
    )
    record_usage: UsagePayload = mutation(
        service.record_usage,
        RecordUsageInput,
        UsagePayload,
        lifecycle.METERING,
        "Record the usage of a service line on one day. Records are immutable.",
        shows="service_line_id",
        codes=(ErrorCode.REQUIRED, ErrorCode.INVALID_TRANSITION, ErrorCode.CURRENCY_MISMATCH),
        events=("usage.recorded",),
    )
