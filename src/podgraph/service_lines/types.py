"""Service lines and incidents in the graph."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from podgraph.accounts.types import CommercialSubscription, Organization, Project, User, Workspace
from podgraph.events.types import Entity
from podgraph.graphql.descriptions import field, register_enums, register_type
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
MANAGED = strawberry.lazy("podgraph.pods.types")
ODS = strawberry.lazy("podgraph.outcomes.types")

register_type(
    HealthSignal,
    "One reason for a health score.",
    kind="What was looked at: sla_compliance.",
    score="How good it is, 0 to 100.",
    weight_percent='Its part of the whole score, in percent: "29.4". Only signals with data share the 100.',
    band="How the score reads.",
    detail="What was found, in a sentence.",
)
register_type(
    ServiceLineHealth,
    "How a service line is doing. Computed when it is asked for, never stored.",
    score="The weighted mean of the signals, 0 to 100: 93.",
    band="How the score reads.",
    risk="How likely the line is to miss what was agreed.",
    computed_at="When it was computed.",
    signals="The reasons for the score; those without data are left out.",
)
register_type(
    UsageMetric,
    "What was used of one thing.",
    metric="What was used: talent.days. People's work is recorded in hours and reported in days of 8.",
    quantity='How much: "106".',
    unit="What the quantity counts: days.",
    cost="What it cost, where it is charged by itself; null where the monthly price covers it.",
)
register_type(
    UsageSummary,
    "What was used of a service line over a run of days, and what it cost.",
    from_="The first day.",
    to="The last day, included.",
    metrics="What was used, by metric.",
    total_cost="The monthly price for the days until today, and what is charged by itself besides.",
    effective_day_rate="What a talent day came to: cost over days; null without either.",
)

ServiceLineSource = Annotated[
    Annotated["Pod", MANAGED] | Annotated["Scope", ODS],
    strawberry.union("ServiceLineSource", description="What a service line executes."),
]


@record(repository.SERVICE_LINES, "An execution contract: what is done for whom, how, and how it is charged.")
class ServiceLine(Entity):
    transitions = lifecycle.SERVICE_LINE

    organization: Organization = one("organization_id", "The organization that it is executed for.")
    workspace: Workspace = one("workspace_id", "The workspace that it is executed for.")
    subscription: CommercialSubscription | None = one("subscription_id", "The commercial contract that covers it.")
    projects: list[Project] = many(
        "id",
        "The projects that it is labelled with.",
        order=(("id", False),),
        length=10,
        through=JoinTable("service_line_project", "service_line_id", "project_id"),
    )
    name: str = field("Its name: Payments Platform Pod.")
    product_line: ProductLine = field("What kind of product it belongs to.")
    execution_model: ExecutionModel = field("How its work is organised.")
    billing_model: BillingModel = field("How it is charged.")
    status: ServiceLineStatus = field("Where it stands; it follows its source.")
    starts_at: datetime | None = field("When it is planned to start.")
    started_at: datetime | None = field("When it started; null while it is a draft.")
    ends_at: datetime | None = field("When it is planned to end; null where it runs on.")
    ended_at: datetime | None = field("When it ended; null until then.")
    source: ServiceLineSource | None = edge(
        ToNode("source_id"), "The pod or scope that it executes; null for one that was imported."
    )
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "service_line_id", "The capacity that it holds or held."
    )
    incidents: "IncidentConnection" = connection("service_line_id", "What went wrong on it, the latest first.")
    payments: Annotated["PaymentConnection", ODS] = connection(
        "service_line_id", "The payments of the scope that it executes."
    )
    health: ServiceLineHealth = batch(repository.health, "How it is doing now.")
    usage: UsageSummary = batch(
        repository.usage,
        "What was used of it between two days, and what that cost.",
        argument("from_", date, "The first day.", default=strawberry.UNSET, graphql_name="from"),
        argument("to", date, "The last day, included.", default=strawberry.UNSET),
    )


@record(repository.INCIDENTS, "Something that went wrong on a service line, and how it was settled.")
class Incident(Entity):
    transitions = lifecycle.INCIDENT

    service_line: ServiceLine = one("service_line_id", "The service line that it happened on.")
    pod: Annotated["Pod", MANAGED] | None = one("pod_id", "The pod that it concerns, if any.")
    type: IncidentType = field("What kind of thing went wrong.")
    severity: IncidentSeverity = field("How bad it is.")
    suspected: bool = field("Whether a client raised it, so that it is not established yet.")
    title: str = field("What happened, in a line.")
    description: str | None = field("What happened, at length.")
    status: IncidentStatus = field("Where it stands.")
    raised_by: User | None = one("raised_by", "Who raised it; null where the platform did.")
    opened_at: datetime = field("When it was raised.")
    acknowledged_at: datetime | None = field("When somebody took it on.")
    resolved_at: datetime | None = field("When it was settled.")
    resolution: str | None = field("How it was settled.")
    sla_report: Annotated["SlaReport", MANAGED] | None = one(
        "sla_report_id", "The SLA report whose breached metric raised it, if one did."
    )
    ticket: Annotated["Ticket", MANAGED] | None = one(
        "ticket_id", "The ticket whose missed response raised it, if one did."
    )


@strawberry.input(description="Which service lines.")
class ServiceLineFilter:
    and_: list["ServiceLineFilter"] | None = by(AND, name="and")
    or_: list["ServiceLineFilter"] | None = by(OR, name="or")
    not_: "ServiceLineFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Its id.")
    organization_id: IdFilter | None = by("The organization that it is executed for.")
    workspace_id: IdFilter | None = by("The workspace that it is executed for.")
    status: Filter[ServiceLineStatus] | None = by("Where it stands.")
    execution_model: Filter[ExecutionModel] | None = by("How its work is organised.")
    project_tag: StringFilter | None = by(
        "The id of a project that it is labelled with: PROJ-26-004281.",
        labelled("service_line_project", "service_line_id", "project_id"),
    )
    ended_at: DateTimeFilter | None = by("When it ended.")


@strawberry.input(description="Which incidents.")
class IncidentFilter:
    and_: list["IncidentFilter"] | None = by(AND, name="and")
    or_: list["IncidentFilter"] | None = by(OR, name="or")
    not_: "IncidentFilter | None" = by(NOT, name="not")
    organization_id: IdFilter | None = by("The organization that it happened in.")
    workspace_id: IdFilter | None = by(
        "The workspace of its service line.",
        related("service_line", "service_line_id", column="workspace_id"),
    )
    service_line_id: IdFilter | None = by("The service line that it happened on.")
    pod_id: IdFilter | None = by("The pod that it concerns.")
    status: Filter[IncidentStatus] | None = by("Where it stands.")
    type: Filter[IncidentType] | None = by("What kind of thing went wrong.")
    severity: Filter[IncidentSeverity] | None = by("How bad it is.")
    opened_at: DateTimeFilter | None = by("When it was raised.")


@strawberry.type(description="A page of service lines.")
class ServiceLineConnection(Connection[ServiceLine]):
    relation = repository.SERVICE_LINES
    filters = ServiceLineFilter


@strawberry.type(description="A page of incidents.")
class IncidentConnection(Connection[Incident]):
    relation = repository.INCIDENTS
    filters = IncidentFilter
    default_order = (("opened_at", True),)
