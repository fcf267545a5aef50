"""GraphQL types of organizations, workspaces, talent, projects and commercial subscriptions."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

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
PODS = strawberry.lazy("podgraph.pods.types")
OUTCOMES = strawberry.lazy("podgraph.outcomes.types")
REPORTS = strawberry.lazy("podgraph.reports.types")
RISK = strawberry.lazy("podgraph.service_lines.lifecycle")
CAPACITY_TERMS = strawberry.lazy("podgraph.capacity.lifecycle")


@record(repository.ORGANIZATIONS, "A client organization (tenant).")
class Organization(Node):
    name: str = field("Name, e.g. Apex Digital Ltd.")
    currency: str = field("Currency of all amounts of the organization (ISO 4217), e.g. USD.")
    workspaces: "WorkspaceConnection" = connection("organization_id", "Workspaces of the organization.")
    pods: Annotated["PodConnection", PODS] = connection("organization_id", "Pods of all workspaces.")
    service_lines: Annotated["ServiceLineConnection", LINES] = connection("organization_id", "Its service lines.")
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "organization_id", "Capacity held by its service lines."
    )
    capacity_pools: Annotated["CapacityPoolConnection", CAPACITY] = connection(
        "organization_id", "Capacity pools of the organization and of its workspaces."
    )
    payments: Annotated["PaymentConnection", OUTCOMES] = connection("organization_id", "Payments of the scopes.")
    talent: "TalentConnection" = connection("organization_id", "Talent that works for the organization.")
    projects: "ProjectConnection" = connection("organization_id", "Projects of the organization.")
    subscriptions: list["CommercialSubscription"] = many(
        "organization_id", "Commercial subscriptions of the organization, under which work is ordered.", length=10
    )
    events: Annotated["EventConnection", EVENTS] = connection(
        "organization_id", "Event log of the organization, earliest first. Sequence numbers have no gaps."
    )
    api_tokens: Annotated["ApiTokenConnection", ACCESS] | None = connection(
        "organization_id",
        "API tokens, latest first; null unless the caller is an administrator or on the account team.",
        roles=ADMINISTRATORS,
    )
    audit_log: Annotated["AuditConnection", ACCESS] | None = connection(
        "organization_id",
        "Rejected and failed mutations, latest first; null unless the caller is the organization's owner.",
        roles=AUDITORS,
    )
    spend: Annotated["SpendSummary", REPORTS] = batch(
        "podgraph.reports.repository:spend",
        "Charges, payments and outstanding amounts over a range of months.",
        argument("from_", Period, "First month, e.g. 2026-01.", default=strawberry.UNSET, graphql_name="from"),
        argument("to", Period, "Last month, inclusive, e.g. 2026-06.", default=strawberry.UNSET),
    )


@record(repository.WORKSPACES, "A part of an organization in which work is ordered and read.")
class Workspace(Node):
    name: str = field("Name, e.g. Platform Engineering.")
    organization: Organization = one("organization_id", "The organization of the workspace.")
    pods: Annotated["PodConnection", PODS] = connection("workspace_id", "Pods of the workspace.")
    service_lines: Annotated["ServiceLineConnection", LINES] = connection("workspace_id", "Its service lines.")
    capacity_pools: Annotated["CapacityPoolConnection", CAPACITY] = connection(
        "workspace_id", "Capacity pools of the workspace, without the organization-wide pools."
    )
    allocations: Annotated["AllocationConnection", CAPACITY] = connection(
        "workspace_id", "Capacity held by its service lines."
    )
    demand: Annotated["CapacityDemand", CAPACITY] = batch(
        "podgraph.capacity.repository:demand",
        "Demand for a resource in a period, compared with the available capacity.",
        argument(
            "resource_type",
            Annotated["ResourceType", CAPACITY_TERMS],
            "Resource type.",
            default=strawberry.UNSET,
        ),
        argument("period", Period, "Month or quarter, e.g. 2026-Q3.", default=strawberry.UNSET),
    )
    risk: Annotated["RiskLevel", RISK] = batch(
        "podgraph.service_lines.repository:workspace_risk",
        "Highest risk of the active and paused service lines; null if there are none.",
    )


@record(repository.TALENT, "A person who works for clients.")
class Talent(Node):
    title: str | None = field("Job title, e.g. Senior Backend Engineer.")
    committed_hours_per_week: Decimal = field("Hours per week committed to allocations that are not closed.")
    weekly_hours_limit: Decimal = field("Maximum hours per week that may be committed.")
    overcommitted: bool = field("Whether the committed hours exceed `weeklyHoursLimit`.")
    assignments: list[Annotated["AllocationResource", CAPACITY]] = batch(
        "podgraph.capacity.repository:assignments",
        "Allocations to which the talent is assigned.",
        argument("status", Annotated["AllocationStatus", CAPACITY_TERMS] | None, "Only allocations in this status."),
        default=list,
        length=Items(20),
    )
    pod_memberships: list[Annotated["PodMember", PODS]] = many(
        "talent_id",
        "Current and former pod memberships, latest first.",
        order=(("joined_at", True),),
        length=20,
    )


@record(repository.PROJECTS, "A label of pods, outcome requests and service lines. It does not affect permissions.")
class Project(Node):
    name: str = field("Name, e.g. Payments Platform Rebuild.")
    pods: Annotated["PodConnection", PODS] = connection(
        None, "Pods with this label.", through=JoinTable("pod_project", "project_id", "pod_id")
    )
    outcome_requests: Annotated["OutcomeRequestConnection", OUTCOMES] = connection(
        None,
        "Outcome requests with this label.",
        through=JoinTable("outcome_request_project", "project_id", "outcome_request_id"),
    )
    service_lines: Annotated["ServiceLineConnection", LINES] = connection(
        None,
        "Service lines with this label.",
        through=JoinTable("service_line_project", "project_id", "service_line_id"),
    )


@record(repository.SUBSCRIPTIONS, "A commercial contract. Service lines require an active one.")
class CommercialSubscription(Node):
    organization: Organization = one("organization_id", "The organization that holds the subscription.")
    status: SubscriptionStatus = field("Current status.")


class TalentOrderField(DescribedEnum):
    """Fields by which talent can be ordered."""

    COMMITTED_HOURS = "committed_hours_per_week", "Committed hours per week."
    NAME = "title_order", "Job title."


register_enums(TalentOrderField)


@strawberry.input(description="Filter for talent.")
class TalentFilter:
    organization_id: IdFilter | None = by("Organization id.")
    overcommitted: bool | None = by("Whether the committed hours exceed `weeklyHoursLimit`.", flag("overcommitted"))
    committed_hours_per_week: DecimalFilter | None = by("Committed hours per week.")


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
