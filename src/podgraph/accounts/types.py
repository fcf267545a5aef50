"""Organizations, workspaces, people and contracts in the graph."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from podgraph.accounts import repository
from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.graphql.descriptions import Items, field, register_enums
from podgraph.graphql.filters import DecimalFilter, IdFilter, by, flag
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import JoinTable, argument, batch, connection, many, one
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import ADMINISTRATORS, AUDITORS, Role
from podgraph.limits.limits import Limits
from podgraph.limits.rate_limiter import MAX_INT, RateLimitStatus

if TYPE_CHECKING:
    from podgraph.access.types import ApiTokenConnection, AuditConnection
    from podgraph.capacity.lifecycle import AllocationStatus, ResourceType
    from podgraph.capacity.types import (
        AllocationConnection,
        AllocationResource,
        CapacityDemand,
        CapacityPoolConnection,
    )
    from podgraph.events.types import EventConnection
    from podgraph.outcomes.types import OutcomeRequestConnection, PaymentConnection
    from podgraph.pods.types import PodConnection, PodMember
    from podgraph.reports.types import SpendSummary
    from podgraph.service_lines.lifecycle import RiskLevel
    from podgraph.service_lines.types import ServiceLineConnection

register_enums(Role, SubscriptionStatus)

# Edges lead to slices further right as lazy types: by name, looked up when the schema is made.
ACCESS = strawberry.lazy("podgraph.access.types")
EVENTS = strawberry.lazy("podgraph.events.types")
LINES = strawberry.lazy("podgraph.service_lines.types")
CAPACITY = strawberry.lazy("podgraph.capacity.types")
MANAGED = strawberry.lazy("podgraph.pods.types")
ODS = strawberry.lazy("podgraph.outcomes.types")
REPORTS = strawberry.lazy("podgraph.reports.types")
RISK = strawberry.lazy("podgraph.service_lines.lifecycle")
CAPACITY_TERMS = strawberry.lazy("podgraph.capacity.lifecycle")


@record(repository.ORGANIZATIONS, "A client: the tenant that everything else belongs to.")
class Organization(Node):
    name: str = field("Its name: Apex Digital Ltd.")
    currency: str = field("The one currency of its money, ISO 4217: USD.")
    workspaces: "WorkspaceConnection" = connection("organization_id", "Its workspaces.")
    pods: Annotated["PodConnection", MANAGED] = connection("organization_id", "Its pods, in every workspace.")
    service_lines: Annotated["ServiceLineConnection", LINES] = connection("organization_id", "Its service lines.")
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "organization_id", "Capacity held by its service lines."
    )
    capacity_pools: Annotated["CapacityPoolConnection", CAPACITY] = connection(
        "organization_id", "The pools of all its workspaces, and those of the organization itself."
    )
    payments: Annotated["PaymentConnection", ODS] = connection("organization_id", "Payments of its outcomes.")
    talent: "TalentConnection" = connection("organization_id", "The people who deliver for it.")
    projects: "ProjectConnection" = connection("organization_id", "Its project labels.")
    subscriptions: list["CommercialSubscription"] = many(
        "organization_id", "Its contracts; new work is ordered under one of them.", length=10
    )
    events: Annotated["EventConnection", EVENTS] = connection(
        "organization_id", "Everything that happened in it, the earliest first; their sequence has no gaps."
    )
    api_tokens: Annotated["ApiTokenConnection", ACCESS] | None = connection(
        "organization_id",
        "The tokens of its programs, the latest first; null for all but administrators and the account team.",
        roles=ADMINISTRATORS,
    )
    audit_log: Annotated["AuditConnection", ACCESS] | None = connection(
        "organization_id",
        "Writes that were refused or failed, the latest first; null for all but its owner.",
        roles=AUDITORS,
    )
    spend: Annotated["SpendSummary", REPORTS] = batch(
        "podgraph.reports.repository:spend",
        "What it was charged, paid and owes over a run of months.",
        argument("from_", Period, "The first month.", default=strawberry.UNSET, graphql_name="from"),
        argument("to", Period, "The last month, included.", default=strawberry.UNSET),
    )


@record(repository.WORKSPACES, "A part of an organization that work is ordered and read in.")
class Workspace(Node):
    name: str = field("Its name: Platform Engineering.")
    organization: Organization = one("organization_id", "The organization that it is a part of.")
    pods: Annotated["PodConnection", MANAGED] = connection("workspace_id", "The pods that work for it.")
    service_lines: Annotated["ServiceLineConnection", LINES] = connection("workspace_id", "Its service lines.")
    capacity_pools: Annotated["CapacityPoolConnection", CAPACITY] = connection(
        "workspace_id", "Its own pools of capacity, without those of the whole organization."
    )
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "workspace_id", "Capacity held by its service lines."
    )
    demand: Annotated["CapacityDemand", CAPACITY] = batch(
        "podgraph.capacity.repository:demand",
        "What it will need of a resource, beside what its pools can still give.",
        argument(
            "resource_type",
            Annotated["ResourceType", CAPACITY_TERMS],
            "The resource.",
            default=strawberry.UNSET,
        ),
        argument("period", Period, "The month or quarter: 2026-Q3.", default=strawberry.UNSET),
    )
    risk: Annotated["RiskLevel", RISK] = batch(
        "podgraph.service_lines.repository:workspace_risk",
        "The worst risk among its active and paused service lines.",
    )


@record(repository.USERS, "A person who signs in.")
class User(Node):
    name: str = field("The person's name.")
    email: str | None = field("The address, where it is known.")


@record(repository.TALENT, "A person who delivers.")
class Talent(Node):
    title: str | None = field("What the person is: Senior Backend Engineer.")
    committed_hours_per_week: Decimal = field("Hours per week promised to allocations that are not closed.")
    weekly_hours_limit: Decimal = field("Hours per week that may be promised.")
    overcommitted: bool = field("Whether more hours are promised than the limit allows.")
    assignments: list[Annotated["AllocationResource", CAPACITY]] = batch(
        "podgraph.capacity.repository:assignments",
        "The allocations that the person works for.",
        argument("status", Annotated["AllocationStatus", CAPACITY_TERMS] | None, "Only those in this status."),
        default=list,
        length=Items(20),
    )
    pod_memberships: list[Annotated["PodMember", MANAGED]] = many(
        "talent_id",
        "The pods that the person is or was in, the latest first.",
        order=(("joined_at", True),),
        length=20,
    )


@record(repository.PROJECTS, "A label over pods, outcome requests and service lines; never a boundary.")
class Project(Node):
    name: str = field("Its name: Payments Platform Rebuild.")
    pods: Annotated["PodConnection", MANAGED] = connection(
        None, "Pods with this label.", through=JoinTable("pod_project", "project_id", "pod_id")
    )
    outcome_requests: Annotated["OutcomeRequestConnection", ODS] = connection(
        None,
        "Outcome requests with this label.",
        through=JoinTable("outcome_request_project", "project_id", "outcome_request_id"),
    )
    service_lines: Annotated["ServiceLineConnection", LINES] = connection(
        None,
        "Service lines with this label.",
        through=JoinTable("service_line_project", "project_id", "service_line_id"),
    )


@record(repository.SUBSCRIPTIONS, "A commercial contract: a service line needs an active one.")
class CommercialSubscription(Node):
    organization: Organization = one("organization_id", "The organization that holds it.")
    status: SubscriptionStatus = field("Where it stands.")


class TalentOrderField(DescribedEnum):
    """What talent can be ordered by."""

    COMMITTED_HOURS = "committed_hours_per_week", "Hours per week promised."
    NAME = "title_order", "The title."


register_enums(TalentOrderField)


@strawberry.input(description="Which talent.")
class TalentFilter:
    organization_id: IdFilter | None = by("The organization that the person delivers for.")
    overcommitted: bool | None = by("Whether more hours are promised than the limit allows.", flag("overcommitted"))
    committed_hours_per_week: DecimalFilter | None = by("Hours per week promised.")


@strawberry.type(description="A page of organizations.")
class OrganizationConnection(Connection[Organization]):
    relation = repository.ORGANIZATIONS


@strawberry.type(description="A page of workspaces.")
class WorkspaceConnection(Connection[Workspace]):
    relation = repository.WORKSPACES


@strawberry.type(description="A page of projects.")
class ProjectConnection(Connection[Project]):
    relation = repository.PROJECTS


@strawberry.type(description="A page of talent.")
class TalentConnection(Connection[Talent]):
    relation = repository.TALENT
    filters = TalentFilter
    orders = TalentOrderField


@strawberry.type(description="How fast the caller may ask, in points of cost.")
class RateLimit:
    limit: int = field("Points that the caller may have saved up.")
    remaining: int = field("Points left, this operation's taken.")
    restore_rate_per_second: float = field("Points that come back in a second.")
    reset_at: datetime = field("When all points will be back.")
    max_query_cost: int = field("Points that one operation may cost at most.")
    max_depth: int = field("Levels of fields that one operation may have at most.")

    @classmethod
    def of(cls, level: RateLimitStatus, limits: Limits, now: datetime) -> "RateLimit":
        """A caller's level at some time."""
        return cls(
            limit=min(level.limit, MAX_INT),
            remaining=min(level.remaining, MAX_INT),
            restore_rate_per_second=level.rate.refill_rate,
            reset_at=now + timedelta(seconds=level.full_in),
            max_query_cost=min(limits.cost, MAX_INT),
            max_depth=limits.depth,
        )


@strawberry.type(description="The caller, as the token says.")
class Viewer:
    user: User | None = one("user_id", "The person; null for the platform itself.")

    @strawberry.field(description="The caller's roles.")
    def roles(self: Any) -> list[Role]:
        return sorted(self.roles)

    organizations: OrganizationConnection = connection(None, "The organizations that the caller may see.")

    @strawberry.field(description="What the caller has left to ask with; null where nothing limits it.")
    def rate_limit(self: Any, info: strawberry.Info) -> RateLimit | None:
        context = info.context
        return context.rate and RateLimit.of(context.rate, context.policy.limits, context.now)
