"""Pods, their teams and proposals in the graph."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts.types import CommercialSubscription, Organization, Project, Talent, User, Workspace
from podgraph.capacity.types import CapacityPool
from podgraph.events.types import Entity
from podgraph.graphql.aggregates import average, count, total
from podgraph.graphql.descriptions import computed, field, money, register_enums
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


@record(repository.PODS, "A managed team that delivers for a client, measured by an SLA.")
class Pod(Entity):
    transitions = lifecycle.POD

    organization: Organization = one("organization_id", "The client.")
    workspace: Workspace = one("workspace_id", "The workspace that it works for.")
    subscription: CommercialSubscription | None = one("subscription_id", "The contract that it is ordered under.")
    projects: list[Project] = many(
        "id",
        "Its project labels.",
        through=JoinTable("pod_project", "pod_id", "project_id"),
        order=(("name_order", False), ("id", False)),
        length=10,
    )
    service_line: ServiceLine | None = one("service_line_id", "The line that executes it; null until it is confirmed.")
    name: str = field("Its name: Payments Squad.")
    description: str | None = field("What it is for, as requested.")
    status: PodStatus = field("Where it stands.")
    delivery_model: DeliveryModel = field("How it is run.")
    required_capabilities: list[str] = field("What its team must know: backend, qa.")
    requested_team_size: int = field("How many people were asked for.")
    team_size: int = field("How many people are in it now.")
    team: list["PodMember"] = many(
        "pod_id",
        "Who is in it now, in the order of joining.",
        order=(("joined_at", False), ("position", False)),
        length=20,
        where=lambda source: source["left_at"].is_(None),
    )
    start_date: date | None = field("The day asked for to begin.")
    duration_months: int = field("The length of its term in months; of the one renewed last.")
    auto_complete: bool = field("Whether the clock completes it at the end of its term.")
    proposal: "PodProposal | None" = one("id", "The latest offer to the client.", to="pod_id")
    sla: Annotated["SlaTerms", SLA] | None = one(
        "sla_id", "What its team commits to in the present month; null until it is confirmed."
    )
    sla_versions: list[Annotated["SlaTerms", SLA]] = many(
        "pod_id",
        "All that its team has committed to and will, by the month that it begins with.",
        order=(("effective_from", False),),
        length=20,
    )
    started_at: datetime | None = field("When it was confirmed and began.")
    renews_at: datetime | None = field("When its term ends and can be renewed.")
    ended_at: datetime | None = field("When it was completed or cancelled.")
    scope: Annotated["PodScope", SCOPES] = one("id", "What it works on: a living document.", to="pod_id")
    sla_reports: Annotated["SlaReportConnection", SLA] = connection(
        "pod_id", "Its SLA reports, the latest month first."
    )
    sla_report: Annotated["SlaReport", SLA] | None = batch(
        repository.sla_reports_of,
        "Its SLA report of one month.",
        argument("period", Period, "The month: 2026-04.", default=strawberry.UNSET),
    )
    tickets: Annotated["TicketConnection", TICKETS] = connection("pod_id", "What was asked of it, the latest first.")
    incidents: IncidentConnection = connection("pod_id", "What went wrong on it.")

    cost_per_month: Money | None = money("cost_per_month", "Its price for a month; null until it is confirmed.")


@record(repository.POD_MEMBERS, "Somebody's time in a pod, in one role.")
class PodMember:
    pod: Pod = one("pod_id", "The pod.")
    talent: Talent = one("talent_id", "The person.")
    role: str = field("What the person does in it: Backend Engineer.")
    joined_at: datetime = field("When the person joined in this role.")
    left_at: datetime | None = field("When the person left; null for one who is in it now.")


@record(repository.POD_PROPOSALS, "What the client of a pod is offered, to be confirmed.")
class PodProposal:
    committed_per_week: Decimal = field("Hours per week that the team would take from the pool.")
    capacity_pool: CapacityPool = one("capacity_pool_id", "The pool that they would come from.")
    proposed_at: datetime = field("When it was offered.")
    proposed_by: User | None = one("proposed_by", "Who offered it.")
    expires_at: datetime | None = field("Until when it can be confirmed; null for no limit.")

    @computed("How many people the team would have.", "team")
    def team_size(self: Any) -> int:
        return len(self.team)

    cost_per_month: Money = money("cost_per_month", "The price for a month.")


class PodOrderField(DescribedEnum):
    """What pods can be ordered by."""

    CREATED_AT = "created_at", "When they were requested."
    NAME = "name_order", "The name."
    RENEWS_AT = "renews_at", "The end of the term."
    COST_PER_MONTH = "cost_per_month", "The price for a month."
    STATUS = "status", "The status, by the alphabet."


class PodGroupBy(DescribedEnum):
    """What pods can be grouped by."""

    STATUS = "status", "Where they stand."
    DELIVERY_MODEL = "delivery_model", "How they are run."
    WORKSPACE = "workspace_id", "The workspace that they work for."


register_enums(PodOrderField, PodGroupBy)


@strawberry.input(description="Which pods.")
class PodFilter:
    and_: list["PodFilter"] | None = by(AND, name="and")
    or_: list["PodFilter"] | None = by(OR, name="or")
    not_: "PodFilter | None" = by(NOT, name="not")
    id: IdFilter | None = by("The pod itself.")
    organization_id: IdFilter | None = by("The client.")
    workspace_id: IdFilter | None = by("The workspace that it works for.")
    name: StringFilter | None = by("The name.")
    status: Filter[PodStatus] | None = by("Where it stands.")
    delivery_model: Filter[DeliveryModel] | None = by("How it is run.")
    renews_at: DateTimeFilter | None = by("The end of its term.")
    project_tag: StringFilter | None = by(
        "The id of one of its project labels: PROJ-26-004281.",
        labelled("pod_project", "pod_id", "project_id"),
    )


@strawberry.type(description="Pods of one kind.")
class PodGroup:
    status: PodStatus | None = field("Where they stand, where grouped by it.")
    delivery_model: DeliveryModel | None = field("How they are run, where grouped by it.")
    workspace: Workspace | None = one("workspace_id", "The workspace, where grouped by it.")
    count: int = count("How many.")
    sum_cost_per_month: Money | None = total("cost_per_month", "Their prices for a month.", currency="currency")


@strawberry.type(description="Figures over all pods that match.")
class PodAggregate:
    count: int = count("How many.")
    sum_cost_per_month: Money | None = total(
        "cost_per_month",
        "Their prices for a month; null where none has one, or in several currencies.",
        currency="currency",
    )
    avg_team_size: Decimal | None = average("team_size", "People in a pod on average, one decimal.")
    groups: list[PodGroup] = edge(Groups(PodGroupBy), "The same by kind.")


@strawberry.type(description="A page of pods.")
class PodConnection(Connection[Pod]):
    relation = repository.PODS
    filters = PodFilter
    orders = PodOrderField
    aggregate: PodAggregate = field("Figures over all that match, whatever the page.")
