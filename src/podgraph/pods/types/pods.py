"""GraphQL types of pods, their teams and proposals."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts.types import CommercialSubscription, Organization, Project, Talent, User, Workspace
from podgraph.capacity.types import CapacityPool
from podgraph.graphql.aggregates import average, count, total
from podgraph.graphql.descriptions import computed, field, money, register_enums
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
)
from podgraph.graphql.nodes import record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import Groups, JoinTable, argument, batch, connection, edge, many, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.pods import lifecycle, repository
from podgraph.pods.lifecycle import (
    DeliveryModel,
    PodStatus,
)
from podgraph.service_lines.types import IncidentConnection, ServiceLine

if TYPE_CHECKING:
    from podgraph.pods.types.scopes import PodScope
    from podgraph.pods.types.sla import SlaReport, SlaReportConnection, SlaTerms
    from podgraph.pods.types.tickets import TicketConnection

SCOPES = strawberry.lazy("podgraph.pods.types.scopes")
SLA = strawberry.lazy("podgraph.pods.types.sla")
TICKETS = strawberry.lazy("podgraph.pods.types.tickets")

register_enums(PodStatus, DeliveryModel)


@record(repository.PODS, "Managed team that delivers for a client, measured by an SLA.")
class Pod(Entity):
    transitions = lifecycle.POD

    organization: Organization = one("organization_id", "Client organization.")
    workspace: Workspace = one("workspace_id", "Workspace that the pod delivers to.")
    subscription: CommercialSubscription | None = one("subscription_id", "Commercial subscription that covers the pod.")
    projects: list[Project] = many(
        "id",
        "Project labels.",
        through=JoinTable("pod_project", "pod_id", "project_id"),
        order=(("name_order", False), ("id", False)),
        length=10,
    )
    service_line: ServiceLine | None = one(
        "service_line_id", "Service line that executes the pod; null until the pod is confirmed."
    )
    name: str = field("Name, e.g. Payments Squad.")
    description: str | None = field("Purpose, as requested; null if none was given.")
    status: PodStatus = field("Status of the pod.")
    delivery_model: DeliveryModel = field("Delivery model.")
    required_capabilities: list[str] = field("Capabilities that the team must have, e.g. backend, qa.")
    requested_team_size: int = field("Requested number of team members.")
    team_size: int = field("Current number of team members; 0 until the pod is confirmed.")
    team: list["PodMember"] = many(
        "pod_id",
        "Current team members, in the order of joining.",
        order=(("joined_at", False), ("position", False)),
        length=20,
        where=lambda source: source["left_at"].is_(None),
    )
    start_date: date | None = field("Requested start date; null if none.")
    duration_months: int = field("Length of the current term, in months.")
    auto_complete: bool = field("Whether the pod is completed automatically at the end of its term.")
    proposal: "PodProposal | None" = one("id", "Latest proposal to the client; null until `proposePod`.", to="pod_id")
    sla: Annotated["SlaTerms", SLA] | None = one(
        "sla_id", "SLA terms in force in the current month; null until the pod is confirmed."
    )
    sla_versions: list[Annotated["SlaTerms", SLA]] = many(
        "pod_id",
        "All past, current and future SLA terms, ordered by `effectiveFrom`.",
        order=(("effective_from", False),),
        length=20,
    )
    started_at: datetime | None = field("Time of the confirmation; null until then.")
    renews_at: datetime | None = field("End of the current term; null until the pod is confirmed.")
    ended_at: datetime | None = field("Time of completion or cancellation; null until then.")
    scope: Annotated["PodScope", SCOPES] | None = one(
        "id", "Scope of the pod, a versioned document; null if the caller's roles do not include it.", to="pod_id"
    )
    sla_reports: Annotated["SlaReportConnection", SLA] = connection("pod_id", "SLA reports, latest month first.")
    sla_report: Annotated["SlaReport", SLA] | None = batch(
        repository.sla_reports_of,
        "SLA report of one month; null if there is none.",
        argument("period", Period, "Month, e.g. 2026-04.", default=strawberry.UNSET),
    )
    tickets: Annotated["TicketConnection", TICKETS] = connection("pod_id", "Tickets, latest first.")
    incidents: IncidentConnection = connection("pod_id", "Incidents that affect the pod.")

    cost_per_month: Money | None = money("cost_per_month", "Monthly price; null until the pod is confirmed.")


@record(repository.POD_MEMBERS, "Membership of a person in a pod, in one role.")
class PodMember:
    pod: Pod = one("pod_id", "Pod of the membership.")
    talent: Talent = one("talent_id", "Team member.")
    role: str = field("Role, e.g. Backend Engineer.")
    joined_at: datetime = field("Time of joining in this role.")
    left_at: datetime | None = field("Time of leaving; null for current members.")


@record(repository.POD_PROPOSALS, "Proposal of a team, an SLA and a price, to be confirmed by the client.")
class PodProposal:
    committed_per_week: Decimal = field("Hours per week of the whole team, taken from the capacity pool.")
    capacity_pool: CapacityPool = one("capacity_pool_id", "Capacity pool that provides the hours.")
    proposed_at: datetime = field("Time of the proposal.")
    proposed_by: User | None = one("proposed_by", "User who made the proposal; null if the platform did.")
    expires_at: datetime | None = field("Time until which the proposal can be confirmed; null for no limit.")

    @computed("Number of proposed team members.", "team")
    def team_size(self: Any) -> int:
        return len(self.team)

    cost_per_month: Money = money("cost_per_month", "Monthly price.")


class PodOrderField(DescribedEnum):
    """Fields that pods can be ordered by."""

    CREATED_AT = "created_at", "Time of the request."
    NAME = "name_order", "Name."
    RENEWS_AT = "renews_at", "End of the current term."
    COST_PER_MONTH = "cost_per_month", "Monthly price."
    STATUS = "status", "Status, alphabetically."


class PodGroupBy(DescribedEnum):
    """Fields that pods can be grouped by."""

    STATUS = "status", "Status."
    DELIVERY_MODEL = "delivery_model", "Delivery model."
    WORKSPACE = "workspace_id", "Workspace."


register_enums(PodOrderField, PodGroupBy)


@strawberry.input(description="Filter for pods.")
class PodFilter:
    and_: list["PodFilter"] | None = by(AND, name="and")
    or_: list["PodFilter"] | None = by(OR, name="or")
    not_: "PodFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("Id of the pod.")
    organization_id: IdFilter | None = by("Id of the client organization.")
    workspace_id: IdFilter | None = by("Id of the workspace.")
    name: StringFilter | None = by("Name.")
    status: Filter[PodStatus] | None = by("Status.")
    delivery_model: Filter[DeliveryModel] | None = by("Delivery model.")
    renews_at: DateTimeFilter | None = by("End of the current term.")
    project_tag: StringFilter | None = by(
        "Id of a project label, e.g. PROJ-26-004281.",
        labelled("pod_project", "pod_id", "project_id"),
    )


@strawberry.type(description="Group of pods. Fields that are not part of `by` are null.")
class PodGroup:
    status: PodStatus | None = field("Status of the group; null if not grouped by it.")
    delivery_model: DeliveryModel | None = field("Delivery model of the group; null if not grouped by it.")
    workspace: Workspace | None = one("workspace_id", "Workspace of the group; null if not grouped by it.")
    count: int = count("Number of pods.")
    sum_cost_per_month: Money | None = total(
        "cost_per_month",
        "Total monthly price; null if no pod has a price, or if currencies differ.",
        currency="currency",
    )


@strawberry.type(description="Aggregates over all matching pods.")
class PodAggregate:
    count: int = count("Number of pods.")
    sum_cost_per_month: Money | None = total(
        "cost_per_month",
        "Total monthly price; null if no pod has a price, or if currencies differ.",
        currency="currency",
    )
    avg_team_size: Decimal | None = average(
        "team_size", "Mean number of team members, with 1 decimal place; null if there are no pods."
    )
    groups: list[PodGroup] = edge(Groups(PodGroupBy), "Aggregates by group.")


@strawberry.type(description="A page of pods.")
class PodConnection(Connection[Pod]):
    relation = repository.PODS
    filters = PodFilter
    orders = PodOrderField
    aggregate: PodAggregate = field("Aggregates over all matching records, independent of the page.")
