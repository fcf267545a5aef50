"""GraphQL types of service lines and incidents."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from podgraph.accounts.types import CommercialSubscription, Organization, Project, User, Workspace
from podgraph.graphql.descriptions import field, register_enums, register_type
from podgraph.graphql.entities import Entity
from podgraph.graphql.filters import (
    AND,
    NOT,
    OR,
    DateTimeFilter,
    Filter,
    IdFilter,
    StringFilter,
    by,
    labelled,
    related,
)
from podgraph.graphql.nodes import record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import JoinTable, ToNode, argument, batch, connection, edge, many, one
from podgraph.service_lines import lifecycle, repository
from podgraph.service_lines.lifecycle import (
    BillingModel,
    ExecutionModel,
    HealthBand,
    IncidentSeverity,
    IncidentStatus,
    IncidentType,
    ProductLine,
    RiskLevel,
    ServiceLineStatus,
)
from podgraph.service_lines.rules import HealthSignal, ServiceLineHealth, UsageMetric, UsageSummary

if TYPE_CHECKING:
    from podgraph.capacity.types import AllocationConnection
    from podgraph.outcomes.types import PaymentConnection, Scope
    from podgraph.pods.types import Pod, SlaReport, Ticket

register_enums(
    BillingModel,
    ExecutionModel,
    HealthBand,
    IncidentSeverity,
    IncidentStatus,
    IncidentType,
    ProductLine,
    RiskLevel,
    ServiceLineStatus,
)

CAPACITY = strawberry.lazy("podgraph.capacity.types")
PODS = strawberry.lazy("podgraph.pods.types")
OUTCOMES = strawberry.lazy("podgraph.outcomes.types")

register_type(
    HealthSignal,
    "One signal of a health score.",
    kind="Signal, e.g. sla_compliance.",
    score="Score of the signal, 0 to 100.",
    weight_percent='Weight in the score, in percent, e.g. "29.4". The weights of all signals with data add up to 100.',
    band="Rating of the score.",
    detail="Explanation, in one sentence.",
)
register_type(
    ServiceLineHealth,
    "Health of a service line, computed on request and not stored.",
    score="Weighted mean of the signals, 0 to 100, e.g. 93.",
    band="Rating of the score.",
    risk="Risk that the line misses its commitments.",
    computed_at="Time of computation.",
    signals="Signals of the score; signals without data are left out.",
)
register_type(
    UsageMetric,
    "Usage of one metric.",
    metric="Metric, e.g. talent.days. Working hours of people are reported in days of 8 hours.",
    quantity='Quantity, e.g. "106".',
    unit="Unit of the quantity, e.g. days.",
    cost="Cost, if billed separately; null if covered by the monthly price.",
)
register_type(
    UsageSummary,
    "Usage and cost of a service line over a range of days.",
    from_="First day.",
    to="Last day, inclusive.",
    metrics="Usage by metric.",
    total_cost="Prorated monthly price up to today plus the usage billed separately.",
    effective_day_rate="Total cost per talent day; null if there is no cost or there are no talent days.",
)

ServiceLineSource = Annotated[
    Annotated["Pod", PODS] | Annotated["Scope", OUTCOMES],
    strawberry.union("ServiceLineSource", description="Pod or scope that a service line executes."),
]


@record(
    repository.SERVICE_LINES, "Execution contract: what is delivered, for which workspace, how, and how it is billed."
)
class ServiceLine(Entity):
    transitions = lifecycle.SERVICE_LINE

    organization: Organization = one("organization_id", "Client organization.")
    workspace: Workspace = one("workspace_id", "Workspace that the line delivers to.")
    subscription: CommercialSubscription | None = one(
        "subscription_id", "Commercial subscription that covers the line; null if none."
    )
    projects: list[Project] = many(
        "id",
        "Project labels.",
        order=(("id", False),),
        length=10,
        through=JoinTable("service_line_project", "service_line_id", "project_id"),
    )
    name: str = field("Name, e.g. Payments Platform Pod.")
    product_line: ProductLine = field("Product line.")
    execution_model: ExecutionModel = field("Execution model.")
    billing_model: BillingModel = field("Billing model.")
    status: ServiceLineStatus = field("Status; it follows the status of `source`.")
    starts_at: datetime | None = field("Planned start; null if not planned.")
    started_at: datetime | None = field("Actual start; null while the line is a draft.")
    ends_at: datetime | None = field("Planned end; null if open-ended.")
    ended_at: datetime | None = field("Actual end; null until then.")
    source: ServiceLineSource | None = edge(
        ToNode("source_id"), "Pod or scope that the line executes; null for imported lines."
    )
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "service_line_id", "Current and closed allocations of the line."
    )
    incidents: "IncidentConnection" = connection("service_line_id", "Incidents on the line, latest first.")
    payments: Annotated["PaymentConnection", OUTCOMES] = connection(
        "service_line_id", "Payments of the scope that the line executes."
    )
    health: ServiceLineHealth = batch(repository.health, "Current health.")
    usage: UsageSummary = batch(
        repository.usage,
        "Usage and cost between two days, both inclusive.",
        argument("from_", date, "First day.", default=strawberry.UNSET, graphql_name="from"),
        argument("to", date, "Last day, inclusive.", default=strawberry.UNSET),
    )


@record(repository.INCIDENTS, "Incident on a service line.")
class Incident(Entity):
    transitions = lifecycle.INCIDENT

    service_line: ServiceLine = one("service_line_id", "Affected service line.")
    pod: Annotated["Pod", PODS] | None = one("pod_id", "Affected pod; null if the line does not execute a pod.")
    type: IncidentType = field("Incident type.")
    severity: IncidentSeverity = field("Severity.")
    suspected: bool = field("Whether the incident was reported by a client and is therefore unconfirmed.")
    title: str = field("Summary, in one line.")
    description: str | None = field("Detailed description; null if none.")
    status: IncidentStatus = field("Status of the incident.")
    raised_by: User | None = one("raised_by", "User who raised the incident; null if the platform did.")
    opened_at: datetime = field("Time at which the incident was raised.")
    acknowledged_at: datetime | None = field("Time of the acknowledgement; null until then or after a reopening.")
    resolved_at: datetime | None = field("Time of the resolution; null until then or after a reopening.")
    resolution: str | None = field("Resolution; null until the incident is resolved.")
    sla_report: Annotated["SlaReport", PODS] | None = one(
        "sla_report_id", "SLA report whose breached metric raised the incident; null if another cause did."
    )
    ticket: Annotated["Ticket", PODS] | None = one(
        "ticket_id", "Ticket whose missed response deadline raised the incident; null if another cause did."
    )


@strawberry.input(description="Filter for service lines.")
class ServiceLineFilter:
    and_: list["ServiceLineFilter"] | None = by(AND, name="and")
    or_: list["ServiceLineFilter"] | None = by(OR, name="or")
    not_: "ServiceLineFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Id of the service line.")
    organization_id: IdFilter | None = by("Id of the organization.")
    workspace_id: IdFilter | None = by("Id of the workspace.")
    status: Filter[ServiceLineStatus] | None = by("Status.")
    execution_model: Filter[ExecutionModel] | None = by("Execution model.")
    project_tag: StringFilter | None = by(
        "Id of a project label, e.g. PROJ-26-004281.",
        labelled("service_line_project", "service_line_id", "project_id"),
    )
    ended_at: DateTimeFilter | None = by("Actual end.")


@strawberry.input(description="Filter for incidents.")
class IncidentFilter:
    and_: list["IncidentFilter"] | None = by(AND, name="and")
    or_: list["IncidentFilter"] | None = by(OR, name="or")
    not_: "IncidentFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("Id of the organization.")
    workspace_id: IdFilter | None = by(
        "Id of the service line's workspace.",
        related("service_line", "service_line_id", column="workspace_id"),
    )
    service_line_id: IdFilter | None = by("Id of the service line.")
    pod_id: IdFilter | None = by("Id of the affected pod.")
    status: Filter[IncidentStatus] | None = by("Status.")
    type: Filter[IncidentType] | None = by("Incident type.")
    severity: Filter[IncidentSeverity] | None = by("Severity.")
    opened_at: DateTimeFilter | None = by("Time at which the incident was raised.")


@strawberry.type(description="A page of service lines.")
class ServiceLineConnection(Connection[ServiceLine]):
    relation = repository.SERVICE_LINES
    filters = ServiceLineFilter


@strawberry.type(description="A page of incidents.")
class IncidentConnection(Connection[Incident]):
    relation = repository.INCIDENTS
    filters = IncidentFilter
    default_order = (("opened_at", True),)
